#!/usr/bin/env python3
"""`remora check` as an operator uses it: exit codes, sources of values, what would be collected, the environment."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "sinks"))
import consumers  # noqa: E402

LISTING = HERE.parents[1] / "native" / "forecast" / "broker_beans.txt"
TOOL = os.environ["REMORA_TOOL"]


def beans():
    """Names of the saved list."""
    return [line.split("\t")[1] for line in LISTING.read_text().splitlines() if "\t" in line and line[0] != "#"]


def topic_of(mbean):
    found = re.search(r"[:,]topic=([^,]*)", mbean)
    return found and found[1]


class CheckTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="remora-check-")
        self.addCleanup(self.directory.cleanup)
        self.file = pathlib.Path(self.directory.name) / "remora.json"

    def check(self, *arguments, text=None, environment=None):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("REMORA_", "TOPIC_"))}
        if text is not None:
            self.file.write_text(text)
            arguments = (str(self.file), *arguments)
        return subprocess.run([TOOL, "check", *arguments], capture_output=True, text=True, check=False,
                              env={**clean, **(environment or {})})

    def selected(self, text="{}", environment=None):
        done = self.check("--mbeans", str(LISTING), "--names", text=text, environment=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = {line.split("\t")[0] for line in done.stdout.splitlines() if "\t" in line}
        total = re.search(r"^(\d+) series of (\d+) beans out of (\d+)$", done.stdout, re.M)
        hidden = re.search(r"^not collected: (\d+) beans: outside the partition sample, read", done.stdout, re.M)
        self.assertEqual(int(total[2]), len(names) + (int(hidden[1]) if hidden else 0))
        self.assertEqual(int(total[3]), len(beans()))
        return names

    def test_valid_and_invalid(self):
        self.assertEqual(self.check(text="{}").returncode, 0)
        wrong = self.check(text='{"topics": {"mode": "regexp"},\n "samplng": {}}')
        self.assertEqual(wrong.returncode, 1)
        self.assertRegex(wrong.stderr, r'remora\.json:1:21: topics\.mode: .*regex')
        self.assertRegex(wrong.stderr, r'remora\.json:2:2: samplng: .*"sampling"')
        argument = self.check("--arguments", "log.level=wran")
        self.assertRegex(argument.stderr, r"^error: argument log\.level: found the text \"wran\"; expected one of")
        self.assertEqual(self.check("--no-such-option").returncode, 2)
        self.assertEqual(self.check("--mbeans", "/no/such/list").returncode, 2)

    def test_where_each_value_comes_from(self):
        done = self.check("--print", "--arguments", "log.level=error", text='{"topics": {"bucket": "1/3"}}',
                          environment={"REMORA_SAMPLING_BASE_INTERVAL": "20s", "TOPIC_MODE": "All"})
        lines = done.stdout.splitlines()
        for key, value, source in (("topics.bucket", "1/3", f"{self.file}:1:23"),
                                   ("sampling.base_interval", "20s", "environment REMORA_SAMPLING_BASE_INTERVAL"),
                                   ("topics.mode", "all", "environment TOPIC_MODE"),
                                   ("log.level", "error", "argument log.level"),
                                   ("sampling.policy", "adaptive", "default")):
            self.assertIn(f'{key} = "{value}"  # {source}', lines)

    def test_new_relics_names_mean_what_they_mean_there(self):
        topics = sorted({topic_of(mbean) for mbean in beans()} - {None})
        self.assertGreater(len(topics), 2)
        everything = self.selected()

        def by(keep):
            return {mbean for mbean in everything if keep(topic_of(mbean))}

        self.assertEqual(self.selected(environment={"TOPIC_MODE": "None"}), by(lambda topic: topic is None))
        one = topics[0]
        self.assertEqual(self.selected(environment={"TOPIC_MODE": "list", "TOPIC_LIST": f'["{one}"]'}),
                         by(lambda topic: topic in (None, one)))
        part = topics[-1][1:4]
        self.assertEqual(self.selected(environment={"TOPIC_MODE": "Regex", "TOPIC_REGEX": part}),
                         by(lambda topic: topic is None or part in topic))
        whole = self.selected(environment={"REMORA_TOPICS_MODE": "regex", "REMORA_TOPICS_REGEX": "[a-z_]+"})
        self.assertEqual(whole, by(lambda topic: topic is None or re.fullmatch("[a-z_]+", topic)))
        shares = [self.selected(environment={"TOPIC_BUCKET": f"{i}/2"}) for i in (1, 2)]
        self.assertEqual(shares[0] | shares[1], everything)
        self.assertEqual({topic_of(m) for m in shares[0] & shares[1]}, {None})
        off = self.selected(environment={"COLLECT_BROKER_TOPIC_DATA": "false"})
        self.assertEqual(off, {m for m in everything if not (topic_of(m) and "type=BrokerTopicMetrics" in m)})
        self.assertLess(len(self.selected(environment={"TOPIC_SAMPLE_SIZE": "1"})), len(everything))

    def test_what_matches_nothing_is_a_warning(self):
        done = self.check("--mbeans", str(LISTING),
                          text='{"rules": [{"match": "kafka.log:type=Lgo,*", "importance": "low"}], "topics": {"mode": "all"}}')
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, 'warning: nothing on this broker matches so far: '
                                      'rules.0.match "kafka.log:type=Lgo,*"\n')

    def test_the_class_of_a_family_shows_what_a_rule_moved(self):
        topic = sorted({topic_of(mbean) for mbean in beans()} - {None})[0]
        rule = {"rules": [{"match": f"kafka.log:type=Log,name=Size,topic={topic},*", "class": "alert"}]}
        done = self.check("--mbeans", str(LISTING), text=json.dumps(rule))
        self.assertRegex(done.stdout, r"(?m)^(\d+ +){3}alert,partition +kafka\.log:type=Log,name=Size,")
        self.assertRegex(done.stdout, r"(?m)^(\d+ +){3}partition +kafka\.log:type=Log,name=LogEndOffset,")

    def test_an_expression_that_needs_too_many_steps_is_an_error(self):
        listing = pathlib.Path(self.directory.name) / "beans.txt"
        listing.write_text("gauge\tkafka.log:type=Log,name=Size,topic=" + 40 * "a" + ",partition=0\n")
        done = self.check("--mbeans", str(listing), text='{"topics": {"mode": "regex", "regex": "(a+)+[bc]"}}')
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r'(?m)^error: topics\.regex: the regular expression "\(a\+\)\+\[bc\]" needs too many')

    def test_what_the_built_in_configuration_takes_of_kafka_4(self):
        """After a wanted change: `remora check --mbeans tests/golden/mbeans-4.4.0.txt --names`, the lines with a tab."""
        done = self.check("--mbeans", str(HERE / "mbeans-4.4.0.txt"), "--names", text="{}")
        self.maxDiff = None
        taken = [line for line in done.stdout.splitlines() if "\t" in line]
        self.assertEqual(taken, (HERE / "default-4.4.0.txt").read_text().splitlines())

    def test_what_reading_would_cost(self):
        costs = pathlib.Path(self.directory.name) / "remora.prom"
        family = "kafka.server:type=ReplicaManager,name=LeaderCount"
        size = "kafka.log:type=Log,name=Size,topic=*,partition=*"
        line = 'remora_family_read_typical_seconds{{family="{}"}} {}\n'
        costs.write_text(line.format(family, 0.25) + line.format(size, 1e-7))
        done = self.check("--mbeans", str(LISTING), "--costs", str(costs), text="{}")
        self.assertRegex(done.stdout, rf"1 +1 +1 +broker +250000\.00 +250\.000 +{re.escape(family)}\n")
        self.assertRegex(done.stdout, rf"\b0\.10 +0\.00\d +{re.escape(size)}\n")
        # What takes so long has a bound of 30 s.
        self.assertRegex(done.stdout, r"reading all of it once: 250\.0\d ms; for every tick: 2\.50\d\d % of a core; "
                                      r"at the bounds on age: 0\.83\d\d %\n")
        self.assertIn("the ceiling of 1 % holds the bounds on age; sampling and output come on top\n", done.stdout)
        self.assertNotIn("without a measured cost", done.stdout)
        low = self.check("--mbeans", str(LISTING), "--costs", str(costs), text='{"sampling": {"cpu_budget_percent": 0.5}}')
        self.assertRegex(low.stdout, r"the ceiling of 0\.5 % is too low for the bounds on age: beans of topics and clients "
                                     r"would get 4 times as old; .*partitions.*; about 0\.91 % is needed for all of it; alerts and the broker take more than that by "
                                     r"themselves; sampling and output come on top\n")
        high = self.check("--mbeans", str(LISTING), "--costs", str(costs), text='{"sampling": {"cpu_budget_percent": 3}}')
        self.assertIn("the ceiling of 3 % allows for every bean at every tick;", high.stdout)
        # Partitions alone are too expensive: said before the broker has them.
        sizes = sum(mbean.startswith("kafka.log:type=Log,name=Size,") for mbean in beans())
        costs.write_text(line.format(size, 2 * 60 * 1e5 / 1e9 / sizes) + line.format(family, 1e-9))
        wide = self.check("--mbeans", str(LISTING), "--costs", str(costs), text='{"sampling": {"cpu_budget_percent": 0.01}}')
        self.assertRegex(wide.stdout, r"the ceiling of 0\.01 % is too low for the bounds on age: beans of partitions would get "
                                      r"\d+ times as old; about 0\.02\d* % is needed for all of it; sampling and output "
                                      r"come on top\n")
        # What the agent takes beside its reads is taken off what they may use.
        costs.write_text(line.format(family, 0.05) + line.format(size, 1e-9) + "remora_tick_overhead_microseconds 40000\n")
        beside = self.check("--mbeans", str(LISTING), "--costs", str(costs), text="{}")
        self.assertIn("sampling and output, as that agent measured them: 0.4000 %\n"
                      "the ceiling of 1 % allows for every bean at every tick\n", beside.stdout)
        tight = self.check("--mbeans", str(LISTING), "--costs", str(costs), text='{"sampling": {"cpu_budget_percent": 0.41}}')
        self.assertRegex(tight.stdout, r"the ceiling of 0\.41 % .*; a tick would come every 20 s\n")
        # A rule's interval counts, also against the bound of what is expensive.
        rule = {"rules": [{"match": "kafka.server:type=ReplicaManager,name=LeaderCount", "interval": "100s"}]}
        ruled = self.check("--mbeans", str(LISTING), "--costs", str(costs), text=json.dumps(rule))
        self.assertRegex(ruled.stdout, r"for every tick: 0\.05\d\d % of a core; at the bounds on age: 0\.05\d\d %\n")
        costs.write_text("")
        self.assertNotIn("reading all of it once", self.check("--mbeans", str(LISTING), "--costs", str(costs), text="{}").stdout)


class SchemaTest(unittest.TestCase):
    """The shipped schema agrees with the parser on the table of bad configurations and on good ones."""

    def test_the_schema_takes_what_is_good_and_refuses_wrong_types_and_names(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("jsonschema is not installed (tests/sinks/fetch_consumers)")
        import json
        schema = json.loads((HERE.parents[1] / "native" / "config" / "remora.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        judge = jsonschema.Draft202012Validator(schema)
        pages = [HERE.parents[1] / "README.md", *sorted((HERE.parents[1] / "docs").rglob("*.md"))]
        good = [text for page in pages for text in re.findall(r"```json\n(.*?)```", page.read_text(), re.S)]
        self.assertGreater(len(good), 5)
        good += [path.read_text() for path in (HERE.parents[1] / "examples").glob("*.json")]
        for text in good:
            judge.validate(json.loads(text))
        refused = other = 0
        for block in (HERE / "config_errors.txt").read_text().split("\n\n"):
            text = re.search(r"^config: (.*)$", block, re.M)
            if not text:
                continue
            try:
                config = json.loads(text[1])
            except ValueError:
                continue
            # What needs the meaning of values (ranges with units, patterns, contradictions) is the parser's.
            structural = "unknown key" in block or "expected true or false" in block
            if judge.is_valid(config):
                other += 1
                self.assertFalse(structural, block)
            else:
                refused += 1
        print(f"the schema refuses {refused} of the bad configurations, the parser {refused + other}")
        self.assertGreater(refused, 30)


if __name__ == "__main__":
    consumers.go_on_with_packages()  # jsonschema is among them
    unittest.main(verbosity=2)
