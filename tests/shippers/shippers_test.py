#!/usr/bin/env python3
"""examples/: the agent with one file, a shipper with its other half, and what comes out is the broker's state.

    shippers_test.py JAVA CLASSPATH SHIPPER

The host is a JVM that lives as a broker does (FakeBroker). Its state is 3, and then 5.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("sinks", "support", "agent")]
import consumers as c  # noqa: E402
import daemons  # noqa: E402
import life_test  # noqa: E402
from examples import example  # noqa: E402

STATE = life_test.STATE
TEXTFILES = "/var/lib/node_exporter"
LOGS = "/var/log/kafka"
TARGETS = '["broker-1:9100", "broker-2:9100", "broker-3:9100"]'


class Shipped:
    """The agent with examples/NAME, and a directory for what the shipper needs."""

    def __init__(self, stack):
        self.stack = stack
        self.dir = pathlib.Path(stack.enter_context(c.scratch()))
        os.chmod(self.dir, 0o755)

    def agent(self, name, changes):
        self.broker = life_test.Broker(more=json.loads(example(name, changes)))
        self.stack.callback(self.broker.close)
        self.broker.ask("state 3")

    def start(self, program, *arguments, **more):
        log = self.dir / f"{pathlib.Path(program).name}.log"
        self.process = self.stack.enter_context(c.running([program, *map(str, arguments)], log, **more))
        self.log = lambda: c.read(log)

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def shows(self, values):
        """Waits until `values()`, the states that the shipper shows, is the broker's; twice."""
        for state in (3, 5):
            if state != 3:
                self.broker.ask(f"state {state}")
            try:
                c.wait_for(lambda: values() == [state], f"state {state}", 60, 0.2)
            except AssertionError as late:
                raise AssertionError(f"{late}: {values()}\n{self.log()[-3000:]}") from None
        assert self.process.poll() is None, self.log()[-2000:]
        print(f"the state is {values()}", flush=True)


def exposed(url, name=STATE):
    """Values of a series in the text of an exporter; nothing while it does not answer."""
    try:
        return [value for (series, _), value in c.parse_exposition(c.get(url)).items() if series == name]
    except OSError:
        return []


def asked(url, name=STATE):
    """The same of Prometheus's API."""
    try:
        answer = json.loads(c.get(f"{url}/api/v1/query?" + urllib.parse.urlencode({"query": name})))
    except OSError:
        return []
    return [float(series["value"][1]) for series in answer["data"]["result"]]


def node_exporter(shipped):
    """host:port of one that shows the agent's textfile."""
    textfiles = shipped.dir / "textfiles"
    textfiles.mkdir()
    address = f"127.0.0.1:{c.tcp_port()}"
    command = daemons.node_exporter_command(textfiles, address)
    shipped.agent("node-exporter.json", {TEXTFILES: textfiles})
    shipped.start(*command)
    return address


def scrape_file(shipped, address):
    return shipped.write("prometheus.yml", example("shippers/prometheus.yml", {
        "10s": "1s", TARGETS: json.dumps([address]), "/etc/prometheus/remora.yml": ROOT / "alerts" / "remora.yml"}))


def prometheus(shipped):
    c.tool("prometheus")
    address = node_exporter(shipped)
    url = f"http://127.0.0.1:{c.tcp_port()}"
    shipped.start(*daemons.prometheus_command(scrape_file(shipped, address), url[7:]))
    shipped.shows(lambda: asked(url, f'{STATE}{{cluster="payments",broker="1",job="kafka"}}'))
    c.wait_for(lambda: asked(url, "remora:alive") == [1], "the recording rule", 30)


def victoriametrics(shipped):
    """By scraping, and by Influx lines over UDP."""
    program = c.tool("victoria-metrics")
    address = node_exporter(shipped)
    url, udp = f"http://127.0.0.1:{c.tcp_port()}", c.udp_port()
    shipped.start(program, f"-promscrape.config={scrape_file(shipped, address)}",
                  "-promscrape.config.strictParse=false", f"-influxListenAddr=127.0.0.1:{udp}", f"-storageDataPath={shipped.dir}/data",
                  f"-httpListenAddr={url[7:]}", "-search.latencyOffset=0s", "-search.disableCache")
    shipped.shows(lambda: asked(url, f'{STATE}{{job="kafka"}}'))
    shipped.broker.close()
    shipped.agent("influx.json", {"8089": udp})
    shipped.shows(lambda: asked(url, f'{STATE}_value{{broker="1",job=""}}'))


