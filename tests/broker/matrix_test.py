#!/usr/bin/env python3
"""Every Kafka on every Java it runs on, through both reading tiers: the values are those of a remote JMX client.

    matrix_test.py [--only KAFKA[/JDK]] [--jar JAR] [--results FILE] [--write PAGE]

With --jar, the brokers get that one, for instance build/dist/remora.jar of scripts/release. With
--results, figures of rows that passed are kept in FILE, and the page holds the last ones of each row.
"""

import argparse
import datetime
import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import JAR, LAB, Lab, run  # noqa: E402
from jmx_compare import EVERYTHING, Comparison  # noqa: E402

ROWS = (("2.8.2", (8, 11, 17)), ("3.5.0", (8, 11, 17)), ("3.9", (8, 11, 17, 21)), ("4", (17, 21, 25)))
TIERS = ("metric objects", "MBean server")
TOPICS, PARTITIONS = 20, 5
SECONDS_MAX = 120
# No ceiling: a tick under an emulator would be more than it allows.
CONFIG = {**EVERYTHING, "sampling": {"policy": "fixed", "base_interval": "2s", "min_interval": "2s",
                                     "cpu_budget_percent": 100}}


def java_of(jdk):
    """The path of a runtime: the lab's own default for 17."""
    return [] if jdk == 17 else ["--java", run(LAB, "jre", str(jdk), timeout=600).stdout.split()[-1]]


def wait_settled(lab):
    """Until the number of units has stood still for three ticks."""
    deadline = time.monotonic() + SECONDS_MAX
    lab.wait_counter("ticks_total", 1, SECONDS_MAX)
    while True:
        before = lab.counters()
        lab.wait_counter("ticks_total", before["ticks_total"] + 3, SECONDS_MAX)
        if lab.counters()["units"] == before["units"] > 0:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"units do not settle: {lab.counters()['units']}")


def resolved(kafka):
    """"3.9" is the newest of them: its whole number, from the directory of its jars."""
    jars = run(LAB, "get", "--kafka", kafka, timeout=600).stdout.split()[-1]
    return next(part[len("kafka-"):] for part in reversed(pathlib.Path(jars).parts) if part.startswith("kafka-"))


class Row:
    """One broker: started with the agent, compared, stopped."""

    def __init__(self, kafka, jdk, tier, jar, java=None):
        """`java`: options of `lab up` for another runtime than the usual one of `jdk`."""
        self.kafka, self.jdk, self.tier, self.jar = resolved(kafka), jdk, tier, jar
        self.java = java_of(jdk) if java is None else java

    def measure(self, case):
        arguments = None if self.tier == TIERS[0] else "{config},tier=mbean"
        with Lab(CONFIG, agent_arguments=arguments, jar=self.jar,
                 up=["--jmx", "--kafka", self.kafka, *self.java]) as lab:
            lab.lab("topics", "--topics", str(TOPICS), "--partitions", str(PARTITIONS))
            wait_settled(lab)
            self.compared = Comparison(lab)
            self.counters = lab.counters()
        print(f"Kafka {self.kafka}, JDK {self.jdk}, {self.tier}: {self.counters['units']} units, "
              f"{self.counters['units_metric_objects']} as metric objects; {self.compared.text()}")
        self.compared.check(case)
        case.assertGreater(len(self.compared.before), 4_000)
        objects = self.counters["units_metric_objects"]
        if self.tier == TIERS[0]:
            case.assertGreater(objects, self.counters["units"] / 2)
        else:
            case.assertEqual(objects, 0)
        for counter in ("faults_total", "submits_rejected_total", "ring_full_values_dropped_total",
                        "units_quarantined", "ticks_skipped_total"):
            case.assertEqual(self.counters[counter], 0, counter)

    def figures(self):
        """What the page says of the row, as plain values."""
        found, objects = self.compared, self.counters["units_metric_objects"]
        return {"kafka": self.kafka, "jdk": self.jdk, "tier": self.tier,
                "values": [self.counters["units"], self.counters["series"], objects,
                           self.counters["units"] - objects, len(found.before), len(found.missing),
                           len(found.extra), len(found.stable), len(found.wrong), found.moved, len(found.outside)],
                "domains": found.by_domain()}


