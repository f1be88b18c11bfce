"""The targets: met or missed, by how much, and the figure that each rests on."""
import dataclasses
import statistics

from perflab import figures, stats, table
from perflab.runs import BASELINE, PEERS

LEAK_WINDOW_S = 240  # a shorter window cannot tell a leak from a JVM that warms up
LEAK_MB_PER_MINUTE = 0.5


@dataclasses.dataclass(frozen=True)
class Target:
    """`limit` as asked for, `own` ten times or so harder; `sense` 1: more is better, else -1."""
    key: str
    title: str
    unit: str
    limit: float
    own: float
    sense: int
    rests_on: str


TARGETS = (
    Target("cpu", "CPU overhead", "% of a core", 1.0, 0.2, -1,
           "threads of the agent and their share of garbage collection, the worst broker of run "
           "optimized"),
    Target("memory", "memory", "MB", 100.0, 20.0, -1,
           "resident memory of a broker of run optimized less its baseline, mean over pairs"),
    Target("latency", "collection latency", "s", 5.0, 0.5, -1,
           "due until written, the worst collection of run optimized"),
    Target("hit_rate", "cache hit rate", "%", 80.0, 80.0, 1,
           "series emitted without a read since the tick before over all emitted, run optimized"),
    Target("dropped", "dropped", "", 0.0, 0.0, -1,
           "values, lines, bytes and ticks that found no room or no destination, all runs of Remora; "
           "not what left the broker with its MBean"),
    Target("best_peer", "everything: CPU of the best peer over Remora's", "x", 1.5, 1.5, 1,
           "threads inside the broker, means of the runs"),
    Target("jmx_exporter", "built-in configuration: CPU of jmx_exporter over Remora's", "x",
           8.0, 8.0, 1, "threads inside the broker, means of the runs"),
    Target("produce_p99", "produce p99 above the baseline's own spread", "ms", 0.0, 0.0, -1,
           "p99 as clients see it: mean of run optimized less the worst repeat of the baseline"),
)


def measured(made):
    """{key of a target: its figure, or None with too little measured}, and what stands beside."""
    cpu = table.cpu_of_monitoring(made)
    collecting = table.collecting(made)
    optimized = collecting.get("optimized", {})
    memory = paired(made, "optimized", "rss_mb")
    found = {
        "cpu": cpu.get("optimized", {}).get("inside_max"),
        "memory": statistics.fmean(memory) if memory else None,
        "latency": optimized.get("latency_max_s"),
        "hit_rate": 100 * optimized["hit_rate"] if "hit_rate" in optimized else None,
        "dropped": dropped(made),
        "produce_p99": produce_p99(made),
    }
    peers = [cpu[name]["inside"] for name in PEERS if name in cpu]
    found["best_peer"] = ratio(min(peers, default=None), cpu.get("everything"))
    found["jmx_exporter"] = ratio(cpu.get("jmx_exporter", {}).get("inside"), cpu.get("optimized"))
    return found


def ratio(peer, own):
    return peer / own["inside"] if peer and own and own["inside"] > 0 else None


def paired(made, run, key):
    """The run less the baseline, of each pair."""
    figure = figures.BY_KEY[key]
    base, found = table.values_of(made, BASELINE, figure), table.values_of(made, run, figure)
    return [found[at] - base[at] for at in found if at in base]


def dropped(made):
    found = [values["dropped"] for row in made if row["kind"] == "remora"
             for values in row["brokers"].values() if "dropped" in values]
    return float(sum(found)) if found else None


def produce_p99(made):
    """How far the mean lies above the worst repeat of the baseline; None with one repeat."""
    figure = figures.BY_KEY["produce_p99_ms"]
    base, found = (list(table.values_of(made, run, figure).values())
                   for run in (BASELINE, "optimized"))
    if len(base) < 2 or not found:
        return None
    return max(0.0, statistics.fmean(found) - max(base))


def targets(made):
    """A row for each target, "met" being None where it was not measured."""
    values = measured(made)
    return [{"key": target.key, "title": target.title, "unit": target.unit,
             "value": values[target.key], "rests_on": target.rests_on,
             "limit": target.limit, **verdict(values[target.key], target.limit, target.sense),
             "own": {"limit": target.own, **verdict(values[target.key], target.own, target.sense)}}
            for target in TARGETS]


def verdict(value, limit, sense):
    """{"met", "by"}: by is how far inside or outside the limit, in the unit."""
    if value is None:
        return {"met": None, "by": None}
    inside = (value - limit) * sense
    return {"met": inside >= 0, "by": abs(value - limit)}


def leaks(made):
    """A row for each run: does memory grow more than the baseline's? "leak" None: not judged."""
    rows = []
    for run in table.names(made):
        seconds = min(row["seconds"] for row in made if row["run"] == run)
        for key in ("rss_mb_per_minute", "heap_mb_per_minute"):
            pairs = paired(made, run, key)
            if run == BASELINE or not pairs:
                continue
            mean, low, high = stats.interval(pairs)
            judged = seconds >= LEAK_WINDOW_S and low is not None
            rows.append({"run": run, "figure": key, "difference": mean, "low": low, "high": high,
                         "leak": (low > 0 and mean >= LEAK_MB_PER_MINUTE) if judged else None})
    return rows


def truth(made):
    """What the hit rate cost: a row for each run of Remora, with age and error by class."""
    rows = []
    for run in table.names(made):
        of_run = [values for row in made if row["run"] == run and row["kind"] == "remora"
                  for values in row["brokers"].values() if "hit_rate" in values]
        if of_run:
            rows.append({"run": run, "hit_rate": statistics.median(v["hit_rate"] for v in of_run),
                         "interval_s": next(r["interval_s"] for r in made if r["run"] == run),
                         **{key: worst(of_run, f"{key}_by_class")
                            for key in ("age", "error", "margin")}})
    return rows


def worst(brokers, key):
    """{class: the largest of all brokers}."""
    classes = dict.fromkeys(name for values in brokers for name in values.get(key, {}))
    return {name: max(values.get(key, {}).get(name, 0.0) for values in brokers)
            for name in classes}
