#!/usr/bin/env python3
"""Dead must not look alive: whatever ends a broker or its agent, no old value stays in the textfile."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402

CONFIG = {"sampling": {"base_interval": "2s"}, "labels": {"cluster": "payments"}}
DOWN = 'remora_up{cluster="payments"} 0'


def samples(path):
    return [line for line in path.read_text().splitlines() if line and line[0] != "#"]


class DeadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(CONFIG).__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.prom = cls.lab.output / "remora.prom"

    def wait_alive(self):
        wait_for("values in the file", lambda: self.prom.exists() and len(samples(self.prom)) > 100, 60)
        self.assertIn(DOWN.replace(" 0", " 1"), self.prom.read_text())

    def broker(self):
        return self.lab.state()["brokers"][0]

    def looks(self):
        """First word of `remora top`, and the exit status of `remora status`."""
        top = broker_lab.run(broker_lab.TOOL, "top", self.lab.output, "--once").stdout
        return top.split()[0], broker_lab.run(broker_lab.TOOL, "status", self.lab.output, check=False).returncode

    def test_1_an_orderly_end_leaves_nothing_but_that_it_is_down(self):
        self.wait_alive()
        values = self.lab.output / "remora.values"
        wait_for("values for people", lambda: values.exists() and self.looks() == ("ALIVE", 0), 60)
        self.lab.lab("stop-broker", "--broker", "1")
        self.assertEqual(samples(self.prom), [DOWN])
        self.assertFalse(values.exists())
        self.assertEqual(self.looks(), ("DEAD", 2))

    def test_2_the_values_of_a_killed_broker_go_when_the_next_one_starts(self):
        self.lab.lab("start-broker", "--broker", "1")
        self.wait_alive()
        self.lab.lab("stop-broker", "--broker", "1", "--kill")
        self.assertGreater(len(samples(self.prom)), 100, "nobody was left to change it")
        self.assertEqual(self.looks(), ("DEAD", 2))
        before = self.prom.stat().st_mtime_ns
        seen = []
        child = os.fork()
        if child == 0:
            # Looks on while the broker starts: exit status 0 when the file was down before it was up.
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                if self.prom.stat().st_mtime_ns != before:
                    os._exit(0 if samples(self.prom) == [DOWN] else 1)
                time.sleep(0.005)
            os._exit(2)
        try:
            self.lab.lab("start-broker", "--broker", "1")
        finally:
            seen.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        self.assertEqual(seen, [0], "the first change of the file says that it is down")
        self.wait_alive()

    def test_3_a_path_that_a_reload_leaves_is_removed(self):
        other = self.lab.output / "other.prom"
        self.lab.write_config({**CONFIG, "outputs": [{"path": str(other)}]})
        wait_for("the new file", lambda: other.exists() and len(samples(other)) > 100, 60)
        wait_for("the old file to go", lambda: not self.prom.exists(), 30)
        self.lab.write_config(CONFIG)
        self.wait_alive()
        wait_for("the other file to go", lambda: not other.exists(), 30)

    def test_4_a_configuration_that_is_refused_at_the_start_shows_no_old_values(self):
        self.lab.lab("stop-broker", "--broker", "1", "--kill")
        self.assertGreater(len(samples(self.prom)), 100)
        self.lab.write_config({**CONFIG, "sampling": {"base_interval": "1ms"}})
        self.lab.lab("start-broker", "--broker", "1")
        wait_for("the refusal", lambda: "sampling.base_interval" in self.lab.log(), 30)
        self.assertEqual(samples(self.prom), [DOWN])
        os.kill(self.broker()["pid"], 0)  # the broker runs

    def test_5_a_start_that_hangs_is_shown(self):
        self.lab.lab("stop-broker", "--broker", "1")
        broker = self.broker()
        properties = pathlib.Path(broker["properties"])
        before = properties.read_text()
        data = self.lab.dir / "data-of-a-start"
        data.mkdir()
        (data / "meta.properties").write_text(f"version=1\nnode.id=1\ncluster.id={self.lab.state()['cluster_id']}\n")
        with socket.create_server(("127.0.0.1", 0)) as nobody:  # takes connections and never answers
            away = {"process.roles": "broker", "log.dirs": data,
                    "controller.quorum.voters": f"9@127.0.0.1:{nobody.getsockname()[1]}"}
            kept = [line for line in before.splitlines() if line.split("=")[0] not in {"listeners", *away}]
            kept += ["listeners=" + re.search(r"PLAINTEXT://[^,\n]*", before)[0]]
            properties.write_text("\n".join(kept + [f"{key}={value}" for key, value in away.items()]) + "\n")
            self.lab.write_config(CONFIG)
            with open(self.lab.dir / "start.log", "wb") as log:
                child = subprocess.Popen(broker["command"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                wait_for("the state of a broker that starts", lambda: any(
                    re.fullmatch(r"kafka_server_kafkaserver_brokerstate\{.*\} 1", line)
                    for line in samples(self.prom)), 60)
                self.assertIn(DOWN.replace(" 0", " 1"), samples(self.prom))
                child.terminate()
                child.wait(60)
            finally:
                child.kill()
                child.wait()
                properties.write_text(before)
        self.assertEqual(samples(self.prom), [DOWN])

    def test_6_a_broker_that_is_told_to_end_by_a_signal(self):
        self.lab.write_config({**CONFIG, "outputs": [{"at_end": "remove"}]})
        self.lab.lab("start-broker", "--broker", "1")
        self.wait_alive()
        os.kill(self.broker()["pid"], signal.SIGTERM)
        wait_for("the file to go", lambda: not self.prom.exists(), 30)


if __name__ == "__main__":
    broker_lab.main()
