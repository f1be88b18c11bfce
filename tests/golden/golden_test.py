#!/usr/bin/env python3
"""Encodes the beans of a real broker in one format and has that format's parser judge the lines.

golden_test.py CHECK; BEANS_TO_LINES names the encoder program. Exit 77: the parser is not installed.
golden_test.py update-names writes names-*.txt anew after a wanted change of the naming scheme.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "sinks"))
import consumers  # noqa: E402

LISTING = HERE.parents[1] / "native" / "forecast" / "broker_beans.txt"
# Listing, what becomes of it, and whether that has the help too, where it is more than the bean's name.
NAMES = [(LISTING, HERE / "names-3.5.0.txt", False), (HERE / "mbeans-4.4.0.txt", HERE / "names-4.4.0.txt", True)]
SKIP = 77


def encode(form, listing=LISTING):
    program = os.environ["BEANS_TO_LINES"]
    done = subprocess.run([program, form, str(listing)], capture_output=True, check=True)
    losses = re.search(rb"unencodable (\d+) too_long (\d+) clashing (\d+)", done.stderr)
    assert losses and losses.groups() == (b"0", b"0", b"0"), done.stderr
    return done.stdout.decode("utf-8")


def skip(what):
    print(f"SKIP: {what} is not installed")
    sys.exit(SKIP)


def types_and_names(text, with_help):
    """`TYPE name` lines and sample names with their label names: what dashboards depend on. `HELP` lines if wanted."""
    found = set()
    for line in text.splitlines():
        if line.startswith("# TYPE ") or with_help and re.match(r"# HELP \S+ (?!JMX )", line):
            found.add(line[2:])
        elif not line.startswith("#"):
            name = re.match(r"[a-zA-Z0-9_]+", line).group()
            labels = re.findall(r'[{,]([a-zA-Z0-9_]+)="', line)
            found.add(f"{name}{{{','.join(labels)}}}" if labels else name)
    return "\n".join(sorted(found)) + "\n"


def check_names():
    for listing, names, with_help in NAMES:
        fresh = types_and_names(encode("prometheus", listing), with_help)
        known = names.read_text()
        if fresh == known:
            continue
        gone = sorted(set(known.splitlines()) - set(fresh.splitlines()))
        new = sorted(set(fresh.splitlines()) - set(known.splitlines()))
        sys.exit(f"{names.name}: names changed; if that is wanted: golden_test.py update-names\n- "
                 + "\n- ".join(gone) + "\n+ " + "\n+ ".join(new))


def check_promtool():
    promtool = shutil.which("promtool") or skip("promtool")
    text = encode("prometheus")
    done = subprocess.run([promtool, "check", "metrics"], input=text.encode(),
                          capture_output=True, check=False)
    # 3: it parsed and does not like names such as camel-case labels, which Kafka's dashboards have.
    assert done.returncode in (0, 3), done.stderr.decode()
    assert b"error while linting" not in done.stderr, done.stderr.decode()
    # What promtool lets pass and a textfile collector does not.
    series = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(series) == len(set(series)), "the same series twice"
    heads = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(heads) == len(set(head.split()[2] for head in heads)), "a family twice"
    assert not re.search(r'[{,]__', text), "a label that begins with __"
    assert len(series) > 2000, len(series)


def check_node_exporter():
    """It shows the textfile beside its own process, of which every Prometheus client says the same."""
    import daemons
    text = re.sub(r',?cluster="golden"', "", encode("prometheus")).replace("{,", "{").replace("{}", "")
    ours = [line.rsplit(" ", 1)[0] for line in text.splitlines() if line.startswith("process_")]
    assert len(ours) == 6, ours
    with daemons.node_exporter() as (textfiles, scrape, said):
        pathlib.Path(textfiles, "kafka.prom").write_text(text)
        found = consumers.parse_exposition(scrape())
        for series in ours:
            name = series.split("{")[0]
            assert (name, (("process", "kafka"),)) in found, series
            assert (name, ()) in found, f"{name} of node_exporter"
        assert found["node_textfile_scrape_error", ()] == 0
        assert not said(), said()


def check_openmetrics():
    try:
        from prometheus_client.openmetrics import parser
    except ImportError:
        skip("prometheus_client (Python)")
    families = list(parser.text_string_to_metric_families(encode("openmetrics")))
    assert sum(len(family.samples) for family in families) > 2000


def check_ndjson():
    schema = json.loads((HERE / "ndjson.schema.json").read_text())
    records = [json.loads(line) for line in encode("ndjson").splitlines()]
    assert len(records) > 2000, len(records)
    try:
        import jsonschema
    except ImportError:
        skip("jsonschema (Python); every line is JSON")
    judge = jsonschema.Draft202012Validator(schema)
    for record in records:
        judge.validate(record)


def check_otlp():
    lines = encode("otlp").splitlines()
    said = [json.loads(line) for line in lines]
    assert_otlp_spelling(said)
    for data in said:
        metric = data["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
        assert re.fullmatch(r"1|ns|us|ms|s|By|By/s|\{[a-z0-9_]+\}(/s)?|[num]?s/s|1/s", metric["unit"]), metric["unit"]
        for end in ("ns", "us", "ms"):
            assert not metric["name"].endswith("time" + end) or metric["unit"] == end, metric
    try:
        from google.protobuf import json_format
        from opentelemetry.proto.metrics.v1 import metrics_pb2
    except ImportError:
        skip("opentelemetry-proto (Python); every line is JSON with the right spelling")
    points = 0
    for line in lines:
        data = json_format.Parse(line, metrics_pb2.MetricsData())
        metric = data.resource_metrics[0].scope_metrics[0].metrics[0]
        points += len(getattr(metric, metric.WhichOneof("data")).data_points)
    assert points > 1500, points


def assert_otlp_spelling(value, key=""):
    """lowerCamelCase keys, integer enums, 64-bit integers as strings: parsers accept more than the standard allows."""
    if isinstance(value, dict):
        for name, inner in value.items():
            assert re.fullmatch(r"[a-z][a-zA-Z]*", name), name
            assert_otlp_spelling(inner, name)
    elif isinstance(value, list):
        for inner in value:
            assert_otlp_spelling(inner, key)
    elif key == "aggregationTemporality":
        assert value == 2 and isinstance(value, int)
    elif key in ("timeUnixNano", "count"):
        assert isinstance(value, str) and value.isdigit(), (key, value)
    elif key == "asInt":
        assert isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value), (key, value)


def every_line(form, pattern):
    lines = encode(form).splitlines()
    assert len(lines) > 2000, len(lines)
    names = set()
    for line in lines:
        match = re.fullmatch(pattern, line)
        assert match, line
        names.add(match.group(1))
    assert len(names) == len(lines), "the same series twice"


NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:e[-+][0-9]+)?"


def check_influx():
    tag = r",[a-zA-Z_][a-zA-Z0-9_]*=(?:[^\\,= ]|\\[,= ])+"
    every_line("influx", rf"([a-z_][a-z0-9_]*(?:{tag})*) value={NUMBER} [0-9]{{19}}")


def check_graphite():
    every_line("graphite", rf"([a-z0-9_]+(?:;[a-zA-Z0-9_]+=[^;~ /]+)*) {NUMBER} [0-9]{{10}}")


def check_statsd():
    every_line("statsd", rf"([a-zA-Z0-9_.-]+):{NUMBER}\|[gc]")


def check_dogstatsd():
    lines = encode("dogstatsd").splitlines()
    tags = r"\|#[a-zA-Z_][a-zA-Z0-9_]*:[^|,#]+(?:,[a-zA-Z_][a-zA-Z0-9_]*:[^|,#]+)*"
    for line in lines:
        assert re.fullmatch(rf"[a-zA-Z0-9_]+:{NUMBER}\|[gc](?:{tags})?", line), line
    assert len(lines) == len(set(lines)), "the same series twice"


def main():
    consumers.go_on_with_packages()  # the parsers are among them
    if sys.argv[1:] == ["update-names"]:
        for listing, names, with_help in NAMES:
            names.write_text(types_and_names(encode("prometheus", listing), with_help))
        return
    globals()["check_" + sys.argv[1]]()
    print("ok")


if __name__ == "__main__":
    main()
