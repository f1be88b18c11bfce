#!/usr/bin/env python3
"""The images of docker/ on stand-ins for the images of Kafka: the broker's metrics reach the host, tools stay alone."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from containers import DIST, ROOT, Podman, kafka_jars, main, run, tool, wait_for  # noqa: E402

SETTINGS = {
    "CLUSTER_ID": "MkU3OEVBNTcwNTJENDM2Qg", "KAFKA_NODE_ID": "1", "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_LOG_DIRS": "/var/lib/kafka/data", "KAFKA_HEAP_OPTS": "-Xmx512m",
    "KAFKA_LISTENERS": "PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:29093",
    "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://localhost:9092",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER", "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
}
JAR = "/usr/share/remora/remora.jar"
BESIDE = "native library: loaded /usr/share/remora/libremora.so (beside the jar)"
# As strict as it gets: no root, nothing of the image can be written, /tmp runs no code, half a core.
STRICT = ["--read-only", "--tmpfs", "/tmp:noexec,mode=1777", "--security-opt", "no-new-privileges", "--cap-drop", "all",
          "--cpus", "0.5", "--memory", "1500m", "--network", "none"]

# A broker, from its first line until it is stopped once the agent's file is there.
ONE_BROKER = """cd /tmp && export REMORA_DIRECTORY=/var/lib/remora
printf '%s\\n' process.roles=broker,controller node.id=1 controller.quorum.voters=1@localhost:9093 \\
    listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093 controller.listener.names=CONTROLLER \\
    log.dirs=/tmp/data >server.properties
java -cp '/kafka/*' kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg -c server.properties
java -cp '/kafka/*' -javaagent:{jar} kafka.Kafka server.properties &
until [ -s /var/lib/remora/remora.prom ] && remora stat /var/lib/remora | grep -q 'ticks_total *[1-9]'; do
    kill -0 $! || exit 1
    sleep 1
