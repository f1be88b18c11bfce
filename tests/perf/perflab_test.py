#!/usr/bin/env python3
"""The performance lab's judge, report and comparison, on made-up samples whose truth is known."""

import contextlib
import html.parser
import io
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))

from benchkit import common as bench  # noqa: E402
from labkit.common import LabError  # noqa: E402
from perflab import __main__ as lab  # noqa: E402
from perflab import (cluster, compare, figures, hsperf, judge, meter, page,  # noqa: E402
                     peers, report, runs, stats)

BROKERS = ("broker-1", "broker-2", "broker-3")
SETTINGS = {"brokers": 3, "topics": 100, "partitions": 10, "rate": 1000.0, "heap": "512m",
            "kafka": "3.5.0", "seconds": 60, "warm_up": 20, "repeat": 2, "interval": 10.0}
KINDS = {"baseline": "none", "jmx_exporter": "jmx_exporter", "optimized": "remora",
         "everything": "remora"}
OWN_GROUP = {"jmx_exporter": "prometheus-http", "remora": "remora-collecto", "none": None}


class Made:
    """What one run is like: CPU as a share of a core, megabytes, MB a minute, seconds."""

    def __init__(self, own=0.0, rss=600.0, grows=0.0, heap_grows=0.0, latency=0.2, dropped=0,
                 left=0, p99=20.0, hits=900):
        self.own, self.rss, self.grows, self.heap_grows = own, rss, grows, heap_grows
        self.latency, self.dropped, self.left = latency, dropped, left
        self.p99, self.hits = p99, hits


USUAL = {"baseline": Made(), "jmx_exporter": Made(own=0.08, rss=650, latency=1.5),
         "optimized": Made(own=0.002, rss=612), "everything": Made(own=0.008, rss=620)}


def second(who, at, t, made, kind, dice):
    """The sample of one broker `at` seconds after the first."""
    threads = {"data-plane-kafk": [0.2 * at, 100 * at], "GC Thread#N": [0.01 * at, 2 * at]}
    if OWN_GROUP[kind]:
        threads[OWN_GROUP[kind]] = [made.own * at, 3 * at]
    return {"kind": "second", "t": t + at, "who": who, "threads": threads,
            "cpu_s": round((0.21 + made.own) * at + dice.uniform(0, 0.01), 3),
            "rss_mb": made.rss + made.grows * at / 60 + dice.uniform(-1, 1),
            "gc_count": at // 3, "gc_s": 0.01 * (at // 3),
            "heap_used_mb": 90 + made.heap_grows * at / 60 + dice.uniform(-2, 2)}


def samples(name, repeat, made, seconds=60, seed=0):
    """All rows of one whole run."""
    dice = random.Random(f"{name} {repeat} {seed}")
    kind, t = KINDS[name], 1_800_000_000 + 4000 * repeat + 500 * list(KINDS).index(name)
    rows = [{"kind": "run", "t": t, "run": name, "title": f"what {name} is", "kind_of": kind,
             "repeat": repeat, "interval_s": 10.0},
            {"kind": "window", "t": t + 0.5, "edge": "start"}]
    for who in BROKERS:
        rows += [second(who, at, t, made, kind, dice) for at in range(seconds + 2)]
        for edge, at in (("start", 0), ("end", seconds)):
            rows.append({"kind": "allocated", "t": t + at, "edge": edge, "who": who,
                         "threads": {"data-plane-kafk": 900_000 * at,
                                     OWN_GROUP[kind] or "main": 100_000 * at}})
            rows.append({"kind": "counters", "t": t + at, "edge": edge, "who": who, "counters": {
                "cache_hits_total": made.hits * at, "cache_misses_total": 100 * at, "series": 8000,
                "sink_frames_dropped_total": made.dropped * (at > 0),
                "values_unregistered_dropped_total": made.left * (at > 0)}})
        for due in range(10, seconds, 10):
            written = t + due + made.latency + dice.uniform(0, 0.01)
            if kind == "remora":
                rows.append({"kind": "file", "t": written + 0.5, "who": who, "values": 8000,
                             "written_ms": written * 1000, "tick_s": t + due + 0.1,
                             "age": {"broker": 0.1, "partition": 40.0},
                             "error": {"partition": 0.0004}, "margin": {"partition": 0.002}})
            elif kind != "none":
                rows.append({"kind": "collection", "t": written, "who": who, "error": "",
                             "due_ms": 1000 * (t + due), "written_ms": 1000 * written,
                             "values": 14000})
    rows.append({"kind": "window", "t": t + seconds + 0.5, "edge": "end"})
    load = {figure.key: 100.0 for figure in figures.FIGURES if figure.of == "cluster"}
    rows.append({"kind": "load", "t": t + seconds + 5, **load,
                 "produce_p99_ms": made.p99 + repeat})
    return rows


