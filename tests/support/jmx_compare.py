"""Compares what the agent wrote with what a remote JMX client sees of the same broker."""

import json
import time

# Every number of every bean at every tick, in both readable formats.
EVERYTHING = {
    "select": {"profile": "all"},
    "sampling": {"policy": "fixed", "base_interval": "5s", "min_interval": "5s"},
    "self_metrics": "off",
    "outputs": [{"type": "file", "format": "prometheus", "path": "${dir}/remora.prom"},
                {"type": "file", "format": "ndjson", "path": "${dir}/remora.ndjson",
                 "rotate": {"size": "512MB", "total_size": "2GB"}}],
}
THREADING = "java.lang:type=Threading"
STATES = [(THREADING, f"ThreadStates.{state}") for state in ("RUNNABLE", "BLOCKED", "WAITING", "TIMED_WAITING")]
BY_ITSELF = {*STATES, (THREADING, "DeadlockedThreadCount"), ("java.lang:type=OperatingSystem", "ResidentMemorySize")}
DOMAINS = ("kafka.", "org.apache.kafka.")
JVM_DOMAINS = ("java.lang", "java.nio")


def domain_of(mbean):
    return mbean.split(":")[0]


def is_ours(mbean):
    domain = domain_of(mbean)
    return domain.startswith(DOMAINS) or domain in JVM_DOMAINS or domain == "kafka"


def numeric(entries):
    """{(mbean, attribute): number} of a dump: booleans are 0 and 1, NaN and infinities stay."""
    found = {}
    for key, entry in entries.items():
        value = entry["value"]
        if isinstance(value, bool):
            value = float(value)
        elif value in ("NaN", "Infinity", "-Infinity") and entry["type"] != "String":
            value = float(value.replace("Infinity", "inf"))
        if isinstance(value, (int, float)) and is_ours(key[0]):
            found[key] = float(value)
    return found


def last_ndjson(path):
    """{(mbean, attribute): entry}: the last line of each; every line must parse."""
    values = {}
    with open(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
            except ValueError as error:
                if line.endswith("\n"):
                    raise AssertionError(f"{path}:{number}: {error}: {line[:200]}") from error
                break  # being written
            if "mbean" in entry:
                values[entry["mbean"], entry["attribute"]] = entry
    return values


def value_of(entry):
    """The number of an NDJSON line: NaN and infinities, which JSON lacks, come as text."""
    return float(entry["text"]) if entry["value"] is None else entry["value"]


class Comparison:
    """One dump before, the agent's output of two whole ticks later, one dump after."""

    def __init__(self, lab):
        seen = lab.jmx_dump()
        self.before = numeric(seen)
        ticks = lab.counters()["ticks_total"]
        lab.wait_counter("ticks_total", ticks + 2)
        time.sleep(1)
        self.ours = last_ndjson(lab.output / "remora.ndjson")
        self.after = numeric(lab.jmx_dump())

        both = self.before.keys() & self.after.keys()
        self.missing = sorted(both - self.ours.keys())
        # The sum of a histogram is no MBean attribute: only the metric object knows it. Of the process the agent
        # finds some values by itself.
        unseen = {key for key in self.ours.keys() - (self.before.keys() | self.after.keys())
                  if key[1] != "Sum" and key not in BY_ITSELF}
        self.by_itself = {key: value_of(self.ours[key]) for key in BY_ITSELF if key in self.ours}
        self.states = {key: (seen[key]["value"], list(self.ours[key]["labels"].values()))
                       for key in unseen if key in seen and seen[key]["type"] == "String"}
        self.extra = sorted(unseen - self.states.keys())
        self.stable = {key for key in both & self.ours.keys() if self.before[key] == self.after[key]}
        self.wrong = [(key, self.before[key], value_of(self.ours[key])) for key in sorted(self.stable)
                      if value_of(self.ours[key]) != self.before[key]]
        counts = {key for key in both & self.ours.keys()
                  if key[1] == "Count" and self.before[key] < self.after[key]}
        self.moved = len(counts)
        self.outside = [(key, self.before[key], self.ours[key]["value"], self.after[key])
                        for key in sorted(counts)
                        if not self.before[key] <= self.ours[key]["value"] <= self.after[key]]

    def wrong_partition_gauges(self):
        """Of the wrong ones those that nothing moves on an idle broker."""
        return [entry for entry in self.wrong
                if entry[0][0].startswith(("kafka.cluster:", "kafka.log:type=Log,"))
                or "type=ReplicaManager,name=" in entry[0][0] and entry[0][1] == "Value"]

    def by_domain(self):
        """{domain: (MBeans, series)} of the agent's output."""
        beans, series = {}, {}
        for mbean, _ in self.ours:
            domain = domain_of(mbean)
            beans.setdefault(domain, set()).add(mbean)
            series[domain] = series.get(domain, 0) + 1
        return {domain: (len(beans[domain]), series[domain]) for domain in sorted(beans)}

    def text(self):
        return (f"{len(self.before)} values by remote JMX, {len(self.ours)} of ours, "
                f"{len(self.missing)} missing, {len(self.extra)} extra, "
                f"{len(self.stable)} stable, {len(self.wrong)} of them differ in between, "
                f"{self.moved} counts moved, {len(self.outside)} outside of their bracket, {len(self.states)} texts")

    def check(self, case):
        """The assertions that hold on every broker. `case`: the unittest.TestCase."""
        case.assertEqual(self.missing[:20], [])
        case.assertEqual(self.extra[:20], [])
        case.assertEqual(self.by_itself.keys(), BY_ITSELF)
        case.assertEqual(self.by_itself[THREADING, "DeadlockedThreadCount"], 0)
        case.assertGreater(self.by_itself["java.lang:type=OperatingSystem", "ResidentMemorySize"], 50 << 20)
        threads = sum(self.by_itself[key] for key in STATES)
        case.assertLess(abs(threads - value_of(self.ours[THREADING, "ThreadCount"])), 5)
        case.assertEqual(self.wrong_partition_gauges()[:20], [])
        case.assertLess(len(self.wrong), len(self.stable) / 200, self.wrong[:20])
        case.assertEqual(self.outside[:20], [])
        for key, (state, labels) in self.states.items():
            case.assertIn(state, labels, key)
