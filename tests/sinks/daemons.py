"""The consumers that are programs, each started for a test and stopped at its end."""
import contextlib
import json
import os
import urllib.parse

import consumers as c

INFLUXDB = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
  max-values-per-tag = 0
  max-series-per-database = 0
[http]
  bind-address = "127.0.0.1:{http}"
[[udp]]
  enabled = true
  bind-address = "127.0.0.1:{udp}"
  database = "kafka"
  batch-timeout = "100ms"
"""

CARBON = """
[cache]
STORAGE_DIR = {dir}/storage/
CONF_DIR = {dir}/
LOG_DIR = {dir}/log/
PID_DIR = {dir}/
LOCAL_DATA_DIR = {dir}/whisper/
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {line}
ENABLE_UDP_LISTENER = True
UDP_RECEIVER_INTERFACE = 127.0.0.1
UDP_RECEIVER_PORT = {udp}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {query}
ENABLE_TAGS = False
TAG_HASH_FILENAMES = {hashed}
LOG_UPDATES = False
LOG_CREATES = False
"""
CARBON_SCHEMAS = "[all]\npattern = .*\nretentions = 1s:1h\n"

STATSD = """
{{ port: {port}, address: "127.0.0.1", mgmt_port: {mgmt}, mgmt_address: "127.0.0.1",
   flushInterval: 3600000, backends: [], deleteIdleStats: false }}
