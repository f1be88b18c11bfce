"""What the tests of dashboards and alerts share: rules, metrics of an expression, the names that are written."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "golden"), str(ROOT / "tests" / "sinks")]
import gen_dashboards  # noqa: E402
import golden_test  # noqa: E402

BUILD = ROOT / "build" / "release"
os.environ.setdefault("REMORA_TOOL", str(BUILD / "remora"))
os.environ.setdefault("BEANS_TO_LINES", str(BUILD / "tests" / "beans_to_lines"))
RULES = ROOT / "alerts" / "remora.yml"
WORDS = {"and", "or", "unless", "bool", "offset", "group_left", "group_right"}
GROUPING = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"
# Labels that an output or a scraper adds to every series.
ADDED = {"cluster", "instance", "broker", "job"}
# Not ours: of Prometheus and of node_exporter.
FOREIGN = {"up", "ALERTS", "node_filesystem_avail_bytes", "node_filesystem_size_bytes", "node_textfile_mtime_seconds"}


def rules(path=RULES):
    """[(kind, name, expression, text of the rule)]; kind: alert or record."""
    found = []
    for text in re.split(r"\n(?=      - (?:alert|record): )", path.read_text())[1:]:
        kind, name = re.match(r" +- (alert|record): (\S+)", text).groups()
        whole = re.search(r"^ +expr: \|\n((?: {10}.*\n?)+)", text, re.M) or re.search(r"^ +expr: (.*)$", text, re.M)
        found.append((kind, name, " ".join(whole[1].split()), text))
    return found


def selected(expression):
    """[(metric, {label: pattern})] that a PromQL expression asks for."""
    strings = []

    def kept(string):
        strings.append(string[1])
        return f"<{len(strings) - 1}>"

    text = re.sub(r'"((?:[^"\\]|\\.)*)"', kept, expression)
    text = re.sub(GROUPING, " ", text)
    text = re.sub(r"\[[^\]]*\]", " ", text)
    found = []
    for name, labels in re.findall(r"(?<![\w:<])([A-Za-z_][\w:]*)(?!\s*\()(?![\w:])\s*(\{[^}]*\})?", text):
        if name not in WORDS:
            matchers = re.findall(r"(\w+)\s*(=~|!=|!~|=)\s*<(\d+)>", labels)
            found.append((name, {label: (operator, strings[int(number)]) for label, operator, number in matchers}))
    return found


def chosen(listing):
    """{bean: attributes} of a listing that the built-in configuration collects."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("REMORA_", "TOPIC_"))}
    done = subprocess.run([os.environ["REMORA_TOOL"], "check", "--no-environment", "--mbeans", str(listing), "--names"],
                          capture_output=True, text=True, check=True, env=clean)
    lines = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    return {name: attributes for name, *attributes in lines}


def chosen_listing(listing, directory):
    """A file like `listing`, of the beans and attributes that the built-in configuration collects."""
    wanted = chosen(listing)
    lines = []
    for line in listing.read_text().splitlines():
        kind, name, attributes = (line + "\t\t").split("\t")[:3]
        if name not in wanted:
            continue
        if kind == "mbean":
            attributes = ",".join(part for part in attributes.split(",") if part.partition(":")[0] in wanted[name])
        lines.append("\t".join([kind, name, attributes]).rstrip("\t"))
    part = pathlib.Path(directory, listing.name)
    part.write_text("\n".join(lines) + "\n")
    return part


def is_chosen(name):
    """The encoder of the tests shows every statistic of a metric object; the built-in selection does not."""
    return not re.search(r"_(min|stddev|meanrate|(one|five|fifteen)minuterate|percent_count)$", name)


def broker_names(directory, form="prometheus"):
    """{name: [label names]} of what the built-in configuration writes of the beans of both listings."""
    found = {}
    for listing, _, _ in golden_test.NAMES:
        text = golden_test.encode(form, chosen_listing(listing, directory))
        for line in golden_test.types_and_names(text, False).splitlines():
            name, _, labels = line.rstrip("}").partition("{")
            if not line.startswith("TYPE ") and is_chosen(name):
                found.setdefault(name, []).append({label for label in labels.split(",") if label})
    return found


def own_names(level):
    """Names that level `basic` or `full` of self_metrics has, of docs/reference/own-metrics.md."""
    page = (ROOT / "docs" / "reference" / "own-metrics.md").read_text()
    if level == "basic":
        page = page[page.index("## Level basic"):page.index("## Level full")]
    return set(re.findall(r"`(remora_\w+)", page))
