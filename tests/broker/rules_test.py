#!/usr/bin/env python3
"""Outputs named by rules, in a real broker: beside jmx_exporter with the same files, and for what dashboards query.

The files are those of tests/rules/files, in the manner of jmx_exporter's own examples for Kafka, and the performance test's.
"""

import os
import pathlib
import re
import shutil
import sys
import time
import unittest
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("support", "sinks")]
import broker_lab  # noqa: E402
import consumers as c  # noqa: E402
from broker_lab import ROOT, TOOL, Lab, run, wait_for  # noqa: E402

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


class RulesTest(unittest.TestCase):
    KAFKA = "3.5.0"

    @classmethod
    def setUpClass(cls):
        cls.port = c.tcp_port()
        cls.number = 0
        cls.second = 1_000_000_000
        cls.lab = Lab(cls.config([{"path": "${dir}/begin.prom"}]), up=["--kafka", cls.KAFKA])
        cls.theirs = cls.lab.dir / "theirs.yml"
        cls.theirs.write_text("rules: []\n")
        os.utime(cls.theirs, (cls.second, cls.second))
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

    def ours(self, names):
        """The file of a new output with these names, once it knows every bean."""
        type(self).number += 1
        name = f"{self.number}.prom"
        self.lab.write_config(self.config([{"path": f"${{dir}}/{name}", "names": str(names)}]))
        path = self.lab.wait_file(name)
        self.next_page(path)
        return path

    @staticmethod
    def next_page(path):
        """A page of values that were all read after the call."""
        begun = time.time()

        def page():
            found = page_of(path.read_text())
            ticks = [value for key, value in found.items() if key[0] == "remora_last_tick_timestamp_seconds"]
            return max(ticks, default=0) > begun and found
        return wait_for("a page of a tick from now on", page)

    def exporter(self, rules):
        shutil.copyfile(rules, self.theirs)
        type(self).second += 1
        os.utime(self.theirs, (self.second, self.second))  # another time is what makes it read the file
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=60) as answer:
            return page_of(answer.read().decode())

    def test_pages_have_the_series_of_jmx_exporter(self):
        for rules in FILES:
            with self.subTest(rules.name):
                path, found = self.ours(rules), {}

                def agree():
                    # Beans come while the broker runs: both have to look at the same ones.
                    found["theirs"], found["ours"] = by_rules(self.exporter(rules)), by_rules(self.next_page(path))
                    return found["theirs"] == found["ours"]

                try:
                    wait_for("the same series", agree, 20)
                finally:
                    only = {who: sorted(found[who] - found[other])[:5]
                            for who, other in (("ours", "theirs"), ("theirs", "ours"))}
                    print(f"{rules.name}: {len(found['ours'])} series; only in one: {only}")
                self.assertGreater(len(found["ours"]), 20)

    def test_values_lie_between_two_scrapes(self):
        path = self.ours(FILES[0])
        before, page, after = self.exporter(FILES[0]), self.next_page(path), self.exporter(FILES[0])
        judged = 0
        for key in by_rules(page) & before.keys() & after.keys():
            if key[2] == "counter" or before[key] == after[key]:
                judged += 1
                self.assertLessEqual(before[key], page[key], key)
                self.assertLessEqual(page[key], after[key], key)
        self.assertGreater(judged, 100)

    def test_dashboards_find_their_series(self):
        queries = [line.split() for line in QUERIES.read_text().splitlines() if not line.startswith("#")]
        for dialect in ("strimzi", "strimzi-reporter", "confluent", "mixin"):
            page = page_of(self.ours(dialect).read_text())
            names = {key[0] for key in page}
            wanted = {name for of, name in queries if of == dialect}
            rules = self.lab.dir / f"{dialect}.yml"
            rules.write_text(run(TOOL, "names", dialect).stdout)
            listed = run(TOOL, "check", rules, "--live", self.lab.output, "--dialect", "0.20", "--names").stdout
            of_beans = {line.split("\t")[1].split("{")[0] for line in listed.splitlines() if "\t" in line}
            self.assertEqual(wanted & of_beans - names, set(), dialect)
            missing = wanted - names
            self.assertLess(len(missing), 8, missing)
            print(f"{dialect}: {len(wanted & names)} of {len(wanted)} queries find their series; "
                  f"no bean for {sorted(missing)}")


class ArgumentTest(unittest.TestCase):
    def test_the_argument_of_jmx_exporter_serves_its_page(self):
        rules, ours, theirs = ROOT / "tests" / "rules" / "files" / "default.yml", c.tcp_port(), c.tcp_port()
        up = ["--agent", f"{peers.agent_jar('jmx_exporter')}=127.0.0.1:{theirs}:{rules}"]
        with Lab(agent_arguments=f"127.0.0.1:{ours}:{rules},sampling.base_interval=1s", up=up) as lab:
            lab.lab("topics", "--prefix", "orders", "--topics", "2", "--partitions", "3")
            lab.lab("load", "--seconds", "5", "--rate", "200")
            found = {}

            def agree():
                for who, port in (("ours", ours), ("theirs", theirs)):
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
                        found[who] = page_of(answer.read().decode())
                return by_rules(found["ours"]) == by_rules(found["theirs"])

            wait_for("the same series at both addresses", agree, 60)
            self.assertGreater(len(by_rules(found["ours"])), 20)
            for name in ("jvm_threads_current", "process_cpu_seconds_total"):
                self.assertIn(name, {key[0] for key in found["ours"]})


if __name__ == "__main__":
    broker_lab.main()
