#!/usr/bin/env python3
"""The performance lab with real brokers: planted faults are seen, and its page works in a browser."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))

from benchkit import common as bench  # noqa: E402
from labkit import javatools  # noqa: E402
from perflab import cluster, compare, drive, report, runs  # noqa: E402

BUILD = pathlib.Path(os.environ.get("REMORA_BUILD", ROOT / "build" / "release"))
SCRIPT = ROOT / "scripts" / "performance-test.sh"
SKIPPED = 77


def options_of(**more):
    """A lab of three brokers that is small enough for any machine."""
    return argparse.Namespace(**{
        "kafka": "3.5.0", "brokers": 3, "topics": 20, "partitions": 5, "rate": 300.0,
        "heap": "256m", "rules": None, "interval": 10.0, "seconds": 40, "warm_up": 30, "repeat": 2,
        **more})


class WithPlace(unittest.TestCase):
    def setUp(self):
        bench.set_build(BUILD)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def measured(self, name, chosen, options, extra=None):
        """The report of these runs; `extra`: further JVM options of runs, by name."""
        place = self.dir / name
        place.mkdir()
        with cluster.Cluster(options, place) as brokers:
            for repeat, run in runs.order(chosen, options.repeat):
                drive.measure(brokers, run, repeat, options, place, (extra or {}).get(run.name, ()))
        settings = {key: value for key, value in vars(options).items() if key != "rules"}
        found = report.build(place, settings)
        report.write(place, found)
        return found


class PlantedTest(WithPlace):
    def leak_jar(self):
        classes = bench.compile_java("3.5.0", self.dir / "classes")
        manifest = self.dir / "MANIFEST.MF"
        manifest.write_text("Premain-Class: remora.bench.LeakAgent\n")
        jar = self.dir / "leak.jar"
        bench.run(pathlib.Path(javatools.javac()).with_name("jar"), "cfm", jar, manifest, "-C",
                  classes, ".")
        return jar

    def test_reading_everything_twice_is_told(self):
        everything = runs.KNOWN["everything"]
        twice = runs.Run("everything", "reads everything twice as often", "remora",
                         {**everything.config, "sampling": {"base_interval": "5s"}})
        options = options_of(seconds=60)
        baseline = runs.KNOWN["baseline"]
        before = self.measured("a", [baseline, everything], options)
        after = self.measured("b", [baseline, twice], options)
        rows = [row for row in compare.moves(before, after) if row["worse"]]
        self.assertIn(("everything", "cpu_own_percent"),
                      {(row["run"], row["figure"]) for row in rows})

    def test_a_leak_of_a_megabyte_a_minute_is_told(self):
        options = options_of(seconds=300, warm_up=90)
        found = self.measured("leak", runs.chosen(["optimized"]), options, {
            "optimized": [f"-javaagent:{self.leak_jar()}=1"]})
        row = next(row for row in found["leaks"] if row["figure"] == "rss_mb_per_minute")
        self.assertTrue(row["leak"], row)


class WholeTest(WithPlace):
    def test_a_short_run_of_every_kind_ends_with_all_reports_and_a_page_that_works(self):
        out = self.dir / "out"
        subprocess.run([SCRIPT, "--build", BUILD, "--out", out, "--seconds", "25", "--warm-up",
                        "20", "--repeat", "1", "--topics", "20"], check=True, timeout=1500)
        found = json.loads((out / "report.json").read_text())
        self.assertEqual({row["run"] for row in found["runs"]}, set(runs.SHORT))
        for run, cpu in found["cpu"].items():
            self.assertGreater(cpu["inside"], 0, run)
            self.assertGreater(found["collecting"][run]["values"], 100, run)
            self.assertEqual(found["collecting"][run]["failed"], 0, run)
        self.check_threads(found)
        self.assertTrue((out / "report.md").read_text().startswith("# What monitoring costs"))
        self.look_at(out / "report.html", 6)

    def check_threads(self, found):
        """What monitors has threads of its own in each broker, and a broker without it has none of them."""
        bare = {group for row in found["runs"] if row["run"] == "baseline"
                for values in row["brokers"].values() for group in values["threads_percent"]}
        for row in found["runs"]:
            for values in row["brokers"].values():
                own = set(values["own_threads"])
                self.assertEqual(own == set(), row["run"] == "baseline", row["run"])
                self.assertEqual(own & bare, set(), row["run"])

    def look_at(self, page, charts):
        """Opens the page without a network: no script error, every chart drawn."""
        browser = shutil.which("chromium")
        if not browser:
            self.skipTest("no chromium: scripts/setup --full installs it")
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             "--proxy-server=127.0.0.1:9", f"--user-data-dir={self.dir / 'profile'}",
             "--virtual-time-budget=10000", "--window-size=400,800", "--dump-dom",
             page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
        errors = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual(errors, [])
        self.assertEqual(done.stdout.count('class="marks"'), charts)

    def test_brokers_that_do_not_start_are_reported_with_their_log(self):
        out = self.dir / "out"
        done = subprocess.run([SCRIPT, "--build", BUILD, "--out", out, "--brokers", "1", "--topics",
                               "2", "--seconds", "5", "--warm-up", "5", "--repeat", "1", "--runs",
                               "jmx_exporter", "--rules", self.dir / "none.yml"], text=True,
                              capture_output=True, check=False, timeout=600)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("none.yml", done.stderr)
        self.assertIn("the report is of the runs before", done.stderr)
        found = json.loads((out / "report.json").read_text())
        self.assertEqual([row["run"] for row in found["runs"]], ["baseline"])

    def test_a_signal_ends_it_cleanly_with_the_runs_that_were_whole(self):
        out = self.dir / "out"
        with subprocess.Popen([SCRIPT, "--build", BUILD, "--out", out, "--brokers", "1",
                               "--topics", "2", "--seconds", "5", "--warm-up", "5", "--repeat", "9",
                               "--runs", "optimized"]) as child:
            second = out / "samples" / "1-optimized.ndjson"
            deadline = time.monotonic() + 300
            while not (second.exists() and '"window"' in second.read_text()):
                self.assertIsNone(child.poll())
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.2)
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(timeout=120), 130)
        found = json.loads((out / "report.json").read_text())
        self.assertEqual([row["run"] for row in found["runs"]], ["baseline"])
        self.assertEqual(found["cut_short"], ["1-optimized"])
        self.assertFalse((out / "lab").exists())


if __name__ == "__main__":
    if not (BUILD / "remora.jar").is_file():
        print(f"skipped: no remora.jar in {BUILD}")
        sys.exit(SKIPPED)
    unittest.main()