class WithRuns(unittest.TestCase):
    settings = SETTINGS

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def reported(self, name="a", repeats=2, seconds=60, seed=0, **changed):
        """The report of all runs, those in `changed` being other than usual."""
        place = self.dir / name
        (place / "samples").mkdir(parents=True)
        for run, made in {**USUAL, **changed}.items():
            for repeat in range(1, repeats + 1):
                path = place / "samples" / f"{repeat}-{run}.ndjson"
                path.write_text("".join(json.dumps(row) + "\n" for row in
                                        samples(run, repeat, made, seconds, seed)))
        found = report.build(place, self.settings)
        report.write(place, found)
        return found

    @staticmethod
    def target(found, key):
        return next(row for row in found["targets"] if row["key"] == key)


class FiguresTest(WithRuns):
    def test_cpu_of_what_monitors_is_its_threads_and_their_share_of_garbage_collection(self):
        cpu = self.reported()["cpu"]
        self.assertNotIn("baseline", cpu)
        # A tenth of what is allocated is theirs, and a hundredth of a core collects garbage.
        self.assertAlmostEqual(cpu["optimized"]["inside"], 0.2 + 0.1, delta=0.001)
        self.assertAlmostEqual(cpu["jmx_exporter"]["inside"], 8.0 + 0.1, delta=0.001)

    def test_a_collection_is_as_late_as_its_file_and_a_peer_as_its_answer(self):
        collecting = self.reported(optimized=Made(own=0.002, latency=0.7))["collecting"]
        self.assertAlmostEqual(collecting["optimized"]["latency_max_s"], 0.7, delta=0.02)
        self.assertAlmostEqual(collecting["jmx_exporter"]["latency_p50_s"], 1.5, delta=0.02)
        self.assertEqual(collecting["optimized"]["age_max_s"], 40.0)
        self.assertEqual(collecting["jmx_exporter"]["values"], 14000)
        self.assertEqual(collecting["optimized"]["collections"], 5)

    def test_a_tick_that_begins_late_is_late_by_that(self):
        self.assertEqual(figures.lateness_on_grid([100.0, 110.5, 120.25, 140.0], 10.0),
                         [0.0, 0.5, 0.25, 0.0])
        self.assertEqual(figures.lateness_on_grid([100.5, 110.0], 10.0), [0.5, 0.0])

    def test_a_run_that_was_cut_short_is_left_out_and_named(self):
        self.reported()
        path = self.dir / "a" / "samples" / "2-everything.ndjson"
        lines = path.read_text().splitlines()[:-2]
        path.write_text("\n".join(lines) + '\n{"kind": "sec')
        found = report.build(self.dir / "a", SETTINGS)
        self.assertEqual(found["cut_short"], ["2-everything"])
        self.assertEqual(len(found["runs"]), 7)
        self.assertIn("Cut short and left out: 2-everything.", report.markdown(found))

    def test_values_that_left_with_their_mbean_are_reported_and_are_no_drops(self):
        found = self.reported(optimized=Made(own=0.002, left=94))
        self.assertEqual(found["collecting"]["optimized"]["left"], 94)
        self.assertEqual(found["collecting"]["optimized"]["dropped"], 0)
        self.assertTrue(self.target(found, "dropped")["met"])

    def test_memory_that_a_step_made_larger_does_not_grow(self):
        step = [(at, 100.0 + 30 * (at == 59)) for at in range(60)]
        self.assertEqual(stats.slope(step), 0.0)
        self.assertAlmostEqual(stats.slope([(at / 60, at / 60) for at in range(600)]), 1.0)


