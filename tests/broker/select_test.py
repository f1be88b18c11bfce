#!/usr/bin/env python3
"""What each key of the selection collects from a real broker, against the MBean server's own list filtered here."""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402
from jmx_compare import last_ndjson, numeric  # noqa: E402

KAFKA = ("kafka.log", "kafka.cluster", "kafka.server")
BASE = {
    "select": {"profile": "all", "domains": list(KAFKA)},
    "sampling": {"policy": "fixed", "base_interval": "1s", "min_interval": "1s"},
    "reload": {"check_interval": "200ms"},
    "self_metrics": "full",
}


def properties(mbean):
    return dict(re.findall(r"([^,:=]+)=(\"(?:[^\"\\]|\\.)*\"|[^,]*)", mbean.split(":", 1)[1]))


def fnv1(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = value * 0x01000193 & 0xFFFFFFFF ^ byte
    return value


# Never left out by a cap.
ALERTS = {"UnderReplicatedPartitions", "UnderMinIsrPartitionCount", "OfflineReplicaCount", "OfflineLogDirectoryCount",
          "LogDirectoryOffline", "FailedPartitionsCount", "DeadThreadCount"}


def sample_of(listed, size):
    """{(topic, partition)}: of each topic the `size` partitions of smallest rank, as visibility/README.md has it."""
    partitions = {}
    for mbean, _ in listed:
        props = properties(mbean)
        if mbean.startswith("kafka.") and "topic" in props and "partition" in props:
            partitions.setdefault(props["topic"], set()).add(props["partition"])
    return {(topic, number) for topic, numbers in partitions.items() for number in sorted(
        numbers, key=lambda n: (fnv1(topic) + int(n)) * 0x9E3779B9 % 2**32)[:size]}


class SelectTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.number = 0
        cls.lab = Lab({**BASE, "outputs": [{"path": "${dir}/0.ndjson", "format": "ndjson"}]}, up=["--jmx"]).__enter__()
        cls.addClassCleanup(cls.lab.close)
        for prefix, topics in (("orders", 4), ("t", 5), ("__mine", 2)):
            cls.lab.lab("topics", "--prefix", prefix, "--topics", str(topics), "--partitions", "6")
        cls.lab.lab("load", "--seconds", "10", "--rate", "500")  # topics without traffic have no data by topic
        wait_for("the topics' beans", lambda: cls.lab.counters().get("units", 0) > 66 * 8, 60)

    def collected(self, **keys):
        """{(mbean, attribute)} of one configuration: a file of its own, taken over while the broker runs."""
        type(self).number += 1
        name = f"{self.number}.ndjson"
        config = {**BASE, **keys, "outputs": [{"path": f"${{dir}}/{name}", "format": "ndjson"},
                                              {"path": "${dir}/remora.prom"}]}
        self.lab.write_config(config)
        # A new output begins when it knows every bean. What is new in it was read before its second tick.
        path = self.lab.wait_file(name)
        wait_for("two ticks of the new output", lambda: path.read_text().count('"name":"remora_up"') > 2)
        return {key for key in last_ndjson(path) if key[0]}

    def counters(self):
        """As of after now: the file of counters is made anew every two seconds."""
        before = self.lab.counters()["ticks_total"]
        self.lab.wait_counter("ticks_total", before + 1)
        return self.lab.counters()

    def check(self, keep, **keys):
        """`keep(mbean, properties)` says what of the MBean server's list is expected."""
        ours = self.collected(**keys)
        listed = {key for key in numeric(self.lab.jmx_dump()) if key[0].split(":")[0] in KAFKA}
        expected = {key for key in listed if keep(key[0], properties(key[0]))}
        # Sums of histograms are no MBean attributes.
        ours_there = {key for key in ours if key[1] != "Sum"}
        states = {key for key in ours_there - listed if key[1] in ("current-state", "Value")}
        missing, extra = sorted(expected - ours_there), sorted(ours_there - expected - states)
        self.assertEqual((missing[:5], extra[:5]), ([], []), f"{len(missing)} missing, {len(extra)} extra")
        topics = {properties(mbean).get("topic") for mbean, _ in ours} - {None}
        print(f"{self.id().split('.')[-1]}: {len(ours_there)} series, exactly those; {len(topics)} topics")
        return topics

    def test_mode_all(self):
        topics = self.check(lambda mbean, props: True)
        self.assertGreaterEqual(len(topics), 11)

    def test_mode_none(self):
        topics = self.check(lambda mbean, props: "topic" not in props, topics={"mode": "none"})
        self.assertEqual(topics, set())

    def test_mode_list(self):
        names = sorted({properties(mbean).get("topic") for mbean, _ in self.lab.jmx_dump()} - {None})
        wanted = [names[1], names[-1], "no-such-topic"]
        topics = self.check(lambda mbean, props: props.get("topic") in (None, *wanted),
                            topics={"mode": "list", "list": wanted})
        self.assertEqual(topics, set(wanted[:2]))

    def test_mode_regex_matches_whole_names(self):
        topics = self.check(lambda mbean, props: re.fullmatch("ord.*[0-2]", props.get("topic", "ord0")) is not None,
                            topics={"mode": "regex", "regex": "ord.*[0-2]"})
        self.assertGreaterEqual(len(topics), 2)

    def test_buckets_share_the_topics(self):
        shares = []
        for index in (1, 2, 3):
            shares.append(self.check(
                lambda mbean, props, i=index: "topic" not in props or fnv1(props["topic"]) % 3 + 1 == i,
                topics={"bucket": f"{index}/3"}))
        self.assertEqual(len(set.union(*shares)), sum(len(share) for share in shares))
        self.assertGreaterEqual(len(set.union(*shares)), 11)

    def test_partition_sample_and_partitions_in_trouble(self):
        self.lab.lab("topics", "--prefix", "ill", "--topics", "1", "--partitions", "6", "--min-insync-replicas", "2")
        sampled = sample_of(self.lab.jmx_dump(), 2)
        keep = lambda mbean, props: "partition" not in props or props["topic"].startswith("ill") \
            or (props["topic"], props["partition"]) in sampled
        topics = self.check(keep, topics={"partition_sample": 2})
        self.assertIn("ill-0000", topics)
        counters = self.counters()
        self.assertGreater(counters["series_hidden"], 0)
        told = re.findall(r"^remora_family_series_hidden{family=\"[^\"]+\"} (\d+)$",
                          (self.lab.output / "remora.prom").read_text(), re.M)
        self.assertEqual(sum(map(int, told)), counters["series_hidden"])

    def test_the_check_counts_the_sample_as_the_agent_does(self):
        ours = self.collected(topics={"partition_sample": 3})
        said = broker_lab.run(broker_lab.TOOL, "check", self.lab.config_path, "--live", self.lab.output,
                              "--names").stdout
        # Without values it cannot know what is in trouble.
        by_partition = lambda mbean: "partition=" in mbean and "topic=ill" not in mbean
        listed = {line.split("\t")[0] for line in said.splitlines() if "\t" in line and by_partition(line)}
        self.assertGreater(len(listed), 100)
        self.assertEqual({mbean for mbean, _ in ours if by_partition(mbean)}, listed)

    def test_an_aggregate_stands_for_its_partitions(self):
        ours = self.collected(topics={"aggregate": "sum"})
        listed = {key: value for key, value in numeric(self.lab.jmx_dump()).items() if key[0].split(":")[0] in KAFKA}
        wholes = set()
        for mbean, attribute in listed:
            props = properties(mbean)
            if "partition" in props and "topic" in props:
                wholes.add((re.sub(r",?\bpartition=[^,]*", "", mbean), attribute))
        self.assertGreater(len(wholes), 50)
        self.assertEqual({key for key in ours if "partition=" in key[0]}, set())
        by_topic = {key for key in ours if "topic" in properties(key[0]) and key not in listed}
        self.assertEqual((wholes - by_topic, by_topic - wholes), (set(), set()))
        self.check_aggregates(listed, sum)
        self.collected(topics={"aggregate": "max"})
        self.check_aggregates(listed, max)

    def check_aggregates(self, listed, function):
        """No load runs: the sum or maximum of what the MBean server says, of every topic but that of the controller, which
        never stands still."""
        text = (self.lab.output / "remora.prom").read_text()
        found = {topic: float(value) for topic, value in
                 re.findall(r"^kafka_log_log_logendoffset{topic=\"([^\"]+)\"} (\S+)$", text, re.M)}
        found.pop("__cluster_metadata", None)
        offsets = {}
        for (mbean, attribute), value in listed.items():
            if mbean.startswith("kafka.log:") and "name=LogEndOffset" in mbean and attribute == "Value" \
                    and "__cluster_metadata" not in mbean:
                offsets.setdefault(properties(mbean)["topic"], []).append(value)
        self.assertEqual(found, {topic: function(values) for topic, values in offsets.items()})
        self.assertGreater(sum(found.values()), 0)

    def test_the_top_by_value(self):
        rule = {"match": "kafka.log:type=Log,name=LogEndOffset,*", "top": 4}
        ours = self.collected(rules=[rule])
        offsets = {mbean: value for (mbean, _), value in numeric(self.lab.jmx_dump()).items()
                   if mbean.startswith("kafka.log:") and "name=LogEndOffset" in mbean}
        shown = {mbean for mbean, _ in ours if mbean in offsets}
        self.assertEqual(len(shown), 4)
        largest = sorted(offsets.values(), reverse=True)
        self.assertEqual(sorted((offsets[mbean] for mbean in shown), reverse=True), largest[:4])
        ours = self.collected(topics={"top": 3})
        # No load runs: counters that do not grow rank by what they show.
        counts = {mbean: value for (mbean, attribute), value in numeric(self.lab.jmx_dump()).items()
                  if "name=MessagesInPerSec" in mbean and "topic" in properties(mbean) and attribute == "Count"}
        by_topic = {mbean for mbean, _ in ours if mbean in counts}
        self.assertEqual(len(by_topic), 3)
        self.assertEqual(sorted((counts[mbean] for mbean in by_topic), reverse=True),
                         sorted(counts.values(), reverse=True)[:3])

    def test_partitions_off(self):
        self.check(lambda mbean, props: "partition" not in props, topics={"partitions": False})

    def test_internal_topics_off(self):
        topics = self.check(lambda mbean, props: not props.get("topic", "").startswith("__"),
                            topics={"internal": False})
        self.assertGreaterEqual(len(topics), 9)

    def test_broker_topic_data_off(self):
        by_topic = {mbean for mbean, _ in self.lab.jmx_dump()
                    if "type=BrokerTopicMetrics" in mbean and "topic" in properties(mbean)}
        self.assertGreater(len(by_topic), 5)
        self.check(lambda mbean, props: not (props.get("type") == "BrokerTopicMetrics" and "topic" in props),
                   topics={"broker_topic_data": False})

    def test_rules_and_patterns(self):
        self.check(lambda mbean, props: props.get("type") != "BrokerTopicMetrics" and (
            mbean.startswith("kafka.log") or props.get("name") == "UnderReplicated"),
            select={"profile": "all", "domains": list(KAFKA), "exclude": ["kafka.cluster:*", "kafka.server:*"]},
            rules=[{"match": "kafka.cluster:type=Partition,name=UnderReplicated,*", "action": "include"}])

    def test_cap_of_a_family_keeps_a_bounded_stable_part_and_tells(self):
        whole = {key for key in self.collected() if key[0].startswith("kafka.log:") and "name=Size" in key[0]}
        cap = 10
        capped = self.collected(limits={"series_per_family_max": cap})
        kept = {key for key in capped if key in whole}
        self.assertEqual(len(kept), cap)
        text = (self.lab.output / "remora.prom").read_text()
        told = dict(re.findall(r"^remora_family_series_refused{family=\"([^\"]+)\"} (\d+)$", text, re.M))
        sizes = {family: int(count) for family, count in told.items() if "name=Size" in family}
        self.assertEqual(list(sizes.values()), [len(whole) - cap], str(told))
        again = {key for key in self.collected(limits={"series_per_family_max": cap}, labels={"x": "y"}) if key in whole}
        self.assertEqual(again, kept, "the same part after a change of something else")
        wider = {key for key in self.collected(limits={"series_per_family_max": 20}) if key in whole}
        self.assertEqual(len(wider), 20)
        self.assertLessEqual(kept, wider)

    def test_cap_of_everything(self):
        whole = self.collected()
        for limits in ({"series_max": 300}, {"units_max": 80}):
            ours = self.collected(limits=limits)
            units = {mbean for mbean, _ in ours}
            size, most = (len(ours), 300) if "series_max" in limits else (len(units), 80)
            alerts = {key for key in whole if properties(key[0]).get("name") in ALERTS}
            self.assertLessEqual(alerts, ours, "whatever the caps")
            self.assertLessEqual(size, most + len(alerts))
            self.assertGreater(size, most - 20)
            counters = self.counters()
            self.assertEqual(counters["series"], len(ours))
            self.assertEqual(counters["units"], len(units))
            told = re.findall(r"^remora_family_series_refused{family=\"[^\"]+\"} (\d+)$",
                              (self.lab.output / "remora.prom").read_text(), re.M)
            self.assertGreater(sum(map(int, told)), len(whole) - len(ours) - 50)

    def sizes(self):
        """{(topic, partition)} whose size the textfile shows now."""
        lines = re.findall(r"^kafka_log_log_size{([^}]*)}", (self.lab.output / "remora.prom").read_text(), re.M)
        return {tuple(re.search(rf'{key}="([^"]*)"', labels)[1] for key in ("topic", "partition")) for labels in lines}

    def test_z_freed_room_is_used_again_and_a_restart_keeps_the_same_part(self):
        self.collected(limits={"series_per_family_max": 20})
        first = self.sizes()
        self.assertEqual(len(first), 20)
        self.lab.lab("stop-broker", "--broker", "1")
        self.lab.lab("start-broker", "--broker", "1")
        # A node that starts registers in any order: caps are filled anew once nothing has come for half a minute.
        wait_for("the same part after a restart", lambda: self.sizes() == first, 120)
        gone = sorted({topic for topic, _ in first if topic.startswith("t")})
        self.assertTrue(gone)
        self.lab.lab("topics", "--prefix", "t", "--topics", "5", "--partitions", "6", "--delete")
        def refilled():
            found = self.sizes()
            return len(found) == 20 and not any(topic in gone for topic, _ in found)
        wait_for("the room to be used again", refilled, 150)


if __name__ == "__main__":
    broker_lab.main()
