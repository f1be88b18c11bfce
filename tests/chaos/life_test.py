#!/usr/bin/env python3
"""One life of a real broker under everything that goes wrong, round after round; then one that is killed.

    life_test.py [unittest arguments]

$REMORA_CHAOS_ROUNDS: least number of rounds (1). $REMORA_CHAOS_MINUTES: rounds go on for so long (0). From 30 minutes
on a second broker without the agent is measured in turn with the first, and what the agent holds is judged.
$REMORA_CHAOS_LEAK_KB: so much is lost on purpose each round (0), which must not pass.

The broker's own memory grows for an hour under such a life, with or without the agent. So what is the agent's is told
apart: what the library has taken and not given back (preload.cpp counts), objects of the shim, names of MBeans,
threads.
"""

import json
import os
import pathlib
import re
import signal
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import BUILD, JAR, Lab, run, wait_for  # noqa: E402
from preloaded import Preloaded  # noqa: E402
from noise import ERRORS_BEYOND_NOISE, difference_and_error, slope_and_error  # noqa: E402

BASE_S = 2
PATIENCE_S = 180  # for what must come; nothing is judged by how soon
ROUNDS = int(os.environ.get("REMORA_CHAOS_ROUNDS", "1"))
MINUTES = float(os.environ.get("REMORA_CHAOS_MINUTES", "0"))
LEAK_BYTES = int(os.environ.get("REMORA_CHAOS_LEAK_KB", "0")) * 1024
LEAK_SEEN = 100 * 1024
IS_LONG = MINUTES >= 30
# By round: what may come on top of noise, as when a table grows that is bounded.
GROWTH = {"library_kb": 25, "shim_kb": 25, "mbean_names": 100, "threads": 0, "descriptors": 0}
TOPICS = 100
HANGING = 6  # more than the agent has threads to lose
STOPPED_S = 3 * BASE_S
BACK_S = 3600
CHAOS_AGENT = BUILD / "tests" / "chaos" / "chaos-agent.jar"
TORN = re.compile(r'^\{"ts":\d+,.*\}$')


def config(lab, label, port):
    return {
        "labels": {"round": label},
        "reload": {"check_interval": "1s"},
        "sampling": {"base_interval": f"{BASE_S}s", "cpu_budget_percent": 100},
        "select": {"profile": "all"},
        "outputs": [
            {"path": "${dir}/remora.prom"},
            {"type": "file", "format": "ndjson", "path": "${dir}/remora.ndjson",
             "include": ["kafka.chaos:*", "kafka.server:type=BrokerTopicMetrics,*", "java.lang:*"],
             "rotate": {"size": "1GB", "files": 20, "total_size": "8GB"}},
            {"type": "udp", "format": "influx", "host": "127.0.0.1", "port": port}],
    }


class Pipe:
    """A named pipe that is the broker's stderr. A thread reads it into `text`, unless it is told to stall."""

    def __init__(self, path):
        os.mkfifo(path)
        self.fd = os.open(path, os.O_RDWR)
        self.text = ""
        self.reads = threading.Event()
        self.reads.set()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while True:
            self.reads.wait()
            self.text += os.read(self.fd, 65536).decode(errors="replace")

    def stall(self):
        """Nobody reads any more, and the pipe is full."""
        self.reads.clear()
        os.write(self.fd, b"\n")  # whoever waits in a read gets this one
        time.sleep(0.5)
        os.set_blocking(self.fd, False)
        for size in (4096, 1):  # a write of up to 4 KB goes as a whole or not at all
            try:
                while True:
                    os.write(self.fd, b"." * (size - 1) + b"\n")
            except BlockingIOError:
                pass
        os.set_blocking(self.fd, True)

    def flow(self):
        self.reads.set()


class World(Preloaded):
    """What a broker lives in: the disk, the clock, stderr, a receiver that never reads."""

    def __init__(self, directory):
        super().__init__(directory / "control", "kafka.Kafka")
        self.orders = directory / "orders"
        self.orders.mkdir()
        self.given = 0
        self.pipe = Pipe(directory / "stderr")
        self.black_hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.black_hole.bind(("127.0.0.1", 0))
        self.port = self.black_hole.getsockname()[1]

    def environment_of_disk(self, full):
        return {**self.environment(), "CHAOS_FULL": str(full),
                "CHAOS_STDERR": str(self.control_path.with_name("stderr"))}

    def order(self, text):
        self.given += 1
        fresh = self.orders / "order.new"
        fresh.write_text(text)
        fresh.rename(self.orders / f"{self.given}.order")
        done = self.orders / f"{self.given}.done"
        answer = wait_for(f"the order {text!r} to be obeyed", lambda: done.is_file() and done.read_text(), PATIENCE_S)
        if answer != "ok":
            raise AssertionError(f"{text}: {answer}")


