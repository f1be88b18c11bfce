#!/usr/bin/env python3
"""Nothing of the agent stands where Kafka keeps its data, or has its port: a broker that ran with it starts again."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402


class PlacesTest(unittest.TestCase):
    """Each way that the agent's files and Kafka's data can come to meet."""

    def twice(self, lab, *expected):
        """The broker says what is `expected`, keeps its data to itself, and starts a second time."""
        for start in range(2):
            lab.lab("topics", "--topics", str(start + 1), "--partitions", "1")
            for expect in expected:
                wait_for(f"{expect!r} in the broker's log", lambda: expect in lab.log(), 30)
            for data in (lab.lab_dir / "data-1", lab.lab_dir / "logs-1"):
                if (data / "meta.properties").exists():
                    self.assertEqual([path for path in data.rglob("*") if "remora" in path.name], [])
            if start == 0:
                lab.lab("stop-broker", "--broker", "1")
                lab.lab("start-broker", "--broker", "1")
        self.assertNotIn("not in the form of topic-partition", lab.log())

    def test_logs_of_the_broker_in_its_data(self):
        # kafka.logs.dir is an entry of log.dirs: the default place would be in it.
        lab = Lab(agent_arguments="")
        temporary = lab.dir / "tmp"
        temporary.mkdir()
        lab.up += [f"--property=log.dirs={lab.lab_dir}/logs-1",
                   f"--jvm-opt=-Djava.io.tmpdir={temporary}"]
        with lab:
            self.twice(lab, "is where Kafka keeps its data")
            found = wait_for("the output", lambda: list(temporary.glob("remora-*/remora.prom")), 60)
            self.assertIn("remora_up 1", found[0].read_text())

    def test_places_in_the_data_that_a_configuration_names(self):
        # By name, below it, and through a link: the agent stays off and names each.
        lab = Lab({})
        data = lab.lab_dir / "data-1"
        link = lab.dir / "link"
        link.symlink_to(data)
        lab.write_config({"directory": f"{data}/remora",
                          "outputs": [{"path": f"{data}/metrics/remora.prom"},
                                      {"path": f"{link}/sub/remora.prom"}]})
        with lab:
            self.twice(lab, "directory: found", "outputs.0.path: found", "outputs.1.path: found")

    def test_the_port_of_the_broker(self):
        # The agent is there first: with its port taken the broker would not start.
        with Lab({}) as lab:
            port = lab.state()["brokers"][0]["port"]
            lab.write_config({"outputs": [{"type": "http", "host": "127.0.0.1", "port": port}]})
            lab.lab("stop-broker", "--broker", "1")
            lab.lab("start-broker", "--broker", "1")
            wait_for("what is wrong", lambda: f"outputs.0.port: found {port}, which is the broker's own" in lab.log(), 30)
            lab.lab("topics", "--topics", "1", "--partitions", "1")


if __name__ == "__main__":
    broker_lab.main()