def dogstatsd(shipped):
    program = c.tool("statsd_exporter")
    url, socket = f"http://127.0.0.1:{c.tcp_port()}/metrics", shipped.dir / "dsd.socket"
    shipped.start(program, f"--statsd.listen-unixgram={socket}", "--statsd.listen-udp=", "--statsd.listen-tcp=",
                  f"--web.listen-address={url[7:].removesuffix('/metrics')}")
    c.wait_for(lambda: c.answers(url), "statsd_exporter")
    shipped.agent("dogstatsd.json", {"/var/run/datadog/dsd.socket": socket})
    shipped.shows(lambda: exposed(url))


def telegraf(shipped):
    program = c.tool("telegraf")
    udp, web = c.udp_port(), c.tcp_port()
    config = shipped.write("telegraf.conf", example("shippers/telegraf.conf", {
        "8089": udp, "9273": web, '"10s"': '"1s"'}))
    shipped.start(program, "--config", config)
    shipped.agent("influx.json", {"8089": udp})
    shipped.shows(lambda: exposed(f"http://127.0.0.1:{web}/metrics", f"{STATE}_value"))


def otel_collector(shipped):
    program = c.tool("otelcol")
    web = c.tcp_port()
    shipped.agent("otlp-file.json", {LOGS: shipped.dir, '"1m"': '"1s"'})
    path = shipped.dir / "remora.otlp.json"
    config = shipped.write("otelcol.yaml", example("shippers/otel-collector.yaml", {LOGS: shipped.dir, "8889": web})
                           + "  telemetry: {metrics: {level: none}}\n")  # or it takes a port of its own
    c.wait_for(path.exists, "the file", 60)
    shipped.start(program, "--config", config)
    shipped.shows(lambda: exposed(f"http://127.0.0.1:{web}/metrics"))


def rsyslog(shipped):
    program = c.tool("rsyslogd")
    path, out = shipped.dir / "remora.ndjson", shipped.dir / "out.ndjson"
    config = shipped.write("rsyslog.conf", example("shippers/rsyslog.conf", {
        f"{LOGS}/remora.ndjson": path, "/var/log/kafka-metrics.ndjson": out,
        "global(": f'global(workDirectory="{shipped.dir}" '}))
    shipped.agent("log-shipper.json", {LOGS: shipped.dir})
    c.wait_for(path.exists, "the file", 60)
    shipped.start(program, "-n", "-f", config, "-i", shipped.dir / "rsyslogd.pid")

    def newest():
        lines = [json.loads(line) for line in (c.read(out).splitlines() if out.exists() else [])]
        return [line["value"] for line in lines if line["name"] == STATE][-1:]

    shipped.shows(newest)


# Datadog's own code of the check, with a stand-in for the agent that it runs in: it prints what it would submit.
CHECK = """
import json, sys, yaml
from datadog_checks.base import OpenMetricsBaseCheckV2
from datadog_checks.base.stubs import aggregator
instance = yaml.safe_load(open(sys.argv[1]))["instances"][0]
check = OpenMetricsBaseCheckV2("openmetrics", {}, [instance])
check.__NAMESPACE__ = ""
fault = check.run()
assert not fault, fault
print(json.dumps([[metric.name, metric.value, metric.tags] for name in aggregator.metric_names
                  for metric in aggregator.metrics(name)]))
"""


def datadog_openmetrics(shipped):
    python = c.python_with("datadog_checks.base.stubs") or c.skip(
        "datadog-checks-base is not installed (tests/sinks/fetch_consumers --shippers)")
    address = node_exporter(shipped)
    config = shipped.write("conf.yaml", example("shippers/datadog-openmetrics.yaml", {"localhost:9100": address}))

    def submitted():
        # Datadog's own integrations may not have tags such as `version`; that is no rule for yours.
        done = subprocess.run([python, "-c", CHECK, config], capture_output=True, text=True, check=False,
                              env={**os.environ, "DDEV_SKIP_GENERIC_TAGS_CHECK": "true"})
        assert done.returncode == 0, done.stderr[-3000:]
        found = json.loads(done.stdout.splitlines()[-1])
        wanted = {"broker:1", "kafka_cluster:payments"}
        return [value for name, value, tags in found if name == f"kafka.{STATE}" and wanted <= set(tags)]

    shipped.shows(submitted)


def main():
    life_test.JAVA, life_test.CLASSPATH, shipper = sys.argv[1:4]
    with contextlib.ExitStack() as stack:
        globals()[shipper](Shipped(stack))


if __name__ == "__main__":
    main()
