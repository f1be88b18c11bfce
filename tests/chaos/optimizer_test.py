#!/usr/bin/env python3
"""Bottlenecks planted in a real broker: each is found, with figures that are true and a patch that is valid, and what helps is kept."""

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
          ("cardinality", "kafka.chaos:type=Latency,client-id=*"), ("repeating_output", "lines"),
          ("lossy_output", "udp")}
KINDS = ["interval", "exclude", "top", "emit", "spread"]
TRIALS_S = 3 * 3600  # a trial takes 20 minutes
SLOW_MS, STILL, CLIENTS = 50, 10_000, 2_000
RECEIVER_BYTES = 12_000  # of its buffer: about ten datagrams
RECEIVER_PAUSE_S = 0.05


def merged(target, patch):
    """JSON merge patch, as RFC 7386 has it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        result.pop(key, None) if value is None else result.update({key: merged(result.get(key), value)})
    return result


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


class PlantedBroker(unittest.TestCase):
    """`optimizer`: that section of the configuration."""
    optimizer = {}

    def setUp(self):
        self.all_found = {}
        self.receiver = SlowReceiver()
        self.config = {
            "select": {"profile": "all"},
            "sampling": {"cpu_budget_percent": 5},
            "reload": {"check_interval": "1s"},
            "optimizer": self.optimizer,
            "outputs": [{"name": "page"}, {"name": "lines", "format": "ndjson"},
                        {"name": "udp", "type": "udp", "host": "127.0.0.1", "port": self.receiver.port}]}
        self.lab = Lab(self.config)
        self.orders = self.lab.dir / "orders"
        self.orders.mkdir()
        self.lab.up += [f"--jvm-opt=-javaagent:{CHAOS_AGENT}={self.orders}"]
        self.lab.__enter__()
        self.addCleanup(self.lab.close)
        self.order(1, f"slow {SLOW_MS}")
        self.order(2, f"still {STILL}")
        self.order(3, f"clients {CLIENTS}")

    def order(self, number, text):
        """Has the broker do it."""
        fresh = self.orders / "order"
        fresh.write_text(text)
        fresh.rename(self.orders / f"{number}.order")
        done = self.orders / f"{number}.done"
        self.assertEqual(wait_for(text, lambda: done.exists() and done.read_text(), 120), "ok")



class FoundTest(PlantedBroker):
    def profile(self):
        path = self.lab.output / "remora.profile.json"
        return json.loads(path.read_text()) if path.exists() else None

    def found(self):
        """{(rule, subject): finding} of all that had a patch so far."""
        report = self.profile() or {"findings": []}
        self.all_found.update({(one["rule"], one["subject"]): one for one in report["findings"] if one["patch"]})
        return self.all_found

    def check(self, patch):
        """`remora check` accepts the configuration with the patch."""
        changed = self.lab.dir / "changed.json"
        changed.write_text(json.dumps(merged({"directory": str(self.lab.output), **self.config}, patch)))
        self.assertIn("valid", run(TOOL, "check", changed, "--no-environment").stdout)

    def test_planted_bottlenecks_are_found_with_true_figures_and_valid_patches(self):
        wait_for("every plant to be found", lambda: WANTED <= self.found().keys(), PATIENCE_S, 5)
        found = self.found()
        print(run(TOOL, "profile", self.lab.output).stdout, run(TOOL, "suggest", self.lab.output).stdout, sep="\n")
        evidence = {rule: found[rule, subject]["evidence"] for rule, subject in WANTED}
        self.assertGreater(evidence["costly_family"]["typical_us"], 800 * SLOW_MS)
        self.assertEqual(evidence["unchanged_family"]["unchanged"], STILL)
        self.assertEqual(evidence["cardinality"]["series"], 10 * CLIENTS)
        self.assertGreater(evidence["repeating_output"]["repeated_share"], 0.8)
        self.assertGreater(evidence["lossy_output"]["receiver_drops_share"], 0.1)
        for rule, subject in WANTED:
            self.check(found[rule, subject]["patch"])
            line = f"suggestion {rule}: {subject}: "
            wait_for(f"the log to have: {line}", lambda: line in self.lab.log(), PATIENCE_S)


class KeptTest(PlantedBroker):
    optimizer = {"mode": "apply", "may": KINDS}

    def events(self):
        path = self.lab.output / "remora.tuning.ndjson"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def decided(self):
        return {event["subject"]: event for event in self.events() if event["what"] == "decided"}

    def test_what_helps_is_tried_one_by_one_and_kept(self):
        before = self.lab.config_path.read_text()
        helpful = {subject for rule, subject in WANTED if rule in ("costly_family", "unchanged_family", "repeating_output")}
        wait_for("each change to be decided about", lambda: helpful <= self.decided().keys(), TRIALS_S, 20)
        print(run(TOOL, "tune", self.lab.output).stdout, *self.decided().values(), sep="\n")
        for subject in helpful:
            event = self.decided()[subject]
            self.assertEqual(event["verdict"], "kept", event)
            self.assertGreater(event["before"] - event["after"], event["noise"], event)
        self.assertEqual(self.lab.config_path.read_text(), before, "the operator's file is not written")
        number = self.decided()["lines"]["id"]
        self.assertEqual(run(TOOL, "tune", "revert", self.lab.output, number).stdout, "taken back\n")
        self.assertEqual(self.decided()["lines"]["verdict"], "reverted")


if __name__ == "__main__":
    broker_lab.main()
