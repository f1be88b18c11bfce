#!/usr/bin/env python3
"""A real broker whose topics come and go by the thousand: nothing is late, nothing is left over."""

import json
import pathlib
import re
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402

TOPICS = 1000
BASE_MS = 5000
STORM_SECONDS_MAX = 60  # for all to be created and deleted
# Memory of the process that is neither heap nor mapped file: what is leaked is added by every storm, what Kafka and the
# JIT compilers take is not. So the storms go on until one adds less than this, 400 bytes for a unit that came and went.
LEFT_KB_MAX = 4 * 1024
STORMS_MAX = 6
# Reads go on while beans come and go: a partition that stays, read at every base interval.
WATCHED = '"mbean":"kafka.cluster:type=Partition,name=UnderReplicated,topic=stays-0000,partition=0"'
CONFIG = {
    "select": {"profile": "all"},
    "sampling": {"policy": "fixed", "base_interval": f"{BASE_MS}ms"},
    "outputs": [{"type": "file", "format": "ndjson", "path": "${dir}/remora.ndjson",
                 "rotate": {"size": "2GB", "total_size": "4GB"}}],
}


def storm(lab):
    """Creates and deletes the topics, each once the agent has seen the other; the seconds it took."""
    begun = time.monotonic()
    units = lab.counters()["units"]
    for more, seen in (((), lambda: lab.counters()["units"] >= units + TOPICS),
                       (("--delete",), lambda: lab.counters()["units"] < units + TOPICS)):
        lab.lab("topics", "--prefix", "storm", "--topics", TOPICS, "--partitions", "1", *more)
        wait_for("the agent to see the storm", seen)
    return time.monotonic() - begun


def names(lab):
    """The MBeans that the broker itself has, of the domains that are collected."""
    return {mbean for mbean, _ in lab.jmx_dump() if mbean.startswith(("kafka", "java.lang:", "java.nio:"))}


def anonymous_kb(pid):
    """Memory that is no mapped file: Kafka maps the index of each partition."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1))


class TopicsTest(unittest.TestCase):
    def broker(self, **more):
        lab = Lab(up=["--jmx", "--heap", "512m", "--jvm-opt=-XX:+AlwaysPreTouch"], **more).__enter__()
        self.addCleanup(lab.close)
        lab.lab("topics", "--prefix", "stays", "--topics", "10", "--partitions", "10")
        return lab, lab.state()["brokers"][0]["pid"]

    def settled(self, lab):
        """Counters after the number of units has stood still for two ticks."""
        def still():
            before = lab.counters()
            lab.wait_counter("ticks_total", before["ticks_total"] + 2)
            after = lab.counters()
            return after["units"] == before["units"] and after
        return wait_for("units to settle", still, 180)

    def test_a_thousand_topics_come_and_go(self):
        lab, pid = self.broker(config=CONFIG)
        self.settled(lab)
        storm(lab)  # the first one warms Kafka's own caches
        self.settled(lab)
        names_before = names(lab)  # the dump's own connection is an MBean or two as well
        before = self.settled(lab)
        anonymous = [anonymous_kb(pid)]
        seconds, added = 0, []
        while len(added) < STORMS_MAX and min(added, default=LEFT_KB_MAX) >= LEFT_KB_MAX:
            seconds = max(seconds, storm(lab))
            after = self.settled(lab)
            anonymous.append(anonymous_kb(pid))
            added.append(anonymous[-1] - anonymous[-2])
        # Kafka registers some MBeans at the first use of what they count, and keeps them.
        names_after = names(lab)
        stayed = sorted(names_after ^ names_before)
        registered = after["units_registered_total"] - before["units_registered_total"]
        print(f"{len(added)} storms of {TOPICS} topics, the longest of {seconds:.0f} s; {registered} units came and went; "
              f"units {before['units']} -> {after['units']}, series {before['series']} -> {after['series']}, "
              f"MBeans that Kafka made or dropped meanwhile {stayed}, anonymous memory kB {anonymous}, "
              f"longest cycle of the collector {after['collector_cycle_nanoseconds_max'] / 1e6:.0f} ms, "
              f"of the core {after['core_cycle_nanoseconds_max'] / 1e6:.0f} ms")
        self.assertLess(seconds, STORM_SECONDS_MAX)
        self.assertEqual(after["units"] - before["units"], len(names_after) - len(names_before))
        if not stayed:
            self.assertEqual(after["series"], before["series"])
        self.assertEqual(after["units_quarantined"], before["units_quarantined"])
        self.assertGreaterEqual(registered, TOPICS * len(added))
        for name in ("faults_total", "ticks_skipped_total", "ring_full_values_dropped_total",
                     "submits_rejected_total", "units_refused_total", "sink_frames_dropped_total"):
            self.assertEqual(after[name], 0, name)
        self.assertLess(min(added), LEFT_KB_MAX)
        self.check_reads(lab.output / "remora.ndjson")

    def check_reads(self, path):
        """Between two reads of the same bean: one base interval, and late by one at most."""
        times = []
        with open(path) as lines:
            for line in lines:
                if WATCHED in line:
                    at = json.loads(line)["ts"]
                    if not times or times[-1] != at:
                        times.append(at)
        longest = max(after - before for before, after in zip(times, times[1:]))
        print(f"{len(times)} reads of a bean that stays, longest time between two {longest} ms: "
              f"{[after - before for before, after in zip(times, times[1:])]}")
        self.assertGreater(len(times), 10)
        self.assertLess(longest, 2.5 * BASE_MS, "more than one tick was missed")


if __name__ == "__main__":
    broker_lab.main()
