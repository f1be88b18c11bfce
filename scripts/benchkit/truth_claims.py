"""What bench truth holds the agent to, its own estimate of its error, and the tables."""
import math

from benchkit import common

CLASSES = ("alert", "broker", "topic", "client", "partition")
EXPENSIVE = "broker, expensive"
AGE_MAX_S = {"topic": 30.0, "client": 30.0, "partition": 60.0}
TRUE_SHARE_MIN = {"topic": 0.999, "client": 0.999}
ERROR_MAX = {"large": 0.01}
ERROR_MAX_DEFAULT = 0.002
CPU_MAX = {"second": 0.8, "large": 0.7, "neighbours": 0.5, "ceiling": None}
CPU_MAX_DEFAULT = 0.3
CEILING_MINUTE_MAX = 0.11
# Reads that cost more seconds than this may be older than a base interval: (cost, age). A bean gets
# there at 5 and 0.5 ms and leaves at two thirds of that.
EXPENSIVE_BOUNDS = ((0.0033, 30.0), (0.00033, 10.0))
TICKS_SHARE_MIN = 0.8
# Values that may have come and gone between two readings of the truth are not judged.
UNSURE_SHARE_MAX = 0.002
# Values read while the second reader's first pass was under way: more of them, and the run is none.
UNSEEN_SHARE_MAX = 0.2
LOG = math.log(3 / 0.05)  # of the empirical Bernstein bound at 95 %
EXCLUDED = {
    "java.lang:type=OperatingSystem CpuLoad, ProcessCpuLoad, SystemCpuLoad":
        "a window since whoever read it last: two readers disturb each other",
    "kafka.server:type=raft-metrics poll-idle-ratio-avg":
        "a window since whoever read it last, too",
    "values that are texts": "the text is a label, the value is always 1",
}


def share(row):
    return row["true"] / row["judged"] if row["judged"] else None


def judge(results):
    """[{scenario, claim, found, limit, kept}] of every scenario that ran."""
    claims = []

    def claim(scenario, text, found, limit, at_most=True):
        kept = found <= limit if at_most else found >= limit
        claims.append({"scenario": scenario, "claim": text, "found": found, "limit": limit,
                       "kept": kept})

    for result in results:
        name, base = result["name"], float(result["base_s"])
        told = result["ticks"] - result["ticks_without_truth"]
        claim(name, "ticks that could be judged, share", round(told / max(1, result["ticks"]), 3),
              TICKS_SHARE_MIN, at_most=False)
        for kind in CLASSES:
            row = result["classes"][kind]
            if name == "ceiling" and kind not in ("alert", "broker"):
                continue  # under a low ceiling the other classes give way
            if row["judged"] + row["no_truth_verdicts"] == 0:
                continue
            claim(name, f"{kind}: share without truth",
                  row["no_truth_verdicts"] / (row["judged"] + row["no_truth_verdicts"]), UNSEEN_SHARE_MAX)
            if row["judged"] == 0:
                continue
            if kind != "partition":
                claim(name, f"{kind}: share true", share(row), TRUE_SHARE_MIN.get(kind, 1.0),
                      at_most=False)
            claim(name, f"{kind}: share unsure", row["unsure_verdicts"] / row["judged"], UNSURE_SHARE_MAX)
            claim(name, f"{kind}: oldest, s", row["age_max_s"], AGE_MAX_S.get(kind, base))
        row = result["classes"]["partition"]
        if row["judged"] and name != "ceiling":
            claim(name, "partition: mean error", row["error"], ERROR_MAX.get(name, ERROR_MAX_DEFAULT))
        for bean, found in result["expensive"].items():
            bound = next(age for cost, age in EXPENSIVE_BOUNDS if found["seconds"] > cost)
            claim(name, f"{bean} ({1000 * found['seconds']:.1f} ms a read): oldest, s",
                  found["age_max_s"], max(bound, base))
        cpu = result["cpu"]
        if cpu["percent"] is not None and CPU_MAX.get(name, CPU_MAX_DEFAULT) is not None:
            claim(name, "CPU, % of a core", cpu["percent"], CPU_MAX.get(name, CPU_MAX_DEFAULT))
        if name == "ceiling" and cpu["minute_max"] is not None:
            claim(name, "CPU of the worst minute, %", cpu["minute_max"], CEILING_MINUTE_MAX)
    percents = {result["name"]: result["cpu"]["percent"] for result in results}
    if percents.get("idle") is not None and percents.get("steady") is not None:
        claim("idle", "CPU against half of steady's, %", percents["idle"], percents["steady"] / 2)
    return claims


def rise(first, last, name):
    return last["own"][name] - first["own"][name]