done
kill $! && wait $! || [ $? = 143 ]
"""


def settings(**more):
    return [word for name, value in {**SETTINGS, **more}.items() for word in ("--env", f"{name}={value}")]


def value(text, name):
    found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M)
    return float(found[1]) if found else None


class ImageTest:
    """What holds for each image. Classes below say which."""
    NAME = BASE = KAFKA = TOPICS = LIBC = ""
    WRITABLE = []  # directories that the image's scripts write to
    OTHER_USER = 1000

    @classmethod
    def setUpClass(cls):
        cls.podman = Podman(cls.BASE).__enter__()
        cls.addClassCleanup(cls.podman.close)
        cls.image = cls.podman.overlay(cls.NAME, cls.podman.standin(cls.NAME, cls.KAFKA))

    def metrics_directory(self, user):
        path = pathlib.Path(tempfile.mkdtemp(prefix="metrics-", dir=self.podman.dir))
        os.chown(path, user, 0)
        return path

    def wait_serving(self, prom, name):
        """The text of the file on the host once the broker in that container serves."""
        def probe():
            running = self.podman("inspect", "--format", "{{.State.Running}}", name).stdout.strip()
            self.assertEqual("true", running, "the container has ended")
            text = prom.read_text() if prom.exists() else ""
            return text if value(text, "kafka_server_kafkaserver_brokerstate") == 3 else ""
        return wait_for(f"{prom} of a broker that serves", probe)

    def topics(self, name, *words, options=()):
        return self.podman("exec", *options, name, self.TOPICS, "--bootstrap-server", "localhost:9092", *words)

    def test_a_strict_container_writes_for_the_host_and_tools_do_not_load_the_agent(self):
        metrics = self.metrics_directory(1000)
        volumes = [word for path in self.WRITABLE for word in ("--volume", path)]
        with self.podman.container(self.image, *STRICT, "--user", "1000", *volumes,
                                   "--volume", f"{metrics}:/var/lib/remora", *settings()) as name:
            first = self.wait_serving(metrics / "remora.prom", name)
            self.assertEqual(1000, (metrics / "remora.prom").stat().st_uid)
            self.assertEqual(1, value(first, "remora_up"))
            limit = self.podman("exec", name, "sh", "-c", "cd /sys/fs/cgroup; cat cpu.max cpu/cpu.cfs_quota_us",
                                check=False).stdout
            self.assertRegex(limit, "^50000")
            tick = value(first, "remora_last_tick_timestamp_seconds")
            wait_for("a further tick under the limit", lambda: value(
                (metrics / "remora.prom").read_text(), "remora_last_tick_timestamp_seconds") > tick)
            self.assertIn(BESIDE, self.podman.log(name))
            self.assertEqual("1000", self.podman("exec", name, "stat", "-c", "%u", "/proc/1").stdout.strip())
            self.assertNotEqual(0, self.podman("exec", name, "touch", "/usr/share/remora/x", check=False).returncode)

            made = self.topics(name, "--create", "--topic", "orders")
            self.assertEqual(("Created topic orders.\n", ""), (made.stdout, made.stderr))
            listed = self.topics(name, "--list", options=["--env", "KAFKA_OPTS=-Xlog:class+load"]).stdout
            loaded = re.findall(r"class,load\] (\S+)", listed)
            self.assertGreater(len(loaded), 1000)
            self.assertEqual([], [each for each in loaded if each.startswith("remora.")])
            wait_for("the topic's metrics on the host",
                     lambda: 'topic="orders"' in (metrics / "remora.prom").read_text())

            counters = self.podman("exec", name, "remora", "stat", "/var/lib/remora").stdout
            self.assertRegex(counters, r"ticks_total\s+[1-9]")

            self.podman("stop", "--time", "60", name)
            self.assertEqual("143", self.podman("inspect", "--format", "{{.State.ExitCode}}", name).stdout.strip())
            self.assertEqual(0, value((metrics / "remora.prom").read_text(), "remora_up"))

    def test_the_flag_in_kafka_opts_leaves_every_step_before_the_broker_and_jmx_alone(self):
        metrics = self.metrics_directory(self.OTHER_USER)
        with self.podman.container(
                self.image, "--network", "none", "--cap-drop", "all", "--user", f"{self.OTHER_USER}:0",
                "--volume", f"{metrics}:/var/lib/remora",
                *settings(EXTRA_ARGS="-name kafkaServer -loggc", KAFKA_OPTS=f"-javaagent:{JAR}",
                          KAFKA_JMX_PORT="9999")) as name:
            self.wait_serving(metrics / "remora.prom", name)
            self.assertIn(BESIDE, self.podman.log(name))
            listening = self.podman("exec", name, "cat", "/proc/net/tcp", "/proc/net/tcp6").stdout
            self.assertIn(f":{9999:04X} ", listening)
            # The tool gets the agent here, which is inert: the same output, and nothing of its library.
            listed = self.topics(name, "--list")
            self.assertEqual(("\n", ""), (listed.stdout, listed.stderr))
            maps = self.podman("exec", name, "cat", "/proc/1/maps").stdout
            self.assertIn("/usr/share/remora/libremora.so", maps)
            self.assertIn(self.LIBC, maps)

    def test_the_compose_file_starts_and_node_exporter_shows_the_broker(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        compose = [tool("docker-compose"), "--file", ROOT / "docker" / self.NAME / "compose.yml", "--project-name",
                   self.NAME]
        with self.podman.socket() as address:
            environment = {**os.environ, "DOCKER_HOST": address, "KAFKA_IMAGE": self.image,
                           "NODE_EXPORTER_IMAGE": self.podman.node_exporter(), "METRICS_PORT": str(port)}
            try:
                run(*compose, "up", "--detach", env=environment)
                text = wait_for("a broker that serves, as node_exporter shows it", lambda: self.served(port))
            finally:
                run(*compose, "down", "--volumes", check=False, env=environment)
            self.assertEqual(1, value(text, "remora_up"))
            self.assertEqual(0, value(text, "node_textfile_scrape_error"))

    @staticmethod
    def served(port):
        """What node_exporter answers once the broker serves."""
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            text = page.read().decode()
            return text if value(text, "kafka_server_kafkaserver_brokerstate") == 3 else ""


class CpKafkaTest(ImageTest, unittest.TestCase):
    NAME, BASE, KAFKA, TOPICS, LIBC = "cp-kafka", "debian11", "3.5.0", "kafka-topics", "/libc-2.31.so"
    WRITABLE = ["/etc/kafka", "/var/log/kafka"]
    OTHER_USER = 12345  # one that the image does not know, of the group root, as on OpenShift


class ApacheKafkaTest(ImageTest, unittest.TestCase):
    NAME, BASE, KAFKA, TOPICS = "apache-kafka", "debian13", "4", "/opt/kafka/bin/kafka-topics.sh"
    LIBC = "/ld-musl.so"
    WRITABLE = ["/opt/kafka/config", "/opt/kafka/logs"]


class PerformanceTest(unittest.TestCase):
    """The commands of docker/performance, small."""

    @classmethod
    def setUpClass(cls):
        if not pathlib.Path("/usr/lib/cni/dnsname").exists():
            raise unittest.SkipTest("skipped, because containers find no names of each other (scripts/setup --full)")
        cls.podman = Podman("debian11").__enter__()
        cls.addClassCleanup(cls.podman.close)
        agent = cls.podman.overlay("cp-kafka", cls.podman.standin("cp-kafka", "3.5.0"))
        cache, cls.report = cls.podman.dir / "cache", cls.podman.dir / "report"
        shutil.copytree(kafka_jars("3.5.0"), cache / "kafka-3.5.0")
        cls.report.mkdir()
        for path in (cache, cls.report, *cache.rglob("*")):
            os.chown(path, 1000, 0)
        cls.environment = {
            **os.environ, "KAFKA_IMAGE": agent, "LAB_IMAGE": cls.podman.performance(agent), "CACHE": str(cache),
            "REPORT": str(cls.report), "TOPICS": "3", "PARTITIONS": "2", "SECONDS_OF_LOAD": "25", "RATE": "100"}

    def setUp(self):
        address = self.podman.socket()
        self.environment["DOCKER_HOST"] = address.__enter__()
        self.addCleanup(address.__exit__, None, None, None)
        self.addCleanup(self.compose, "down", "--volumes", check=False)

    def compose(self, *words, **more):
        return run(tool("docker-compose"), "--file", ROOT / "docker" / "performance" / "docker-compose.yml",
                   "--project-name", "performance", *words, env=self.environment, **more)

    def test_three_brokers_get_topics_and_a_load_that_prints_its_latencies(self):
        self.compose("up", "--detach")
        load = wait_for("the end of the load", self.ended_load, 300)
        self.assertGreater(load["produced"], 1000)
        self.assertEqual((0, load["planned"]), (load["errors"], load["produced"]))
        self.assertGreater(load["produce_p99_ms"], 0)
        for number in (1, 2, 3):
            counters = self.compose("exec", "--no-TTY", f"kafka-{number}", "remora", "stat", "/var/lib/remora").stdout
            self.assertRegex(counters, r"ticks_total\s+[1-9]")

    def ended_load(self):
        """What the load printed at its end; nothing before."""
        lines = re.findall(r"\{.*produced.*\}", self.compose("logs", "--no-log-prefix", "load").stdout)
        return json.loads(lines[-1]) if lines else None

    def test_the_performance_test_runs_inside_and_its_report_is_on_the_host(self):
        self.compose("run", "--rm", "report", "--brokers", "1", "--topics", "2", "--runs", "optimized", "--seconds",
                     "15", "--warm-up", "15", "--repeat", "1")
        found = json.loads(next(self.report.glob("*/report.json")).read_text())
        self.assertEqual(["baseline", "optimized"], [row["run"] for row in found["runs"]])
        self.assertGreater(found["collecting"]["optimized"]["values"], 100)


class PackageTest(unittest.TestCase):
    def test_a_debian_package_is_installed_used_and_purged(self):
        cpu = run("dpkg", "--print-architecture").stdout.strip()
        package = next(iter(sorted(DIST.glob(f"remora_*_{cpu}.deb"))), None)
        if not package:
            self.skipTest(f"skipped, because there is no release in {DIST} (scripts/release)")
        with Podman("debian11") as podman, podman.container(
                podman.base, "--network", "none", "--volume", f"{DIST}:/dist:ro",
                "--volume", f"{kafka_jars('3.5.0')}:/kafka:ro", command=["sleep", "600"]) as name:
            podman("exec", name, "apt-get", "install", "--yes", f"/dist/{package.name}")
            self.assertRegex(podman("exec", name, "remora", "--version").stdout, r"^[\d.]+\+\w+\n$")
            examples = "/usr/share/doc/remora/examples"
            podman("exec", name, "remora", "check", f"{examples}/low-cpu.json")
            said = podman("exec", name, "sh", "-c", ONE_BROKER.format(jar=JAR))
            self.assertIn(BESIDE, said.stdout + said.stderr)
            self.assertIn("remora_up 0", podman("exec", name, "cat", "/var/lib/remora/remora.prom").stdout)
            podman("exec", name, "rm", "-r", "/var/lib/remora")
            podman("exec", name, "apt-get", "purge", "--yes", "remora")
            left = podman("exec", name, "find", "/usr", "/etc", "/var", "-name", "*remora*").stdout
            self.assertEqual("", left)


if __name__ == "__main__":
    main()
