#!/usr/bin/env python3
"""Outputs named by rules, in a real broker: beside jmx_exporter with the same files, and for what dashboards query.

The files are those of tests/rules/files, in the manner of jmx_exporter's own examples for Kafka, and the performance test's.
"""

import os
import pathlib
import re
import shutil
import socket
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import ROOT, Lab, wait_for  # noqa: E402

sys.path.insert(0, str(ROOT / "scripts"))
from perflab import peers  # noqa: E402

FILES = [*sorted((ROOT / "tests" / "rules" / "files").glob("*.yml")), peers.RULES]
QUERIES = ROOT / "tests" / "golden" / "dashboard_queries.txt"
# Of the JVM and of the agents themselves: no rule makes them.
NO_RULES = re.compile(r"(jvm|process|jmx|remora)_")
SAMPLE = re.compile(r"([^{\s]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([^=,]+)="((?:[^"\\]|\\.)*)",?')


def page_of(text):
    """{(name, labels, type): value}."""
    kinds, found = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            kinds[line.split(" ")[2]] = line.split(" ")[3]
        elif line and not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            found[name, tuple(sorted(LABEL.findall(labels or ""))), kinds.get(name)] = float(value)
    return found


def by_rules(page):
    return {key for key in page if not NO_RULES.match(key[0])}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RulesTest(unittest.TestCase):
    KAFKA = "3.5.0"

    @classmethod
    def setUpClass(cls):
        cls.port = free_port()
        cls.number = 0
        cls.lab = Lab(cls.config([{"path": "${dir}/begin.prom"}]), up=["--kafka", cls.KAFKA])
        cls.theirs = cls.lab.dir / "theirs.yml"
        cls.theirs.write_text("rules: []\n")
        jar = peers.agent_jar("jmx_exporter")
        cls.lab.up += ["--agent", f"{jar}=127.0.0.1:{cls.port}:{cls.theirs}"]
        cls.lab.__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.lab.lab("topics", "--prefix", "orders", "--topics", "3", "--partitions", "4")
        cls.lab.lab("load", "--seconds", "10", "--rate", "500")

    @staticmethod
    def config(outputs):
        return {"select": {"profile": "all", "domains": ["*"], "texts": True}, "outputs": outputs,
                "sampling": {"policy": "fixed", "base_interval": "1s", "min_interval": "1s", "cpu_budget_percent": 50},
                "reload": {"check_interval": "200ms"}}

    def ours(self, names, **more):
        """The pages of a new output with these names, one after the other."""
        type(self).number += 1
        name = f"{self.number}.prom"
        self.lab.write_config(self.config([{"path": f"${{dir}}/{name}", "names": str(names), **more}]))
        path = self.lab.wait_file(name)
        stamp = path.stat().st_mtime_ns
        wait_for("another page", lambda: path.stat().st_mtime_ns != stamp)
        return path

    def exporter(self, rules):
        shutil.copyfile(rules, self.theirs)
        type(self).second = getattr(self, "second", 1_000_000_000) + 1
        os.utime(self.theirs, (self.second, self.second))  # another time is what makes it read the file
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as answer:
            return page_of(answer.read().decode())

    def test_pages_have_the_series_of_jmx_exporter(self):
        for rules in FILES:
            with self.subTest(rules.name):
                path = self.ours(rules)

                def difference(rules=rules, path=path):
                    return by_rules(self.exporter(rules)) ^ by_rules(page_of(path.read_text()))

                # Beans come while the broker runs: both have to look at the same ones.
                wait_for("the same series", lambda: not difference(), 20) if difference() else None
                series = by_rules(page_of(path.read_text()))
                self.assertGreater(len(series), 50)
                print(f"{rules.name}: {len(series)} series are those of jmx_exporter")

    def test_values_lie_between_two_scrapes(self):
        rules = FILES[0]
        path = self.ours(rules)
        before, page, after = self.exporter(rules), None, None

        def agree():
            nonlocal before, page, after
            before = self.exporter(rules)
            stamp = path.stat().st_mtime_ns
            wait_for("a page", lambda: path.stat().st_mtime_ns != stamp)
            page, after = page_of(path.read_text()), self.exporter(rules)
            constant = [key for key in by_rules(page) if before.get(key) == after.get(key)]
            self.assertGreater(len(constant), 50)
            return all(page[key] == before[key] for key in constant)

        wait_for("values that nothing changes to be the same", agree, 30)
        for key in by_rules(page):
            if key[2] == "counter":
                self.assertLessEqual(before[key], page[key], key)
                self.assertLessEqual(page[key], after[key], key)

    def test_dashboards_find_their_series(self):
        queries = [line.split() for line in QUERIES.read_text().splitlines() if not line.startswith("#")]
        for dialect in ("strimzi", "strimzi-reporter", "confluent", "mixin"):
            names = {key[0] for key in page_of(self.ours(dialect).read_text())}
            wanted = {name for of, name in queries if of == dialect}
            missing = {name for name in wanted - names if not self.is_without_bean(name)}
            self.assertEqual(missing, set(), dialect)
            print(f"{dialect}: {len(wanted & names)} of {len(wanted)} queries find their series")

    @staticmethod
    def is_without_bean(name):
        """What a broker of 3.5 in one process, with this load, has no bean of."""
        return re.search(r"errorspersec|activebrokercount_none", name) is not None


if __name__ == "__main__":
    broker_lab.main()
