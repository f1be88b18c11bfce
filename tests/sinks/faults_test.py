"""Real faults of a destination, each healed by itself: `faults_test.py logrotate_create|logrotate_copytruncate|read_only|
no_permission|unreachable`. A fault is logged once, a loss is counted, and what comes after gets out."""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys

import consumers as c

LINES = 50
RSYSLOG = """
global(workDirectory="{work}")
module(load="imfile" mode="inotify")
template(name="raw" type="string" string="%msg%\\n")
ruleset(name="follow") {{ action(type="omfile" file="{out}" template="raw") }}
input(type="imfile" File="{path}" Tag="m" Severity="info" ruleset="follow" freshStartTail="off")
"""


class Driver:
    """sink_driver, a tick a call; `log` is what its sink said."""

    def __init__(self, directory, user=None, **options):
        self.expect = os.path.join(directory, "expect.json")
        with open(self.expect, "w"):
            os.chmod(self.expect, 0o666)  # the driver may run as somebody else
        self.log_path = os.path.join(directory, "driver.log")
        arguments = c.driver_arguments(dict(format="lines", units=LINES, ticks=1000, interval_ms=0, step=1,
                                            expect=self.expect, **options))
        self.log_file = open(self.log_path, "wb")
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log_file, **({"user": user} if user else {}))

    def tick(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == b"\n", "the driver ended: " + self.log()

    def log(self):
        return c.read(self.log_path)

    def end(self):
        """What the sink counted."""
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        return json.loads(c.read(self.expect))


@contextlib.contextmanager
def driving(directory, **options):
    driver = Driver(directory, **options)
    try:
        yield driver
    finally:
        driver.process.kill()
        driver.process.wait()
        driver.log_file.close()


def until_healed(driver):
    """Ticks until the sink says that it works again; its back-off is a second or two."""
    def healed():
        driver.tick()
        return "works again" in driver.log()

    c.wait_for(healed, "the sink to heal", 40, 0.1)


def sequence(text):
    return [json.loads(line)["seq"] for line in text.splitlines()]


def logrotate(directory, path, more):
    program = c.tool("logrotate")
    config = os.path.join(directory, "logrotate.conf")
    with open(config, "w") as file:
        file.write(f"{path} {{\n  rotate 50\n  missingok\n  {more}\n}}\n")
    os.chmod(config, 0o644)
    subprocess.run([program, "-f", "-s", os.path.join(directory, "state"), config], check=True, timeout=30)


def logrotate_create():
    """Somebody else renames the file; rsyslog follows it."""
    program = c.tool("rsyslogd")
    c.tool("logrotate")
    with c.scratch() as directory:
        logs = os.path.join(directory, "logs")
        os.makedirs(logs, 0o755)
        os.mkdir(os.path.join(directory, "work"))
        path, out = os.path.join(logs, "m.ndjson"), os.path.join(directory, "received")
        config = os.path.join(directory, "rsyslog.conf")
        with open(config, "w") as file:
            file.write(RSYSLOG.format(work=os.path.join(directory, "work"), out=out, path=path))
        arguments = [program, "-n", "-f", config, "-i", os.path.join(directory, "rsyslog.pid")]
        with c.running(arguments, os.path.join(directory, "rsyslog.log")), \
                driving(directory, sink="append", path=path) as driver:
            received = lambda: c.read(out).count("\n") if os.path.exists(out) else 0
            for number in range(20):
                driver.tick()
                c.wait_for(lambda: received() >= (number + 1) * LINES, "the tick at rsyslog")
                logrotate(directory, path, "create 0644")
            counted = driver.end()
        assert counted["errors"] == 0 and counted["bytes_dropped"] == 0, counted
        numbers = sequence(c.read(out))
        assert numbers == list(range(20 * LINES)), f"{len(numbers)} lines"
    print("logrotate create: 20 rotations under rsyslog, none lost, none twice")


def logrotate_copytruncate():
    c.tool("logrotate")
    with c.scratch() as directory:
        logs = os.path.join(directory, "logs")
        os.makedirs(logs, 0o755)
        path = os.path.join(logs, "m.ndjson")
        with driving(directory, sink="append", path=path) as driver:
            for _ in range(10):
                driver.tick()
                logrotate(directory, path, "copytruncate")
            driver.tick()
            counted = driver.end()
        assert counted["errors"] == 0 and counted["bytes_dropped"] == 0, counted
        text = "".join(c.read(f"{path}.{n}") for n in range(10, 0, -1)) + c.read(path)
        assert "\0" not in text, "a hole"
        assert sequence(text) == list(range(11 * LINES))
    print("logrotate copytruncate: 10 times, no hole, no line lost")


@contextlib.contextmanager
def tmpfs():
    with c.scratch() as directory:
        disk = os.path.join(directory, "disk")
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode:
            c.skip("mounting a tmpfs is not permitted here")
        try:
            yield directory, disk
        finally:
            subprocess.run(["umount", "-l", disk], check=False)


def read_only():
    for sink in ("append", "textfile"):
        with tmpfs() as (directory, disk):
            path = os.path.join(disk, "m.out")
            with open(path, "w"):
                pass
            # Before the start: what is open for writing keeps a file system from becoming read-only.
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            with driving(directory, sink=sink, path=path, rotate_bytes=1) as driver:
                for _ in range(5):
                    driver.tick()
                c.wait_for(lambda: "Read-only file system" in driver.log(), "the fault to be said")
                assert c.read(path) == ""
                subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
                until_healed(driver)
                counted = driver.end()
            said = driver.log()
            assert said.count("Read-only file system") == 1, said
            assert counted["frames_dropped"] >= 5 and counted["bytes_dropped"] > 0 and counted["errors"] > 0, counted
            assert sequence(c.read(path))[-1] == counted["lines"] - 1, "the newest lines are there"
    print("read-only: said once, counted, healed")


def no_permission():
    """A directory that the broker's user may no longer write to, as after a restart under another one."""
    nobody = 65534
    with c.scratch() as directory:
        os.chmod(directory, 0o755)
        place = os.path.join(directory, "place")
        os.mkdir(place)
        shutil.chown(place, nobody, nobody)
        os.chmod(place, 0o555)
        path = os.path.join(place, "m.ndjson")
        if subprocess.run([os.environ["SINK_DRIVER"], "--help"], user=nobody, capture_output=True).returncode not in (0, 2):
            c.skip("another user cannot run the driver here")
        with driving(directory, user=nobody, sink="append", path=path) as driver:
            for _ in range(5):
                driver.tick()
            assert driver.log().count("Permission denied") == 1, driver.log()
            os.chmod(place, 0o755)
            until_healed(driver)
            counted = driver.end()
        assert driver.log().count("Permission denied") == 1, driver.log()
        assert counted["frames_dropped"] >= 5 and counted["errors"] > 0, counted
        assert sequence(c.read(path))[-1] == counted["lines"] - 1
    print("no permission: said once, counted, healed")


def unreachable():
    """A network without a route, in a namespace of its own; then it has one."""
    if "inside" not in sys.argv:
        for program in ("unshare", "ip"):
            c.tool(program)
        if subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode:
            c.skip("a network namespace is not permitted here")
        sys.exit(subprocess.run(["unshare", "-n", sys.executable, *sys.argv, "inside"]).returncode)
    with c.scratch() as directory, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        with driving(directory, sink="udp", host="127.0.0.1", port=receiver.getsockname()[1],
                     spread_ms=0) as driver:
            for _ in range(5):
                driver.tick()
            assert driver.log().count("Network is unreachable") == 1, driver.log()
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            until_healed(driver)
            heard = receiver.recv(65536)
            counted = driver.end()
        assert sequence(heard.decode())[0] >= 5 * LINES, "what could not be sent is not sent late"
        assert counted["frames_dropped"] >= 5 and counted["packets"] >= 1, counted
    print("unreachable: said once, counted, healed")


globals()[sys.argv[1]]()
