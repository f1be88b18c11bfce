#!/usr/bin/env python3
"""From a real broker to files: everything that a remote JMX client sees is in the output, and follows the broker."""

import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402
from jmx_compare import EVERYTHING, Comparison  # noqa: E402


class LineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab(EVERYTHING, up=["--jmx"]).__enter__()
        cls.addClassCleanup(cls.lab.close)
        cls.lab.lab("topics", "--topics", "100", "--partitions", "10")
        cls.lab.wait_counter("units", 10_500)
        ticks = cls.lab.counters()["ticks_total"]
        cls.lab.wait_counter("ticks_total", ticks + 2)

    def test_1_holds_what_a_remote_jmx_client_sees(self):
        found = Comparison(self.lab)
        print(found.text())
        self.assertGreater(len(found.before), 16_000)
        found.check(self)

    def test_2_promtool_finds_no_fault(self):
        self.assertTrue(shutil.which("promtool"), "package prometheus is missing: scripts/setup --test")
        with open(self.lab.output / "remora.prom") as text:
            done = subprocess.run(["promtool", "check", "metrics"], stdin=text, capture_output=True,
                                  text=True, timeout=60)
        errors = [line for line in done.stderr.splitlines() if "error while linting" in line]
        self.assertEqual(errors, [])
        # Lint remarks about names (status 3) are about the stock names, which dashboards rely on.
        self.assertIn(done.returncode, (0, 3), done.stderr[-2000:])

    def test_3_uses_the_stock_names(self):
        text = (self.lab.output / "remora.prom").read_text()
        for name in ("kafka_server_replicamanager_underreplicatedpartitions ",
                     'kafka_server_brokertopicmetrics_bytesin_total ',
                     'kafka_network_requestmetrics_totaltimems{request="Produce",quantile="0.99"} ',
                     'kafka_network_requestmetrics_totaltimems_count{request="Produce"} ',
                     'kafka_network_requestmetrics_totaltimems_sum{request="Produce"} ',
                     'jvm_memory_used_bytes{area="heap"} '):
            self.assertIn("\n" + name, text)
        self.assertNotRegex(text, r"[{,]__")

    def test_4_a_deleted_topic_leaves_and_a_new_one_comes(self):
        prom = self.lab.output / "remora.prom"
        units = self.lab.counters()["units"]
        gone = ("topics", "--prefix", "gone", "--topics", "2", "--partitions", "2")
        self.lab.lab(*gone)
        wait_for("the new topic", lambda: 'topic="gone' in prom.read_text(), 60)
        self.lab.wait_counter("units", units + 40)  # ten beans a partition
        self.lab.lab(*gone, "--delete")
        wait_for("the deleted topic to leave", lambda: 'topic="gone' not in prom.read_text(), 90)
        wait_for("its units to leave", lambda: self.lab.counters().get("units", 1 << 30) < units + 40, 60)

    def test_5_accounts_for_every_value(self):
        counters = self.lab.counters()
        self.assertEqual(counters["ring_full_values_dropped_total"], 0)
        self.assertEqual(counters["lines_too_long_dropped_total"], 0)
        self.assertEqual(counters["sink_frames_dropped_total"], 0)
        self.assertEqual(counters["faults_total"], 0)
        self.assertEqual(counters["submits_rejected_total"], 0)
        self.assertEqual(counters["values_unaccounted"], 0)
        in_flight = counters["values_read_total"] - counters["values_cached_total"] \
            - counters["values_orphan_dropped_total"]
        self.assertGreaterEqual(in_flight, 0)
        self.assertLess(in_flight, counters["series"] * 2)

    def test_6_two_jni_calls_a_cycle(self):
        counters = self.lab.counters()
        # And one more for each full buffer, or after slow reads on a busy machine.
        more = counters["jni_calls_total"] - 2 * counters["cycles_total"]
        self.assertLess(more, counters["values_read_total"] / 100)


if __name__ == "__main__":
    broker_lab.main()
