#!/usr/bin/env python3
"""`remora plan` as an operator uses it: it counts what `remora check` counts, and names what is over a limit."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

TOOL = os.environ["REMORA_TOOL"]
SIZE = ("--partitions", "600", "--topics", "40", "--brokers", "5")


class PlanTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="remora-plan-")
        self.addCleanup(self.directory.cleanup)
        self.dir = pathlib.Path(self.directory.name)

    def run_tool(self, *arguments, status=0):
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("REMORA_", "TOPIC_"))}
        done = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True, check=False, env=clean)
        self.assertEqual(status, done.returncode, done.stderr)
        return done

    def config(self, found):
        path = self.dir / "remora.json"
        path.write_text(json.dumps(found))
        return path

    def plan(self, *arguments, config=None):
        return json.loads(self.run_tool("plan", *(arguments or SIZE), "--config", self.config(config or {}),
                                        "--json").stdout)

    def test_the_fullest_broker_has_its_share_of_replicas_and_leaders(self):
        found = self.plan()
        self.assertEqual((360, 40), (found["replicas"], found["topics"]))
        beans = self.run_tool("plan", *SIZE, "--beans").stdout
        self.assertEqual(360, beans.count("kafka.log:type=Log,name=Size,"))
        self.assertEqual(40, beans.count("name=BytesInPerSec,topic="))
        self.assertEqual(360 - 600 // 5, beans.count("type=FetcherLagMetrics,"))
        self.assertEqual(found["beans"], beans.count("\n"))
        alone = self.run_tool("plan", "--partitions", 7, "--topics", 9, "--brokers", 2, "--replication-factor", 1,
                              "--beans").stdout
        self.assertEqual(4, alone.count("kafka.log:type=Log,name=Size,"))
        self.assertNotIn("FetcherLagMetrics", alone)

    def test_it_counts_what_check_counts_of_the_beans_that_it_prints(self):
        listing = self.dir / "beans.txt"
        listing.write_text(self.run_tool("plan", *SIZE, "--beans").stdout)
        for config in ({}, {"select": {"profile": "all"}}, {"topics": {"partition_sample": 3, "aggregate": "sum"}},
                       {"topics": {"top": 5}}, {"topics": {"partitions": False}}):
            found = self.plan(config=config)
            checked = self.run_tool("check", self.config(config), "--mbeans", listing).stdout
            self.assertIn(f"{found['series']} series of {found['beans_read']} beans out of {found['beans']}\n", checked)
            refused = dict(re.findall(r"^not collected: (\d+) beans: (.*)$", checked, re.M))
            self.assertEqual({reason: int(count) for count, reason in refused.items()}, found["not_collected"])

    def test_more_partitions_cost_more_and_partitions_that_change_cost_most(self):
        small, large = self.plan(), self.plan("--partitions", 6000, "--topics", 400, "--brokers", 5)
        for of in ("idle", "busy"):
            self.assertGreater(large["cpu_percent"][of]["together"], small["cpu_percent"][of]["together"])
        self.assertGreater(large["cpu_percent"]["busy"]["reads"], large["cpu_percent"]["idle"]["reads"])
        self.assertGreater(large["memory_bytes"], small["memory_bytes"])
        for name, size in large["tick_bytes"].items():
            # What is by partition and topic is ten times as much; the rest is as large as before.
            self.assertGreater(size, 3 * small["tick_bytes"][name], name)
            self.assertLess(size, 10 * small["tick_bytes"][name], name)
        fixed = self.plan(config={"sampling": {"policy": "fixed"}})
        self.assertEqual(fixed["cpu_percent"]["idle"], fixed["cpu_percent"]["busy"])
        self.assertGreater(fixed["cpu_percent"]["idle"]["reads"], small["cpu_percent"]["busy"]["reads"])

    def test_shorter_intervals_cost_more_and_the_ceiling_holds_them(self):
        usual, second = self.plan(), self.plan(*SIZE, "--base-interval", 1)
        self.assertGreater(second["cpu_percent"]["idle"]["rest"], 2 * usual["cpu_percent"]["idle"]["rest"])
        low = self.plan("--partitions", 20000, "--topics", 400, "--brokers", 1,
                        config={"sampling": {"cpu_budget_percent": 0.1}})
        self.assertAlmostEqual(0.1, low["cpu_percent"]["busy"]["together"])
        self.assertIn("is too low for the bounds on age: ", low["ceiling"])

    def test_what_is_over_a_cap_is_counted_with_that_reason(self):
        found = self.plan("--partitions", 40000, "--topics", 4000, "--brokers", 1)
        self.assertGreater(found["not_collected"]["over a cap of limits"], 0)
        self.assertLessEqual(found["beans_read"], 262_144)

    def test_text_and_json_have_the_same_figures(self):
        text = self.run_tool("plan", *SIZE, "--config", self.config({})).stdout
        found = self.plan()
        self.assertIn(f"one of 5 brokers: 360 replicas of 40 topics, replication factor 3\n{found['series']} series of", text)
        for name, size in found["tick_bytes"].items():
            self.assertRegex(text, rf"(?m)^{size / 1e6:.2f} +{name}$")
        self.assertRegex(text, rf"(?m)^all partitions change +\S+ +\S+ +{found['cpu_percent']['busy']['together']:.2f}$")
        self.assertIn(f"\n{found['ceiling']}\n", text)

    def test_impossible_sizes_are_errors_that_name_the_option(self):
        self.assertIn("--brokers", self.run_tool("plan", "--partitions", 5, "--topics", 5, status=2).stderr)
        self.assertIn("--partitions", self.run_tool("plan", "--partitions", 200_001, "--topics", 5, "--brokers", 1,
                                                    status=2).stderr)
        self.assertEqual("--replication-factor: found 4; expected at most the number of brokers, 3\n", self.run_tool(
            "plan", "--partitions", 5, "--topics", 5, "--brokers", 3, "--replication-factor", 4, status=2).stderr)
        wrong = self.config({"samplng": {}})
        self.assertRegex(self.run_tool("plan", *SIZE, "--config", wrong, status=1).stderr, r'samplng: .*"sampling"')


if __name__ == "__main__":
    unittest.main(verbosity=2)
