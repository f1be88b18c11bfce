"""Hostile names, labels and values (hostile_lines.cpp) before the real parser of each format: `hostile_test.py FORMAT`.
Every line is taken, none is complained of, and the numbers that come out are those that went in. (But of counters in
statsd, and of DogStatsD, whose consumer adds up: what comes out of these is compared by name and by clients alone.)"""
import collections
import json
import math
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import time

import consumers as c
import daemons

SEEDS = range(1, 6)
ROOT = pathlib.Path(__file__).resolve().parents[2]


def hostile(form, seed):
    """(bytes, the log lines about them)"""
    done = subprocess.run([os.environ["HOSTILE_LINES"], form, str(seed)], capture_output=True, check=True)
    said = json.loads(done.stderr)
    assert said["lines"] > 200, said
    return done.stdout, said


def alike(form):
    """(bytes, how many clients): their values are 1 to that."""
    done = subprocess.run([os.environ["HOSTILE_LINES"], form, "alike"], capture_output=True, check=True)
    return done.stdout, json.loads(done.stderr)["units"]


def all_apart(values, clients):
    assert sorted(values) == list(range(1, clients + 1)), sorted(values)


def lines_of(text):
    """Ends at line feeds only: Unicode has line separators that are text to these formats."""
    return (text.decode() if isinstance(text, bytes) else text).removesuffix("\n").split("\n")


def number(text):
    return float({"+Inf": "inf", "-Inf": "-inf"}.get(text, text))


def key(value):
    """NaN equals itself here, and -0 is 0: consumers may drop its sign."""
    return "NaN" if math.isnan(value) else struct.pack("<d", value + 0.0)


def same_numbers(sent, got, what):
    sent, got = collections.Counter(map(key, sent)), collections.Counter(map(key, got))
    assert sent == got, f"{what}: only sent {list((sent - got).items())[:5]}, only got {list((got - sent).items())[:5]}"


def exposition_numbers(text):
    return [number(line.rsplit(" ", 1)[1]) for line in lines_of(text) if line and not line.startswith("#")]


def prometheus():
    promtool = c.tool("promtool")
    with daemons.node_exporter() as (textfiles, metrics, said):
        for seed in SEEDS:
            text, _ = hostile("prometheus", seed)
            checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
            # 3: it parsed, and does not like the names.
            assert checked.returncode in (0, 3) and b"error while linting" not in checked.stderr, checked.stderr
            fresh = os.path.join(textfiles, "new")
            with open(fresh, "wb") as file:
                file.write(text)
            os.rename(fresh, os.path.join(textfiles, "kafka.prom"))
            found = metrics()
            assert "node_textfile_scrape_error 0" in found, found[-500:]
            # The exporter tells of itself too, and gives a summary whose count was refused one of 0.
            name = re.compile(r"[a-zA-Z0-9_:]+")
            names = {name.match(line)[0] for line in lines_of(text) if not line.startswith("#")}
            ours = [line for line in lines_of(found) if line[:1] not in ("", "#") and name.match(line)[0] in names]
            same_numbers(exposition_numbers(text), exposition_numbers("\n".join(ours)), "node_exporter")
        text, clients = alike("prometheus")
        fresh = os.path.join(textfiles, "new")
        with open(fresh, "wb") as file:
            file.write(text)
        os.rename(fresh, os.path.join(textfiles, "kafka.prom"))
        all_apart([number(line.rsplit(" ", 1)[1]) for line in lines_of(metrics()) if line.startswith("alike{")], clients)
        assert not said(), said()


def openmetrics():
    c.go_on_with_packages("prometheus_client")
    from prometheus_client.openmetrics import parser
    for seed in SEEDS:
        text, said = hostile("openmetrics", seed)
        samples = [sample for family in parser.text_string_to_metric_families(text.decode())
                   for sample in family.samples]
        same_numbers(exposition_numbers(text), [sample.value for sample in samples], "OpenMetrics parser")


def ndjson():
    c.go_on_with_packages("jsonschema")
    import jsonschema
    schema = json.loads((ROOT / "tests" / "golden" / "ndjson.schema.json").read_text())
    judge = jsonschema.Draft202012Validator(schema)
    for seed in SEEDS:
        text, said = hostile("ndjson", seed)
        records = [json.loads(line) for line in lines_of(text)]
        assert len(records) == said["lines"]
        for record in records:
            judge.validate(record)
        sent = [number(re.search(r'"(?:value|text)":"?([^",}]+)"?}$', line)[1]) for line in lines_of(text)]
        # What is no number in JSON is null, and a text beside that.
        same_numbers(sent, [number(one.get("text", one["value"])) for one in records], "JSON parser")


def otlp():
    c.go_on_with_packages("opentelemetry.proto")
    from google.protobuf import json_format
    from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
    sent_number = re.compile(r'"(?:asInt|asDouble|count|sum|quantile|value)":"?([-+.\w]+)')

    def numbers_of(metric):
        kind = metric.WhichOneof("data")
        for point in getattr(metric, kind).data_points:
            if kind != "summary":
                yield getattr(point, point.WhichOneof("value"))
                continue
            yield from (point.count, point.sum)
            for one in point.quantile_values:
                yield from (one.quantile, one.value)

    for seed in SEEDS:
        text, _ = hostile("otlp", seed)
        got = []
        for line in lines_of(text):
            data = json_format.Parse(line, MetricsData())
            got.extend(numbers_of(data.resource_metrics[0].scope_metrics[0].metrics[0]))
        assert len(got) > 300, len(got)
        same_numbers([number(found) for found in sent_number.findall(text.decode())], got, "OTLP parser")