class MatrixTest(unittest.TestCase):
    """Filled with one test a row by `add_rows`."""

    done = {}
    jar = JAR
    results = None

    def row(self, kafka, jdk, tier):
        row = Row(kafka, jdk, tier, self.jar)
        row.measure(self)
        self.done[row.kafka, jdk, tier] = row.figures()
        if self.results:
            with open(self.results, "a") as out:
                out.write(json.dumps(row.figures()) + "\n")


def add_rows(only):
    for kafka, jdks in ROWS:
        for jdk in jdks:
            if only and only not in (kafka, f"{kafka}/{jdk}"):
                continue
            for number, tier in enumerate(TIERS, 1):
                def test(self, kafka=kafka, jdk=jdk, tier=tier):
                    self.row(kafka, jdk, tier)
                name = f"test_kafka_{kafka.replace('.', '_')}_jdk_{jdk:02}_tier_{number}"
                setattr(MatrixTest, name, test)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def markdown(rows):
    """The page: one line a broker, then MBeans and series by domain."""
    head = ("Kafka", "JDK", "tier 1", "units", "series", "metric objects", "MBean server", "by remote JMX",
            "missing", "extra", "stable", "differ", "counts that moved", "outside")
    rows = sorted(rows, key=lambda row: ([int(part) for part in row["kafka"].split(".")], row["jdk"],
                                         TIERS.index(row["tier"])))
    who = [(row["kafka"], row["jdk"], "yes" if row["tier"] == TIERS[0] else "switched off") for row in rows]
    values = [(*names, *row["values"]) for names, row in zip(who, rows)]
    domains = sorted({domain for row in rows for domain in row["domains"]})
    by_domain = [(*names, *("{} / {}".format(*row["domains"].get(domain, (0, 0))) for domain in domains))
                 for names, row in zip(who, rows)]
    by_jmx, missing, extra, outside = (sum(row["values"][i] for row in rows) for i in (4, 5, 6, 10))
    return f"""# Kafka and Java versions

On {len(rows)} brokers a JMX client saw {by_jmx:,} values. The agent's file lacked {missing} of them.
It had {extra} that JMX has not. Counts that were wrong: {outside}.

Written by `tests/broker/matrix_test.py --write` on {datetime.date.today().isoformat()}: do not edit. One
broker each, idle, {TOPICS} topics with {PARTITIONS} partitions, profile `all`, every unit read every 2 s.
Kafka 2.8 runs with ZooKeeper, the others with KRaft, broker and controller in one.

A remote JMX client reads every value before and after. Tier 1 reads metric objects; switched off
(`tier=mbean`), everything goes through the MBean server.

* *missing*, *extra*: values that only one of both has.
* *stable*: the client saw the same value twice. *differ*: the agent saw another one in between, of a
  rate or a percentile that moved to and fro.
* *counts that moved*: between the client's reads. *outside*: the agent's value does not lie between
  the client's.

{table(head, values)}

MBeans and series by domain. With tier 1 a histogram has one series more: the sum, which is no MBean
attribute.

{table(("Kafka", "JDK", "tier 1", *(f"`{domain}`" for domain in domains)), by_domain)}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", help="KAFKA or KAFKA/JDK as in ROWS")
    parser.add_argument("--jar", type=pathlib.Path, default=JAR)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path, help="page to write when every row has passed")
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    add_rows(options.only)
    MatrixTest.jar, MatrixTest.results = options.jar.resolve(), options.results
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(MatrixTest)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    if not result.wasSuccessful() or not result.testsRun:
        sys.exit(1)
    if options.write:
        done = MatrixTest.done
        if options.results:
            kept = map(json.loads, options.results.read_text().splitlines())
            done = {(row["kafka"], row["jdk"], row["tier"]): row for row in kept}
        options.write.write_text(markdown(list(done.values())))


if __name__ == "__main__":
    main()
