#!/usr/bin/env python3
"""Three real brokers: leaders that move are seen within the bound on age, though nothing has changed before."""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402

BASE_S = 2
BOUND_S = 20
PARTITIONS = 100
LEADS = re.compile(r"^kafka_cluster_partition_replicascount\{.*\} 3$", re.M)


class LeaderTest(unittest.TestCase):
    def test_leaders_that_move_are_seen_within_the_bound(self):
        config = {"select": {"profile": "all"},
                  "sampling": {"base_interval": f"{BASE_S}s", "cpu_budget_percent": 5,
                               "partition_max_interval": f"{BOUND_S}s"},
                  "outputs": [{"path": "${dir}/${broker.id}.prom"}]}
        with Lab(config, up=["--brokers", "3"]) as lab:
            lab.lab("topics", "--topics", "10", "--partitions", PARTITIONS // 10, "--replication", "3")

            def led(*brokers):
                """Partitions that each of the brokers says it leads."""
                files = [lab.output / f"{broker}.prom" for broker in brokers]
                return [len(LEADS.findall(file.read_text())) if file.is_file() else 0 for file in files]

            def ticks():
                found = re.search(r"^remora_ticks_total\S* (\d+)$", (lab.output / "1.prom").read_text(), re.M)
                return int(found[1])

            wait_for("a leader of each partition", lambda: sum(led(1, 2, 3)) == PARTITIONS, 120)
            calm = ticks() + 15
            wait_for("units that do not change to rest", lambda: ticks() >= calm, 20 * BASE_S)
            before = led(1, 2, 3)
            self.assertGreater(before[2], 0)
            lab.lab("stop-broker", "--broker", "3")
            # Kafka itself takes seconds to move them.
            wait_for("the leaders that moved", lambda: sum(led(1, 2)) == PARTITIONS, 3 * BOUND_S)
            print(f"led before {before}, after {led(1, 2)}")


if __name__ == "__main__":
    broker_lab.main()
