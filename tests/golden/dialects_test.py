#!/usr/bin/env python3
"""Dialects of names: what `remora names` prints names what dashboards query; `remora migrate` of rule files."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOOL = os.environ["REMORA_TOOL"]
DIALECTS = ("strimzi", "strimzi-reporter", "confluent", "mixin")


def tool(*arguments, cwd=None):
    done = subprocess.run([TOOL, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class Directory(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="remora-dialects-")
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name).resolve()


class DialectsTest(Directory):
    def names(self, dialect):
        """Names of the series that the rules make of a recorded broker; what `remora check` says of them."""
        status, rules, _ = tool("names", dialect)
        self.assertEqual(status, 0)
        (self.dir / "rules.yml").write_text(rules)
        status, out, err = tool("check", "rules.yml", "--dialect", "0.20", "--names",
                                "--mbeans", HERE / "mbeans-4.4.0.txt", cwd=self.dir)
        self.assertEqual((status, err), (0, ""))
        return {line.split("\t")[1].split("{")[0] for line in out.splitlines() if "\t" in line}, out

    def test_dashboards_find_their_series(self):
        # Those of the JVM stand beside the rules.
        jvm = {line.split(" ")[1] for line in (HERE / "names-4.4.0.txt").read_text().splitlines()
               if line.startswith("TYPE jvm_") or line.startswith("TYPE process_")}
        jvm |= {"jvm_gc_collection_seconds_count", "jvm_gc_collection_seconds_sum"}
        queries = [line.split() for line in (HERE / "dashboard_queries.txt").read_text().splitlines()
                   if not line.startswith("#")]
        self.assertEqual({dialect for dialect, _ in queries}, set(DIALECTS))
        for dialect in DIALECTS:
            names, _ = self.names(dialect)
            missing = [name for of, name in queries if of == dialect and name not in names | jvm]
            self.assertEqual(missing, [], dialect)

    def test_no_two_series_are_one(self):
        for dialect in DIALECTS:
            _, out = self.names(dialect)
            self.assertNotIn("with name and labels of another one", out, dialect)
            self.assertNotIn("several types", out, dialect)

    def test_the_list_tells_of_each(self):
        status, out, _ = tool("names")
        self.assertEqual(status, 0)
        for dialect in ("upstream", "otel", *DIALECTS):
            self.assertIn(f"{dialect}\n    ", out)
        self.assertEqual(tool("names", "strimsi")[::2], (2, 'strimsi: no such names; did you mean "strimzi"?\n'))
        self.assertEqual(tool("names", "otel")[::2], (2, "otel: OpenTelemetry's names, for otlp_json. No rule file.\n"))


class MigrateTest(Directory):
    def migrate(self, rules, *arguments, what="{}"):
        path = self.dir / "kafka.yml"
        path.write_text(rules)
        return tool("migrate", what.format(path), *arguments)

    def test_what_is_written_is_valid_and_what_is_not_carried_over_is_said(self):
        status, out, err = self.migrate('startDelaySeconds: 5\nincludeObjectNames: ["kafka.server:*"]\n'
                                        'rules:\n- pattern: "state: (.+)"\n  name: x\n  value: 1\n')
        self.assertEqual(status, 0)
        config = json.loads(out)
        self.assertEqual(config["outputs"], [{"type": "file", "format": "prometheus",
                                              "names": str(self.dir / "kafka.yml")}])
        self.assertIn(f"not carried over: {self.dir}/kafka.yml:1:1: startDelaySeconds: beans are taken as they come\n",
                      err)
        self.assertIn("note: patterns that see the value", err)
        (self.dir / "remora.json").write_text(out)
        self.assertEqual(tool("check", self.dir / "remora.json", "--no-environment")[:2],
                         (0, f"{self.dir}/remora.json: valid\n"))

    def test_an_argument_of_jmx_exporter_becomes_an_endpoint(self):
        status, out, _ = self.migrate("{}", "--dialect", "0.20", what="127.0.0.1:8080:{}")
        self.assertEqual(status, 0)
        self.assertEqual(json.loads(out)["outputs"], [
            {"type": "http", "host": "127.0.0.1", "port": 8080, "format": "prometheus",
             "names": str(self.dir / "kafka.yml"), "names_dialect": "0.20"}])
        (self.dir / "remora.json").write_text(out)
        self.assertEqual(tool("check", self.dir / "remora.json", "--no-environment")[0], 0)

    def test_a_file_with_errors_is_not_migrated(self):
        status, out, err = self.migrate("rules:\n- name: x\n")
        self.assertEqual((status, out), (1, ""))
        self.assertIn("2:9: rule 1: name: needs a pattern in the same rule\n1 error(s); nothing is written\n", err)
        self.assertEqual(tool("migrate", "/nowhere.yml")[0], 2)
        self.assertEqual(tool("migrate", "70000:/nowhere.yml")[::2],
                         (2, "argument 70000:/nowhere.yml: found port 70000; expected 1 to 65535\n"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
