#!/usr/bin/env python3
"""The configuration changes while a broker works: what stays goes on as if nothing had happened."""

import json
import os
import pathlib
import re
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402
from jmx_compare import last_ndjson  # noqa: E402

RELOADS = int(os.environ.get("REMORA_RELOADS", "8"))
# One bean of every partition and one without: read once, then hardly ever.
SLOW = [{"match": "kafka.log:type=Log,name=LogStartOffset,*", "interval": "1d"},
        {"match": "java.lang:type=Runtime", "interval": "1d"}]
BASE = {
    "sampling": {"base_interval": "2s", "min_interval": "2s", "cpu_budget_percent": 5},
    "reload": {"check_interval": "200ms"},
    "rules": SLOW,
    "self_metrics": "full",
    "outputs": [{"path": "${dir}/remora.prom"}, {"path": "${dir}/remora.ndjson", "format": "ndjson"}],
}


STAYS = re.compile(r"^((?:kafka_log_log_logstartoffset|jvm_|process_|kafka_server_replicamanager_)\S*) ", re.M)


def staying(text):
    """Series that every configuration of test 1 selects, without the label that some of them add."""
    return {re.sub(r'phase="[^"]*",?', "", series).replace(",}", "}").replace("{}", "")
            for series in STAYS.findall(text)}


