#!/usr/bin/env python3
"""Two versions of the agent come to a loaded broker and leave it, in turn: nothing stays, and producers do not notice.

$REMORA_ATTACHES: how often (10). The least is 3, of which a trend can be told.
"""

import contextlib
import json
import os
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
import other_jar  # noqa: E402
from broker_lab import JAR, TOOL, Lab, run, wait_for  # noqa: E402
from noise import ERRORS_BEYOND_NOISE, difference_and_error, slope_and_error  # noqa: E402

ATTACHES = int(os.environ.get("REMORA_ATTACHES", "10"))
WINDOW_S = 10
MEASURED = "measured"


class AttachTest(unittest.TestCase):
    def setUp(self):
        self.lab = Lab(agent=False, up=["--heap", "512m"]).__enter__()
        self.addCleanup(self.lab.close)
        self.lab.write_config({"sampling": {"base_interval": "2s"}})  # several ticks fall into each window
        self.pid = self.lab.state()["brokers"][0]["pid"]
        self.prom = self.lab.output / "remora.prom"
        for prefix, topics in ((MEASURED, "1"), ("load", "50")):
            self.lab.lab("topics", "--prefix", prefix, "--topics", topics, "--partitions", "5")
        self.lab.lab("load", "--background", "--prefix", "load", "--seconds", "36000", "--rate", "500",
                     "--phases", "steady")

    def remora(self, command, *arguments):
        return run(TOOL, command, self.pid, *arguments)

    def shows(self, line):
        return self.prom.exists() and re.search(rf"^{line}$", self.prom.read_text(), re.M)

    def produce_p99_ms(self):
        done = self.lab.lab("load", "--seconds", WINDOW_S, "--prefix", MEASURED, "--phases", "steady",
                            "--consumers", "0")
        return json.loads(done.stdout.splitlines()[-1])["produce_p99_ms"]

    def histogram(self):
        """Of the heap after a full collection; None while the library is still there."""
        histogram = run("jcmd", self.pid, "GC.class_histogram").stdout
        return None if "libremora" in pathlib.Path(f"/proc/{self.pid}/maps").read_text() else histogram

    def descriptors(self):
        """Without the broker's segments and connections, which come and go under load."""
        found = []
        for path in pathlib.Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                target = os.readlink(path)
                if not target.startswith(("socket:", f"{self.lab.lab_dir}/data-")):
                    found.append(target)
        return found

    def held(self):
        """What the JVM has after a collection, by which the library goes."""
        histogram = wait_for("the library to be unloaded", self.histogram, 120)
        return {"threads": len(os.listdir(f"/proc/{self.pid}/task")),
                "descriptors": len(self.descriptors()),
                "classes of the shim": len(re.findall(r" remora\.shim\.", histogram)),
                "heap KB": int(re.search(r"^Total +\d+ +(\d+)", histogram, re.M)[1]) // 1024}

    def test_nothing_stays_and_producers_do_not_notice(self):
        jars = [JAR, other_jar.make(self.lab.dir, "9.8.7")]
        self.produce_p99_ms()  # the broker is warm from here on
        held, paces = [self.held()], []
        for i in range(ATTACHES):
            self.remora("attach", self.lab.config_path, "--jar", jars[i % 2])
            wait_for("the agent's values", lambda: self.shows(r"remora_up 1") and
                     self.shows(r"kafka_server_replicamanager_partitioncount \d+"), 60)
            with_agent = self.produce_p99_ms()
            self.remora("detach")
            self.assertTrue(self.shows("remora_up 0"))
            self.assertFalse([path for path in pathlib.Path(f"/proc/{self.pid}/task").glob("*/comm")
                              if path.read_text().startswith("remora")])
            paces.append((with_agent, self.produce_p99_ms()))
            held.append(self.held())
            print(i + 1, held[-1], "produce p99 ms with and without:", paces[-1], flush=True)
        print("before:", held[0])
        self.assertEqual([one["classes of the shim"] for one in held], [0] * len(held))
        # The first attach leaves a little for good: the entry class, its jar, the JVM's socket and its thread.
        for what in ("threads", "descriptors", "heap KB"):
            slope, error = slope_and_error([one[what] for one in held[1:]])
            print(f"{what}: slope {slope:.3f} an attach, standard error {error:.3f}")
            self.assertLessEqual(slope, max(ERRORS_BEYOND_NOISE * error, 0.1), what)
        self.assertLessEqual(held[-1]["threads"] - held[0]["threads"], 2)
        self.assertLessEqual(held[-1]["descriptors"] - held[0]["descriptors"], 4)
        versions = re.findall(r"started, version (\d+\.\d+\.\d+)", self.lab.log())
        self.assertEqual([version == "9.8.7" for version in versions], [i % 2 == 1 for i in range(ATTACHES)])
        more, noise = difference_and_error(paces)
        print(f"produce p99: {more:.2f} ms more with the agent, noise {noise:.2f}")
        self.assertLessEqual(more, max(ERRORS_BEYOND_NOISE * noise, 1), "milliseconds")


if __name__ == "__main__":
    broker_lab.main()
