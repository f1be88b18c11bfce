"""OTLP JSON lines through the official protobuf definitions, over the live and the rotated files."""
import glob
import json
import os
import re

import consumers as c


def check_spelling(value, path=""):
    """What receivers forgive and the format does not: keys in lowerCamelCase, enums as numbers."""
    if isinstance(value, dict):
        for key, inner in value.items():
            assert re.fullmatch(r"[a-z][A-Za-z0-9]*", key), f"{path}.{key}"
            if key == "aggregationTemporality":
                assert isinstance(inner, int), f"{path}.{key} = {inner}"
            if key.endswith("UnixNano"):
                assert isinstance(inner, str) and inner.isdigit(), f"{path}.{key} = {inner}"
            check_spelling(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            check_spelling(inner, path)


def points(data):
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    yield metric.name, kind, point


def main():
    c.go_on_with_packages("opentelemetry.proto")
    from google.protobuf import json_format
    from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
    with c.scratch() as directory:
        path = os.path.join(directory, "otlp.jsonl")
        ticks = 5
        sent = c.drive(directory, sink="append", format="otlp", path=path, units=200, ticks=ticks,
                       interval_ms=50, rotate_bytes=1)["series"]
        got, seen = {}, 0
        files = sorted(glob.glob(path + ".r*")) + [path]
        assert len(files) == ticks, files
        for name in files:
            for line in c.read(name).splitlines():
                check_spelling(json.loads(line))
                for metric, kind, point in points(json_format.Parse(line, MetricsData())):
                    topic = {a.key: a.value.string_value for a in point.attributes}["topic"]
                    field = point.WhichOneof("value")
                    got[metric, topic] = getattr(point, field)
                    seen += 1
                    last_ns = point.time_unix_nano
        assert seen == ticks * len(sent), f"{seen} points of {ticks * len(sent)}"
        assert last_ns == sent[0]["wall_ms"] * 1_000_000, last_ns
        c.expect_equal(sent, got, "OTLP definitions")


main()
