#!/usr/bin/env python3
"""The real agent in a JVM of a thousand good MBeans beside one of each bad kind, seen from outside.

    chaos_test.py JAVA CLASSPATH [unittest arguments]        $REMORA_CHAOS_SECONDS: how long (40)
"""

import json
import os
import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import JAR, TOOL, run, wait_for  # noqa: E402
from host_jvm import HostJvm  # noqa: E402
from preloaded import Preloaded  # noqa: E402

GOOD = 1000
BASE_MS = 2000
LATE_MS = 3 * BASE_MS  # between two reads of a bean: one base interval, and late by two at most
STORM_LATE_MS = 5 * BASE_MS // 2  # late by one at most, and a tick waits for its reads for half an interval
SECONDS = int(os.environ.get("REMORA_CHAOS_SECONDS", "40"))
COLLECTORS_MAX = 8  # abandoned ones
KEPT_KB_MAX = 100  # of 5,000 beans that came and went: 20 bytes a bean
REASONS = {
    "ThrowsRuntime": "threw", "ThrowsError": "threw", "ThrowsLinkage": "threw", "Overflows": "threw",
    "TurnsBad": "threw", "Exhausts": "threw", "InfoThrows": "threw",
    "Null": "not_a_number", "OtherClass": "not_a_number", "Array": "not_a_number", "TurnsText": "not_a_number",
    "BlocksLater": "blocked", "BlocksAtOnce": "blocked",
}
CONFIG = {
    "select": {"profile": "all", "domains": ["kafka.chaos", "kafka.storm"]},
    "sampling": {"policy": "fixed", "base_interval": f"{BASE_MS}ms"},
    "self_metrics": "full",
    "outputs": [{"type": "file", "format": "ndjson", "path": "${dir}/remora.ndjson",
                 "rotate": {"size": "1GB", "total_size": "2GB"}},
                {"type": "file", "format": "prometheus", "path": "${dir}/remora.prom"}],
}
JAVA, CLASSPATH = "", ""


def bad_name(kind):
    return f"kafka.chaos:type=Bad,name={kind}"


class Host(HostJvm):
    """The child JVM with the agent, whose library is watched for what it keeps."""

    def __init__(self):
        super().__init__("remora-chaos-")
        self.output = self.dir / "metrics"
        self.output.mkdir()
        config = self.dir / "remora.json"
        config.write_text(json.dumps({"directory": str(self.output), **CONFIG}))
        self.preloaded = Preloaded(self.dir / "control", "remora.shim.ChaosHost")
        self.start([JAVA, "-Xmx192m", "-XX:+UseSerialGC",
                    f"-javaagent:{JAR}=config={config},force=true,domains=*,blocked_after_ms=1000",
                    "-cp", CLASSPATH, "remora.shim.ChaosHost", str(GOOD),
                    # The agent waits for a minute where nothing tells Kafka's log directories.
                    "--override", f"log.dirs={self.dir}/data"],
                   env={**os.environ, **self.preloaded.environment()})
        if self.process.stdout.readline().strip() != "ready":
            self.close()
            raise AssertionError(self.log())

    def end(self):
        """Exit status after standard input has ended."""
        self.process.stdin.close()
        return self.process.wait(timeout=10)

    def counters(self):
        done = run(TOOL, "stat", self.output, "--json", check=False)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def quarantined(self):
        """{ObjectName: reason} as the self-metrics tell."""
        try:
            text = (self.output / "remora.prom").read_text()
        except OSError:
            return {}
        return dict(re.findall(r'^remora_unit_quarantined\{mbean="([^"]*)",reason="([^"]*)"\} 1', text, re.M))

    def bad_beans(self):
        """{ObjectName: {attribute: its last line}} of the bad beans that were written."""
        last = {}
        with open(self.output / "remora.ndjson") as lines:
            for line in lines:
                if '"mbean":"kafka.chaos:type=Bad' in line and line.endswith("\n"):
                    entry = json.loads(line)
                    last.setdefault(entry["mbean"], {})[entry["attribute"]] = entry
        return last

    def collectors(self):
        """Collector threads alive, by the name that the kernel has (15 bytes)."""
        count = 0
        for comm in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/comm"):
            try:
                count += comm.read_text().startswith("remora-collecto")
            except OSError:
                pass  # ended meanwhile
        return count

    def settled(self, ticks=2):
        """After two whole ticks: what the counters say."""
        before = wait_for("counters", self.counters)["ticks_total"]
        return wait_for("ticks", lambda: (c := self.counters())["ticks_total"] >= before + ticks and c)


