"""1,000 rotations under readers that follow the file: not a line lost, not one twice. `rotation_test.py rsyslog|pygtail`"""
import contextlib
import json
import os
import subprocess
import sys

import consumers as c

ROTATIONS = 1000
LINES_PER_TICK = 12
TICKS = ROTATIONS + 1
LINES = LINES_PER_TICK * TICKS

RSYSLOG = """
global(workDirectory="{work}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
template(name="raw" type="string" string="%msg%\\n")
ruleset(name="follow") {{ action(type="omfile" file="{out}" template="raw") }}
input(type="imfile" File="{path}" Tag="m" Severity="info" ruleset="follow" freshStartTail="off")
"""


@contextlib.contextmanager
def stepping(directory, path):
    """The driver, a tick a call: returns once the tick is in the file. Every tick but the first rotates: it finds a file
    of more than one byte."""
    options = dict(sink="append", format="lines", path=path, units=LINES_PER_TICK, ticks=TICKS,
                   interval_ms=0, rotate_bytes=1, rotated_files_max=5, step=1,
                   expect=os.path.join(directory, "expect.json"))
    driver = subprocess.Popen(c.driver_arguments(options), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)

    def step():
        driver.stdin.write(b"\n")
        driver.stdin.flush()
        assert driver.stdout.readline() == b"\n", "the driver ended"

    try:
        yield step
        driver.stdin.close()
        assert driver.wait(30) == 0
    finally:
        driver.kill()
        driver.wait()


def check_sent(directory):
    with open(os.path.join(directory, "expect.json")) as file:
        sent = json.load(file)
    assert sent["rotations"] == ROTATIONS, sent
    assert sent["lines"] == LINES and sent["bytes_dropped"] == 0 and sent["errors"] == 0, sent


def check_received(lines, reader):
    numbers = [json.loads(line)["seq"] for line in lines]
    lost = sorted(set(range(LINES)) - set(numbers))
    assert not lost, f"{reader} lost {len(lost)} of {LINES} lines, first {lost[:5]}"
    assert len(numbers) == LINES, f"{reader} saw {len(numbers) - LINES} lines twice"
    print(f"{reader}: {LINES} lines through {ROTATIONS} rotations, none lost, none twice")


@contextlib.contextmanager
def follow(path):
    """Function that gives all lines of a growing file, reading on where it stopped."""
    lines, rest, file = [], "", None

    def read_on():
        nonlocal rest, file
        if file is None and os.path.exists(path):
            file = open(path)
        if file is not None:
            *whole, rest = (rest + file.read()).split("\n")
            lines.extend(whole)
        return lines

    try:
        yield read_on
    finally:
        if file is not None:
            file.close()


def rsyslog(directory):
    program = c.tool("rsyslogd")
    path = os.path.join(directory, "m.ndjson")
    out = os.path.join(directory, "received")
    work = os.path.join(directory, "work")
    os.mkdir(work)
    config = os.path.join(directory, "rsyslog.conf")
    with open(config, "w") as file:
        file.write(RSYSLOG.format(work=work, out=out, path=path))
    log = os.path.join(directory, "rsyslog.log")
    arguments = [program, "-n", "-f", config, "-i", os.path.join(directory, "rsyslog.pid")]
    with c.running(arguments, log) as process:
        with stepping(directory, path) as step, follow(out) as received:
            for tick in range(TICKS):
                step()
                try:
                    # As with a real interval, the reader has drained the file before the next tick.
                    c.wait_for(lambda: len(received()) >= (tick + 1) * LINES_PER_TICK, "the tick", 10, 0.002)
                except AssertionError:
                    break  # check_received tells more
        check_sent(directory)
        assert process.poll() is None
        check_received(c.read(out).splitlines(), "rsyslog")
    assert "error" not in c.read(log).lower(), c.read(log)


def pygtail(directory):
    c.go_on_with_packages("pygtail")
    from pygtail import Pygtail
    path = os.path.join(directory, "m.ndjson")
    received = []

    # A tool for cron: it must not look while the file is being replaced, so it looks after each tick.
    with stepping(directory, path) as step:
        for _ in range(TICKS):
            step()
            received.extend(Pygtail(path, log_patterns=["%s.r" + "[0-9]" * 8]))
    check_sent(directory)
    check_received(received, "pygtail")


with c.scratch() as scratch:
    {"rsyslog": rsyslog, "pygtail": pygtail}[sys.argv[1]](scratch)
