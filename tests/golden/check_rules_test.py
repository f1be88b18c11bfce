#!/usr/bin/env python3
"""`remora check` of a rule file of jmx_exporter: what its rules make of beans, and which of them make nothing."""

import os
import pathlib
import subprocess
import tempfile
import unittest

TOOL = os.environ["REMORA_TOOL"]

BEANS = """\
meter\tkafka.server:type=BrokerTopicMetrics,name=BytesInPerSec
meter\tkafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=orders
gauge\tkafka.server:type=ReplicaManager,name=LeaderCount
histogram\tkafka.network:type=RequestMetrics,name=TotalTimeMs,request=Fetch
mbean\tjava.lang:type=Memory\tHeapMemoryUsage.used,Verbose:boolean,ObjectName:text
mbean\tkafka.server:type=app-info\tversion:text
"""

RULES = """\
lowercaseOutputName: true
blacklistObjectNames: ["kafka.network:*"]
rules:
- pattern: kafka.(\\w+)<type=(.+), name=(.+)PerSec><>Count
  name: kafka_$1_$2_$3_total
  type: COUNTER
- pattern: kafka.(\\w+)<type=(.+), name=(.+)PerSec.*><>Count
  name: kafka_$1_$2_$3_total
- pattern: kafka.controller<type=(.+)><>Value
- pattern: kafka.server<.*name=LeaderCount><>(.+)
  name: leaders
- pattern: LeaderCount
- pattern: java.lang<type=Memory>
"""


class CheckRulesTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="remora-check-rules-")
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name)
        (self.dir / "beans.txt").write_text(BEANS)

    def check(self, rules, *arguments, name="rules.yml"):
        (self.dir / name).write_text(rules)
        done = subprocess.run([TOOL, "check", name, *arguments], cwd=self.dir, capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def test_what_rules_make_of_beans(self):
        status, out, err = self.check(RULES, "--mbeans", "beans.txt")
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(out, r"""rule  line  values  series  sees value  pattern
1     4     1       1       no          kafka.(\w+)<type=(.+), name=(.+)PerSec><>Count
2     7     1       1       no          kafka.(\w+)<type=(.+), name=(.+)PerSec.*><>Count
3     9     0       0       no          kafka.controller<type=(.+)><>Value
4     10    1       1       yes         kafka.server<.*name=LeaderCount><>(.+)
5     12    0       0       no          LeaderCount
6     13    3       2       no          java.lang<type=Memory>
5 series of 6 beans
left out by name: 1 bean
no rule fits: 9 values
rule 6 (line 13) makes no series of 1 value: no number
rule 3 (line 9) fits no value
rule 5 (line 12) is never reached: rule 4 (line 10) takes 1 value
11 numbers must be matched again at each change: from rule 4 (line 10) on, patterns see the value, which was taken as 0 here
kafka_server_brokertopicmetrics_bytesin has several types and counts as untyped
""")

    def test_names_and_dialects(self):
        rules = "rules:\n- pattern: name=BytesInPerSec.*>(Count)\n  name: bytes_$1\n  type: COUNTER\n"
        _, new, _ = self.check(rules, "--mbeans", "beans.txt", "--names")
        self.assertRegex(new, r"(?m)^1\tbytes_Count_total\{\}\tkafka\.server:\S*name=BytesInPerSec\S* Count$")
        self.assertIn("1 series with name and labels of another one, such as bytes_Count_total{}: "
                      "jmx_exporter 1.x tells them apart by _objectname\n", new)
        _, old, _ = self.check(rules, "--mbeans", "beans.txt", "--names", "--dialect", "0.20")
        self.assertIn("1\tbytes_Count{}\tkafka.server:", old)
        self.assertIn("jmx_exporter 0.20 drops them\n", old)

    def test_labels_are_written_as_on_a_page(self):
        (self.dir / "beans.txt").write_text('gauge\tkafka.log:type=LogManager,name=Offline,logDirectory="/data\\\\a"\n')
        _, out, _ = self.check("lowercaseOutputLabelNames: true\n", "--mbeans", "beans.txt", "--names")
        self.assertIn('1\tkafka_log_LogManager_Value{name="Offline",logdirectory="\\"/data\\\\\\\\a\\""}\t'
                      'kafka.log:type=LogManager,name=Offline,logDirectory="/data\\\\a" Value\n', out)

    def test_without_a_list_the_beans_of_a_recorded_broker_are_taken(self):
        status, out, _ = self.check("rules:\n- pattern: kafka.log<type=Log, name=Size, .*><>Value\n", name="r.yaml")
        self.assertEqual(status, 0)
        self.assertRegex(out, r"\n1 +2 +([1-9]\d*) +\1 +no ")

    def test_all_errors_at_once_and_no_table(self):
        status, out, err = self.check("rules:\n- pattern: a[[:alpha:]]\n- name: x\n- patern: b\n")
        self.assertEqual((status, out), (1, ""))
        self.assertEqual(err, """\
warning: rules.yml:4:3: rule 3: patern: no such key; did you mean "pattern"?
error: rules.yml:2:12: rule 1: pattern: [: a class within a class is not supported at character 3
error: rules.yml:3:9: rule 2: name: needs a pattern in the same rule
2 error(s)
""")

    def test_a_mistake_in_yaml_hides_none_before_it(self):
        status, out, err = self.check("rules:\n- pattern: a[[:alpha:]]\n- patern: b\n  labels: {a: b\n- name: c\n")
        self.assertEqual((status, out), (1, ""))
        self.assertRegex(err, r"(?m)^error: rules\.yml:\d+:\d+: not YAML: ")
        self.assertIn("error: rules.yml:2:12: rule 1: pattern: [: a class within a class is not supported at character 3\n", err)
        self.assertIn("\n2 error(s)\n", err)

    def test_a_dialect_is_for_rule_files(self):
        (self.dir / "r.json").write_text("{}")
        done = subprocess.run([TOOL, "check", str(self.dir / "r.json"), "--dialect", "0.20"], capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("r.json: --dialect is for a rule file, whose name ends in .yml or .yaml\n", done.stderr)

    def test_what_cannot_be_read(self):
        self.assertEqual(self.check("rules: []", "--mbeans", "none.txt")[0], 2)
        self.assertEqual(self.check("rules: []", "--print")[0], 2)
        self.assertEqual(self.check("rules: []", "--dialect", "2.x")[0], 2)
        done = subprocess.run([TOOL, "check", "/nowhere/rules.yml"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("/nowhere/rules.yml: ", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
