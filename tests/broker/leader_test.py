#!/usr/bin/env python3
"""Three real brokers: leaders that move are seen within the bound on age, though nothing has changed before."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402

BASE_S = 2
BOUND_S = 20
PARTITIONS = 100
PATIENCE_S = 300
# What the broker says of itself is of class broker, read for every tick. What its partitions say is
# class partition, and held to the bound. So both tell the same, the second some ticks later.
COUNT = "kafka.server:type=ReplicaManager,name=LeaderCount"
PARTITION = "kafka.cluster:type=Partition,name=ReplicasCount"
# A tick may come late on a busy machine, and another one is needed where the ends do not meet.
TICKS_MAX = BOUND_S // BASE_S + 2


class LeaderTest(unittest.TestCase):
    def test_leaders_that_move_are_seen_within_the_bound(self):
        config = {"select": {"profile": "all"},
                  # No ceiling that binds: a busy machine makes reads costlier, and bounds widen with that.
                  "sampling": {"base_interval": f"{BASE_S}s", "cpu_budget_percent": 100,
                               "partition_max_interval": f"{BOUND_S}s"},
                  "outputs": [{"type": "file", "format": "ndjson", "path": "${dir}/${broker.id}.ndjson",
                               "rotate": {"size": "1GB", "total_size": "4GB"},
                               "include": [f"{PARTITION},*", COUNT]}]}
        with Lab(config, up=["--brokers", "3"]) as lab:
            lab.lab("topics", "--topics", "10", "--partitions", PARTITIONS // 10, "--replication", "3")

            def ticks(broker):
                """Of each tick: (leaders by the broker's own count, partitions with a leader's three replicas)."""
                found, own, partitions = [], 0, 0
                try:
                    text = (lab.output / f"{broker}.ndjson").read_text()
                except FileNotFoundError:
                    return []
                for line in text[:text.rfind("\n") + 1].splitlines():
                    entry = json.loads(line)
                    if entry["mbean"] == COUNT:
                        own = entry["value"]
                    elif entry["mbean"].startswith(PARTITION):
                        partitions += entry["value"] == 3
                    elif entry["name"] == "remora_up":  # after what is Kafka's
                        found.append((own, partitions))
                        own, partitions = 0, 0
                return found

            def led(*brokers):
                return [seen[-1][1] if (seen := ticks(broker)) else 0 for broker in brokers]

            wait_for("a leader of each partition", lambda: sum(led(1, 2, 3)) == PARTITIONS, PATIENCE_S)
            calm = len(ticks(1)) + TICKS_MAX + 3
            wait_for("units that do not change to rest", lambda: len(ticks(1)) >= calm, PATIENCE_S)
            before = led(1, 2, 3)
            self.assertGreater(before[2], 0)
            lab.lab("stop-broker", "--broker", "3")
            wait_for("the leaders that moved", lambda: sum(led(1, 2)) == PARTITIONS, PATIENCE_S)
            after = led(1, 2)
            for broker, count in zip((1, 2), after):
                seen = ticks(broker)
                said = next(i for i, (own, _) in enumerate(seen) if own == count and i >= calm - 1)
                shown = next(i for i, (_, partitions) in enumerate(seen) if partitions == count and i >= calm - 1)
                print(f"broker {broker}: led {before[broker - 1]} before, {count} after; "
                      f"its partitions told so {shown - said} ticks after its own count")
                self.assertLessEqual(shown - said, TICKS_MAX)


if __name__ == "__main__":
    broker_lab.main()
