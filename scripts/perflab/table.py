"""Runs against the baseline, pair by pair: the same broker in the same repeat."""
import itertools
import statistics

from perflab import figures, stats
from perflab.runs import BASELINE


def values_of(made, run, figure):
    """{(repeat, broker): value} of a figure; broker is "" for figures of the cluster."""
    found = {}
    for row in made:
        if row["run"] != run:
            continue
        places = {"": row["cluster"]} if figure.of == "cluster" else row["brokers"]
        for who, values in places.items():
            if figure.key in values:
                found[row["repeat"], who] = values[figure.key]
    return found


def names(made):
    """Names of the runs in the order in which they were made."""
    return list(dict.fromkeys(row["run"] for row in made))


def titles(made):
    return {row["run"]: row["title"] for row in made}


def noise(made, figure):
    """How far the baseline lies from itself in another repeat, on average; None with one repeat."""
    base = values_of(made, BASELINE, figure)
    gaps = [abs(first - second)
            for ((r1, w1), first), ((r2, w2), second) in itertools.combinations(base.items(), 2)
            if w1 == w2 and r1 != r2]
    return statistics.fmean(gaps) if gaps else None


def against_baseline(made):
    """A row for each run and figure: mean, and its difference from the baseline with confidence."""
    rows = []
    for figure in figures.FIGURES:
        base = values_of(made, BASELINE, figure)
        spread = noise(made, figure)
        for run in names(made):
            found = values_of(made, run, figure)
            pairs = [found[at] - base[at] for at in found if at in base]
            if not pairs:
                continue
            mean, low, high = stats.interval(pairs)
            rows.append({"run": run, "figure": figure.key, "value": statistics.fmean(found.values()),
                         "difference": mean, "low": low, "high": high, "noise": spread,
                         "pairs": len(pairs),
                         "beyond_noise": spread is not None
                         and stats.beyond(mean, low, high, spread)})
    return rows


def collecting(made):
    """{run: {figure: value}}: medians over brokers and repeats, of what is most the most."""
    found = {}
    for run in names(made):
        values = {}
        for figure in figures.COLLECTING:
            of_all = list(values_of(made, run, figure).values())
            if of_all:
                worst = figure.key in ("latency_max_s", "age_max_s", "failed", "dropped", "left")
                values[figure.key] = max(of_all) if worst else statistics.median(of_all)
        if "values" in values:
            found[run] = values
    return found


def cpu_of_monitoring(made):
    """{run: % of a core a broker}: threads inside the broker, and the collecting process."""
    found = {}
    for run in names(made):
        inside = values_of(made, run, figures.BY_KEY["cpu_own_percent"])
        beside = values_of(made, run, figures.BY_KEY["cpu_collector_percent"])
        if run != BASELINE and inside:
            found[run] = {"inside": statistics.fmean(inside.values()),
                          "beside": statistics.fmean(beside.values()),
                          "inside_max": max(inside.values())}
    return found
