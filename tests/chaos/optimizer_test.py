#!/usr/bin/env python3
"""Bottlenecks planted in a real broker: each is found, its patch is valid, and taking it helps.

    optimizer_test.py [unittest arguments]

Prints what was measured before and after, as docs/research/experiments.md has it.
"""

import json
import pathlib
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import BUILD, TOOL, Lab, run, wait_for  # noqa: E402

CHAOS_AGENT = BUILD / "tests" / "chaos" / "chaos-agent.jar"
PATIENCE_S = 1500  # for what must come; nothing is judged by how soon
WANTED = {("costly_family", "kafka.chaos:type=Slow,topic=*"), ("unchanged_family", "kafka.chaos:type=Still,topic=*"),
          ("cardinality", "kafka.chaos:type=Latency,client-id=*"), ("repeating_output", "lines"), ("lossy_output", "udp")}
RECEIVER_BYTES = 12_000  # of its buffer: about ten datagrams
RECEIVER_PAUSE_S = 0.05


class SlowReceiver:
    """Looks at its socket twenty times a second only, so what comes in bursts has no room."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVER_BYTES)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            time.sleep(RECEIVER_PAUSE_S)
            try:
                while True:
                    self.socket.recv(65536)
            except BlockingIOError:
                pass


class OptimizerTest(unittest.TestCase):
    def setUp(self):
        self.receiver = SlowReceiver()
        self.config = {
            "select": {"profile": "all"},
            "sampling": {"cpu_budget_percent": 5},
            "reload": {"check_interval": "1s"},
            "outputs": [{"name": "page"}, {"name": "lines", "format": "ndjson"},
                        {"name": "udp", "type": "udp", "host": "127.0.0.1", "port": self.receiver.port}]}
        self.lab = Lab(self.config)
        self.orders = self.lab.dir / "orders"
        self.orders.mkdir()
        self.lab.up += [f"--jvm-opt=-javaagent:{CHAOS_AGENT}={self.orders}"]
        self.lab.__enter__()
        self.addCleanup(self.lab.close)

    def order(self, number, text):
        """Has the broker do it."""
        fresh = self.orders / "order"
        fresh.write_text(text)
        fresh.rename(self.orders / f"{number}.order")
        done = self.orders / f"{number}.done"
        self.assertEqual(wait_for(text, lambda: done.exists() and done.read_text(), 120), "ok")

    def profile(self):
        path = self.lab.output / "remora.profile.json"
        return json.loads(path.read_text()) if path.exists() else None

    def found(self):
        """{(rule, subject): finding} that has a patch."""
        report = self.profile()
        return {(one["rule"], one["subject"]): one for one in report["findings"] if one["patch"]} if report else {}

    def figures(self):
        """What the plants cost, as the profile has it."""
        report = self.profile()["profile"]
        families = {family["name"]: family for family in report["families"]}
        outputs = {output["name"]: output for output in report["outputs"]}
        slow = families.get("kafka.chaos:type=Slow,topic=*", {"cpu_percent": 0})
        return {"CPU of the agent, % of a core": report["cpu_used_percent"],
                "CPU of the slow gauge, % of a core": slow["cpu_percent"],
                "series": report["series"], "unchanged series": report["unchanged"],
                "NDJSON, bytes/s": outputs["lines"]["bytes_per_s"],
                "datagrams that the receiver dropped, %": 100 * outputs["udp"]["receiver_drops_share"]}

    def take(self, findings):
        """Puts all patches into the file: a list of each stands for the whole list, so what is new in each is joined."""
        for finding in findings:
            patch = finding["patch"]
            if "rules" in patch:
                self.config.setdefault("rules", []).append(patch["rules"][-1])
            for mine, changed in zip(self.config["outputs"], patch.get("outputs", [])):
                mine.update(changed)
        self.lab.write_config(self.config)
        checked = run(TOOL, "check", self.lab.config_path, "--no-environment")
        self.assertIn("valid", checked.stdout)

    def test_planted_bottlenecks_are_found_and_what_is_suggested_helps(self):
        self.order(1, "slow 50")
        self.order(2, "still 10000")
        self.order(3, "clients 2000")
        wait_for("every plant to be found", lambda: WANTED <= self.found().keys(), PATIENCE_S, 5)
        print(run(TOOL, "profile", self.lab.output).stdout)
        print(run(TOOL, "suggest", self.lab.output).stdout)
        before, found = self.figures(), self.found()
        for wanted in WANTED:
            self.assertIn(f"suggestion {wanted[0]}: {wanted[1]}", self.lab.log())
        reloads = self.lab.counters()["config_reloads_total"]
        self.take([found[wanted] for wanted in WANTED])
        self.lab.wait_counter("config_reloads_total", reloads + 1)
        wait_for("settled figures of afterwards", lambda: 300 <= self.profile()["profile"]["known_s"] < 600, PATIENCE_S, 5)
        after = self.figures()
        for name, value in before.items():
            print(f"| {name} | {value:.3g} | {after[name]:.3g} |")
        self.assertFalse(WANTED & self.found().keys(), "each is gone")
        self.assertLess(after["CPU of the slow gauge, % of a core"], before["CPU of the slow gauge, % of a core"] / 10)
        self.assertLess(after["series"], before["series"] - 25_000)
        self.assertLess(after["NDJSON, bytes/s"], before["NDJSON, bytes/s"] / 2)
        self.assertLess(after["datagrams that the receiver dropped, %"], before["datagrams that the receiver dropped, %"] / 2)


if __name__ == "__main__":
    broker_lab.main()
