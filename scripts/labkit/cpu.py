"""CPU seconds of a broker and of its threads, from /proc."""
import collections
import os
import time

from labkit.common import LabError

TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(stat_path):
    """(user, system) seconds in a stat file of /proc."""
    with open(stat_path, "rb") as source:
        fields = source.read().rpartition(b")")[2].split()
    return int(fields[11]) / TICKS, int(fields[12]) / TICKS


def measure(pid):
    """Seconds of the process (threads that ended included) and of living threads by name.

    The kernel keeps 15 characters of a thread's name; threads of one name are summed.
    """
    threads = collections.defaultdict(float)
    counts = collections.Counter()
    try:
        at_ms = time.time_ns() // 1_000_000
        user, system = seconds_of(f"/proc/{pid}/stat")
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8",
                          errors="replace") as source:
                    name = source.read().rstrip("\n")
                spent = sum(seconds_of(f"/proc/{pid}/task/{task}/stat"))
            except OSError:
                continue  # ended meanwhile
            threads[name] += spent
            counts[name] += 1
    except OSError as error:
        raise LabError(f"process {pid} is gone") from error
    order = sorted(threads, key=lambda name: -threads[name])
    return {"pid": pid, "at_ms": at_ms, "user_s": user, "system_s": system,
            "threads": {name: round(threads[name], 2) for name in order},
            "thread_counts": {name: counts[name] for name in order}}
