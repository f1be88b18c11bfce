"""report.json and report.md, made of the samples of the runs."""
import datetime
import json
import os
import pathlib
import platform

from benchkit import common as bench
from perflab import figures, judge, table

FORMAT = "remora-performance-1"


def machine():
    """What figures depend on; no name of the machine."""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as source:
        for line in source:
            if line.startswith(("model name", "CPU part")):
                model = line.partition(":")[2].strip()
                break
    with open("/proc/meminfo", encoding="ascii") as source:
        memory_kb = int(source.readline().split()[1])
    return {"processor": model, "architecture": platform.machine(), "cores": os.cpu_count(),
            "memory_gb": round(memory_kb / (1 << 20)), "kernel": platform.release()}


def build(directory, settings):
    """The report of all whole runs in `directory`/samples. BenchError when there is none."""
    paths = sorted(pathlib.Path(directory, "samples").glob("*.ndjson"))
    samples = {path: figures.read_samples(path) for path in paths}
    whole = sorted((rows for rows in samples.values() if figures.is_whole(rows)),
                   key=lambda rows: rows[0]["t"])  # in the order in which they were made
    if not whole:
        raise bench.BenchError(f"no run in {directory} was measured to its end")
    made = [figures.of_run(rows) for rows in whole]
    return {"format": FORMAT, "date": datetime.date.today().isoformat(), "machine": machine(),
            "settings": settings, "cut_short": [path.stem for path, rows in samples.items()
                                                if not figures.is_whole(rows)],
            "runs": made, "table": table.against_baseline(made),
            "collecting": table.collecting(made), "cpu": table.cpu_of_monitoring(made),
            "targets": judge.targets(made), "leaks": judge.leaks(made), "truth": judge.truth(made)}


def write(directory, report):
    """Writes report.json and report.md."""
    path = pathlib.Path(directory)
    (path / "report.json").write_text(json.dumps(rounded(report), indent=1) + "\n",
                                      encoding="utf-8")
    (path / "report.md").write_text(markdown(report), encoding="utf-8")


