#!/usr/bin/env python3
"""`remora top` in terminals beside three real brokers: busy, in trouble, dead, detached. The screens stay in the build."""

import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402

SCREENS = broker_lab.BUILD / "top-screens"
SIZES = ((80, 24), (160, 50))
REFRESHES = int(os.environ.get("REMORA_TOP_REFRESHES", "60"))
# Nothing here that a file of metrics could be found by: UDP alone, labels on every series.
CONFIG = {"sampling": {"base_interval": "2s"}, "labels": {"cluster": "payments", "dc": "a"}}
RATES = ("messages_in", "bytes_in", "bytes_out", "produce_requests", "fetch_requests", "cpu_ns")


def drain(receiver):
    while True:
        receiver.recv(65536)


class Screen:
    """`remora top` in a terminal of its own."""

    def __init__(self, directory, columns, rows):
        self.socket = f"remora-top-{os.getpid()}-{columns}"
        command = f"exec env LC_ALL=C.UTF-8 {broker_lab.TOOL} top {directory}"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), command)

    def tmux(self, *words):
        return broker_lab.run("tmux", "-L", self.socket, *words).stdout

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def text(self):
        return self.tmux("capture-pane", "-p")

    def close(self):
        broker_lab.run("tmux", "-L", self.socket, "kill-server", check=False)


class TopTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        SCREENS.mkdir(exist_ok=True)
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("127.0.0.1", 0))
        threading.Thread(target=drain, args=(receiver,), daemon=True).start()
        config = {**CONFIG, "outputs": [{"type": "udp", "format": "dogstatsd", "port": receiver.getsockname()[1]}]}
        cls.lab = Lab(config, up=["--brokers", "3", "--heap", "512m"])
        cls.addClassCleanup(cls.lab.close)
        cls.lab.write_config({**config, "directory": str(cls.lab.output) + "/${broker.id}"})
        # From a copy: a build may replace the jar while a broker has it open.
        jar = cls.lab.dir / "remora.jar"
        shutil.copy(broker_lab.JAR, jar)
        cls.lab.up[-1] = f"{jar}={cls.lab.config_path}"
        cls.lab.__enter__()
        cls.lab.lab("topics", "--topics", "30", "--partitions", "4")
        cls.lab.lab("load", "--seconds", str(2 * REFRESHES + 240), "--phases", "steady",
                    "--background")
        cls.directory = cls.lab.output / "1"
        wait_for("every rate", lambda: all((cls.figures().get(name) or 0) > 0 for name in RATES), 120)

    @classmethod
    def figures(cls):
        shown = broker_lab.run(broker_lab.TOOL, "top", cls.directory, "--json", "--once", check=False).stdout
        return json.loads(shown).get("figures", {}) if shown else {}

    def captured(self, name, *expected, directory=None):
        """The screens at both sizes, once each has every text; kept under that name."""
        for columns, rows in SIZES:
            screen = Screen(directory or self.directory, columns, rows)
            self.addCleanup(screen.close)
            wait_for(f"{expected} at {columns} x {rows}",
                     lambda: all(re.search(part, screen.text()) for part in expected), 60)
            time.sleep(5)  # some ticks, for history
            text = screen.text()
            (SCREENS / f"{name}-{columns}x{rows}.txt").write_text(text)
            self.assertLessEqual(len(text.rstrip("\n").splitlines()), rows)
            screen.press("q")
            wait_for("it to end", lambda: "remora" not in broker_lab.run(
                "tmux", "-L", screen.socket, "list-panes", "-F", "#{pane_current_command}", check=False).stdout, 10)

    def test_1_every_rate_moves_at_every_refresh_and_costs_next_to_nothing(self):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.monotonic()
        moved = []
        with subprocess.Popen([broker_lab.TOOL, "top", self.directory, "--json"], stdout=subprocess.PIPE, text=True) as top:
            while len(moved) < REFRESHES:
                figures = json.loads(top.stdout.readline())["figures"]
                still = [name for name in RATES if figures.get(name, 0) <= 0]
                moved.append(not still)
                if still:
                    print(f"refresh {len(moved)}: no {', '.join(still)}")
            top.terminate()
        elapsed = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / elapsed
        print(f"{sum(moved)} of {len(moved)} refreshes with every rate above 0; {100 * cpu:.3f} % of a core")
        self.assertEqual(sum(moved), REFRESHES)
        self.assertLess(cpu, 0.01)

    def test_2_busy_without_any_file_and_with_labels(self):
        self.captured("busy-udp-labels", r"^ALIVE ", "all is well", r"messages in +[\d.]+ ?k?/s", "TOPICS by bytes in", r"t-00\d\d")
        screen = Screen(self.directory, 80, 24)
        self.addCleanup(screen.close)
        wait_for("topics", lambda: "t-00" in screen.text(), 30)
        screen.press("/", "t", "-", "0", "0", "0", "7", "Enter")
        wait_for("one topic", lambda: "(1 of" in screen.text(), 30)
        screen.press("?")
        wait_for("help", lambda: "p99 of a request" in screen.text(), 30)
        shown = wait_for("CPU of a screen", lambda: self.cpu_of(screen), 30)
        print(f"a screen of 80 x 24 takes {100 * shown:.3f} % of a core")
        self.assertLess(shown, 0.01)

    def cpu_of(self, screen):
        """Share of a core over ten seconds."""
        pid = screen.tmux("list-panes", "-F", "#{pane_pid}").strip()

        def seconds():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        before = seconds()
        time.sleep(10)
        return (seconds() - before) / 10 or 1e-6

    def test_3_nothing_is_found_by_status_and_doctor(self):
        status = broker_lab.run(broker_lab.TOOL, "status", self.directory, check=False)
        self.assertEqual(status.returncode, 0, status.stdout)
        doctor = broker_lab.run(broker_lab.TOOL, "doctor", self.directory, check=False)
        self.assertEqual(doctor.returncode, 0, doctor.stdout)

    def test_4_under_replicated(self):
        self.lab.lab("stop-broker", "--broker", "3", "--kill")
        self.captured("under-replicated", r"^ALIVE ", r"partitions? (?:is|are) under-replicated", r"under-replicated +[1-9]")
        self.assertEqual(broker_lab.run(broker_lab.TOOL, "status", self.directory, check=False).returncode, 1)
        self.captured("dead", r"^DEAD ", "was killed or crashed", directory=self.lab.output / "3")

    def test_5_agent_off(self):
        pid = self.lab.state()["brokers"][1]["process"]["pid"]
        broker_lab.run(broker_lab.TOOL, "detach", pid)
        self.captured("off", r"^OFF ", "the agent ended in order", directory=self.lab.output / "2")
        self.assertEqual(broker_lab.run(broker_lab.TOOL, "status", self.lab.output / "2", check=False).returncode, 2)


if __name__ == "__main__":
    broker_lab.main()
