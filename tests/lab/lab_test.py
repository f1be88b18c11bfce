#!/usr/bin/env python3
"""The lab: nothing stays after a crash, load is what its arguments say, tools and dumps tell the truth."""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = ROOT / "scripts" / "lab"
KAFKA = "3.5.0"


def run(*arguments, check=True, env=None):
    done = subprocess.run([str(LAB), *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          env=env, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def wait_for(what, probe, seconds=60):
    deadline = time.monotonic() + seconds
    while not probe():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still waiting for {what}")
        time.sleep(0.05)


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as facts:
            return facts.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def processes_of(lab_id):
    """Pids of every process that carries the lab's mark."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as arguments:
                if f"-Dremora.lab={lab_id}".encode() in arguments.read().split(b"\0") and runs(name):
                    found.append(int(name))
        except OSError:
            continue
    return found


class CrashTest(unittest.TestCase):
    """A cache of its own, so that `--all-stale` sees the labs of this test only."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        jars = pathlib.Path(run("get", "--kafka", KAFKA).stdout.strip())
        cache = self.dir / "cache"
        cache.mkdir()
        (cache / jars.name).symlink_to(jars)
        self.env = {**os.environ, "REMORA_LAB_CACHE": str(cache)}
        self.lab_dir = self.dir / "lab"
        self.addCleanup(run, "down", "--all-stale", check=False, env=self.env)
        self.addCleanup(run, "down", "--dir", self.lab_dir, check=False, env=self.env)

    def state(self):
        try:
            return json.loads((self.lab_dir / "lab.json").read_text())
        except OSError:
            return {}

    def assert_cleaned(self, lab_id):
        self.assertTrue(processes_of(lab_id), "nothing was left to clean: the test proves nothing")
        run("down", "--all-stale", env=self.env)
        self.assertEqual(processes_of(lab_id), [])
        self.assertFalse(self.lab_dir.exists())
        self.assertEqual(run("list", env=self.env).stdout, "")

    def test_start_that_is_killed_leaves_nothing(self):
        starter = subprocess.Popen([LAB, "up", "--dir", self.lab_dir, "--kafka", KAFKA], env=self.env,
                                   stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.addCleanup(starter.kill)
        wait_for("the broker's process", lambda: any(b["pid"] for b in self.state().get("brokers", [])))
        starter.send_signal(signal.SIGKILL)
        starter.wait()
        self.assert_cleaned(self.state()["id"])

    def test_owner_that_is_killed_leaves_nothing(self):
        owner = subprocess.Popen(["sleep", "600"])
        self.addCleanup(owner.kill)
        run("up", "--dir", self.lab_dir, "--kafka", KAFKA, "--owner-pid", owner.pid, env=self.env)
        run("down", "--all-stale", env=self.env)
        self.assertTrue(runs(self.state()["brokers"][0]["pid"]), "its owner lives: hands off")
        owner.kill()
        owner.wait()
        self.assert_cleaned(self.state()["id"])


class LabTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        cls.addClassCleanup(run, "down", "--dir", cls.dir / "lab", check=False)
        run("up", "--dir", cls.dir / "lab", "--kafka", KAFKA, "--jmx")
        for prefix in "abc":
            cls.lab("topics", "--prefix", prefix, "--topics", 3, "--partitions", 2)

    @classmethod
    def lab(cls, command, *arguments, **more):
        return run(command, "--dir", cls.dir / "lab", *arguments, **more)

    def state(self):
        return json.loads((self.dir / "lab" / "lab.json").read_text())

    def dump(self):
        lines = self.lab("jmx-dump").stdout.splitlines()
        return {(e["mbean"], e["attribute"]): e for e in map(json.loads, lines)}

    def load(self, *arguments):
        return json.loads(self.lab("load", *arguments).stdout)

    def test_record_says_where_the_broker_is(self):
        broker = self.state()["brokers"][0]
        self.assertEqual(broker["number"], 1)
        with open(f"/proc/{broker['pid']}/cmdline") as arguments:
            self.assertIn(f"-Dkafka.logs.dir={self.dir}/lab/logs-1", arguments.read().split("\0"))
        self.assertTrue((self.dir / "lab" / "logs-1").is_dir())
        self.assertIn("Kafka Server started", (self.dir / "lab" / "broker-1.log").read_text())

    def test_load_of_one_seed_puts_the_same_records_everywhere(self):
        arguments = ("--seconds", 3, "--phase-seconds", 1, "--rate", 500, "--seed", 7)
        totals = [self.load("--prefix", prefix, *arguments) for prefix in "ab"]
        for total in totals:
            # A second of steady, one of burst (five times as many), one of silence.
            self.assertEqual((total["planned"], total["produced"], total["errors"]), (3000, 3000, 0))
            self.assertEqual(total["consumed"], 3000)
        self.assertEqual(totals[0]["produced_bytes"], 3000 * 200)
        offsets = collections.defaultdict(dict)
        for (mbean, attribute), entry in self.dump().items():
            match = re.match(r"kafka\.log:type=Log,name=LogEndOffset,topic=([ab])-(\d+),partition=(\d)", mbean)
            if match:
                offsets[match[1]][match[2], match[3]] = entry["value"]
        self.assertEqual(len(offsets["a"]), 6)
        self.assertEqual(offsets["a"], offsets["b"])
        self.assertEqual(sum(offsets["a"].values()), 3000)
        by_topic = [offsets["a"][topic, "0"] + offsets["a"][topic, "1"] for topic in ("0000", "0001", "0002")]
        for count, share in zip(by_topic, (6 / 11, 3 / 11, 2 / 11)):
            self.assertAlmostEqual(count / 3000, share, delta=0.05)

    def test_load_in_the_background_ends_by_itself(self):
        said = json.loads(self.lab("load", "--prefix", "c", "--seconds", 2, "--background").stdout)
        self.assertIn(said["pid"], [load["pid"] for load in self.state()["loads"]])
        self.assertTrue(runs(said["pid"]))
        wait_for("the load to end", lambda: not runs(said["pid"]), 40)
        totals = json.loads(pathlib.Path(said["log"]).read_text().splitlines()[-1])
        self.assertGreater(totals["produced"], 0)
        self.assertGreater(totals["consumed"], 0)

    def test_dump_has_every_kind_of_value(self):
        entries = self.dump()
        heap = entries["java.lang:type=Memory", "HeapMemoryUsage.used"]
        self.assertEqual(heap["type"], "Long")
        self.assertGreater(heap["value"], 1 << 20)
        self.assertLessEqual(heap["t0"], heap["t1"])
        self.assertLess(abs(heap["t1"] / 1000 - time.time()), 60)
        self.assertIs(entries["java.lang:type=Memory", "Verbose"]["value"], False)
        self.assertEqual(entries["kafka.server:type=app-info,id=1", "Version"]["value"], KAFKA)
        self.assertTrue({"NaN"} <= {e["value"] for e in entries.values() if e["type"] == "Double"})
        count = entries["java.lang:type=Runtime", "Pid"]["value"]
        self.assertEqual(count, self.state()["brokers"][0]["pid"])

    def test_tool_passes_output_and_status_through(self):
        topics = ("kafka.admin.TopicCommand", "--bootstrap-server", self.state()["bootstrap"])
        done = self.lab("tool", *topics, "--list")
        names = [name for name in done.stdout.splitlines() if not name.startswith("__")]
        self.assertEqual(names, [f"{prefix}-000{n}" for prefix in "abc" for n in range(3)])
        self.assertEqual(done.stderr, "")
        failed = self.lab("tool", *topics, "--describe", "--topic", "none", check=False)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("Topic 'none' does not exist", failed.stdout + failed.stderr)

    def test_cpu_is_that_of_the_broker(self):
        first = json.loads(self.lab("cpu").stdout)
        self.dump()
        second = json.loads(self.lab("cpu").stdout)
        self.assertEqual(first["pid"], self.state()["brokers"][0]["pid"])
        self.assertGreater(second["user_s"] + second["system_s"], first["user_s"] + first["system_s"])
        self.assertGreater(sum(first["threads"].values()), 0)
        self.assertLess(sum(first["threads"].values()), first["user_s"] + first["system_s"] + 1)


class StopTest(unittest.TestCase):
    def test_down_stops_a_load_and_removes_everything(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.addCleanup(run, "down", "--dir", folder / "lab", check=False)
        run("up", "--dir", folder / "lab", "--kafka", KAFKA)
        run("topics", "--dir", folder / "lab", "--topics", 1, "--partitions", 1)
        load = json.loads(run("load", "--dir", folder / "lab", "--seconds", 300, "--background").stdout)
        state = json.loads((folder / "lab" / "lab.json").read_text())
        run("down", "--dir", folder / "lab")
        self.assertFalse(runs(load["pid"]))
        self.assertFalse(runs(state["brokers"][0]["pid"]))
        self.assertFalse((folder / "lab").exists())


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