class JudgeTest(WithRuns):
    def test_targets_are_met_by_their_distance_from_the_limit(self):
        found = self.reported()
        cpu = self.target(found, "cpu")
        self.assertTrue(cpu["met"])
        self.assertAlmostEqual(cpu["by"], 0.7, delta=0.01)
        self.assertFalse(cpu["own"]["met"])
        self.assertAlmostEqual(self.target(found, "memory")["value"], 12, delta=1)
        self.assertAlmostEqual(self.target(found, "hit_rate")["value"], 90, delta=0.1)
        for key in ("latency", "dropped", "best_peer", "jmx_exporter", "produce_p99"):
            self.assertTrue(self.target(found, key)["met"], key)

    def test_what_is_missed_is_said_as_missed(self):
        bad = Made(own=0.02, rss=720, latency=6.0, dropped=4, p99=90.0, hits=100)
        found = self.reported(optimized=bad)
        for key in ("cpu", "memory", "latency", "hit_rate", "dropped", "jmx_exporter",
                    "produce_p99"):
            self.assertFalse(self.target(found, key)["met"], key)
        self.assertEqual(report.markdown(found).count("MISSED"), 14)

    def test_one_repeat_leaves_open_what_needs_the_noise(self):
        found = self.reported(repeats=1)
        self.assertIsNone(self.target(found, "produce_p99")["met"])
        self.assertTrue(all(row["noise"] is None for row in found["table"]))
        self.assertFalse(any(row["beyond_noise"] for row in found["table"]))

    def test_what_is_beyond_noise_is_marked(self):
        marked = {(row["run"], row["figure"]) for row in self.reported()["table"]
                  if row["beyond_noise"]}
        self.assertIn(("jmx_exporter", "cpu_percent"), marked)
        self.assertNotIn(("optimized", "produce_p99_ms"), marked)

    def test_a_leak_of_a_megabyte_a_minute_is_seen_and_only_where_it_is(self):
        found = self.reported(seconds=300, optimized=Made(own=0.002, rss=612, grows=1.0))
        leaking = {(row["run"], row["figure"]) for row in found["leaks"] if row["leak"]}
        self.assertEqual(leaking, {("optimized", "rss_mb_per_minute")})
        self.assertIn("GROWS", report.markdown(found))

    def test_a_leak_in_the_heap_is_seen_by_what_collections_leave(self):
        found = self.reported(seconds=300, everything=Made(own=0.008, heap_grows=1.0))
        leaking = {(row["run"], row["figure"]) for row in found["leaks"] if row["leak"]}
        self.assertEqual(leaking, {("everything", "heap_mb_per_minute")})

    def test_a_short_window_judges_no_leak(self):
        found = self.reported(optimized=Made(own=0.002, grows=1.0))
        self.assertEqual({row["leak"] for row in found["leaks"]}, {None})