def datagrams(text):
    """As the sink packs them: whole lines; a gauge below zero is two that belong together."""
    packet = b""
    for line in re.findall(rb"[^\n]+:0\|g[^\n]*\n[^\n]+:-[^\n]+\n|[^\n]+\n", text):
        if len(packet) + len(line) > 1432:
            yield packet
            packet = b""
        packet += line
    yield packet


def send(port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        packets = 0
        for packet in datagrams(text):
            out.sendto(packet, ("127.0.0.1", port))
            packets += 1
            time.sleep(0.002)
        return packets


def influx():
    with daemons.influxdb() as (port, counters, query, said):
        lines = 0
        sent = []
        for seed in SEEDS:
            text, _ = hostile("influx", seed)
            send(port, text)
            lines += text.count(b"\n")
            c.wait_for(lambda: counters()["pointsRx"] >= lines, f"{lines} points, {counters()}")
            sent.extend(float(re.search(r" value=(\S+) \d+$", row)[1]) for row in lines_of(text))

        def got():
            return [point[1] for row in query('SELECT "value" FROM /.*/') for point in row["values"]]

        c.wait_for(lambda: len(got()) >= len(sent), f"{len(sent)} numbers")
        same_numbers(sent, got(), "InfluxDB")
        text, clients = alike("influx")
        send(port, text)
        lines += clients
        last = 'SELECT last("value") FROM "alike" GROUP BY "clientId"'
        c.wait_for(lambda: len(query(last)) >= clients, f"{clients} series")
        all_apart([row["values"][0][1] for row in query(last)], clients)
        found = counters()
        assert found["pointsParseFail"] == 0 and found["batchesTxFail"] == 0, found
        assert found["pointsRx"] == lines, (found, lines)
        assert "lvl=error" not in said(), said()[-2000:]


def first_numbers(files):
    """The number of the first point in each of Whisper's files: 16 bytes of head, where the points are, then these."""
    for file in files:
        content = file.read_bytes()
        offset = struct.unpack_from("!L", content, 16)[0]
        yield struct.unpack_from("!Ld", content, offset)[1]


def made_now(text):
    """The same lines with the time of day: Whisper keeps points of the last hour."""
    return re.sub(rb" \d+\n", b" %d\n" % time.time(), text)


def graphite():
    with daemons.carbon(hashed=True) as (port, directory, said):
        names = {}
        for seed in SEEDS:
            text = made_now(hostile("graphite", seed)[0])
            send(port, text)
            names |= {line.rsplit(" ", 2)[0]: float(line.rsplit(" ", 2)[1]) for line in lines_of(text)}
        text, clients = alike("graphite")
        text = made_now(text)
        send(port, text)
        alike_names = {line.rsplit(" ", 2)[0]: float(line.rsplit(" ", 2)[1]) for line in lines_of(text)}
        assert len(alike_names) == clients, alike_names
        names |= alike_names
        whisper = pathlib.Path(directory) / "whisper"
        c.wait_for(lambda: len(list(whisper.rglob("*.wsp"))) >= len(names), f"{len(names)} files", 60)
        files = list(whisper.rglob("*.wsp"))
        assert len(files) == len(names)
        same_numbers(names.values(), first_numbers(files), "Whisper")
        for word in ("invalid line", "Error", "Traceback"):
            assert word not in said(), said()[-2000:]


def statsd():
    with daemons.statsd() as (port, ask):
        lines = 0
        for seed in SEEDS:
            text, _ = hostile("statsd", seed)
            packets = send(port, text)
            lines += packets
            c.wait_for(lambda: ask("counters").get("statsd.packets_received", 0) >= lines, "all datagrams")
            gauges = ask("gauges")
            found = {**gauges, **ask("counters")}
            sent = {}
            for line in lines_of(text):
                name, value = re.match(r"([^:]+):([^|]+)", line).groups()
                assert name in found, (name, seed)
                if line.endswith("|g"):
                    sent[name] = float(value)
            same_numbers(sent.values(), [gauges[name] for name in sent], "statsd")
        text, clients = alike("statsd")
        lines += send(port, text)
        c.wait_for(lambda: ask("counters").get("statsd.packets_received", 0) >= lines, "all datagrams")
        all_apart([value for name, value in ask("gauges").items() if name.startswith("alike.")], clients)
        assert ask("counters").get("statsd.bad_lines_seen") == 0, ask("counters")


def dogstatsd():
    with daemons.statsd_exporter() as (port, metrics):
        packets = 0
        for seed in SEEDS:
            text, _ = hostile("dogstatsd", seed)
            packets += send(port, text)
            c.wait_for(lambda: c.parse_exposition(metrics()).get(("statsd_exporter_udp_packets_total", ()), 0)
                       >= packets, "all datagrams")
        text, clients = alike("dogstatsd")
        send(port, text)

        def of_clients():
            return [number(line.rsplit(" ", 1)[1]) for line in lines_of(metrics()) if line.startswith("alike{")]

        c.wait_for(lambda: len(of_clients()) >= clients, f"{clients} series")
        all_apart(of_clients(), clients)
        found = c.parse_exposition(metrics())
        for (name, labels), value in found.items():
            if re.fullmatch(r"statsd_exporter_(sample_errors|tag_errors|events_error)_total", name):
                assert value == 0, (name, labels, value)
        # What clashes with a name of another kind, its own or of an earlier seed, is dropped and counted.
        lines = sum(value for (name, _), value in found.items() if name == "statsd_exporter_lines_total")
        assert lines > 1000, lines


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print("ok")
