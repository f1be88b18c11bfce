"""Looks at processes every second from outside, by /proc, and keeps what it saw as NDJSON."""
import json
import os
import re
import threading
import time

from labkit import cpu

from perflab import cluster, hsperf

PAGE_MB = os.sysconf("SC_PAGE_SIZE") / (1 << 20)
OWN_METRIC = re.compile(r'^remora_(value_age_seconds|accuracy_error_ratio|accuracy_error_ratio_margin|'
                        r'last_tick_timestamp_seconds)(?:\{([^}]*)\})? (\S+)$', re.MULTILINE)


class Process:
    """One process that is watched. CPU of threads is kept by group, those that ended included."""

    def __init__(self, who, pid):
        self.who, self.pid = who, pid
        self.hsperf = hsperf.find(pid)
        self.groups = {}
        self.threads = {}

    def sample(self):
        """What it has used since it began; None when it is gone."""
        try:
            user, system = cpu.seconds_of(f"/proc/{self.pid}/stat")
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as source:
                resident = int(source.read().split()[1]) * PAGE_MB
            self._look_at_threads()
        except OSError:
            return None
        return {"who": self.who, "cpu_s": round(user + system, 3), "rss_mb": round(resident, 3),
                **hsperf.read(self.hsperf),
                "threads": {group: [round(spent, 6), switches]
                            for group, (spent, switches) in self.groups.items()}}

    def _look_at_threads(self):
        for task in os.listdir(f"/proc/{self.pid}/task"):
            base = f"/proc/{self.pid}/task/{task}"
            try:
                known = self.threads.get(task)
                if known is None:
                    known = self.threads[task] = [read_text(f"{base}/comm").rstrip("\n"), 0.0, 0]
                spent = int(read_text(f"{base}/schedstat").split()[0]) / 1e9
                switches = sum(int(number) for number in re.findall(
                    r"ctxt_switches:\s+(\d+)", read_text(f"{base}/status")))
            except (OSError, IndexError):
                continue  # ended meanwhile
            group = self.groups.setdefault(cluster.group_of(known[0]), [0.0, 0])
            group[0] += spent - known[1]
            group[1] += switches - known[2]
            known[1:] = spent, switches


def read_text(path):
    with open(path, encoding="utf-8", errors="replace") as source:
        return source.read()


class RemoraFile:
    """The agent's textfile: tells each new one."""

    def __init__(self, who, path):
        self.who, self.path = who, path
        self.modified_ns = 0

    def sample(self):
        """Facts of a file that is new since the last call, else None."""
        try:
            modified_ns = os.stat(self.path).st_mtime_ns
            if modified_ns == self.modified_ns:
                return None
            text = read_text(self.path)
        except OSError:
            return None
        self.modified_ns = modified_ns
        return {"who": self.who, "written_ms": round(modified_ns / 1e6, 1),
                "values": sum(1 for line in text.splitlines() if line and line[0] != "#"),
                **own_metrics(text)}


def own_metrics(text):
    """The metrics of the agent about its tick: tick_s, and age, error and margin by class."""
    found = {"age": {}, "error": {}, "margin": {}}
    for name, labels, value in OWN_METRIC.findall(text):
        of_class = re.search(r'class="([^"]*)"', labels)
        if name == "last_tick_timestamp_seconds":
            found["tick_s"] = float(value)
        elif of_class:
            key = {"value_age_seconds": "age", "accuracy_error_ratio": "error"}.get(name, "margin")
            found[key][of_class.group(1)] = float(value)
    return found


class Meter(threading.Thread):
    """Samples every second until finish(); each is a line of the file `out`."""

    def __init__(self, processes, files, out, period_s=1.0):
        super().__init__(name="meter", daemon=True)
        self.processes, self.files, self.out = processes, files, out
        self.period_s = period_s
        self.lock = threading.Lock()
        self.ended = threading.Event()

    def note(self, kind, **facts):
        with self.lock:
            self.out.write(json.dumps({"kind": kind, "t": round(time.time(), 4), **facts}) + "\n")

    def run(self):
        due = time.monotonic()
        while not self.ended.wait(max(0.0, due - time.monotonic())):
            due += self.period_s
            for process in self.processes:
                found = process.sample()
                if found:
                    self.note("second", **found)
            for file in self.files:
                found = file.sample()
                if found:
                    self.note("file", **found)

    def finish(self):
        self.ended.set()
        self.join()
        self.out.flush()