class CompareTest(WithRuns):
    def run_compare(self):
        out = io.StringIO()
        options = type("Options", (), {"before": self.dir / "a", "after": self.dir / "b"})
        with contextlib.redirect_stdout(out):
            result = compare.bench(options)
        return result, out.getvalue()

    def test_the_same_brokers_measured_again_have_not_moved(self):
        self.reported("a")
        self.reported("b", seed=1)
        result, text = self.run_compare()
        self.assertEqual(text, "nothing moved beyond noise\n")
        self.assertTrue(result["kept"])

    def test_reading_everything_twice_is_told_as_worse(self):
        self.reported("a")
        self.reported("b", seed=1, everything=Made(own=0.016, rss=620))
        result, text = self.run_compare()
        self.assertFalse(result["kept"])
        self.assertEqual({row["run"] for row in result["moved"]}, {"everything"})
        self.assertIn("cpu_own_percent", {row["figure"] for row in result["moved"]})
        self.assertRegex(text, r"everything +CPU of what monitors.* worse")

    def test_what_got_better_is_told_and_no_failure(self):
        self.reported("a")
        self.reported("b", everything=Made(own=0.004, rss=620))
        result, _ = self.run_compare()
        self.assertTrue(result["kept"])
        self.assertIn("cpu_own_percent", {row["figure"] for row in result["moved"]})

    def test_a_report_of_one_round_is_refused_because_its_noise_is_not_known(self):
        self.reported("a", repeats=2)
        self.settings = {**SETTINGS, "repeat": 1}
        self.reported("b", repeats=1)
        with self.assertRaisesRegex(bench.BenchError, "b/report.json is of one round"):
            self.run_compare()

    def test_a_file_that_is_no_report_is_an_error_with_its_name(self):
        path = self.dir / "other.json"
        path.write_text('{"format": "else"}')
        done = subprocess.run([ROOT / "scripts" / "bench", "compare", path, path], text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path} is no report.json", done.stderr)


class StartTest(WithRuns):
    def test_brokers_that_do_not_start_end_it_with_the_runs_before_and_their_log(self):
        options = lab.build_parser().parse_args(["--runs", "optimized", "--out", str(self.dir)])
        lab.complete(options)
        (self.dir / "samples").mkdir()

        def measure(_brokers, run, repeat, _options, directory):
            if run.name == "optimized":
                raise LabError("broker 2 ended while starting; its log says: no such file")
            path = directory / "samples" / f"{repeat}-{run.name}.ndjson"
            path.write_text("".join(json.dumps(row) + "\n" for row in
                                    samples(run.name, repeat, USUAL[run.name])))

        errors = io.StringIO()
        with mock.patch.object(lab.cluster, "Cluster") as brokers, \
                mock.patch.object(lab.drive, "measure", measure), contextlib.redirect_stderr(errors):
            self.assertEqual(lab.make_runs(options), 1)
        brokers.return_value.__exit__.assert_called_once()
        self.assertIn("its log says: no such file\nthe report is of the runs before", errors.getvalue())
        found = report.build(self.dir, lab.settings(options))
        self.assertEqual([row["run"] for row in found["runs"]], ["baseline"])


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.scripts = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.seen and self.seen[-1][0] == "script":
            self.scripts.append(data)


class PageTest(WithRuns):
    LIBRARY = ("vega", "1", "Copyright */ somebody", 'var a = "</script><!--";')

    def made(self):
        found = self.reported(optimized=Made(own=0.02, rss=612))
        text = page.page(found, page.series(self.dir / "a"), [self.LIBRARY])
        tags = Tags()
        tags.feed(text)
        return found, text, tags

    def test_it_loads_nothing(self):
        _, _, tags = self.made()
        for tag, attributes in tags.seen:
            self.assertFalse({"src", "href"} & set(attributes), (tag, attributes))
        self.assertEqual(sum(1 for tag, _ in tags.seen if tag == "script"), 2)

    def test_it_has_a_place_and_a_specification_for_each_chart(self):
        _, _, tags = self.made()
        places = [attributes for tag, attributes in tags.seen
                  if attributes.get("class") == "chart"]
        text = next(script for script in tags.scripts if "const charts" in script)
        charts = json.loads(re.search(r"const charts = (.*);\n", text).group(1))
        self.assertEqual(len(charts), 6)
        self.assertEqual(len(places), 6)
        for chart in charts:
            self.assertTrue(chart["data"]["values"], chart["title"])
            self.assertEqual({row["run"] for row in chart["data"]["values"]} - set(USUAL), set())

    def test_its_first_screen_says_what_is_missed(self):
        _, text, _ = self.made()
        first = text[:text.index('<div class="charts">')]
        self.assertIn('<td class="missed">MISSED by 1.1', first)
        self.assertIn('<td class="met">met by', first)