def window(ticks, kind):
    """The agent's estimate of its error over these ticks, its margin and the truth; or None."""
    first, last = ticks[0], ticks[-1]
    samples = f"samples_total {kind}"
    if samples not in first["own"] or samples not in last["own"]:
        return None
    count = rise(first, last, samples)
    # Expensive beans are not drawn, so they are in no estimate.
    rows = [tick["classes"][kind] for tick in ticks[1:]]
    units = sum(row[3] for row in rows)
    if count < 2 or units == 0:
        return None
    mean = rise(first, last, f"error_total {kind}") / count
    square = rise(first, last, f"error_square_total {kind}") / count
    variance = max(0.0, square - mean * mean) * count / (count - 1)
    margin = math.sqrt(2 * variance * LOG / count) + 3 * LOG / count
    return mean, margin, sum(row[4] for row in rows) / units


def audit(results, ticks):
    """[{scenario, class, windows, within, ...}] of the classes that the agent audits."""
    found = []
    for result in results:
        rows = result["per_tick"]
        for kind in CLASSES:
            windows = [window(rows[at:at + ticks + 1], kind)
                       for at in range(0, max(0, len(rows) - ticks), ticks)]
            windows = [one for one in windows if one is not None]
            if windows:
                count = len(windows)
                found.append({
                    "scenario": result["name"], "class": kind, "windows": count,
                    "within": sum(abs(mean - truth) <= margin for mean, margin, truth in windows),
                    "estimate": sum(mean for mean, _, _ in windows) / count,
                    "margin": sum(margin for _, margin, _ in windows) / count,
                    "truth": sum(truth for *_, truth in windows) / count})
    return found


def figure(value, scale=1, digits=2):
    return "-" if value is None else f"{scale * value:.{digits}f}"


def show_classes(results):
    rows = []
    for result in results:
        for kind in (*CLASSES, EXPENSIVE):
            row = result["classes"][kind]
            if row["judged"] == 0:
                continue
            rows.append((f"{result['name']}: {kind}", row["judged"], figure(share(row), 100, 3),
                         *(figure(row[f"age_{at}_s"]) for at in ("p50", "p99", "max")),
                         figure(row["error"], 100, 3), figure(row["unit_error"], 100, 3),
                         figure(row["deviation"], 1, 3), row["missing"], row["ghost_verdicts"],
                         row["no_truth_verdicts"]))
    common.table(rows, ["scenario: class", "values", "true %", "age p50 s", "p99", "max",
                        "error %", "by unit", "uncapped", "missing", "not there", "no truth"])
    print("\nvalues: of series at ticks. error: of what is not true, in its own scale, at most 1 "
          "each; by unit: of an MBean the largest")
    print("missing: in the broker, not in the file. not there: in the file, not in the broker")


def show_verdicts(results):
    print()
    names = ("true", "near", "flicker", "unsure", "stale", "wrong", "frozen")
    rows = []
    for result in results:
        for kind in (*CLASSES, EXPENSIVE):
            row = result["classes"][kind]
            if row["judged"]:
                rows.append((f"{result['name']}: {kind}",
                             *(row[f"{name}_verdicts"] for name in names)))
    common.table(rows, ["scenario: class", "equal", "within", "comes and goes", "unsure",
                        "stale", "wrong",
                        "frozen"])


def show_names(results):
    for result in results:
        print()
        if result["worst"]:
            common.table([(f"{row['bean']} {row['attribute']}", f"{100 * row['untrue']:.1f}",
                           f"{100 * row['error']:.2f}", f"{row['age_max_s']:.1f}")
                          for row in result["worst"]],
                         [f"{result['name']}: the worst", "untrue %", "error %", "age max s"])
        for bean, found in result["expensive"].items():
            print(f"{result['name']}: {bean} costs {1000 * found['seconds']:.1f} ms a read: "
                  f"{100 * found['true']:.1f} % true, at most {found['age_max_s']:.1f} s old")
        for text, key in (("missing", "missing"), ("not in the broker", "ghosts"),
                          ("that the truth does not know", "unknown")):
            if result[key]:
                print(f"{result['name']}: values {text}: "
                      + ", ".join(f"{name} {count}" for name, count in result[key].items()))


def show(results, claims, audits):
    show_classes(results)
    show_verdicts(results)
    show_names(results)
    print("\nnot judged: " + "; ".join(f"{name} ({why})" for name, why in EXCLUDED.items()) + "\n")
    common.table([(result["name"], result["ticks"], result["ticks_without_truth"],
                   *(figure(result["cpu"][key], 1, 3)
                     for key in ("first_minute", "percent", "minute_max"))) for result in results],
                 ["scenario", "ticks", "without truth", "CPU % first minute", "after it",
                  "worst minute"])
    if audits:
        print()
        common.table([(f"{row['scenario']}: {row['class']}", f"{100 * row['estimate']:.3f}",
                       f"{100 * row['margin']:.3f}", f"{100 * row['truth']:.3f}",
                       f"{row['within']} of {row['windows']}") for row in audits],
                     ["the agent's own estimate", "error %", "margin", "truth", "within"])
    print()
    common.table([(f"{claim['scenario']}: {claim['claim']}", f"{claim['found']:.5g}",
                   f"{claim['limit']:g}", "kept" if claim["kept"] else "MISSED")
                  for claim in claims], ["claim", "found", "limit", ""])