"""


def node_exporter_command(textfiles, address, *more):
    """What runs one that shows the textfiles at `address`, and by `more` arguments what else."""
    return [c.tool("prometheus-node-exporter"), "--collector.disable-defaults", "--collector.textfile", *more,
            f"--collector.textfile.directory={textfiles}", f"--web.listen-address={address}"]


def prometheus_command(config, address):
    """What runs one that keeps its data beside its configuration."""
    return [c.tool("prometheus"), f"--config.file={config}", f"--web.listen-address={address}",
            f"--storage.tsdb.path={os.path.dirname(config)}/tsdb"]


def prometheus_config(directory, job, targets, seconds, **more):
    """Path of a file by which it scrapes `targets` every so many seconds. `more`: other keys of that file."""
    path = os.path.join(directory, "prometheus.json")  # JSON is YAML too
    with open(path, "w") as file:
        json.dump({"global": {"scrape_interval": f"{seconds}s", "evaluation_interval": f"{seconds}s"},
                   "scrape_configs": [{"job_name": job, "static_configs": [{"targets": targets}]}], **more}, file)
    return path


@contextlib.contextmanager
def node_exporter():
    """(directory of the textfiles, function that scrapes, function that returns its log since the start)"""
    with c.scratch() as directory:
        textfiles = os.path.join(directory, "textfiles")
        os.mkdir(textfiles)
        log = os.path.join(directory, "exporter.log")
        address = f"127.0.0.1:{c.tcp_port()}"
        url = f"http://{address}/metrics"
        with c.running(node_exporter_command(textfiles, address), log) as process:
            c.wait_for(lambda: c.answers(url), "node_exporter")
            lines_before = len(c.read(log).splitlines())
            yield textfiles, lambda: c.get(url), lambda: c.read(log).splitlines()[lines_before:]
            assert process.poll() is None, c.read(log)[-2000:]


@contextlib.contextmanager
def prometheus(target):
    """Function that asks a Prometheus which scrapes `target` each second, a host and port: [(labels, number)]."""
    with c.scratch() as directory:
        log = os.path.join(directory, "prometheus.log")
        url = f"http://127.0.0.1:{c.tcp_port()}"

        def query(expression):
            answer = json.loads(c.get(f"{url}/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
            return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

        with c.running(prometheus_command(prometheus_config(directory, "kafka", [target], 1), url[7:]), log) as process:
            c.wait_for(lambda: c.answers(url + "/-/ready"), "Prometheus", 60)
            yield query
            assert process.poll() is None, c.read(log)[-2000:]


@contextlib.contextmanager
def influxdb():
    """(UDP port, the listener's counters, function that queries the database, its log)"""
    program = c.tool("influxd")
    with c.scratch() as directory:
        http, udp = c.tcp_port(), c.udp_port()
        config = os.path.join(directory, "influxdb.conf")
        with open(config, "w") as file:
            file.write(INFLUXDB.format(dir=directory, http=http, udp=udp, rpc=c.tcp_port()))
        log = os.path.join(directory, "influxd.log")

        def counters():
            found = json.loads(c.get(f"http://127.0.0.1:{http}/debug/vars"))
            return next(value["values"] for name, value in found.items() if name.startswith("udp:"))

        def query(statement):
            text = urllib.parse.urlencode({"db": "kafka", "epoch": "ns", "q": statement})
            answer = json.loads(c.get(f"http://127.0.0.1:{http}/query?{text}"))["results"][0]
            assert "error" not in answer, answer
            return answer.get("series", [])

        with c.running([program, "-config", config], log) as process:
            c.wait_for(lambda: c.answers(f"http://127.0.0.1:{http}/debug/vars"), "influxd", 60)
            yield udp, counters, query, lambda: c.read(log)
            assert process.poll() is None, c.read(log)[-2000:]


@contextlib.contextmanager
def carbon(hashed=False):
    """(UDP port, its directory, what was said). `hashed`: names of any length, in files called by their hash."""
    program = c.tool("carbon-cache")
    with c.scratch() as directory:
        udp = c.udp_port()
        with open(os.path.join(directory, "carbon.conf"), "w") as file:
            file.write(CARBON.format(dir=directory, udp=udp, line=c.tcp_port(), pickle=c.tcp_port(),
                                     query=c.tcp_port(), hashed=hashed))
        with open(os.path.join(directory, "storage-schemas.conf"), "w") as file:
            file.write(CARBON_SCHEMAS)
        log = os.path.join(directory, "carbon.log")

        def said():
            files = [os.path.join(root, name) for root, _, names in os.walk(directory + "/log") for name in names]
            return c.read(log) + "".join(map(c.read, files))

        arguments = [program, f"--config={directory}/carbon.conf", "--nodaemon", "start"]
        with c.running(arguments, log) as process:
            c.wait_for(lambda: f"starting on {udp}" in c.read(log).lower(), "carbon", 30)
            yield udp, directory, said
            assert process.poll() is None, said()[-2000:]


@contextlib.contextmanager
def statsd():
    """(UDP port, function that asks for "gauges", "counters" or "stats": {name: number})"""
    import ast
    import re
    import socket
    node = c.tool("node")
    daemon = os.path.join(c.tools_directory(), "npm", "node_modules", "statsd", "stats.js")
    if not os.path.exists(daemon):
        c.skip("npm statsd is not installed (tests/sinks/fetch_consumers)")
    with c.scratch() as directory:
        port, management = c.udp_port(), c.tcp_port()
        config = os.path.join(directory, "config.js")
        with open(config, "w") as file:
            file.write(STATSD.format(port=port, mgmt=management))
        log = os.path.join(directory, "statsd.log")

        def ask(command):
            with socket.create_connection(("127.0.0.1", management), timeout=5) as connection:
                connection.sendall(command.encode() + b"\n")
                text = b""
                while not text.rstrip().endswith(b"END"):
                    more = connection.recv(65536)
                    if not more:
                        break
                    text += more
            # The daemon prints JavaScript objects: { 'a.b': 1, c: -2.5 }.
            found = {}
            for quoted, plain, value in re.findall(r"(?:'([^']+)'|(?<=[\s{])(\w+)):\s*([-\d.e+]+)",
                                                   text.decode().rsplit("END", 1)[0]):
                found[quoted or plain] = ast.literal_eval(value)
            return found

        def up():
            try:
                ask("stats")
                return True
            except OSError:
                return False

        with c.running([node, daemon, config], log) as process:
            c.wait_for(up, "statsd")
            yield port, ask
            assert process.poll() is None, c.read(log)[-2000:]
        assert "error" not in c.read(log).lower(), c.read(log)


@contextlib.contextmanager
def statsd_exporter(listen=None, udp=None):
    """(UDP port, function that scrapes). `listen`: another argument than that of a UDP port."""
    exporter = c.tool("statsd_exporter")
    with c.scratch() as directory:
        udp, web = udp or c.udp_port(), c.tcp_port()
        url = f"http://127.0.0.1:{web}/metrics"
        log = os.path.join(directory, "exporter.log")
        arguments = [exporter, listen or f"--statsd.listen-udp=127.0.0.1:{udp}", "--statsd.listen-tcp=",
                     f"--web.listen-address=127.0.0.1:{web}"]
        if "unixgram" not in (listen or ""):
            arguments.append("--statsd.listen-unixgram=")
        with c.running(arguments, log) as process:
            c.wait_for(lambda: c.answers(url), "statsd_exporter")
            yield udp, lambda: c.get(url)
            assert process.poll() is None, c.read(log)[-2000:]
