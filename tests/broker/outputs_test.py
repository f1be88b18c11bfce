#!/usr/bin/env python3
"""A real broker, eight outputs at once, real consumers: the numbers that come out of them are the broker's.

What a consumer holds is found by name and labels in the agent's NDJSON file, which names the MBean and attribute; a
remote JMX client says what the broker's own number is. A consumer that is not installed is skipped, visibly.
"""

import contextlib
import glob
import json
import math
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.parse

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parents[1] / "sinks")]
import broker_lab  # noqa: E402
import consumers as c  # noqa: E402
import daemons  # noqa: E402
from broker_lab import Lab  # noqa: E402
from jmx_compare import numeric  # noqa: E402

INTERVAL_S = 5
TOPICS, PARTITIONS = 20, 5
# What StatsD and Graphite would have to rewrite is compared in the other formats.
PLAIN = re.compile(r"[A-Za-z0-9_-]*")


def key_of(name, labels):
    """Equal for every spelling of a quantile."""
    return name, frozenset((k, str(float(v)) if k == "quantile" else v) for k, v in labels.items())


class Consumer:
    """One program that reads one output. `output`: its part of the configuration."""

    needs = ()
    growth = False  # its counters hold what was added since the first tick

    def __init__(self, directory, stack):
        for name in self.needs:
            c.tool(name)
        self.directory = os.path.join(directory, type(self).__name__)
        os.mkdir(self.directory)
        self.log = os.path.join(self.directory, "log")
        self.start(stack)

    def run(self, stack, arguments, log=None):
        return stack.enter_context(c.running(arguments, log or self.log))

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def key(self, entry):
        """What a line of the NDJSON file is called here; None: not here."""
        return key_of(entry["name"], entry["labels"])

    def complaints(self):
        """What it found wrong, as text; empty: nothing."""
        return ""


class Prometheus(Consumer):
    """Textfile, read by node_exporter, scraped by Prometheus, asked over its API."""

    needs = ("prometheus", "prometheus-node-exporter")

    def start(self, stack):
        exporter, server = f"127.0.0.1:{c.tcp_port()}", f"127.0.0.1:{c.tcp_port()}"
        self.url = f"http://{server}"
        textfiles = os.path.join(self.directory, "textfiles")
        os.mkdir(textfiles)
        self.output = {"type": "file", "format": "prometheus", "path": textfiles + "/kafka.prom"}
        self.exporter_log = os.path.join(self.directory, "exporter.log")
        self.exporter_url = f"http://{exporter}/metrics"
        self.run(stack, daemons.node_exporter_command(textfiles, exporter), self.exporter_log)
        config = daemons.prometheus_config(self.directory, "node", [exporter], 3)
        self.run(stack, daemons.prometheus_command(config, server))
        c.wait_for(lambda: c.answers(self.url + "/-/ready"), "Prometheus", 60)
        c.wait_for(lambda: c.answers(self.exporter_url), "node_exporter", 60)
        self.said_at_start = len(c.read(self.exporter_log).splitlines())  # that it runs as root

    def values(self):
        query = urllib.parse.urlencode({"query": '{job="node"}'})
        found = {}
        for series in json.loads(c.get(f"{self.url}/api/v1/query?{query}"))["data"]["result"]:
            labels = {k: v for k, v in series["metric"].items() if k not in ("__name__", "job", "instance")}
            found[key_of(series["metric"]["__name__"], labels)] = float(series["value"][1])
        return found

    def key(self, entry):
        return key_of(entry["name"], {k: v for k, v in entry["labels"].items() if k != "broker"})

    def complaints(self):
        lines = c.read(self.log).splitlines() + c.read(self.exporter_log).splitlines()[self.said_at_start:]
        found = [line for line in lines if "level=error" in line or "level=warn" in line]
        if self.values()[key_of("node_textfile_scrape_error", {})] != 0:
            found.append("node_textfile_scrape_error")
        return "\n".join(found)


