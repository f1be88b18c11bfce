#!/usr/bin/env python3
"""`remora top`, `status`, `doctor`, `stat`, `profile`, `suggest`, `tune` and `check --live` beside an agent that lives, one that was killed, and where there is none."""

import collections
import html.parser
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = os.environ["REMORA_TOOL"]
INTERVAL_MS = 3_600_000  # no machine is so slow that what lives looks old
COUNTERS_IN_ORDER = re.findall(r"^    X\((\w+),", (ROOT / "include" / "remora" / "counters.h").read_text(), re.M)
COUNTERS = len(COUNTERS_IN_ORDER)
BEAN = "gauge\tkafka.log:type=Log,name=Size,topic=a,partition=0\n"


FAMILY = "kafka.log:type=Log,name=Size,topic=*,partition=*"
PROFILE = {
    "written_wall_ms": 0, "window_s": 60, "known_s": 900, "growth_s": 0, "cpu_used_percent": 0.25, "ceiling_percent": 1,
    "base_interval_s": 10, "tick_overhead_ms": 2.5, "tick_interval_s": 10, "unfinished_share": 0, "widening_step": 0, "units": 1200,
    "series": 2000, "unchanged": 500,
    "families": [{"name": FAMILY, "unit_class": "partition", "is_named": False, "units": 1200, "series": 1200,
                  "unchanged": 500, "series_before": 1200, "typical_us": 1.5, "tail_us": 9, "cpu_percent": 0.125,
                  "reads_per_s": 120, "volatility": 0.1, "age_s": 12, "statistics": []}],
    "classes": [{"name": "partition", "cpu_percent": 0.125, "error": 0.01, "margin": 0.002, "samples": 500,
                 "fresh_error": 0.01, "fresh_samples": 90}],
    "outputs": [{"name": "file-0", "bytes_per_s": 20000, "packets_per_s": 0, "tick_ms": 12, "ring_share": 0,
                 "skipped_share": 0.1, "dropped_share": 0, "repeated_share": 0.9, "receiver_drops_share": -1}],
    "quarantined": [{"name": "a:type=B", "since_s": 70}]}
PATCH = {"rules": [{"match": FAMILY, "interval": "5m"}]}
FINDING = {"rule": "costly_family", "subject": FAMILY, "problem": "it costs", "evidence": {"cpu_percent": 0.125},
           "advice": "read it less", "patch": PATCH, "kinds": ["interval"], "left_alone": "",
           "saving": {"cpu_percent": 0.1, "bytes_per_s": 0, "series": 0},
           "price": {"age_s": 300, "error": 0.5, "series": 0}}


CHANGE = {"id": 1, "rule": "costly_family", "subject": FAMILY, "kinds": ["interval"],
          "edit": {"section": "rules", "output": "", "keys": {"match": FAMILY, "interval": "5m"}}, "ground": "",
          "figure": "CPU of reads, % of a core", "before": 0.25, "after": 0.125, "noise": 0.01, "window": 0}


def sum_of(state):
    """As native/base/hash.h and native/tune/tuning_state.cpp have it."""
    total = 0xCBF29CE484222325
    for byte in json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode():
        total = (total ^ byte) * 0x100000001B3 % 2**64
    return f"{(total ^ total >> 32) * 0x9E3779B97F4A7C15 % 2**64:016x}"


def run(*arguments):
    return subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False)


def pid_of_the_dead():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


class Page(html.parser.HTMLParser):
    """What a browser would see: how many elements of each kind, what is open at the end, and the words."""

    def __init__(self):
        super().__init__()
        self.tags, self.open, self.words = collections.Counter(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f"</{tag}> ends nothing")

    def handle_data(self, data):
        self.words += data


class ToolTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="remora-tool-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name) / "remora"
        self.directory.mkdir()
        self.prom = pathlib.Path(directory.name) / "elsewhere.prom"

    def counters(self, *outputs, pid=None, age_s=0.0, elsewhere=False, is_over=0, ticks=1, units=1, in_force=0):
        """Replaces the counters file, as native/base/counter_table.cpp writes it. `elsewhere`: in another container."""
        now_ms = int((time.time() - age_s) * 1000)
        self.process = (pid or os.getpid(), os.stat("/proc/self/ns/pid").st_ino + elsewhere, 0)
        image = struct.pack("=8sQqQQqqqQ", b"REMORAC4", COUNTERS, *self.process, now_ms - 60_000, now_ms, INTERVAL_MS, is_over)
        numbers = [{"kTicks": ticks, "kUnits": units, "kTuningInForce": in_force}.get(name, 0) for name in COUNTERS_IN_ORDER]
        lines = "".join(f"{format}\t{level}\t{where}\n" for format, level, where in outputs)
        new = self.directory / "new"
        new.write_bytes(image + struct.pack(f"={COUNTERS}Q", *numbers) + lines.encode())
        new.rename(self.directory / "remora.counters")

    def values(self, messages, age_s=0.0, **more):
        """Replaces the last values, as native/model/last_values.cpp writes them: so many messages a second came in."""
        tick_ms = int((time.time() - age_s) * 1000)
        lines = ["remora values 1", "process\t%d\t%d\t%d" % self.process, f"tick\t{tick_ms}\t{INTERVAL_MS}",
                 "fact\tbroker.id\t1", "fact\tversion\t0.1.0", f"value\tmessages_in\t{20_000 + 10 * messages}\t0\t20000\t10000",
                 f"topic\torders\t{10 * messages}\t0\t0\t10000\t0\t0\t0\t0\t0\t0\t0\t0", "topics\t1"]
        lines += [f"value\t{name}\t{value}\t0\t0\t0" for name, value in more.items()]
        new = self.directory / "new"
        new.write_text("\n".join(lines) + "\n")
        new.rename(self.directory / "remora.values")

    def textfile(self):
        line = 'remora_family_read_typical_seconds{family="kafka.log:type=Log,name=Size,topic=*,partition=*",broker="1"} 2e-06'
        self.prom.write_text("# HELP x y\n" + line + "\n")

    def test_top_shows_the_agents_own_values_wherever_its_outputs_are(self):
        self.counters(("statsd", "off", "127.0.0.1:8125"))
        self.values(50)
        screen = run("top", str(self.directory), "--once").stdout
        self.assertRegex(screen, r"^ALIVE  since \S+, 1 m \d s  pid \d+  tick 0 s ago\nbroker 1  remora 0\.1\.0\nall is well\n")
        self.assertRegex(screen, r"messages in +50/s")
        self.assertRegex(screen, r"orders +50 B/s")
        self.assertEqual(screen, run("top", str(self.directory), "--plain", "--once").stdout)
        self.assertTrue(all(len(line) <= 80 for line in screen.splitlines()))
        shown = json.loads(run("top", str(self.directory), "--json", "--once").stdout)
        self.assertEqual((shown["state"], shown["figures"]["messages_in"], shown["facts"]["broker.id"]), ("ALIVE", 50, "1"))

    def test_top_follows_the_ticks_until_its_time_is_over(self):
        self.counters()
        self.values(50)
        with subprocess.Popen([TOOL, "top", str(self.directory), "--json"], stdout=subprocess.PIPE, text=True) as top:
            self.addCleanup(top.kill)
            for messages in (50, 60, 70):
                self.values(messages)
                while json.loads(top.stdout.readline())["figures"]["messages_in"] != messages:
                    pass
            self.counters(is_over=1)
            while json.loads(top.stdout.readline())["state"] != "OFF":
                pass
            top.kill()
        self.assertEqual(run("top", str(self.directory), "--plain", "--seconds", "1").returncode, 0)

    def test_top_in_a_terminal_without_a_keyboard_is_text(self):
        self.counters()
        self.values(50)
        terminal, inside = pty.openpty()
        self.addCleanup(os.close, terminal)
        with open("/dev/null", encoding="ascii") as nothing:
            subprocess.run([TOOL, "top", str(self.directory), "--seconds", "1"], check=True, stdin=nothing,
                           stdout=inside, env={**os.environ, "TERM": "xterm"}, timeout=60)
        os.close(inside)
        shown = os.read(terminal, 65536)
        self.assertTrue(shown.startswith(b"ALIVE "), shown)
        self.assertNotIn(b"\x1b", shown)

    def test_top_says_which_terminal_it_cannot_draw_on(self):
        self.counters()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        for name, why in (("dumb", "has no way to move about"), ("no-such-terminal", "is not known here")):
            done = subprocess.run([TOOL, "top", str(self.directory), "--seconds", "1"], stdin=theirs, stdout=theirs,
                                  stderr=subprocess.PIPE, text=True, check=False, timeout=60,
                                  env={**os.environ, "TERM": name})
            self.assertEqual((done.returncode, done.stderr),
                             (1, f"remora top: the terminal {name} {why}; --plain does without\n"))

    def test_status_is_0_1_or_2(self):
        for arguments, more, status, said in (
                ({}, {}, 0, r"^well  broker 1, pid \d+, tick \d s ago  "),
                ({}, {"under_replicated": 3}, 1, r"^degraded .*\n  broker: 3 partitions are under-replicated\n    look at"),
                ({"is_over": 1}, {}, 2, r"^OFF .*\n  the agent ended in order"),
                ({"age_s": 4 * 3600}, {}, 2, r"^STALLED "),
                ({"pid": pid_of_the_dead()}, {}, 2, r"^DEAD .*\n  process \d+ was killed or crashed\n")):
            self.counters(**arguments)
            self.values(50, **more)
            status_of = run("status", str(self.directory))
            self.assertEqual(status_of.returncode, status, status_of.stdout)
            self.assertRegex(status_of.stdout, said)
            self.assertEqual(run("status", str(self.directory), "--json").returncode, status)
        self.counters()
        (self.directory / "remora.values").unlink()
        unknown = run("status", str(self.directory))
        self.assertEqual(unknown.returncode, 1)
        self.assertRegex(unknown.stdout, r"^degraded .*\n  agent: .*remora\.values.*; what the broker does is not known\n")
        absent = run("status", "/nonexistent")
        self.assertEqual(absent.returncode, 2)
        self.assertRegex(absent.stdout, r"^ABSENT  /nonexistent  /nonexistent\n  counters file .* cannot be opened")
        nobody = run("status", str(pid_of_the_dead()))
        self.assertEqual(nobody.returncode, 2)
        self.assertRegex(nobody.stderr, r"^remora status: there is no process \d+\n$")
        self.assertRegex(run("top", str(os.getpid())).stderr, r"process \d+ holds no remora\.lock: no agent runs in it")

    def test_an_agent_is_found_by_the_lock_that_it_holds(self):
        self.counters()
        self.values(50)
        with open(self.directory / "remora.lock", "w", encoding="ascii"):
            found = run("status", str(os.getpid()))
            self.assertRegex(found.stdout, rf"^well  broker 1, pid {os.getpid()}, .*  {re.escape(str(self.directory))}\n$")

    def test_doctor_says_what_to_do(self):
        agent = subprocess.Popen(["sleep", "60"], env={})  # without variables of this test's own
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        self.counters(pid=agent.pid)
        self.values(50)
        well = run("doctor", str(self.directory))
        self.assertEqual((well.returncode, well.stdout), (0, "nothing is wrong with broker 1\n"))
        wrong = self.directory / "wrong.json"
        wrong.write_text('{"sampling": {"base_interval": "1ms"}}')
        self.counters(("prometheus", "basic", str(self.prom)), pid=agent.pid)
        self.values(50)
        found = run("doctor", str(self.directory), str(wrong))
        self.assertEqual(found.returncode, 1)
        self.assertRegex(found.stdout, rf"^output-missing: nothing is at {re.escape(str(self.prom))}, .*\n    the broker's log")
        self.assertRegex(found.stdout, r"\nconfig: .*base_interval: found the text \"1ms\".*\n    mend it")
        checks = [one["check"] for one in json.loads(run("doctor", str(self.directory), str(wrong), "--json").stdout)]
        self.assertEqual(checks, ["output-missing", "config"])
        self.assertEqual(run("doctor", "/nonexistent").returncode, 1)
        self.assertEqual(run("doctor", str(self.directory), "--user", "nobody-of-that-name").returncode, 2)

    def test_stat_has_a_verdict_and_units(self):
        self.counters(ticks=7)
        self.values(50)
        shown = run("stat", str(self.directory), "--all").stdout
        self.assertRegex(shown, r"^ALIVE  pid \d+, written 0 s ago, ran 1 m 0 s\nwell\n")
        self.assertRegex(shown, r"\nticks_total +7\n")
        self.assertRegex(shown, r"\ncpu_budget_ppm +0 = 0 % of a core\n")
        self.assertEqual(json.loads(run("stat", str(self.directory), "--json").stdout)["ticks_total"], 7)

    def profile(self, *findings):
        """Replaces the profile, as native/tune/report.cpp writes it."""
        written = {**PROFILE, "written_wall_ms": int(time.time() * 1000)}
        (self.directory / "remora.profile.json").write_text(json.dumps({"profile": written, "findings": findings}))

    def test_a_profile_is_one_screen(self):
        self.counters()
        self.values(50)
        self.profile(FINDING)
        screen = run("profile", str(self.directory)).stdout
        self.assertRegex(screen, r"^written \d s ago; rates are of 60 s, known for 900 s\n")
        self.assertIn("CPU       #####............... 0.250 of 1.000 % of a core; 2.50 ms a tick", screen)
        self.assertIn("##########.......... 0.1250 %       1.5 us (slow end 9.0)    120.0/s    1200 series  kafka.log", screen)
        self.assertIn("file-0           20000 bytes/s, out after 12 ms, 90 % of series unchanged, skips 10.0 % of ticks", screen)
        self.assertIn("in quarantine for 70 s: a:type=B\n", screen)
        self.assertIn("suggestions: 1, see remora suggest", screen)
        self.assertLess(len(screen.splitlines()), 30)
        self.assertEqual(json.loads(run("profile", str(self.directory), "--json").stdout)["profile"]["units"], 1200)
        self.assertIn("  suggestions: 1\n", run("top", str(self.directory), "--once").stdout)

    def test_a_suggestion_is_a_change_that_check_accepts(self):
        self.profile({**FINDING, "patch": None, "left_alone": "it is an alert"}, FINDING)
        shown = run("suggest", str(self.directory)).stdout
        self.assertRegex(shown, r"^written \d s ago; the agent's counters are missing, known for 900 s\n")
        self.assertIn("\ncostly_family: " + FAMILY + "\n  it costs: cpu_percent 0.125\n  read it less\n"
                      "  saves: 0.1000 % of a core\n  costs: values up to 300 s old, error +0.5000\n"
                      "  not proposed: it is an alert\n", shown)
        found = json.loads(run("suggest", str(self.directory), "--json").stdout)
        self.assertEqual([finding["patch"] for finding in found], [None, PATCH])
        self.assertEqual(json.loads(re.search(r"JSON merge patch: (.*)\n", shown)[1]), PATCH)
        changed = self.directory / "changed.json"
        changed.write_text(json.dumps({**{"sampling": {"base_interval": "10s"}}, **PATCH}))
        self.assertEqual(run("check", str(changed), "--no-environment").returncode, 0)
        self.profile()
        self.assertIn("nothing to suggest", run("suggest", str(self.directory)).stdout)

    def test_a_report_is_one_page_with_everything_and_loads_nothing(self):
        evil = "<script>alert(1)</script>&\"'"
        self.profile(FINDING, {**FINDING, "subject": evil, "patch": None, "left_alone": "it is an alert"})
        record = [{"wall_ms": 1_800_000_000_000, "what": "seen", "rule": "costly_family", "subject": evil, "problem": "it costs"},
                  {"wall_ms": 1_800_000_060_000, "what": "proposed", "id": 1, "subject": FAMILY, "advice": "read it less",
                   "figure": "CPU of reads, % of a core", "patch": PATCH}]
        for i, value in enumerate((0.2, 0.1, 0.3, 0.1)):
            record.append({"wall_ms": 1_800_000_060_000 + i, "what": "measured", "id": 1, "with": i % 2 == 1,
                           "values": [value, value, value, value]})
        record.append({"wall_ms": 1_800_001_200_000, "what": "decided", "id": 1, "subject": FAMILY, "verdict": "kept",
                       "why": "it helped both times, beyond noise", "figure": "CPU of reads, % of a core"})
        lines = [json.dumps(event) for event in record]
        (self.directory / "remora.tuning.ndjson.1").write_text(lines[0] + "\nbroken{\n" + "[" * 100_000 + "\n")
        (self.directory / "remora.tuning.ndjson").write_text("\n".join(lines[1:]) + "\n")
        page = self.directory / "page.html"
        made = run("report", str(self.directory), "--html", str(page))
        self.assertEqual((made.returncode, made.stdout, made.stderr), (0, "", ""))
        text = page.read_text()
        seen = Page()
        seen.feed(text)
        seen.close()
        self.assertEqual(seen.open, [], "every element ends")
        self.assertFalse({"script", "link", "img", "iframe", "object"} & seen.tags.keys())
        self.assertNotRegex(text, r"https?:|url\(|@import|src=")
        self.assertEqual(seen.tags["circle"], 16)
        for words in (evil, FAMILY, "0.250 of 1.000 % of a core", "it costs. read it less.", "saves: 0.1000 % of a core",
                      "not proposed: it is an alert", "Change 1: " + FAMILY, "2027-01-15 08:20 UTC: it helped both times, beyond noise",
                      "without: 0.2", "with: 0.1", "2 lines of the record cannot be read.", json.dumps(PATCH, sort_keys=True, separators=(",", ":"))):
            self.assertIn(words, seen.words)
        self.assertLess(len(text), 100_000)

    def report(self):
        page = self.directory / "page.html"
        self.assertEqual(run("report", str(self.directory), "--html", str(page)).stderr, "")
        return page.read_text()

    def test_a_report_is_utf8_whatever_the_directory_is_called(self):
        self.profile()
        bad = b"\xe0\x80\xaf|\xf0\x80\x80\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xc3\xa9"
        directory = os.fsencode(self.directory) + b"/" + bad
        os.mkdir(directory)
        (self.directory / "remora.profile.json").rename(os.fsdecode(directory) + "/remora.profile.json")
        page = self.directory / "page.html"
        made = subprocess.run([TOOL, "report", directory, "--html", page], capture_output=True, check=False)
        self.assertEqual((made.returncode, made.stderr), (0, b""))
        gone = "\ufffd"
        self.assertIn(f"/{gone * 3}|{gone * 4}|{gone * 3}|{gone * 4}|\u00e9</title>", page.read_bytes().decode())

    def test_a_report_keeps_two_changes_of_one_number_apart(self):
        self.profile()
        events = [{"what": what, "id": 1, "subject": subject, "verdict": verdict, "why": why} for subject, verdict, why in
                  (("old", "kept", "it helped once"), ("new", "taken back", "it did not help")) for what in ("proposed", "decided")]
        (self.directory / "remora.tuning.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events[:3]))
        tried = self.report().split("Changes that were tried")[1].split("Reads by class")[0]
        self.assertRegex(tried, r"(?s)Change 1: new<.*Not decided yet\..*Change 1: old<.*it helped once")
        (self.directory / "remora.tuning.ndjson").write_text("".join(json.dumps(event) + "\n" for event in events))
        tried = self.report().split("Changes that were tried")[1].split("Reads by class")[0]
        self.assertRegex(tried, r"(?s)Change 1: new<.*it did not help.*Change 1: old<.*it helped once")

    def test_a_report_does_not_call_a_record_empty_that_it_cannot_read(self):
        self.profile()
        (self.directory / "remora.tuning.ndjson").mkdir()
        page = self.report()
        self.assertIn(f"A file of the record cannot be read: {self.directory}/remora.tuning.ndjson: is no regular file", page)
        self.assertEqual(page.count("<p>None that can be read."), 2)
        self.assertNotIn("Nothing was recorded.", page)

    def test_a_report_says_when_there_is_little_to_tell_and_when_it_cannot_be_written(self):
        self.profile()
        for path in ("page.html", "/dev/stdout"):
            made = run("report", str(self.directory), "--html", os.path.join(self.directory, path))
            self.assertEqual(made.returncode, 0)
        for words in ("Nothing to suggest.", "Changes that were tried</h2>\n<p>None.", "Nothing was recorded."):
            self.assertIn(words, made.stdout)
        full = run("report", str(self.directory), "--html", "/dev/full")
        self.assertEqual((full.returncode, full.stderr), (1, "remora report: /dev/full: cannot be written: No space left on device\n"))
        self.assertEqual(run("report", str(self.directory)).returncode, 2)

    def test_without_a_profile_the_key_is_named(self):
        for command in (("profile",), ("suggest",), ("report", "--html", str(self.directory / "x"))):
            nothing = run(*command, str(self.directory))
            self.assertEqual(nothing.returncode, 1)
            self.assertIn('an agent with optimizer.mode "suggest" writes it', nothing.stderr)
        (self.directory / "remora.profile.json").write_text('{"profile": {}}')
        self.assertIn("no profile of this version of remora", run("profile", str(self.directory)).stderr)

    def tuning(self, kept=(), trial=(), rests=()):
        """Replaces the state of the optimizer, as native/tune/tuning_state.cpp writes it."""
        since_ms = int(time.time() * 1000) - 2 * 3600 * 1000 - 5000
        state = {"version": 2, "next_id": 3, "kept": [{**one, "since_wall_ms": since_ms} for one in kept],
                 "trial": [{**one, "since_wall_ms": since_ms} for one in trial], "rests": list(rests)}
        state["sum"] = sum_of(state)
        (self.directory / "tuning.new").write_text(json.dumps(state))
        (self.directory / "tuning.new").rename(self.directory / "remora.tuning.json")
        return state

    def test_what_the_optimizer_changed_is_told_in_words(self):
        now_ms = int(time.time() * 1000)
        self.counters(in_force=1)
        tried = {**CHANGE, "id": 2, "window": 4, "before": 0.0, "after": 0.0, "kinds": ["spread"], "subject": "udp",
                 "edit": {"section": "outputs", "output": "udp", "keys": {"spread": 0.8}}}
        state = self.tuning([CHANGE], [tried], [{"subject": "a:type=B", "until_wall_ms": now_ms + 3630_000, "rest_s": 21600.0},
                                                {"subject": "over", "until_wall_ms": now_ms - 1, "rest_s": 21600.0}])
        self.assertEqual(run("tune", str(self.directory)).stdout,
                         f"1 kept, 1 tried; what happened: {self.directory}/remora.tuning.ndjson\n"
                         f"change 1, kept since 2h, of interval: {FAMILY}\n"
                         f'  found by costly_family; one more rule: {{"interval":"5m","match":"{FAMILY}"}}\n'
                         "  CPU of reads, % of a core: 0.25 without, 0.125 with it; noise 0.01\n"
                         "change 2, tried since 2h, window 4 of 4 (with it), of spread: udp\n"
                         '  found by costly_family; outputs udp: {"spread":0.8}\n'
                         "  CPU of reads, % of a core\n"
                         "not tried again for 1h: a:type=B\n")
        self.assertEqual(json.loads(run("tune", str(self.directory), "--json").stdout), state)
        self.counters(pid=pid_of_the_dead(), age_s=4 * 3600)
        self.assertRegex(run("tune", str(self.directory)).stdout,
                         r"\nnothing of it is in force now: \S+remora\.counters is old, .* has ended\nchange 1, ")

    def test_what_is_kept_and_not_in_force_is_said(self):
        idle = 'nothing of it is in force now: optimizer.mode is not "apply"\n'
        self.tuning([CHANGE])
        self.counters()
        self.assertNotIn(idle, run("tune", str(self.directory)).stdout, "counters as old as the state do not tell")
        old_s = time.time() - 60
        os.utime(self.directory / "remora.tuning.json", (old_s, old_s))
        self.assertIn(f"remora.tuning.ndjson\n{idle}change 1, kept since 2h", run("tune", str(self.directory)).stdout)
        self.counters(in_force=1)
        self.assertNotIn(idle, run("tune", str(self.directory)).stdout)

    def test_what_the_optimizer_changed_is_taken_back_by_the_agent(self):
        self.tuning([CHANGE])
        self.counters()
        for which in ("1", "all"):
            self.tuning([CHANGE])
            with subprocess.Popen([TOOL, "tune", "revert", str(self.directory), which], stdout=subprocess.PIPE,
                                  text=True) as revert:
                request = self.directory / "remora.tuning.request"
                while not request.exists() and revert.poll() is None:
                    time.sleep(0.01)
                self.assertEqual(request.read_text(), which)
                request.unlink()
                self.tuning()
                self.assertEqual((revert.wait(), revert.stdout.read()), (0, "taken back\n"))
        self.tuning([CHANGE])
        unknown = run("tune", "revert", str(self.directory), "7")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn('found "7"; expected the number of a change that `remora tune ', unknown.stderr)
        self.counters(pid=pid_of_the_dead(), age_s=4 * 3600)
        dead = run("tune", "revert", str(self.directory), "1")
        self.assertEqual(dead.returncode, 1)
        self.assertRegex(dead.stderr, r"remora\.counters is old, written \d+ s ago: process \d+ has ended")
        self.assertFalse((self.directory / "remora.tuning.request").exists())

    def test_without_a_change_the_mode_is_named(self):
        nothing = run("tune", str(self.directory))
        self.assertEqual(nothing.returncode, 1)
        self.assertIn('an agent with optimizer.mode "apply" writes it', nothing.stderr)
        self.assertEqual(run("tune", "revert", str(self.directory), "all").returncode, 2, "no agent's directory")
        self.counters()
        for _ in range(2):
            none = run("tune", "revert", str(self.directory), "all")
            self.assertEqual((none.returncode, none.stdout, none.stderr), (0, "nothing is kept or tried\n", ""))
            self.tuning()
        empty = run("tune", "revert", str(self.directory), "")
        self.assertEqual((empty.returncode, empty.stdout), (2, ""))
        self.assertIn('found ""; expected the number of a change', empty.stderr)
        (self.directory / "remora.tuning.json").write_text('{"version": 7}')
        self.assertIn("remora.tuning.json: found version 7; expected 2", run("tune", str(self.directory)).stderr)
        self.assertEqual(run("tune", "revert", str(self.directory), "all").returncode, 2)
        (self.directory / "remora.tuning.json").write_text("{")
        self.assertIn("found no state of the optimizer; expected what an agent", run("tune", str(self.directory)).stderr)
        (self.directory / "remora.tuning.json").unlink()
        (self.directory / "remora.tuning.json").mkdir()
        self.assertEqual(run("tune", str(self.directory)).stderr,
                         f"remora tune: {self.directory}/remora.tuning.json: is no regular file\n")
        self.assertEqual(run("tune").returncode, 2)
        self.assertEqual(run("tune", "revert", str(self.directory)).returncode, 2)

    def test_what_was_killed_does_not_look_alive(self):
        self.counters(pid=pid_of_the_dead(), age_s=4 * 3600)
        self.values(50, age_s=4 * 3600)
        top = run("top", str(self.directory), "--once").stdout
        self.assertRegex(top, r"^DEAD  since .*\n.*\nprocess \d+ was killed or crashed\n")
        self.assertRegex(top, r"messages in +-")
        self.assertNotIn("orders", top)
        self.assertRegex(run("stat", str(self.directory)).stdout, r"^DEAD  pid \d+, written 4 h 0 m ago, ran 1 m 0 s\nDEAD: process")
        check = run("check", "--live", str(self.directory))
        self.assertEqual(check.returncode, 2)
        self.assertRegex(check.stderr, r"remora\.counters is old, written \d+ s ago: process \d+ has ended\n")
        self.assertFalse((self.directory / "remora.beans.request").exists())
        self.counters(is_over=1)
        self.assertRegex(run("check", "--live", str(self.directory)).stderr, r"process \d+ has no agent any more")
        self.counters(age_s=4 * 3600)
        self.assertRegex(run("stat", str(self.directory)).stdout, r"process \d+ hangs, its agent is off")
        self.counters(pid=pid_of_the_dead(), age_s=5, elsewhere=True)
        self.assertTrue(run("stat", str(self.directory)).stdout.startswith("ALIVE"), "it cannot be seen from here")
        self.counters(pid=pid_of_the_dead(), age_s=-3600)
        self.assertTrue(run("stat", str(self.directory)).stdout.startswith("DEAD"))
        self.counters(age_s=-3600)
        self.assertRegex(run("stat", str(self.directory)).stdout, r"of no known age: the clock was set back by (1 h 0|59) m")
        self.assertEqual(run("check", "--live", str(self.directory)).returncode, 2)

    def test_a_link_in_the_agents_directory_is_not_written_through(self):
        victim = self.directory.parent / "victim"
        victim.write_text("precious")
        (self.directory / "remora.beans.request").symlink_to(victim)
        self.counters()
        with subprocess.Popen([TOOL, "check", "--live", str(self.directory)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as check:
            while (self.directory / "remora.beans.request").is_symlink() and check.poll() is None:
                time.sleep(0.01)
            self.assertFalse((self.directory / "remora.beans.request").is_symlink())
            self.counters(age_s=4 * 3600)
            self.assertEqual(check.wait(), 2, check.stderr.read())
        self.assertEqual(victim.read_text(), "precious")

    def test_what_has_no_end_or_no_writer_is_refused(self):
        fifo = self.directory / "fifo"
        os.mkfifo(fifo)
        for path in ("/dev/zero", str(fifo)):
            for command in (("replay",), ("check", "--mbeans"), ("check", "--costs", path, "--mbeans")):
                refused = run(*command, path)
                self.assertIn(refused.returncode, (1, 2), command)
                self.assertIn(f"{path}: is no regular file", refused.stderr, command)
        for command in ("stat", "top", "status"):
            os.mkfifo(self.directory / "remora.counters")
            refused = run(command, str(self.directory))
            self.assertIn(refused.returncode, (1, 2), command)
            self.assertIn("remora.counters: is no regular file", refused.stderr + refused.stdout, command)
            (self.directory / "remora.counters").unlink()
        self.counters()
        os.mkfifo(self.directory / "remora.values")
        self.assertIn("remora.values: is no regular file", run("top", str(self.directory), "--once").stdout)
        self.assertIn(".: is no regular file", run("check", "--mbeans", ".").stderr)

    def test_a_word_in_place_of_a_process_id_is_refused(self):
        wrong = run("attach", "abc")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("abc", wrong.stderr)
        self.assertLess(len(wrong.stderr), 200)

    def test_what_there_is_not_is_named(self):
        nowhere = run("check", "--live", str(self.prom))
        self.assertEqual(nowhere.returncode, 2)
        self.assertRegex(nowhere.stderr, r"remora\.counters: cannot be opened: .* the directory of a running agent\?")
        self.assertEqual(run("top", str(self.prom)).returncode, 1)

    def live(self):
        """`check --live`, answered as an agent does."""
        with subprocess.Popen([TOOL, "check", "--live", str(self.directory), "--no-environment"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as check:
            request = self.directory / "remora.beans.request"
            while not request.exists() and check.poll() is None:
                time.sleep(0.01)
            request.unlink()
            (self.directory / "beans.new").write_text(BEAN)
            (self.directory / "beans.new").rename(self.directory / "remora.beans")
            out, err = check.communicate()
            self.assertEqual(check.returncode, 0, err)
            return out, err

    def test_a_live_agents_costs_are_where_it_writes_them(self):
        self.textfile()
        self.counters(("prometheus", "basic", "/y.prom"), ("openmetrics", "full", str(self.prom)))
        out, err = self.live()
        self.assertEqual(err, "")
        self.assertRegex(out, r"^series  beans  of     class      us/read  ms all   family\n"
                              r"1 +1 +1 +partition +2\.00 +0\.002 +kafka\.log:type=Log,name=Size,")
        self.counters(("prometheus", "basic", str(self.prom)))
        out, err = self.live()
        self.assertEqual(err, 'without costs: this agent writes no Prometheus textfile with self_metrics "full"; it writes '
                              f'prometheus with self_metrics "basic" to {self.prom}\n')
        self.assertRegex(out, r"\n1 +1 +1 +partition +kafka\.log:")

    def test_a_command_that_is_none(self):
        wrong = run("chekc", "x.json")
        self.assertEqual((wrong.returncode, wrong.stderr), (2, 'remora: unknown command "chekc"; did you mean "check"?\n'))
        for arguments in ((), ("stat",), ("top", "--bad", "x")):
            self.assertEqual(run(*arguments).returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main(verbosity=2)