def growing(values, growth):
    """Slope by round, its standard error, and whether it is beyond noise and `growth`. The first third fills tables."""
    slope, error = slope_and_error(values[len(values) // 3:])
    return slope, error, slope > max(ERRORS_BEYOND_NOISE * error, growth)


class JudgeTest(unittest.TestCase):
    def test_a_leak_of_100_kb_a_round_is_told_from_noise_and_from_a_table_that_grows_once(self):
        # Kilobytes, of 18 rounds of a broker.
        noise = [0, 31, 12, 4, 25, 9, 17, 2, 20, 11, 28, 6, 14, 1, 23, 8, 19, 5]
        leak = [100 * i for i in range(len(noise))]
        table = [0] * 11 + [128] * 7
        self.assertFalse(growing(noise, GROWTH["library_kb"])[2])
        self.assertFalse(growing([sum(both) for both in zip(noise, table)], GROWTH["library_kb"])[2])
        self.assertTrue(growing([sum(all) for all in zip(noise, table, leak)], GROWTH["library_kb"])[2])
        self.assertTrue(growing([7, 7, 7, 8, 8, 9, 9, 10, 10, 10], GROWTH["threads"])[2])


def is_of_a_deleted_topic(file):
    """Kafka closes these a minute later, by the wall clock: an hour later after that was set back."""
    try:
        return "-delete/" in os.readlink(file)
    except FileNotFoundError:
        return False  # closed meanwhile


class LifeTest(unittest.TestCase):
    def setUp(self):
        self.lab = Lab({}, agent_arguments="{config},blocked_after_ms=1000",
                       up=["--heap", "512m", "--jvm-opt=-XX:+AlwaysPreTouch"])
        self.addCleanup(self.lab.close)
        self.world = World(self.lab.dir)
        self.addCleanup(self.world.black_hole.close)
        self.addCleanup(lambda: print("stderr:", *self.world.pipe.text.splitlines()[-40:], sep="\n"))
        self.lab.up += ["--agent", f"{CHAOS_AGENT}={self.world.orders}"]
        self.lab.env = self.world.environment_of_disk(self.lab.output)
        self.lab.write_config(config(self.lab, "0", self.world.port))
        self.lab.__enter__()
        self.pid = self.lab.state()["brokers"][0]["pid"]
        self.plain = None
        if IS_LONG:
            self.plain = Lab(agent=False, up=["--heap", "512m", "--jvm-opt=-XX:+AlwaysPreTouch"]).__enter__()
            self.addCleanup(self.plain.close)

    # --- what is seen from outside

    def page(self):
        try:
            return (self.lab.output / "remora.prom").read_text()
        except FileNotFoundError:
            return ""

    def shown(self, pattern):
        found = re.search(pattern, self.page(), re.M)
        return float(found[1]) if found else None

    def good_reads(self):
        """The good bean counts its own reads."""
        return self.shown(r"^kafka_chaos_good_7(?:\{[^}]*\})? (\d+)") or 0

    def counter(self, name):
        return self.lab.counters().get(name, -1)

    def lives(self):
        self.assertTrue(pathlib.Path(f"/proc/{self.pid}").exists(), "the broker is gone:\n" + self.lab.log()[-4000:])

    def goes_on(self, what):
        """The file is made anew and again, and holds what was read just now."""
        reads = self.good_reads()
        wait_for(f"ticks to go on {what}", lambda: (self.lives(), self.good_reads() >= reads + 2)[1], PATIENCE_S)

    # --- one thing that goes wrong each

    def hanging_reads(self):
        blocked = self.counter("reads_blocked_total")
        self.world.order(f"hang {HANGING}")
        wait_for("a blocked read", lambda: self.counter("reads_blocked_total") > blocked, PATIENCE_S)
        self.world.order("release")
        self.goes_on("after hanging reads")

    def topics_that_come_and_go(self):
        units = self.counter("units")
        self.lab.lab("topics", "--prefix", "storm", "--topics", TOPICS, "--partitions", "1")
        wait_for("new topics", lambda: self.counter("units") >= units + TOPICS, PATIENCE_S)
        self.lab.lab("topics", "--prefix", "storm", "--topics", TOPICS, "--partitions", "1", "--delete")
        wait_for("deleted topics to leave", lambda: self.counter("units") < units + TOPICS, PATIENCE_S)

    def full_disk(self):
        before = self.lab.counters()
        self.world.set(disk_full=True)
        time.sleep(BASE_S)  # what was written before may get its name yet
        page = self.page()
        time.sleep(3 * BASE_S)
        self.assertEqual(self.page(), page, "a file on a full disk that changed")
        self.world.set()
        self.goes_on("after a full disk")
        for name in ("sink_frames_dropped_total", "sink_errors_total"):
            wait_for(name, lambda name=name: self.counter(name) > before[name], PATIENCE_S)

    def stalled_stderr(self):
        failures = self.counter("config_reload_failures_total")
        self.world.pipe.stall()
        self.lab.config_path.write_text('{"outputs": [{"format": "prometeus"}]}')
        wait_for("a refused configuration, which is said into the full pipe",
                 lambda: self.counter("config_reload_failures_total") > failures, PATIENCE_S)
        self.goes_on("while nobody reads stderr")
        self.world.pipe.flow()

    def reload(self):
        self.label += 1
        self.lab.write_config(config(self.lab, str(self.label), self.world.port))
        wait_for("the label of the new configuration", lambda: f'round="{self.label}"' in self.page(), PATIENCE_S)
        self.goes_on("after a reload")

    def stopped(self):
        os.kill(self.pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        os.kill(self.pid, signal.SIGCONT)
        self.goes_on("after SIGSTOP and SIGCONT")

    def clock_set_back(self):
        at = self.shown(r"^remora_last_tick_timestamp_seconds\S* (\S+)")
        self.world.set(offset_s=-BACK_S)
        wait_for("the clock of the file to follow",
                 lambda: self.shown(r"^remora_last_tick_timestamp_seconds\S* (\S+)") < at - BACK_S / 2, PATIENCE_S)
        self.goes_on("after the wall clock was set back")
        self.world.set()
        self.goes_on("after it was set forward again")

    def attached_twice(self):
        run("jcmd", self.pid, "JVMTI.agent_load", JAR, str(self.lab.config_path))
        self.goes_on("after a second attach")
        threads = [comm.read_text().strip() for comm in pathlib.Path(f"/proc/{self.pid}/task").glob("*/comm")]
        self.assertEqual(threads.count("remora-core"), 1, threads)

    # --- what is judged

    def check_conservation(self, counters):
        """Nothing is lost without a counter. `counters`: of an agent that has ended in order."""
        self.assertEqual(counters["values_unaccounted"], 0)
        self.assertEqual(counters["values_read_total"],
                         counters["ring_full_values_dropped_total"] + counters["values_cached_total"] +
                         counters["values_orphan_dropped_total"], counters)
        self.assertEqual(3 * counters["ticks_total"],
                         counters["sink_frames_total"] + counters["sink_frames_dropped_total"] +
                         counters["ticks_skipped_total"], counters)
        for name in ("faults_total", "submits_rejected_total"):
            self.assertEqual(counters[name], 0, name)

    def check_lines(self):
        """Every line that was written is whole, whatever happened to the disk and the process."""
        files = sorted(self.lab.output.glob("remora.ndjson*"))
        torn, count = [], 0
        for file in files:
            lines = file.read_text().split("\n")
            torn += [line for line in lines[:-1] if not TORN.match(line)]
            torn += [lines[-1]] if lines[-1] else []
            count += len(lines) - 1
        print(f"{count} lines in {len(files)} files, half ones: {len(torn)}")
        self.assertLessEqual(len(torn), 1 if self.killed else 0, torn)
        return count

    def measure(self):
        """What the agent holds, and the broker's descriptors."""
        histogram = run("jcmd", self.pid, "GC.class_histogram").stdout  # collects first
        objects = re.findall(r"^ *\d+: +(\d+) +(\d+) +(\S+)", histogram, re.M)
        process = pathlib.Path(f"/proc/{self.pid}")
        return {"library_kb": self.world.library_bytes() / 1024,
                "shim_kb": sum(int(size) for _, size, name in objects if "remora." in name) / 1024,
                "mbean_names": sum(int(count) for count, _, name in objects if name == "javax.management.ObjectName"),
                "threads": sum(comm.read_text().startswith("remora") for comm in process.glob("task/*/comm")),
                "descriptors": sum(not is_of_a_deleted_topic(file) for file in process.glob("fd/*"))}

    def leaves_nothing_unseen(self):
        """What the library loses shows in the measure."""
        self.reload()  # tables that have grown begin anew
        before = self.world.library_bytes()
        self.reload()
        usual = self.world.library_bytes() - before
        self.world.leak(LEAK_SEEN)
        self.reload()
        lost = self.world.library_bytes() - before - usual
        print(f"bytes of the library: {before}, {usual} more after a reload, {lost} lost")
        self.assertGreater(lost, LEAK_SEEN / 2)

    @staticmethod
    def produce_p99_ms(lab):
        done = lab.lab("load", "--seconds", "10", "--prefix", "measured", "--phases", "steady", "--consumers", "0")
        return json.loads(done.stdout.splitlines()[-1])["produce_p99_ms"]

    def check_slopes(self, measured):
        for what, growth in GROWTH.items():
            values = [one[what] for one in measured]
            slope, error, grows = growing(values, growth)
            shown = [round(value, 1) for value in values]
            print(f"{what} by round: {shown}; slope {slope:.2f}, standard error {error:.2f}")
            self.assertFalse(grows, what)

    def check_pace(self, paces):
        more, noise = difference_and_error(paces)
        print(f"produce p99 ms, with and without: {paces}; difference of medians {more:.2f}, noise {noise:.2f}")
        self.assertLessEqual(more, max(ERRORS_BEYOND_NOISE * noise, 1), "milliseconds")

    def test_1_a_life(self):
        self.killed = False
        self.label = 0
        for lab in filter(None, (self.lab, self.plain)):
            lab.lab("topics", "--prefix", "measured", "--topics", "1", "--partitions", "1")
        wait_for("the good beans", lambda: self.good_reads() > 0, PATIENCE_S)
        self.attached_twice()
        self.world.count_library(self.pid)
        measured, paces = [], []
        begun = time.monotonic()
        while len(measured) < ROUNDS or time.monotonic() - begun < MINUTES * 60:
            self.world.leak(LEAK_BYTES)
            # A reload is last: the outputs' tables begin anew, and are measured as large as what there is.
            for fault in (self.full_disk, self.stalled_stderr, self.stopped, self.clock_set_back, self.hanging_reads,
                          self.topics_that_come_and_go, self.reload):
                at = time.monotonic()
                fault()
                print(f"{fault.__name__}: {time.monotonic() - at:.0f} s")
            measured.append(self.measure())
            if self.plain:
                paces.append((self.produce_p99_ms(self.lab), self.produce_p99_ms(self.plain)))
        if IS_LONG:
            self.check_slopes(measured)
            self.check_pace(paces)
        self.leaves_nothing_unseen()
        self.lab.lab("stop-broker", "--broker", "1")
        self.check_conservation(self.lab.counters())
        self.assertGreater(self.check_lines(), 100)
        self.assertNotIn("Exception in thread", self.world.pipe.text)
        self.killed_while_it_writes()

    def killed_while_it_writes(self):
        self.lab.lab("start-broker", "--broker", "1", env=self.lab.env)
        self.pid = self.lab.state()["brokers"][0]["pid"]
        live = self.lab.output / "remora.ndjson"
        wait_for("a broker that writes again", lambda: self.good_reads() > 1, PATIENCE_S)
        self.goes_on("after a restart")
        # In the middle of a tick: its file grows just now.
        size = live.stat().st_size
        wait_for("a tick to begin", lambda: live.stat().st_size != size, PATIENCE_S, every=0.0005)
        os.kill(self.pid, signal.SIGKILL)
        wait_for("the end of the broker", lambda: not pathlib.Path(f"/proc/{self.pid}").exists(), PATIENCE_S)
        self.killed = True
        self.assertTrue(self.page().endswith("\n"), "a textfile that is not whole")
        self.lab.lab("start-broker", "--broker", "1", env=self.lab.env)
        self.pid = self.lab.state()["brokers"][0]["pid"]
        wait_for("a broker that writes after a kill", lambda: self.good_reads() > 1, PATIENCE_S)
        self.lab.lab("stop-broker", "--broker", "1")
        self.check_conservation(self.lab.counters())
        self.check_lines()
        self.assertEqual([file.name for file in self.lab.output.glob(".*tmp*")], [], "left over")


if __name__ == "__main__":
    broker_lab.main()