def rounded(value):
    """Six significant digits are more than anybody measured."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return value


# The parts of the report, each as (title, headings, rows of texts, a sentence or two below).

SHOWN = ("cpu_percent", "cpu_own_percent", "cpu_collector_percent", "rss_mb", "allocated_mb_per_s",
         "switches_per_s", "produce_p50_ms", "produce_p99_ms", "produce_p999_ms",
         "delivery_p99_ms", "produce_per_s")


def number(value, signed=False):
    if value is None:
        return "-"
    if value == 0:
        return "0"
    sign = "+" if signed else ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:{sign}.{digits}f}"


def cell(row):
    """The mean, and the difference from the baseline when there is one to tell."""
    if row["run"] == "baseline":
        return number(row["value"])
    text = f"{number(row['value'])} ({number(row['difference'], True)}"
    if row["low"] is not None:
        text += f", {number(row['low'], True)} to {number(row['high'], True)}"
    return text + ")" + (" **" if row["beyond_noise"] else "")


def against_baseline_part(report, shown=SHOWN, title="Runs against the baseline"):
    runs = table.names(report["runs"])
    by_place = {(row["run"], row["figure"]): row for row in report["table"]}
    rows = []
    for key in shown:
        figure = figures.BY_KEY[key]
        cells = [cell(by_place[run, key]) if (run, key) in by_place else "-" for run in runs]
        spread = next((row["noise"] for row in report["table"] if row["figure"] == key), None)
        rows.append([f"{figure.title}, {figure.unit}", *cells, number(spread)])
    return (title, ["figure", *runs, "noise"], rows,
            "Mean (difference from the baseline, its 95 % interval over pairs of the same broker "
            "in the same repeat). Noise is how far the baseline lies from itself in another "
            "repeat. ** marks what is beyond both. Brokers share the machine, so that pairs of one "
            "repeat are not quite independent.")


def met(verdict, unit):
    if verdict["met"] is None:
        return "not measured"
    by = f" by {number(verdict['by'])} {unit}".rstrip() if verdict["by"] else ""
    return ("met" if verdict["met"] else "MISSED") + by


def targets_part(report):
    rows = [[row["title"], f"{number(row['value'])} {row['unit']}".strip(),
             f"{number(row['limit'])} {row['unit']}".strip(), met(row, row["unit"]),
             number(row["own"]["limit"]), met(row["own"], row["unit"]), row["rests_on"]]
            for row in report["targets"]]
    return ("Targets", ["target", "measured", "asked for", "", "our own", "", "rests on"], rows,
            "The CPU is that of the monitoring threads themselves, which the kernel counts in "
            "nanoseconds. The difference of whole brokers, above, is much noisier.")


def truth_part(report):
    settings = report["settings"]
    rows = [[row["run"], f"{number(row['interval_s'])} s", f"{100 * row['hit_rate']:.1f} %",
             by_class(row["age"], 1, "s"), by_class(row["error"], 100, "%")]
            for row in report["truth"]]
    partitions = settings["topics"] * settings["partitions"]
    measured = {row["interval_s"] for row in report["truth"]}
    missing = [text for text, there in (
        ("1,000 partitions", partitions == 1000), ("10,000 partitions", partitions == 10000),
        ("a base interval of 1 s", 1.0 in measured)) if not there]
    return ("What the cache saves and what it costs",
            ["run", "base interval", "hit rate", "oldest value by class",
             "error by class, the agent's own estimate"], rows,
            f"Measured with {partitions} partitions. "
            + (f"Not measured here: {', '.join(missing)}. " if missing else "")
            + "What is read for every tick is a miss each time. So the hit rate says how many "
            "series are of classes topic, client and partition; it is no merit of its own.")


def by_class(values, factor, unit):
    return ", ".join(f"{name} {number(value * factor)} {unit}"
                     for name, value in values.items()) or "not yet known"


def collecting_part(report):
    shown = [figure for figure in figures.COLLECTING if figure.key != "hit_rate"]
    rows = [[run, *[number(values.get(figure.key)) for figure in shown]]
            for run, values in report["collecting"].items()]
    return ("Collections", ["run", *[f"{figure.title}{', ' if figure.unit else ''}{figure.unit}"
                                     for figure in shown]], rows,
            "Remora is due on a grid of its own, whose phase is that of its earliest tick. Of "
            "peers, the age of a value is at most the time of the collection.")


def ratios_part(report):
    rows = [[run, number(cpu["inside"]), number(cpu["beside"]),
             *[number(cpu["inside"] / report["cpu"][own]["inside"])
               if own in report["cpu"] and report["cpu"][own]["inside"] else "-"
               for own in ("optimized", "everything")]] for run, cpu in report["cpu"].items()]
    return ("CPU of monitoring, % of a core a broker",
            ["run", "inside the broker", "collecting process", "times optimized",
             "times everything"], rows,
            "Inside: the threads that monitor, known by their names, and their share of garbage "
            "collection by what they allocated. Threads that lived less than a second are missed.")


def leaks_part(report):
    word = {None: "not judged", True: "GROWS", False: "no"}
    rows = [[row["run"], figures.BY_KEY[row["figure"]].title, number(row["difference"], True),
             f"{number(row['low'], True)} to {number(row['high'], True)}", word[row["leak"]]]
            for row in report["leaks"]]
    return ("Growth of memory", ["run", "figure", "MB/min more than the baseline", "95 %", "leak"],
            rows, f"Judged when {judge.LEAK_WINDOW_S} s or more were measured: before, a JVM "
            f"still warms up. A leak is {judge.LEAK_MB_PER_MINUTE} MB a minute or more.")


def parts(report):
    """All tables, in the order of the page."""
    rest = [figure.key for figure in figures.FIGURES if figure.key not in SHOWN]
    return [against_baseline_part(report), targets_part(report), ratios_part(report),
            truth_part(report), collecting_part(report),
            against_baseline_part(report, rest, "Further figures"), leaks_part(report)]


def summary(report):
    """Lines that say what this is a report of."""
    settings, about = report["settings"], report["machine"]
    lines = [f"{settings['brokers']} broker(s) of Kafka {settings['kafka']}, {settings['topics']} "
             f"topics of {settings['partitions']} partitions, {number(settings['rate'])} records a "
             f"second; {number(settings['warm_up'])} s after each start, {settings['seconds']} s "
             f"measured, {settings['repeat']} time(s).",
             f"{report['date']}; {about['cores']} cores, {about['processor']}, "
             f"{about['memory_gb']} GB."]
    lines += [f"Run {name}: {title}." for name, title in table.titles(report["runs"]).items()]
    if report["cut_short"]:
        lines.append(f"Cut short and left out: {', '.join(report['cut_short'])}.")
    return lines


def markdown(report):
    out = ["# What monitoring costs these brokers", ""]
    out += [f"* {line}" for line in summary(report)] + [""]
    for title, headings, rows, below in parts(report):
        out += [f"## {title}", "", "| " + " | ".join(headings) + " |",
                "|" + "---|" * len(headings)]
        out += ["| " + " | ".join(row) + " |" for row in rows] + ["", below, ""]
    return "\n".join(out)


def write_settings(directory, settings):
    """Kept beside the samples, so that the report can be made again."""
    pathlib.Path(directory, "settings.json").write_text(json.dumps(settings, indent=1) + "\n",
                                                        encoding="utf-8")


def read_settings(directory):
    try:
        return json.loads(pathlib.Path(directory, "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise bench.BenchError(f"{directory} holds no runs of performance-test.sh") from error