class Watch(threading.Thread):
    """Reads the output file all the time and remembers what was missing of what was there at first."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.first = staying(path.read_text())
        self.missing = set()
        self.looks = 0
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.1):
            self.missing |= self.first - staying(self.path.read_text())
            self.looks += 1


def native_kb(pid):
    """Resident memory without the Java heap, the only large mapping: it fills up whatever we do."""
    total, size = 0, 0
    with open(f"/proc/{pid}/smaps") as mappings:
        for line in mappings:
            if line.startswith("Size:"):
                size = int(line.split()[1])
            elif line.startswith("Rss:") and size < 128 * 1024:
                total += int(line.split()[1])
    return total


class ReloadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(BASE).__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.lab.lab("topics", "--topics", "40", "--partitions", "10")
        cls.prom = cls.lab.wait_file("remora.prom")
        cls.lab.wait_counter("units", 2_000)
        cls.pass_ticks(3)

    @classmethod
    def pass_ticks(cls, ticks):
        cls.lab.wait_counter("ticks_total", cls.lab.counters()["ticks_total"] + ticks)

    def change(self, config, counter="config_reloads_total"):
        before = self.lab.counters()[counter]
        begun = time.monotonic()
        if isinstance(config, str):
            fresh = self.lab.config_path.with_suffix(".new")
            fresh.write_text(config)
            fresh.rename(self.lab.config_path)
        else:
            self.lab.write_config(config)
        self.lab.wait_counter(counter, before + 1, 30)
        return time.monotonic() - begun

    def values(self, name):
        return dict(re.findall(rf"^({name}[^ ]*) ([^ \n]+)$", self.prom.read_text(), re.M))

    def test_1_valid_and_invalid_changes_in_turn_under_load(self):
        self.lab.lab("load", "--seconds", str(20 + 5 * RELOADS), "--rate", "500", "--background")
        watch = Watch(self.prom)
        watch.start()
        pid = self.lab.state()["brokers"][0]["pid"]
        took, memory = [], []
        for number in range(RELOADS):
            config = dict(BASE)
            if number % 4 == 0:
                config["topics"] = {"broker_topic_data": False}
            elif number % 4 == 1:
                config["labels"] = {"phase": str(number)}
            elif number % 4 == 2:
                config["sampling"] = {**BASE["sampling"], "cpu_budget_percent": 3}
            took.append(self.change(config))
            self.change("{\"topics\": {\"mode\": \"regexp\"}}" if number % 2 else "{,",
                        "config_reload_failures_total")
            memory.append(native_kb(pid))
        self.change(BASE) if RELOADS % 4 != 0 else None
        self.pass_ticks(2)
        watch.over.set()
        watch.join()
        counters = self.lab.counters()
        print(f"{RELOADS} changes taken over in {min(took):.1f} to {max(took):.1f} s, the counters' own delay "
              f"of a tick included; {watch.looks} looks at the file for {len(watch.first)} series; "
              f"resident outside the heap {memory[0]} to {memory[-1]} KB")
        self.assertGreater(len(watch.first), 450)
        self.assertEqual(sorted(watch.missing)[:5], [])
        self.assertEqual(counters["faults_total"], 0)
        self.assertEqual(counters["ring_full_values_dropped_total"], 0)
        self.assertLess(max(took), 12)
        # Code that is compiled meanwhile is in it: this finds what grows with every change, and no less.
        settled = memory[len(memory) // 2]
        self.assertLess(memory[-1] - settled, 16 * 1024, f"resident outside the heap, KB: {memory}")

    def test_2_tells_what_is_wrong(self):
        self.change("{\"topics\": {\"mode\": \"regexp\", \"buckett\": \"1/2\"}}", "config_reload_failures_total")
        wait_for("both problems in the log",
                 lambda: "topics.buckett" in self.lab.log() and "topics.mode" in self.lab.log(), 10)
        self.pass_ticks(2)
        told = self.values("remora_config_reload_failures_total")
        self.assertEqual(int(told["remora_config_reload_failures_total"]),
                         self.lab.counters()["config_reload_failures_total"])

    def test_3_what_stays_is_not_read_again(self):
        def read_at():
            return {mbean: entry["ts"] for (mbean, _), entry in last_ndjson(self.lab.output / "remora.ndjson").items()
                    if "name=LogStartOffset" in mbean}

        self.change({**BASE, "labels": {"phase": "3"}})
        self.pass_ticks(2)
        before = read_at()
        self.assertGreaterEqual(len(before), 400)
        for number in range(3):
            self.change({**BASE, "labels": {"phase": f"3.{number}"}})
        self.pass_ticks(2)
        after = read_at()
        self.assertEqual(after.keys(), before.keys())
        again = [mbean for mbean in before if after[mbean] != before[mbean]]
        # Places in an interval of a day are spread over it: one may come up.
        self.assertLessEqual(len(again), 2)

    def test_4_an_output_comes_and_goes(self):
        more = {**BASE, "outputs": BASE["outputs"] + [{"path": "${dir}/more.ndjson", "format": "ndjson"}]}
        self.change(more)
        added = self.lab.wait_file("more.ndjson")
        self.change(BASE)
        self.pass_ticks(1)
        size = added.stat().st_size
        self.pass_ticks(2)
        self.assertEqual(added.stat().st_size, size)

    def test_5_check_asks_the_live_broker(self):
        done = broker_lab.run(broker_lab.TOOL, "check", self.lab.config_path, "--live", self.lab.output, timeout=90)
        total = re.search(r"^(\d+) series of (\d+) beans out of (\d+)$", done.stdout, re.M)
        self.assertTrue(total, done.stdout[-2000:])
        counters = self.lab.counters()
        # MBeans are listed by what they declare; a few attributes of that have no value.
        beyond = int(total[1]) - counters["series"]
        self.assertTrue(0 <= beyond <= counters["series"] / 100, f"{total[1]} series, in the broker {counters['series']}")
        self.assertEqual(int(total[2]), counters["units"])
        self.assertGreater(int(total[3]), counters["units"])
        self.assertRegex(done.stdout, r"reading all of it once: \d+\.\d+ ms; for every tick: \d+\.\d+ % of a core")
        print(done.stdout[done.stdout.rindex("reading all"):].strip())

    def test_6_outputs_that_say_a_part_say_all_of_it_in_the_end(self):
        files = {"all": {}, "changed": {"emit": "changed", "keyframe_interval": "1h"}, "fresh": {"emit": "fresh", "interval": "4s"}}
        more = [{"path": f"${{dir}}/emit-{name}.ndjson", "format": "ndjson", **keys} for name, keys in files.items()]
        self.lab.lab("load", "--seconds", "30", "--rate", "200", "--background")
        self.change({**BASE, "outputs": BASE["outputs"] + more})
        paths = {name: self.lab.wait_file(f"emit-{name}.ndjson") for name in files}
        self.pass_ticks(12)

        def read_between_ticks():
            sizes = lambda: [paths[name].stat().st_size for name in ("changed", "all")]
            before = sizes()
            time.sleep(0.4)
            read = last_ndjson(paths["changed"]), last_ndjson(paths["all"])
            return read if sizes() == before else None

        changed, every = wait_for("both outputs to rest", read_between_ticks)
        own = lambda key: not key[0]  # the agent's own metrics have no MBean
        self.assertEqual({key for key in changed if not own(key)}, {key for key in every if not own(key)})
        differ = [key for key in every if not own(key) and changed[key]["value"] != every[key]["value"]]
        self.assertLess(len(differ), len(every) / 100, str(differ[:5]))  # one of the two a tick behind, at worst
        lines = {name: path.read_text().count("\n") for name, path in paths.items()}
        self.assertLess(lines["changed"], lines["all"] / 2)
        self.assertLess(lines["fresh"], lines["all"] / 2)
        # Each line of `fresh` is a read of its own.
        seen = set()
        for line in paths["fresh"].read_text().splitlines():
            entry = json.loads(line)
            if entry.get("mbean"):
                key = (entry["mbean"], entry["attribute"], entry["ts"])
                self.assertNotIn(key, seen)
                seen.add(key)
        self.assertGreater(len(seen), 500)
        print(f"lines in the same time: {lines}")
        self.change(BASE)


if __name__ == "__main__":
    broker_lab.main()
