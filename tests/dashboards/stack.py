"""Three real brokers with the agent, a node_exporter for each, and Prometheus, all as examples/ configures them."""
import contextlib
import json
import math
import os
import pathlib
import re
import shutil
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tests" / "sinks")]
import broker_lab  # noqa: E402
import consumers as c  # noqa: E402
import daemons  # noqa: E402
from broker_lab import LAB, run, wait_for  # noqa: E402
from examples import example  # noqa: E402

NODE_EXPORTER = "/var/lib/node_exporter/kafka-${broker.id}.prom"
RATE = 300  # records a second
TARGETS = '["broker-1:9100", "broker-2:9100", "broker-3:9100"]'


class Stack:
    """What ends with `stack`, an ExitStack, and begins at once. `self_metrics`: level of the agent's own metrics."""

    def __init__(self, stack, kafka="4", zookeeper=False, self_metrics="basic", prepare=lambda stack: None):
        for program in ("prometheus", "prometheus-node-exporter"):
            c.tool(program)
        self.stack = stack
        # Not below /tmp: the rule about full disks leaves that out.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-dashboards-", dir="/var/tmp"))
        stack.callback(shutil.rmtree, self.dir, ignore_errors=True)
        self.lab_dir = self.dir / "lab"
        self.config = self.dir / "remora.json"
        self.self_metrics = self_metrics
        for number in (1, 2, 3):
            self.textfiles(number).mkdir()
        self.write_config(self.agent_config())
        stack.callback(run, LAB, "down", "--dir", self.lab_dir, check=False)
        # What a build may write again is not what brokers run from.
        jar = shutil.copy(broker_lab.JAR, self.dir)
        run(LAB, "up", "--dir", self.lab_dir, "--brokers", 3, "--kafka", kafka, "--heap", "512m",
            "--agent", f"{jar}={self.config}", *(["--zookeeper"] if zookeeper else []))
        prepare(self)
        self.exporters = {number: self.node_exporter(number) for number in (1, 2, 3)}
        self.url = self.prometheus()
        wait_for("three brokers in Prometheus", lambda: len(self.query("remora_up == 1")) == 3, 120)

    def textfiles(self, number):
        return self.dir / f"node-{number}"

    def agent_config(self):
        path = f"{self.dir}/node-${{broker.id}}/kafka-${{broker.id}}.prom"
        config = json.loads(example("node-exporter.json", {NODE_EXPORTER: path}))
        config["outputs"][0]["self_metrics"] = self.self_metrics
        return json.dumps(config)

    def write_config(self, text):
        fresh = self.config.with_suffix(".new")
        fresh.write_text(text)
        fresh.rename(self.config)

    def node_exporter(self, number):
        """host:port. Only the third tells of file systems: all three are on one machine."""
        address = f"127.0.0.1:{c.tcp_port()}"
        more = ["--collector.filesystem"] if number == 3 else []
        self.stack.enter_context(c.running(
            daemons.node_exporter_command(self.textfiles(number), address, *more),
            self.dir / f"exporter-{number}.log"))
        return address

    def prometheus(self):
        """Its URL."""
        address = f"127.0.0.1:{c.tcp_port()}"
        config = self.dir / "prometheus.yml"
        config.write_text(example("shippers/prometheus.yml", {
            "/etc/prometheus/remora.yml": ROOT / "alerts" / "remora.yml",
            TARGETS: json.dumps(list(self.exporters.values()))}))
        self.stack.enter_context(c.running(
            daemons.prometheus_command(config, address), self.dir / "prometheus.log"))
        url = f"http://{address}"
        c.wait_for(lambda: c.answers(url + "/-/ready"), "Prometheus", 60)
        return url

    def lab(self, command, *arguments):
        return run(LAB, command, "--dir", self.lab_dir, *arguments)

    def broker(self, number):
        state = json.loads((self.lab_dir / "lab.json").read_text())
        return next(broker for broker in state["brokers"] if broker["number"] == number)

    def ask(self, path, **parameters):
        answer = json.loads(c.get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", 60))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        """[(labels, value)] of an instant query."""
        return [(series["metric"], float(series["value"][1]))
                for series in self.ask("query", query=expression)["result"]]

    def numbers(self, expression):
        return [value for _, value in self.query(expression) if math.isfinite(value)]

    def firing(self):
        """{"alert" or "alert of 3"}: of which broker, where it is of one."""
        brokers = {address: number for number, address in self.exporters.items()}
        found = set()
        for alert in self.ask("alerts")["alerts"]:
            if alert["state"] == "firing":
                number = brokers.get(alert["labels"].get("instance"))
                found.add(alert["labels"]["alertname"] + (f" of {number}" if number else ""))
        return found


def load(stack, seconds):
    """Topics with three replicas, and a steady load on them in the background."""
    stack.lab("topics", "--topics", 10, "--partitions", 3)
    stack.lab("load", "--prefix", "t", "--seconds", seconds, "--rate", RATE, "--phases", "steady", "--background")


def plain_table(headings, rows):
    widths = [max(len(str(row[column])) for row in [headings, *rows]) for column in range(len(headings))]
    return "\n".join("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in [headings, *rows])


def keep(name, text):
    """Prints a table and leaves it where REMORA_REPORTS says, or in the build."""
    folder = pathlib.Path(os.environ.get("REMORA_REPORTS", broker_lab.BUILD / "reports"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text + "\n")
    print(f"{re.sub('[.].*', '', name)} ({folder / name}):\n{text}", flush=True)
    return folder