class Otlp(Consumer):
    """OTLP JSON lines, parsed by the official definitions in their own environment."""

    PARSE = """
import glob, json, sys
from google.protobuf import json_format
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
for name in sorted(glob.glob(sys.argv[1] + ".r*")) + [sys.argv[1]]:
    for line in open(name):
        if not line.endswith("\\n"):
            continue
        for resource in json_format.Parse(line, MetricsData()).resource_metrics:
            common = {a.key: a.value.string_value for a in resource.resource.attributes}
            for metric in (m for scope in resource.scope_metrics for m in scope.metrics):
                kind = metric.WhichOneof("data")
                for point in getattr(metric, kind).data_points:
                    labels = {**common, **{a.key: a.value.string_value for a in point.attributes}}
                    if kind == "summary":
                        rows = [(metric.name + "_count", labels, point.count),
                                (metric.name + "_sum", labels, point.sum)]
                        rows += [(metric.name, {**labels, "quantile": str(q.quantile)}, q.value)
                                 for q in point.quantile_values]
                    else:
                        rows = [(metric.name, labels, getattr(point, point.WhichOneof("value")))]
                    for row in rows:
                        print(json.dumps(row))
"""

    def start(self, stack):
        self.python = c.python_with("opentelemetry.proto") or c.skip(
            "opentelemetry-proto is not installed (tests/sinks/fetch_consumers)")
        self.path = os.path.join(self.directory, "kafka.otlp.json")
        self.output = {"type": "file", "format": "otlp_json", "path": self.path,
                       "rotate": {"size": "512KB", "files": 100}}
        self.said = ""

    def values(self):
        done = subprocess.run([self.python, "-c", self.PARSE, self.path], capture_output=True, text=True)
        self.said = done.stderr
        found = {}
        for line in done.stdout.splitlines():
            name, labels, value = json.loads(line)
            found[key_of(name, {k: v for k, v in labels.items() if "." not in k})] = value
        return found

    def complaints(self):
        self.values()
        return self.said


class Influx(Consumer):
    needs = ("influxd",)

    def start(self, stack):
        http, udp = c.tcp_port(), c.udp_port()
        self.url = f"http://127.0.0.1:{http}"
        self.output = {"type": "udp", "format": "influx", "port": udp}
        config = self.write("influxdb.conf", f"""
reporting-disabled = true
bind-address = "127.0.0.1:{c.tcp_port()}"
[meta]
  dir = "{self.directory}/meta"
[data]
  dir = "{self.directory}/data"
  wal-dir = "{self.directory}/wal"
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
[[udp]]
  enabled = true
  bind-address = "127.0.0.1:{udp}"
  database = "kafka"
  batch-timeout = "100ms"
""")
        self.run(stack, [c.tool("influxd"), "-config", config])
        c.wait_for(lambda: c.answers(self.url + "/debug/vars"), "influxd", 60)

    def key(self, entry):
        return None if entry["value"] is None else key_of(entry["name"], entry["labels"])

    def values(self):
        query = urllib.parse.urlencode({"db": "kafka", "q": "SELECT last(*) FROM /.*/ GROUP BY *"})
        found = {}
        for series in json.loads(c.get(f"{self.url}/query?{query}", 60))["results"][0].get("series", []):
            values = [v for v in series["values"][-1][1:] if v is not None]
            assert len(values) == 1, series
            found[key_of(series["name"], {k: v for k, v in series["tags"].items() if v})] = values[0]
        return found

    def complaints(self):
        found = [line for line in c.read(self.log).splitlines() if "lvl=error" in line or "lvl=warn" in line]
        variables = json.loads(c.get(self.url + "/debug/vars"))
        listener = next(v["values"] for k, v in variables.items() if k.startswith("udp:"))
        found += [f"{k} {listener[k]}" for k in ("pointsParseFail", "batchesTxFail", "readFail") if listener[k]]
        return "\n".join(found)


class Graphite(Consumer):
    """Carbon makes a file a series, so it gets a part of the beans: its own include."""

    needs = ("carbon-cache", "whisper-fetch")
    READ = """
import glob, json, os, sys, time, whisper
for path in glob.glob(sys.argv[1] + "/whisper/_tagged/*/*/*.wsp"):
    values = [v for v in whisper.fetch(path, time.time() - 600)[1] if v is not None]
    if values:
        print(json.dumps([os.path.basename(path)[:-4].replace("_DOT_", "."), values[-1]]))
"""

    def start(self, stack):
        udp = c.udp_port()
        self.output = {"type": "udp", "format": "graphite", "port": udp,
                       "include": ["kafka.log:type=Log,*", "kafka.server:type=ReplicaManager,*"],
                       "exclude": ["kafka.log:type=Log,name=NumLogSegments,*"]}
        config = self.write("carbon.conf", f"""
[cache]
STORAGE_DIR = {self.directory}/storage/
CONF_DIR = {self.directory}/
LOG_DIR = {self.directory}/log/
PID_DIR = {self.directory}/
LOCAL_DATA_DIR = {self.directory}/whisper/
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {c.tcp_port()}
ENABLE_UDP_LISTENER = True
UDP_RECEIVER_INTERFACE = 127.0.0.1
UDP_RECEIVER_PORT = {udp}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {c.tcp_port()}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {c.tcp_port()}
ENABLE_TAGS = False
TAG_HASH_FILENAMES = False
""")
        self.write("storage-schemas.conf", "[all]\npattern = .*\nretentions = 1s:1h\n")
        self.run(stack, [c.tool("carbon-cache"), f"--config={config}", "--nodaemon", "start"])
        c.wait_for(lambda: f"starting on {udp}" in c.read(self.log).lower(), "carbon", 60)

    def values(self):
        with open(c.tool("whisper-fetch")) as file:
            python = file.readline()[2:].split()[0]
        done = subprocess.run([python, "-c", self.READ, self.directory], capture_output=True, text=True, check=True)
        found = {}
        for line in done.stdout.splitlines():
            series, value = json.loads(line)
            name, *tags = series.split(";")
            found[key_of(name, dict(tag.split("=", 1) for tag in tags))] = value
        return found

    def key(self, entry):
        wanted = "type=Log," in entry["mbean"] and "name=NumLogSegments" not in entry["mbean"] \
            or "kafka.server:type=ReplicaManager," in entry["mbean"]
        return key_of(entry["name"], entry["labels"]) if wanted and is_plain(entry) else None

    def complaints(self):
        said = c.read(self.log) + "".join(
            c.read(path) for path in glob.glob(self.directory + "/log/**/*", recursive=True) if os.path.isfile(path))
        return "\n".join(line for line in said.splitlines() if "invalid line received" in line or "Traceback" in line)