class PartsTest(unittest.TestCase):
    def test_rounds_are_interleaved_and_begin_with_the_baseline(self):
        chosen = runs.chosen(["everything", "baseline", "jmx", "jmx"])
        order = [(repeat, run.name) for repeat, run in runs.order(chosen, 2)]
        self.assertEqual(order, [(repeat, name) for repeat in (1, 2)
                                 for name in ("baseline", "everything", "jmx")])
        with self.assertRaisesRegex(ValueError, "no such run: all"):
            runs.chosen(["all"])

    def test_a_thread_dump_is_summed_by_group(self):
        dump = ('"kafka-scheduler-1" #31 daemon prio=5 cpu=1.2ms allocated=3K defined_classes=1\n'
                '"kafka-scheduler-22" #32 daemon cpu=1.2ms allocated=1.5M defined\n'
                '"remora-collector" #9 allocated=512B d\n"GC Thread#0" os_prio=0 cpu=1ms\n')
        self.assertEqual(cluster.allocated_of(dump), {
            "kafka-scheduler": 3 * 1024 + 3 * (1 << 19), "remora-collecto": 512})

    def test_the_agents_file_tells_its_tick_ages_and_errors(self):
        found = meter.own_metrics(
            '# TYPE remora_up gauge\nremora_last_tick_timestamp_seconds 17.5\n'
            'remora_value_age_seconds{class="broker",quantile="1"} 0.25\n'
            'remora_accuracy_error_ratio{class="partition"} 0.001\n'
            'remora_accuracy_error_ratio_margin{class="partition"} 0.01\n')
        self.assertEqual(found, {"age": {"broker": 0.25}, "error": {"partition": 0.001},
                                 "margin": {"partition": 0.01}, "tick_s": 17.5})

    def test_the_counters_of_a_jvm_are_read_from_its_file(self):
        entries = b""
        for name, value in (("sun.gc.collector.0.invocations", 7), ("sun.gc.collector.0.time", 500),
                            ("sun.os.hrt.frequency", 1000),
                            ("sun.gc.generation.1.space.0.used", 3 << 20)):
            text = name.encode() + b"\0"
            text += b"\0" * (-len(text) % 8)
            value_at = 24 + len(text)
            entries += struct.pack("<iiiBBBBi", value_at + 8, 24, 0, ord("J"), 0, 1, 1, value_at)
            entries += b"\0" * 4 + text + struct.pack("<q", value)
        data = (struct.pack(">I", hsperf.MAGIC) + struct.pack("<BBBBiiqii", 1, 2, 0, 1, 0, 0, 0, 32,
                                                               4) + entries)
        self.assertEqual(hsperf.gc_facts(hsperf.parse(data)),
                         {"gc_count": 7, "gc_s": 0.5, "heap_used_mb": 3.0})
        self.assertEqual(hsperf.parse(b"not a file of counters, but long enough"), {})

    def test_values_of_jolokia_are_the_leaves_of_its_answers(self):
        answers = [{"value": {"a:b=c": {"Count": 3, "Rates": [1, 2], "Name": "x", "None": None}}},
                   {"error": "no such bean"}]
        self.assertEqual(peers.leaves(answers), 4)

    def test_arguments_that_cannot_be_are_said_in_a_line(self):
        for arguments, message in ((["--runs", "all"], "no such run: all"),
                                   (["--peers", "nagios"], "no such peer: nagios"),
                                   (["--seconds", "0"], "must be above 0"),
                                   (["--build", "/nowhere"], "remora.jar is not in /nowhere"),
                                   (["--report-only", "--out", "/nowhere"], "holds no runs")):
            done = subprocess.run([ROOT / "scripts" / "performance-test.sh", *arguments], text=True,
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertRegex(done.stderr, f"^performance-test: .*{message}")


if __name__ == "__main__":
    unittest.main()
