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
ALONE_S = 4500
SLOW_MS, STILL, CLIENTS = 50, 10_000, 2_000
RECEIVER_BYTES = 12_000  # of its buffer: about ten datagrams
RECEIVER_PAUSE_S = 0.05
DATAGRAM_MEMORY = 2304  # what the kernel counts for one of 1432 bytes


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
    pause_s = RECEIVER_PAUSE_S

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVER_BYTES)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            time.sleep(self.pause_s)
            try:
                while True:
                    self.socket.recv(65536)
            except BlockingIOError:
                pass


class Planted:
    """A broker with bottlenecks: beans by `orders`, the rest by the configuration."""

    def __init__(self, orders=(), outputs=("page",), sampling=None, may=None):
        self.receiver = SlowReceiver()
        known = {"page": {}, "lines": {"format": "ndjson"},
                 "udp": {"type": "udp", "host": "127.0.0.1", "port": self.receiver.port}}
        self.config = {
            "select": {"profile": "all"},
            "sampling": {"cpu_budget_percent": 5, **(sampling or {})},
            "reload": {"check_interval": "1s"},
            "optimizer": {} if may is None else {"mode": "apply", "may": may},
            "outputs": [{"name": name, **known[name]} for name in outputs]}
        self.lab = Lab(self.config, up=["--heap", "512m"])
        self.orders = self.lab.dir / "orders"
        self.orders.mkdir()
        self.lab.up += [f"--jvm-opt=-javaagent:{CHAOS_AGENT}={self.orders}"]
        self.lab.__enter__()
        for number, text in enumerate(orders, 1):
            self.order(number, text)

    def order(self, number, text):
        """Has the broker do it."""
        fresh = self.orders / "order"
        fresh.write_text(text)
        fresh.rename(self.orders / f"{number}.order")
        done = self.orders / f"{number}.done"
        answer = wait_for(text, lambda: done.exists() and done.read_text(), 120)
        if answer != "ok":
            raise AssertionError(f"{text}: {answer}")

    def profile(self):
        path = self.lab.output / "remora.profile.json"
        return json.loads(path.read_text()) if path.exists() else {"findings": [], "profile": None}

    def events(self):
        path = self.lab.output / "remora.tuning.ndjson"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def decided(self):
        return {event["subject"]: event for event in self.events() if event["what"] == "decided"}


ALL = {"orders": [f"slow {SLOW_MS}", f"still {STILL}", f"clients {CLIENTS}"], "outputs": ("page", "lines", "udp")}


class FoundTest(unittest.TestCase):
    def setUp(self):
        self.all_found = {}
        self.planted = Planted(**ALL)
        self.lab = self.planted.lab
        self.addCleanup(self.lab.close)

    def found(self):
        """{(rule, subject): finding} of all that had a patch so far."""
        self.all_found.update({(one["rule"], one["subject"]): one
                               for one in self.planted.profile()["findings"] if one["patch"]})
        return self.all_found

    def check(self, patch):
        """`remora check` accepts the configuration with the patch."""
        changed = self.lab.dir / "changed.json"
        changed.write_text(json.dumps(merged({"directory": str(self.lab.output), **self.planted.config}, patch)))
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


class KeptTest(unittest.TestCase):
    def setUp(self):
        self.planted = Planted(**ALL, may=KINDS)
        self.lab = self.planted.lab
        self.addCleanup(self.lab.close)

    def test_what_helps_is_tried_one_by_one_and_kept(self):
        decided = self.planted.decided
        before = self.lab.config_path.read_text()
        helpful = {subject for rule, subject in WANTED if rule in ("costly_family", "unchanged_family", "repeating_output")}
        wait_for("each change to be decided about", lambda: helpful <= decided().keys(), TRIALS_S, 20)
        print(run(TOOL, "tune", self.lab.output).stdout, *decided().values(), sep="\n")
        for subject in helpful:
            event = decided()[subject]
            self.assertEqual(event["verdict"], "kept", event)
            self.assertGreater(event["before"] - event["after"], event["noise"], event)
        self.assertEqual(self.lab.config_path.read_text(), before, "the operator's file is not written")
        number = decided()["lines"]["id"]
        self.assertEqual(run(TOOL, "tune", "revert", self.lab.output, number).stdout, "taken back\n")
        self.assertEqual(decided()["lines"]["verdict"], "reverted")