class Dogstatsd(Consumer):
    needs = ("statsd_exporter",)
    growth = True

    def start(self, stack):
        udp, web = c.udp_port(), c.tcp_port()
        self.url = f"http://127.0.0.1:{web}/metrics"
        self.output = {"type": "udp", "format": "dogstatsd", "port": udp}
        self.run(stack, [c.tool("statsd_exporter"), f"--statsd.listen-udp=127.0.0.1:{udp}", "--statsd.listen-tcp=",
                         f"--web.listen-address=127.0.0.1:{web}"])
        c.wait_for(lambda: c.answers(self.url), "statsd_exporter", 60)

    def values(self):
        try:
            text = c.get(self.url)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"statsd_exporter: {error}: {error.read(2000).decode()}") from error
        self.counters = {line.split()[2] for line in text.splitlines() if re.match(r"# TYPE \S+ counter", line)}
        return {key_of(name, dict(labels)): value for (name, labels), value in c.parse_exposition(text).items()}

    @staticmethod
    def name(entry):
        own = "kafka_" if entry["name"].startswith("process_") else ""  # the exporter has process_* of itself
        return own + entry["name"]

    def key(self, entry):
        name = self.name(entry) + ("_quantile" if "quantile" in entry["labels"] else "")
        return key_of(name, entry["labels"]) if is_plain(entry) else None

    def is_counter(self, entry):
        return self.name(entry) in self.counters

    def complaints(self):
        found = c.parse_exposition(c.get(self.url))
        bad = ("statsd_exporter_sample_errors_total", "statsd_exporter_tag_errors_total",
               "statsd_exporter_events_error_total", "statsd_exporter_events_conflict_total")
        return "\n".join(f"{key} {value}" for key, value in found.items() if key[0] in bad and value)


class Statsd(Consumer):
    needs = ("node",)
    growth = True

    def start(self, stack):
        daemon = os.path.join(c.tools_directory(), "npm", "node_modules", "statsd", "stats.js")
        if not os.path.exists(daemon):
            c.skip("npm statsd is not installed (tests/sinks/fetch_consumers)")
        udp, self.management = c.udp_port(), c.tcp_port()
        self.output = {"type": "udp", "format": "statsd", "port": udp}
        config = self.write("config.js", f"""
{{ port: {udp}, address: "127.0.0.1", mgmt_port: {self.management}, mgmt_address: "127.0.0.1",
   flushInterval: 3600000, backends: [], deleteIdleStats: false }}
""")
        self.run(stack, [c.tool("node"), daemon, config])
        c.wait_for(lambda: self.ask("counters"), "statsd", 60)

    def ask(self, command):
        try:
            with socket.create_connection(("127.0.0.1", self.management), timeout=10) as connection:
                connection.sendall(command.encode() + b"\n")
                text = b""
                while not text.rstrip().endswith(b"END"):
                    text += connection.recv(65536) or b"END"
        except OSError:
            return {}
        # It prints JavaScript objects: { 'a.b': 1, c: -2.5 }.
        return {quoted or bare: float(number) for quoted, bare, number in
                re.findall(r"(?:'([^']+)'|(?<=[\s{])(\w+)):\s*([-\d.e+]+)", text.decode())}

    def values(self):
        self.counters = self.ask("counters")
        return {**self.ask("gauges"), **self.counters}

    def key(self, entry):
        if not is_plain(entry) or "quantile" in entry["labels"]:
            return None
        return entry["name"] + "".join(f".{k}.{v}" for k, v in entry["labels"].items())

    def is_counter(self, entry):
        return self.key(entry) in self.counters

    def complaints(self):
        bad = self.ask("counters").get("statsd.bad_lines_seen")
        return "" if bad == 0 else f"bad_lines_seen {bad}"


