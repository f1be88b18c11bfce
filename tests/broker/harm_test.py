#!/usr/bin/env python3
"""Do no harm, against real JVMs: tools are untouched, every bad start leaves a broker that serves and one clear message."""

import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import JAR, Lab, wait_for  # noqa: E402

# An ELF header of a 64-bit little-endian shared object for a machine that this is not (MIPS).
FOREIGN_ELF = bytes([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0]) + bytes(8) + bytes([3, 0, 8, 0, 1, 0, 0, 0]) \
    + bytes(40) + bytes(4000)


def remora_lines(text):
    return [line for line in text.splitlines() if "remora" in line]


class BadStartTest(unittest.TestCase):
    """Each: the broker starts and answers, and one line says what is wrong."""

    def start(self, expect, config=None, **more):
        with Lab(config, **more) as lab:
            lab.lab("topics", "--topics", "1", "--partitions", "1")  # fails unless the broker serves
            said = wait_for(f"a line with {expect!r} in the broker's log",
                            lambda: [line for line in remora_lines(lab.log()) if re.search(expect, line)],
                            30)
            time.sleep(2)
            again = [line for line in remora_lines(lab.log()) if re.search(expect, line)]
            self.assertEqual(len(again), 1, again)
            print(said[0])
            return lab.log()

    def test_config_path_that_is_not_there(self):
        self.start(r"/nowhere/remora\.json.*(No such file|not found|does not exist)",
                   agent_arguments="/nowhere/remora.json")

    def test_config_that_is_no_json(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "remora.json").write_text('{"sampling": {"base_interval": "10s",}}')
        self.start(r"remora\.json:1:\d+", agent_arguments=str(folder / "remora.json"))

    def test_config_with_an_unknown_key(self):
        self.start(r"sampling\.base_intervall.*base_interval", {"sampling": {"base_intervall": "10s"}})

    def test_output_directory_that_cannot_be_written(self):
        # Root may write anywhere, so the obstacle is a file where a directory should be.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "file").write_text("")
        self.start(r"file/sub.*(Not a directory|cannot)",
                   {"outputs": [{"path": f"{folder}/file/sub/remora.prom"}]})

    def test_library_that_is_missing(self):
        self.start(r"library.*/nowhere/libremora\.so", agent_arguments="library=/nowhere/libremora.so")

    def test_library_that_is_corrupt(self):
        self.bad_library(b"this is no library" * 100, r"library.*libbad\.so")

    def test_library_of_another_architecture(self):
        self.bad_library(FOREIGN_ELF, r"library.*libbad\.so")

    def bad_library(self, content, expect):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "libbad.so").write_bytes(content)
        self.start(expect, agent_arguments=f"library={folder}/libbad.so")


class ToolTest(unittest.TestCase):
    """KAFKA_OPTS reaches every command line tool: there the agent is inert and silent."""

    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(agent=False).__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.lab.lab("topics", "--topics", "3", "--partitions", "1")

    def list_topics(self, *agent):
        """What it did, and the names of the classes that its JVM loaded."""
        loaded = self.lab.dir / f"loaded-{len(agent)}"
        options = {"JAVA_TOOL_OPTIONS": f"-Xlog:class+load:file={loaded}"}
        done = self.lab.lab("tool", *agent, "kafka.admin.TopicCommand", "--bootstrap-server",
                            self.bootstrap(), "--list", check=False, env=options)
        return done, set(re.findall(r"\] ([\w.$]+) source: ", loaded.read_text()))

    def bootstrap(self):
        return self.lab.state()["bootstrap"]

    def test_topics_list_is_the_same_and_runs_nothing_more(self):
        agent = ("--agent", f"{JAR}={self.lab.dir}/never.json")
        done, plain = self.list_topics()
        files = set(self.lab.dir.rglob("*"))
        other, with_agent = self.list_topics(*agent)
        self.assertEqual(other.returncode, done.returncode)
        self.assertEqual(other.stdout, done.stdout)
        said = [line for line in remora_lines(other.stderr) if not line.startswith("Picked up JAVA_TOOL_OPTIONS")]
        self.assertEqual(said, [])
        made = {p for p in set(self.lab.dir.rglob("*")) - files if "remora" in p.name}
        self.assertEqual(made, set())
        self.assertIn("kafka.admin.TopicCommand", plain & with_agent)
        # Enough to see that this JVM is no broker: whatever the agent costs is of these. A JVM that verifies them may
        # load two more.
        ours = {name for name in with_agent - plain if name.startswith("remora.")}
        self.assertGreaterEqual(ours, {"remora.Agent", "remora.shim.Arguments", "remora.shim.BrokerGate"})
        self.assertEqual(len(ours - {"remora.Agent$Request", "remora.Answer"}), 3, ours)


class StopTest(unittest.TestCase):
    def stop(self, **more):
        with Lab(**more) as lab:
            broker = lab.state()["brokers"][0]
            if more.get("agent", True):
                lab.wait_file("remora.prom", 60)
            begun = time.monotonic()
            os.kill(broker["pid"], 15)
            wait_for("the broker to end", lambda: not alive(broker["pid"]), 60, every=0.02)
            took = time.monotonic() - begun
            prom = lab.output / "remora.prom"
            flushed = time.time() - prom.stat().st_mtime if prom.exists() else None
            return took, flushed, lab.log()

    def test_is_as_clean_as_without(self):
        # Kafka's own stop takes 0.2 s or, on a busy machine, now and then seconds: the best of three of each.
        plain, took = [], []
        for _ in range(3):
            plain.append(self.stop(agent=False)[0])
            seconds, flushed, log = self.stop(config={"sampling": {"base_interval": "10s"}})
            took.append(seconds)
            print(f"stop took {seconds:.2f} s with the agent, {plain[-1]:.2f} s without; "
                  f"last output {flushed:.2f} s before the end was noticed")
            self.assertLess(flushed, seconds + 1, "the last tick is written while the broker stops")
            self.assert_clean(log)
        self.assertLess(min(took), min(plain) + 1)

    def assert_clean(self, log):
        self.assertNotRegex(log, r"SIG(SEGV|ABRT|BUS)|Exception in thread.*remora|fault in")
        self.assertNotIn("remora.shim", log, "Kafka's word about a read of ours")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as facts:
            return facts.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    broker_lab.main()
