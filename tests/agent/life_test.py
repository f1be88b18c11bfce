#!/usr/bin/env python3
"""The agent's life in a JVM that lives as a broker does: what the file tells at each stage, and who waits for whom.

    life_test.py JAVA CLASSPATH [unittest arguments]
"""

import fcntl
import json
import os
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import JAR, wait_for  # noqa: E402
from host_jvm import HostJvm  # noqa: E402

MAIN = "remora.shim.FakeBroker"
KAFKA_HOOK = "kafka-shutdown-hook"
STATE = "kafka_server_kafkaserver_brokerstate"
OLD = "# TYPE kafka_old gauge\nkafka_old 1\n# TYPE remora_up gauge\nremora_up 1\n"
JAVA, CLASSPATH = "", ""


def full_pipe():
    """A pipe that has no room and that nobody reads: (end to read, end to write)."""
    reader, writer = os.pipe()
    flags = fcntl.fcntl(writer, fcntl.F_GETFL)
    fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, b"\n")
    except BlockingIOError:
        fcntl.fcntl(writer, fcntl.F_SETFL, flags)
    return reader, writer


class Broker(HostJvm):
    """The child JVM. `stderr`: a descriptor, or None for a file. `more`: of the configuration."""

    def __init__(self, hook=KAFKA_HOOK, stderr=None, more_agents=(), more=None):
        super().__init__("remora-life-")
        self.prom = self.dir / "metrics" / "remora.prom"
        self.prom.parent.mkdir()
        self.prom.write_text(OLD)
        self.config = self.dir / "remora.json"
        self.config.write_text(json.dumps({"directory": str(self.prom.parent), "sampling": {"base_interval": "1s"},
                                           **(more or {})}))
        data = self.dir / "data"
        data.mkdir()
        (data / "meta.properties").write_text("cluster.id=c\n")
        properties = self.dir / "server.properties"
        properties.write_text(f"node.id=1\nlog.dirs={data}\n")
        agents = [f"-javaagent:{JAR}={self.config},main={MAIN}", *more_agents]
        self.start([JAVA, "-Xmx64m", "-XX:+UseSerialGC", *agents, "-cp", CLASSPATH, MAIN, properties, self.prom, hook],
                   stderr)

    def value(self, name):
        """Of a series without labels; None while there is none."""
        found = re.search(rf"^{name} (\S+)$", self.prom.read_text(), re.M)
        return found and float(found[1])

    def wait_value(self, name, value):
        wait_for(f"{name} {value}", lambda: self.value(name) == value, 60)

    def end(self, how):
        """Makes the JVM end by `how`: (exit status, words that its shutdown hook said)."""
        how()
        status = self.process.wait(timeout=120)
        return status, self.process.stdout.read().split()

    def samples(self):
        return [line for line in self.prom.read_text().splitlines() if line and line[0] != "#"]


class LifeTest(unittest.TestCase):
    def broker(self, **more):
        broker = Broker(**more)
        self.addCleanup(broker.close)
        return broker

    def test_a_start_that_hangs_is_shown_and_the_shutdown_is_followed_to_its_end(self):
        broker = self.broker(more_agents=[f"-javaagent:{JAR}=/other.json,main={MAIN}"])
        wait_for("the values of an earlier broker to go", lambda: broker.samples() == ["remora_up 0"], 60)
        broker.ask("state 1")  # and no further: it starts
        broker.wait_value(STATE, 1)
        self.assertEqual(broker.value("remora_up"), 1)
        broker.ask("state 3")
        broker.wait_value(STATE, 3)
        said = wait_for("what is read", lambda: re.search(r"reads (\d+) MBeans; (\d+) series", broker.log()), 60)
        self.assertGreater(int(said[1]), 5)
        self.assertGreater(int(said[2]), 20)

        status, hook = broker.end(lambda: broker.process.send_signal(signal.SIGTERM))
        self.assertEqual(status, 128 + signal.SIGTERM)
        self.assertEqual(hook[0], "ended", "the state was read three times after the shutdown began")
        self.assertLessEqual(hook[1:].count("late"), 2, "the JVM does not wait for us: a tick under way, no more")
        self.assertEqual(broker.samples(), ["remora_up 0"])

        lines = [line for line in broker.log().splitlines() if "remora" in line]
        for line in lines:
            self.assertRegex(line, r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] (info|warning) remora: ")
        started = [line for line in lines if "started, version" in line]
        self.assertEqual(len(started), 1, lines)
        self.assertIn(f"configuration {broker.config}, 0 rules, every 1000 ms to 1 outputs: {broker.prom}", started[0])
        second = [line for line in lines if "is not started" in line]
        self.assertEqual(len(second), 1, lines)
        self.assertIn(f'"/other.json,main={MAIN}"', second[0])

    def test_another_hook_of_the_host_is_not_waited_for(self):
        broker = self.broker(hook="hook-of-another")
        broker.ask("state 3")
        broker.wait_value(STATE, 3)
        status, hook = broker.end(lambda: broker.process.stdin.close())
        self.assertEqual((status, hook[0]), (0, "ended"), "the file was ended while the other hook was at work")

    def test_a_reader_of_stderr_that_stalls_stops_neither_ticks_nor_the_end(self):
        reader, writer = full_pipe()
        self.addCleanup(os.close, reader)
        try:
            broker = self.broker(stderr=writer, more_agents=[f"-javaagent:{JAR}=/other.json,main={MAIN}"])
        finally:
            os.close(writer)
        broker.ask("state 3")
        broker.wait_value(STATE, 3)
        seen = broker.value("remora_ticks_total")
        wait_for("three more ticks", lambda: broker.value("remora_ticks_total") >= seen + 3, 60)
        status, hook = broker.end(lambda: broker.process.send_signal(signal.SIGTERM))
        self.assertEqual(status, 128 + signal.SIGTERM)
        self.assertEqual(hook[0], "ended")
        self.assertEqual(broker.samples(), ["remora_up 0"])


if __name__ == "__main__":
    JAVA, CLASSPATH = sys.argv[1:3]
    del sys.argv[1:3]
    broker_lab.main()
