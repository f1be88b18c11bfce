"""What is reported: the figures of a run, their names and units, made of its samples."""
import dataclasses
import json
import statistics

from perflab import runs, stats

COLLECTOR_OF_GARBAGE = ("GN ", "GC Thread", "VM Thread")  # as cluster.group_of has them


@dataclasses.dataclass(frozen=True)
class Figure:
    """`of`: broker (a value for each) or cluster (one a run)."""
    key: str
    title: str
    unit: str
    of: str = "broker"


FIGURES = (
    Figure("cpu_percent", "CPU of the broker", "% of a core"),
    Figure("cpu_own_percent", "CPU of what monitors, inside the broker", "% of a core"),
    Figure("cpu_collector_percent", "CPU of the collecting process, a broker", "% of a core"),
    Figure("cpu_percent_max", "CPU of the broker, busiest second", "% of a core"),
    Figure("rss_mb", "resident memory", "MB"),
    Figure("rss_mb_max", "resident memory, most", "MB"),
    Figure("rss_collector_mb", "resident memory of the collecting process, a broker", "MB"),
    Figure("rss_mb_per_minute", "growth of resident memory", "MB/min"),
    Figure("heap_mb_per_minute", "growth of the heap after collections", "MB/min"),
    Figure("gc_per_minute", "garbage collections", "1/min"),
    Figure("gc_ms_per_s", "time in garbage collections", "ms/s"),
    Figure("allocated_mb_per_s", "allocated", "MB/s"),
    Figure("switches_per_s", "context switches", "1/s"),
    Figure("produce_p50_ms", "produce latency p50", "ms", "cluster"),
    Figure("produce_p99_ms", "produce latency p99", "ms", "cluster"),
    Figure("produce_p999_ms", "produce latency p99.9", "ms", "cluster"),
    Figure("delivery_p50_ms", "sent until consumed, p50", "ms", "cluster"),
    Figure("delivery_p99_ms", "sent until consumed, p99", "ms", "cluster"),
    Figure("delivery_p999_ms", "sent until consumed, p99.9", "ms", "cluster"),
    Figure("produce_per_s", "records acknowledged", "1/s", "cluster"),
    Figure("delivery_per_s", "records consumed", "1/s", "cluster"),
)
# Without a baseline to hold them against.
COLLECTING = (
    Figure("collections", "collections in the window", ""),
    Figure("latency_p50_s", "due until written, p50", "s"),
    Figure("latency_p95_s", "due until written, p95", "s"),
    Figure("latency_max_s", "due until written, most", "s"),
    Figure("values", "values a collection", ""),
    Figure("age_max_s", "age of the oldest value when written", "s"),
    Figure("failed", "collections failed", ""),
    Figure("dropped", "values, lines and ticks dropped: no room, or no destination", ""),
    Figure("left", "values that left with their MBean", ""),
    Figure("hit_rate", "cache hit rate", ""),
)
BY_KEY = {figure.key: figure for figure in (*FIGURES, *COLLECTING)}


def read_samples(path):
    """The samples of a file; a line that was cut short by a crash is left out."""
    found = []
    with open(path, encoding="utf-8") as source:
        for line in source:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return found


def of_kind(samples, kind, who=None):
    return [row for row in samples if row["kind"] == kind and who in (None, row.get("who"))]


def is_whole(samples):
    """Whether the run was measured to its end."""
    return {row["edge"] for row in of_kind(samples, "window")} == {"start", "end"} \
        and bool(of_kind(samples, "load"))


def window(samples):
    """(first, last) second of what is measured."""
    edges = {row["edge"]: row["t"] for row in of_kind(samples, "window")}
    return edges["start"], edges["end"]


def seconds_of(samples, who):
    first, last = window(samples)
    return [row for row in of_kind(samples, "second", who) if first <= row["t"] <= last]


