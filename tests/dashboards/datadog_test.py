#!/usr/bin/env python3
"""examples/shippers/datadog-metadata.csv has every metric of the built-in configuration, with its unit and description.

`datadog_test.py --write` writes it anew. Units and descriptions are those of the OTLP output.
"""

import csv
import io
import json
import re
import sys
import tempfile

import queries
from queries import ROOT, golden_test

FILE = ROOT / "examples" / "shippers" / "datadog-metadata.csv"
COLUMNS = ("metric_name", "metric_type", "interval", "unit_name", "per_unit_name", "description", "orientation",
           "integration", "short_name")
# Ours, and what Datadog calls it. What Datadog has no unit for has none there.
UNITS = {"By": "byte", "ns": "nanosecond", "us": "microsecond", "ms": "millisecond", "s": "second", "1": "fraction",
         **{f"{{{name}}}": name for name in ("request", "response", "connection", "message", "record", "event", "error",
                                             "thread", "offset", "session", "buffer", "operation", "transaction")}}
COUNTER = re.compile(r'X\(k\w+,\s*(counter|gauge|seconds),\s*"(\w+)",\s*"((?:[^"\\]|\\.)*)"\)')


def unit_of(text):
    """(unit, unit it is counted by) as Datadog calls them."""
    unit, _, by = text.partition("/")
    return UNITS.get(unit, ""), UNITS[by] if by and unit in UNITS else ""


def described(lines):
    """{name: (unit, description)} of OTLP JSON."""
    found = {}
    for line in lines:
        metric = json.loads(line)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
        found[metric["name"]] = metric["unit"], metric.get("description", "")
    return found


def look_up(name, known):
    """Unit and description of a name of DogStatsD: some parts of a summary, and the process, are called otherwise."""
    name = name.removeprefix("kafka_") if name.startswith("kafka_process_") else name
    if name in known:
        return known[name]
    for suffix, what in (("_quantile", "quantiles"), ("_sum", "sum"), ("_count", "number")):
        base = name.removesuffix(suffix)
        if base != name and base in known:
            unit, description = known[base]
            return "" if suffix == "_count" else unit, f"{description} ({what})"
    raise KeyError(name)


def of_broker():
    with tempfile.TemporaryDirectory(prefix="remora-datadog-") as directory:
        listing = queries.chosen_listing(golden_test.NAMES[-1][0], directory)
        known = described(golden_test.encode("otlp", listing).splitlines())
        lines = golden_test.encode("dogstatsd", listing).splitlines()
    kinds = {}
    for line in lines:
        name, kind = re.match(r"(\w+):[^|]*\|(\w)", line).groups()
        if queries.is_chosen(name):
            kinds[name] = {"c": "count", "g": "gauge"}[kind]
    for name, kind in sorted(kinds.items()):
        unit, description = look_up(name, known)
        yield name, kind, unit_of(unit), description


def of_agent():
    """The counters of the agent: their unit is the end of their name."""
    text = (ROOT / "include" / "remora" / "counters.h").read_text()
    for kind, name, description in COUNTER.findall(text):
        end = re.search(r"(bytes|(?:milli|micro|nano)?seconds)(_total|_max)?$", name)
        unit = {"bytes": "byte"}.get(end[1], end[1][:-1]) if end else ""
        yield f"remora_{name}", "gauge" if kind == "gauge" else "count", (unit, ""), description


def text():
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for name, kind, (unit, by), description in [*of_broker(), *of_agent()]:
        writer.writerow((name, kind, "", unit, by, description, 0, "remora", ""))
    return out.getvalue()


def main():
    if sys.argv[1:] == ["--write"]:
        FILE.write_text(text())
        return
    wanted = text()
    assert wanted.count("\n") > 400, wanted.count("\n")
    assert FILE.read_text() == wanted, "tests/dashboards/datadog_test.py --write writes it anew"
    units = [row["unit_name"] for row in csv.DictReader(io.StringIO(wanted))]
    print(f"{len(units)} metrics, {sum(map(bool, units))} with a unit")


if __name__ == "__main__":
    main()