class JsonOverUdp(Consumer):
    """A listener of ours: what Vector, Fluent Bit or Logstash would take from their UDP inputs."""

    def start(self, stack):
        udp = c.udp_port()
        self.output = {"type": "udp", "format": "ndjson", "port": udp}
        self.found, self.bad = {}, []
        listener = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        listener.bind(("127.0.0.1", udp))
        listener.settimeout(0.2)
        self.going = True
        thread = threading.Thread(target=self.listen, args=(listener,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(setattr, self, "going", False)

    def listen(self, listener):
        while self.going:
            try:
                packet = listener.recv(65536).decode()
            except socket.timeout:
                continue
            for line in packet.splitlines():
                try:
                    entry = json.loads(line)
                    self.found[key_of(entry["name"], entry["labels"]) + (entry["mbean"],)] = number(entry)
                except (ValueError, KeyError) as error:
                    self.bad.append(f"{error}: {line[:200]}")

    def values(self):
        return dict(self.found)

    def key(self, entry):
        return key_of(entry["name"], entry["labels"]) + (entry["mbean"],)

    def complaints(self):
        return "\n".join(self.bad[:5])


def is_plain(entry):
    """No value that the format would have to rewrite, and a number that it can say."""
    return entry["value"] is not None and \
        all(PLAIN.fullmatch(v) for k, v in entry["labels"].items() if k != "quantile")


def number(entry):
    return float(entry["text"]) if entry["value"] is None else float(entry["value"])


def same(a, b):
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) or math.isnan(a) and math.isnan(b)


KINDS = (Prometheus, Otlp, Influx, Graphite, Dogstatsd, Statsd, JsonOverUdp)


class OutputsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        directory = stack.enter_context(c.scratch())
        cls.consumers, cls.absent = {}, {}
        for kind in KINDS:
            try:
                cls.consumers[kind] = kind(directory, stack)
            except SystemExit:
                cls.absent[kind] = f"a program that {kind.__name__} needs is not installed"
        config = {
            "sampling": {"policy": "fixed", "base_interval": f"{INTERVAL_S}s"},
            "labels": {"cluster": "${cluster.id}"},
            "outputs": [{"format": "ndjson", "path": "${dir}/remora.ndjson",
                         "rotate": {"size": "256KB", "files": 1000, "total_size": "2GB"}}]
            + [consumer.output for consumer in cls.consumers.values()],
        }
        cls.lab = Lab(config, up=["--jmx"]).__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.lab.lab("topics", "--topics", TOPICS, "--partitions", PARTITIONS)
        cls.lab.wait_counter("units", TOPICS * PARTITIONS * 3)
        cls.lab.lab("load", "--seconds", 15, "--rate", 500)
        cls.wait_ticks()  # every protocol of increments has seen all series once
        load = subprocess.Popen([str(broker_lab.LAB), "load", "--dir", str(cls.lab.lab_dir), "--seconds", "60",
                                 "--rate", "200"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            under_load = cls.snapshot()
        finally:
            load.wait(120)
        cls.wait_ticks()
        cls.snapshots = [under_load, cls.snapshot()]

    @classmethod
    def wait_ticks(cls):
        cls.lab.wait_counter("ticks_total", cls.lab.counters()["ticks_total"] + 2)

    @classmethod
    def snapshot(cls):
        """(remote JMX, lines, {consumer: values} of two ticks later, remote JMX again)."""
        before = numeric(cls.lab.jmx_dump())
        cls.wait_ticks()
        time.sleep(INTERVAL_S * 0.5 + 4)  # the spread of the last tick, and a scrape
        cls.read_ndjson()
        values = {kind: consumer.values() for kind, consumer in cls.consumers.items()}
        return before, cls.last, values, numeric(cls.lab.jmx_dump())

    @classmethod
    def read_ndjson(cls):
        live = str(cls.lab.output / "remora.ndjson")
        cls.files = sorted(glob.glob(live + ".r*")) + [live]
        cls.first, cls.last, cls.steps_back, cls.lines = {}, {}, [], 0
        for path in cls.files:
            with open(path) as file:
                for line in file:
                    if not line.endswith("\n"):
                        continue  # being written
                    entry = json.loads(line)
                    key = entry["mbean"], entry["attribute"], entry["name"]
                    cls.lines += 1
                    is_count = entry["attribute"] == "Count" and entry["mbean"].startswith("kafka.")
                    if is_count and key in cls.last and entry["value"] < cls.last[key]["value"]:
                        cls.steps_back.append((key, cls.last[key]["value"], entry["value"]))
                    cls.first.setdefault(key, entry)
                    cls.last[key] = entry

    def check(self, kind, stable_min, moved_min):
        if kind in self.absent:
            self.skipTest(self.absent[kind])
        consumer = self.consumers[kind]
        missing, wrong, outside, stable, moved = [], [], [], 0, 0
        base = {}  # by key of a counter that arrives as growth: what it had when its growth began
        for jmx_before, lines, values, jmx_after in self.snapshots:
            found = values[kind]
            for (mbean, attribute, name), entry in lines.items():
                jmx = mbean, attribute
                key = consumer.key(entry)
                if key is None or jmx not in jmx_before or jmx not in jmx_after:
                    continue
                if key not in found:
                    missing.append((key, entry["mbean"]))
                    continue
                value, before, after = found[key], jmx_before[jmx], jmx_after[jmx]
                if consumer.growth and consumer.is_counter(entry):
                    # 0 for a bean that came while the agent ran, for good.
                    first = number(self.first[mbean, attribute, name])
                    if key not in base:
                        base[key] = 0 if before <= value <= after or same(value, before) else first
                    value += base[key]
                if same(before, after):
                    stable += 1
                    if not same(value, before):
                        wrong.append((key, mbean, attribute, before, value))
                elif attribute == "Count" and before < after:  # the count of a buffer pool is a gauge
                    moved += 1
                    if not before <= value <= after:
                        outside.append((key, before, value, after))
        print(f"{kind.__name__}: {len(found)} series; {stable} stable compared, {len(wrong)} differ; "
              f"{moved} moved, {len(outside)} outside of their bracket; {len(missing)} missing")
        self.assertEqual(missing[:10], [])
        self.assertEqual(outside[:10], [])
        # A gauge that moved and came back between the dumps is no fault; a partition's does not.
        self.assertEqual([w for w in wrong if "kafka.log:type=Log," in w[1] or "ReplicaManager" in w[1]][:10], [])
        self.assertLessEqual(len(wrong), stable / 100, wrong[:10])
        self.assertGreater(stable, stable_min)
        self.assertGreaterEqual(moved, moved_min)
        self.assertEqual(consumer.complaints(), "")

    def test_prometheus(self):
        self.check(Prometheus, 1000, 5)

    def test_otlp(self):
        self.check(Otlp, 1000, 5)

    def test_influx(self):
        self.check(Influx, 1000, 5)

    def test_graphite(self):
        self.check(Graphite, 300, 0)

    def test_graphite_gets_what_it_includes(self):
        if Graphite in self.absent:
            self.skipTest(self.absent[Graphite])
        names = {key[0] for key in self.snapshots[-1][2][Graphite] if not key[0].startswith("remora_")}
        included = ("kafka_log_log_", "kafka_server_replicamanager_")
        self.assertEqual({name for name in names if not name.startswith(included)}, set())
        self.assertNotIn("kafka_log_log_numlogsegments", names)

    def test_dogstatsd(self):
        self.check(Dogstatsd, 800, 5)

    def test_statsd(self):
        self.check(Statsd, 800, 5)

    def test_json_over_udp(self):
        self.check(JsonOverUdp, 1000, 5)

    def test_ndjson_through_rotations(self):
        print(f"NDJSON: {self.lines} lines in {len(self.files)} files")
        self.assertGreater(len(self.files), 3)
        self.assertEqual(self.steps_back[:10], [])

    def test_labels_say_which_broker_and_cluster(self):
        self.assertEqual({entry["labels"].get("broker") for entry in self.last.values()}, {"1"})
        cluster = {entry["labels"].get("cluster") for entry in self.last.values()}
        self.assertEqual(len(cluster), 1)
        self.assertRegex(cluster.pop(), r"^[A-Za-z0-9_-]{22}$")

    def test_nothing_was_dropped(self):
        counters = self.lab.counters()
        for name in ("sink_frames_dropped_total", "sink_bytes_dropped_total", "lines_too_long_dropped_total",
                     "ticks_skipped_total", "faults_total"):
            self.assertEqual(counters[name], 0, name)
        print({name: value for name, value in counters.items() if "cpu" in name or "blocked" in name})


if __name__ == "__main__":
    broker_lab.main()