class Frames:
    """The ticks in an NDJSON file: which good beans each has, and when each bean was read."""

    LINE = re.compile(r'^\{"ts":(\d+).*"mbean":"kafka\.chaos:type=Good,name=(\d+)","attribute":"Value"')

    def __init__(self, path):
        self.present = []  # by tick: good beans in it
        self.reads = [[] for _ in range(GOOD)]
        frame = set()
        with open(path) as lines:
            for line in lines:
                if '"name":"remora_ticks_total"' in line:
                    self.present.append(frame)
                    frame = set()
                    continue
                match = self.LINE.match(line)
                if match:
                    at, bean = int(match[1]), int(match[2])
                    frame.add(bean)
                    if not self.reads[bean] or self.reads[bean][-1] != at:
                        self.reads[bean].append(at)
        # Lines before the first mark and after the last belong to ticks cut off.
        self.present = self.present[1:]
        self.first_whole = next((i for i, beans in enumerate(self.present) if len(beans) == GOOD), None)

    def latest(self, since_ms=0):
        """The longest time from one read of a good bean, not before `since_ms`, to its next, ms."""
        return max(after - before for times in self.reads for before, after in zip(times, times[1:])
                   if before >= since_ms)


class ChaosTest(unittest.TestCase):
    def setUp(self):
        self.host = Host()
        self.addCleanup(self.host.close)

    def check_good_ones(self, frames, ticks_min):
        self.assertIsNotNone(frames.first_whole, "no tick with every good bean")
        self.assertLessEqual(frames.first_whole, 3)
        after = frames.present[frames.first_whole:]
        incomplete = [(i, GOOD - len(beans)) for i, beans in enumerate(after) if len(beans) != GOOD]
        print(f"{len(after)} ticks with every good bean, longest time between two reads {frames.latest()} ms")
        self.assertEqual(incomplete, [])
        self.assertGreaterEqual(len(after), ticks_min)
        self.assertLessEqual(frames.latest(), LATE_MS)
        ends = {times[-1] for times in frames.reads}
        self.assertLessEqual(max(ends) - min(ends), LATE_MS)

    def check_no_loss(self, counters):
        for name in ("faults_total", "submits_rejected_total", "ring_full_values_dropped_total",
                     "ticks_skipped_total", "sink_frames_dropped_total"):
            self.assertEqual(counters[name], 0, name)

    def test_1_good_beans_are_on_time_whatever_the_bad_ones_do(self):
        host = self.host
        expected = {bad_name(kind): reason for kind, reason in REASONS.items()}
        begun = time.monotonic()
        wait_for("every bad bean in quarantine", lambda: host.quarantined() == expected or time.sleep(1), 45)
        print(f"every bad bean in quarantine after {time.monotonic() - begun:.0f} s")
        left = begun + SECONDS - time.monotonic()
        most = 0
        while left > 0:
            time.sleep(min(left, 1))
            left = begun + SECONDS - time.monotonic()
            most = max(most, host.collectors())
            self.assertIsNone(host.process.poll(), host.log())
        self.assertEqual(host.quarantined(), expected)
        self.assertEqual(most, 3, "the collector and the two that hang")
        self.assertLessEqual(most, COLLECTORS_MAX + 1)
        counters = host.settled()
        self.check_no_loss(counters)
        self.assertGreaterEqual(counters["reads_blocked_total"], 1)
        self.assertGreaterEqual(counters["beans_undescribed_total"], 2)

        self.assertEqual(host.end(), 0)
        log = host.log()
        print(log)
        for name, reason in expected.items():
            self.assertEqual(len(re.findall(rf"quarantined {re.escape(name)}: {reason}", log)), 1, name)
        self.assertNotIn("Exception in thread", log)
        self.assertLess(len(log.splitlines()), 40)
        self.check_good_ones(Frames(host.output / "remora.ndjson"), SECONDS * 1000 // BASE_MS - 4)

    def test_2_what_is_odd_but_a_number_is_data(self):
        self.host.settled(3)
        last = self.host.bad_beans()
        self.assertEqual(last[bad_name("NotANumber")]["Value"]["text"], "NaN")
        self.assertEqual(last[bad_name("Wild")]["Value"]["value"], 64)
        self.assertEqual(last[bad_name("Slow")]["Value"]["value"], 50)
        self.assertLessEqual(len(last[bad_name("Huge")]), 256)
        self.assertNotIn(bad_name("EndlessText"), last)

    def test_3_a_blocked_bean_that_unblocks_returns(self):
        host = self.host
        blocked = {bad_name("BlocksLater"), bad_name("BlocksAtOnce")}
        wait_for("the blocked ones in quarantine", lambda: blocked <= host.quarantined().keys(), 30)
        self.assertEqual(host.collectors(), 3)
        host.ask("release")
        wait_for("the blocked ones out of quarantine", lambda: not blocked & host.quarantined().keys(), 60)
        released_ms = time.time() * 1000
        for kind, value in (("BlocksAtOnce", 8), ("BlocksLater", 7)):
            last = wait_for(f"a fresh value of {kind}",
                            lambda kind=kind: (line := host.bad_beans().get(bad_name(kind), {}).get("Value"))
                            and line["ts"] > released_ms and line, 30, 1)
            self.assertEqual(last["value"], value)
        wait_for("the hanging threads' end", lambda: host.collectors() == 1, 10)
        self.assertEqual(host.end(), 0)

    def test_4_a_storm_of_registrations_delays_nothing_and_leaves_nothing(self):
        host = self.host
        wait_for("quarantine to settle", lambda: len(host.quarantined()) == len(REASONS), 45)
        storms_ms = time.time() * 1000  # what hung before was waited for
        host.ask("storm 5 1000 1200")
        host.ask("gc")
        before = host.settled()
        host.preloaded.count_library(host.process.pid)
        kept = []
        for is_planted in (False, False, False, True):
            if is_planted:
                host.preloaded.leak(5 * KEPT_KB_MAX * 1024)  # which has to be seen, or nothing was
            host.ask("storm 5 1000 1200")
            host.ask("gc")
            after = host.settled()
            kept.append(host.preloaded.library_bytes() / 1024)
        print(f"units {before['units']} -> {after['units']}, series {before['series']} -> {after['series']}, "
              f"registered meanwhile {after['units_registered_total'] - before['units_registered_total']}, "
              f"kept by the library, kB {[round(one) for one in kept]}")
        host.ask("storm 20 1000 0")
        wait_for("the units", lambda: host.counters()["units"] == before["units"], 20)
        self.check_no_loss(host.settled())
        for name in ("units", "series", "units_quarantined"):
            self.assertEqual(after[name], before[name], name)
        self.assertGreaterEqual(after["units_registered_total"] - before["units_registered_total"], 15 * 1000)
        # A table may grow once, when more of them live at a time. A leak grows each time.
        self.assertLess(min(kept[1] - kept[0], kept[2] - kept[1]), KEPT_KB_MAX)
        self.assertGreater(kept[3] - kept[2], KEPT_KB_MAX)
        self.assertEqual(host.end(), 0)
        frames = Frames(host.output / "remora.ndjson")
        self.check_good_ones(frames, 20)
        print(f"during the storms: {frames.latest(storms_ms)} ms")
        self.assertLessEqual(frames.latest(storms_ms), STORM_LATE_MS)


if __name__ == "__main__":
    JAVA, CLASSPATH = sys.argv[1:3]
    del sys.argv[1:3]
    broker_lab.main()