def rate(rows, value):
    """Growth of value(row) a second over the rows."""
    span = rows[-1]["t"] - rows[0]["t"]
    return (value(rows[-1]) - value(rows[0])) / span if span > 0 else 0.0


def by_group(rows, position):
    """{group: growth a second} of what threads used: 0 CPU seconds, 1 context switches."""
    return {group: rate(rows, lambda row, group=group: row["threads"].get(group, [0, 0])[position])
            for group in rows[-1]["threads"]}


def process(rows):
    """Figures of one process from its samples of the window."""
    busiest = [100 * rate(pair, lambda row: row["cpu_s"]) for pair in zip(rows, rows[1:])]
    minutes = [(row["t"] / 60, row["rss_mb"]) for row in rows]
    found = {"cpu_percent": 100 * rate(rows, lambda row: row["cpu_s"]),
             "cpu_percent_max": max(busiest),
             "rss_mb": statistics.fmean(row["rss_mb"] for row in rows),
             "rss_mb_max": max(row["rss_mb"] for row in rows),
             "rss_mb_per_minute": stats.slope(minutes),
             "switches_per_s": sum(by_group(rows, 1).values())}
    if all("gc_s" in row for row in rows):
        found["gc_per_minute"] = 60 * rate(rows, lambda row: row["gc_count"])
        found["gc_ms_per_s"] = 1000 * rate(rows, lambda row: row["gc_s"])
        found["heap_mb_per_minute"] = stats.slope(after_collections(rows))
    return found


def after_collections(rows):
    """[(minute, heap in use)] of those seconds in which a collection ended."""
    return [(later["t"] / 60, later["heap_used_mb"]) for earlier, later in zip(rows, rows[1:])
            if later["gc_count"] > earlier["gc_count"]]


def allocated(samples, who):
    """{group: bytes a second} between the two thread dumps around the window."""
    edges = {row["edge"]: row for row in of_kind(samples, "allocated", who)}
    span = edges["end"]["t"] - edges["start"]["t"]
    return {group: max(0, count - edges["start"]["threads"].get(group, 0)) / span
            for group, count in edges["end"]["threads"].items()}