SLOW, STILL_FAMILY, LATENCY = "kafka.chaos:type=Slow,topic=*", "kafka.chaos:type=Still,topic=*", "kafka.chaos:type=Latency,client-id=*"
# By what is planted: the broker, and what of it is to be tried and kept.
PLANTS = {
    "a gauge that takes 50 ms": ({"orders": [f"slow {SLOW_MS}"], "may": ["interval"]}, {SLOW: "costly_family"}),
    "2,000 clients": ({"orders": [f"clients {CLIENTS}"], "may": ["top"]}, {LATENCY: "cardinality"}),
    "10,000 series that never change": ({"orders": [f"still {STILL}"], "may": ["exclude"]}, {STILL_FAMILY: "unchanged_family"}),
    "NDJSON that repeats itself": ({"outputs": ("page", "lines"), "may": ["emit"]}, {"lines": "repeating_output"}),
    "a receiver that loses 30 %": ({"outputs": ("page", "udp"), "may": ["spread"]}, {"udp": "lossy_output"}),
    "base interval 1 s under a ceiling of 0.15 %":
        ({"sampling": {"base_interval": "1s", "cpu_budget_percent": 0.15}, "may": ["base_interval", "bounds"]},
         {"sampling.base_interval": "base_interval"}),
    "the gauge and NDJSON": ({"orders": [f"slow {SLOW_MS}"], "outputs": ("page", "lines"), "may": ["interval", "emit"]},
                             {SLOW: "costly_family", "lines": "repeating_output"}),
    "10,000 series and the receiver": ({"orders": [f"still {STILL}"], "outputs": ("page", "udp"), "may": ["exclude", "spread"]},
                                       {STILL_FAMILY: "unchanged_family", "udp": "lossy_output"}),
}
# Any verdict may be right: ticks that a tight ceiling just carries vary from minute to minute, and whether such a change is kept
# was never measured (docs/research/experiments.md). Under a ceiling of 0.05 % nothing is proposed: the agent uses more than that
# even with a tick a minute.
ONLY_DECIDED = {"sampling.base_interval"}


class Watched:
    """A planted broker, whose profiles are sorted into those without the change that is tried and those with it."""

    def __init__(self, planted, wanted):
        self.planted, self.wanted = planted, wanted
        self.profiles = {}  # written_wall_ms -> profile

    def look(self):
        one = self.planted.profile()["profile"]
        if one is not None:
            self.profiles[one["written_wall_ms"]] = one
            self.lose_a_third(one)

    def lose_a_third(self, profile):
        """Has the receiver look as seldom as loses 30 % of what comes in half an interval."""
        receiver = self.planted.receiver
        sent = sum(output["packets_per_s"] for output in profile["outputs"]) * profile["tick_interval_s"]
        if receiver.pause_s == RECEIVER_PAUSE_S and sent > 0:
            held = RECEIVER_BYTES * 2 / DATAGRAM_MEMORY
            receiver.pause_s = held * profile["tick_interval_s"] / 2 / (0.7 * sent)

    def is_decided(self):
        return self.wanted.keys() <= self.planted.decided().keys()

    def means(self, change):
        """CPU in %, bytes/s and share lost, each without the change and with it, over the windows of its trial."""
        events = [event for event in self.planted.events() if event.get("id") == change]
        measured = [event for event in events if event["what"] == "measured"]
        times = [next(e for e in events if e["what"] == "proposed")["wall_ms"]] + [event["wall_ms"] for event in measured]
        sums = {False: [], True: []}
        for begin, end, event in zip(times, times[1:], measured):
            sums[event["with"]] += [one for at, one in self.profiles.items()
                                    if begin < at <= end and one["known_s"] >= one["window_s"]]
        figures = {"CPU, % of a core": lambda one: one["cpu_used_percent"],
                   "bytes/s": lambda one: sum(output["bytes_per_s"] for output in one["outputs"]),
                   "lost": lambda one: max(output["receiver_drops_share"] for output in one["outputs"]),
                   "seconds between ticks": lambda one: one["tick_interval_s"]}
        mean = lambda of, ones: sum(map(of, ones)) / len(ones) if ones else float("nan")  # noqa: E731
        return {name: (mean(of, sums[False]), mean(of, sums[True])) for name, of in figures.items()}


class AloneTest(unittest.TestCase):
    """Each bottleneck in a broker of its own, and two together; all brokers at the same time."""

    def test_each_is_found_tried_and_kept(self):
        brokers = {}
        for title, (planted, wanted) in PLANTS.items():
            brokers[title] = Watched(Planted(**planted), wanted)
            self.addCleanup(brokers[title].planted.lab.close)

        def are_decided():
            for one in brokers.values():
                one.look()
            return all(one.is_decided() for one in brokers.values())

        try:
            wait_for("each change to be decided about", are_decided, ALONE_S, 10)
        finally:
            for title, one in brokers.items():
                self.tell(title, one)
        for title, one in brokers.items():
            for subject, rule in one.wanted.items():
                with self.subTest(title, subject=subject):
                    event = one.planted.decided()[subject]
                    if subject not in ONLY_DECIDED:
                        self.assertEqual(event["verdict"], "kept", event)
                    proposed = [e for e in one.planted.events() if e["what"] == "proposed" and e["id"] == event["id"]]
                    self.assertEqual(proposed[0]["rule"], rule)

    @staticmethod
    def tell(title, one):
        print(f"\n{title}")
        print(run(TOOL, "tune", one.planted.lab.output, check=False).stdout)
        for event in one.planted.events():
            print(" ", json.dumps(event))
        for subject, event in one.planted.decided().items():
            for name, (without, with_it) in one.means(event["id"]).items():
                print(f"  {subject}: {name}: {without:.4g} without, {with_it:.4g} with it")


if __name__ == "__main__":
    broker_lab.main()