def collections_of_peer(samples, who, interval_s):
    """[seconds from due until written], and how many failed, or were not done when they were due."""
    first, last = window(samples)
    rows = [row for row in of_kind(samples, "collection", who)
            if first <= row["due_ms"] / 1000 <= last]
    done = [row for row in rows if not row["error"]]
    missing = max(0, int((last - first) // interval_s) - len(done))
    found = {"failed": missing, "dropped": missing, "values": 0}
    latencies = [(row["written_ms"] - row["due_ms"]) / 1000 for row in done]
    counted = of_kind(samples, "values", who) or done
    if counted:
        found["values"] = counted[-1]["values"]
    if latencies:
        found["age_max_s"] = max(latencies)  # each value was read between due and written
    return latencies, found


def collections_of_remora(samples, who, interval_s):
    """The same of the agent's files.

    Values of class broker are read when a tick is due: the age of the oldest at the tick tells when
    that was. The agent's grid has the phase of the earliest of these.
    """
    first, last = window(samples)
    files = [row for row in of_kind(samples, "file", who)
             if first <= row["written_ms"] / 1000 <= last and "broker" in row["age"]]
    begun = [row["tick_s"] - row["age"]["broker"] for row in files]
    counters = {row["edge"]: row["counters"] for row in of_kind(samples, "counters", who)}
    found = {"failed": 0, **of_counters(counters["start"], counters["end"])}
    if not files:
        return [], found
    lateness = lateness_on_grid(begun, interval_s)
    latencies = [row["written_ms"] / 1000 - begin + late
                 for row, begin, late in zip(files, begun, lateness)]
    found["values"] = files[-1]["values"]
    found["age_max_s"] = max(max(row["age"].values()) for row in files)
    for key in ("age", "error", "margin"):
        found[f"{key}_by_class"] = {
            name: max(row[key].get(name, 0.0) for row in files) for name in files[-1][key]}
    return latencies, found


def lateness_on_grid(begun, interval_s):
    """How much later than on the grid of `interval_s` through the earliest of them each is."""
    offsets = [(moment - begun[0] + interval_s / 2) % interval_s - interval_s / 2
               for moment in begun]
    return [offset - min(offsets) for offset in offsets]


# Values of MBeans that the broker unregistered after the read and before the tick. Their series are
# gone from the broker too, so nothing is missing.
LEFT = ("values_unregistered_dropped_total", "values_orphan_dropped_total")


def of_counters(start, end):
    """Hit rate, drops, and values that left, between two states of the agent's counters."""
    def grown(name):
        return end.get(name, 0) - start.get(name, 0)
    hits, misses = grown("cache_hits_total"), grown("cache_misses_total")
    dropped = sum(grown(name) for name in end if name not in LEFT
                  and (name.endswith("_dropped_total") or name == "ticks_skipped_total"))
    found = {"dropped": dropped, "left": sum(grown(name) for name in LEFT),
             "units": end.get("units", 0), "series": end.get("series", 0)}
    if hits + misses > 0:
        found["hit_rate"] = hits / (hits + misses)
    return found


def of_run(samples):
    """All figures of one whole run, and CPU and allocation by group of threads, for each broker."""
    head = of_kind(samples, "run")[0]
    names = sorted({row["who"] for row in of_kind(samples, "second")
                    if row["who"].startswith("broker-")})
    collector = seconds_of(samples, "collector")
    beside = process(collector) if len(collector) > 1 else {"cpu_percent": 0.0, "rss_mb": 0.0}
    brokers = {}
    for who in names:
        rows = seconds_of(samples, who)
        found = process(rows)
        found["threads_percent"] = {group: 100 * spent for group, spent
                                    in by_group(rows, 0).items()}
        found["threads_allocated"] = allocated(samples, who)
        found["allocated_mb_per_s"] = sum(found["threads_allocated"].values()) / (1 << 20)
        own_cpu(found, head["kind_of"])
        found["cpu_collector_percent"] = beside["cpu_percent"] / len(names)
        found["rss_collector_mb"] = beside["rss_mb"] / len(names)
        latencies, more = [], {}
        if head["kind_of"] == "remora":
            latencies, more = collections_of_remora(samples, who, head["interval_s"])
        elif head["kind_of"] != "none":
            latencies, more = collections_of_peer(samples, who, head["interval_s"])
        found.update(more)
        if latencies:
            found.update(collections=len(latencies), latency_p50_s=stats.quantile(latencies, 0.5),
                         latency_p95_s=stats.quantile(latencies, 0.95),
                         latency_max_s=max(latencies))
        brokers[who] = found
    load = of_kind(samples, "load")[-1]
    first, last = window(samples)
    return {"run": head["run"], "title": head["title"], "kind": head["kind_of"],
            "repeat": head["repeat"], "interval_s": head["interval_s"],
            "seconds": last - first, "brokers": brokers,
            "cluster": {figure.key: load[figure.key] for figure in FIGURES
                        if figure.of == "cluster"}}


def own_cpu(found, kind):
    """Adds to the figures of a broker: CPU of the threads that monitor it, and their share of
    garbage collection by what they allocated."""
    cpu = found["threads_percent"]
    own = [group for group in cpu if runs.is_own(kind, group)]
    garbage = sum(spent for group, spent in cpu.items() if group.startswith(COLLECTOR_OF_GARBAGE))
    allocating = found["threads_allocated"]
    total = sum(allocating.values())
    mine = sum(count for group, count in allocating.items() if runs.is_own(kind, group))
    found["own_threads"] = sorted(own)
    found["cpu_own_percent"] = (sum(cpu[group] for group in own)
                                + garbage * (mine / total if total else 0.0))
