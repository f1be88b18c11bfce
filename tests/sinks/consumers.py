"""What the tests against real consumers share: tools, ports, processes, deadlines. Python 3 standard library only."""
import contextlib
import importlib
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

SKIP = 77  # ctest's SKIP_RETURN_CODE of this tier


def skip(why):
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIP)


def tools_directory():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.environ.get("REMORA_TOOLS", os.path.join(root, "build", "tools"))


def python_with(module):
    """Path of the Python that has the packages of tests/sinks/fetch_consumers; None when `module` is not there."""
    python = os.path.join(tools_directory(), "venv", "bin", "python")
    is_there = os.path.exists(python) and subprocess.run([python, "-c", f"import {module}"], capture_output=True,
                                                         check=False).returncode == 0
    return python if is_there else None


def go_on_with_packages(needed=None):
    """Runs this script by that Python, where there is one. Skips the test when the module `needed` is not there."""
    place = os.path.join(tools_directory(), "venv")
    python = os.path.join(place, "bin", "python")
    if os.path.exists(python) and os.path.realpath(sys.prefix) != os.path.realpath(place):
        os.execv(python, [python, *sys.argv])
    if needed:
        try:
            importlib.import_module(needed)
        except ImportError:
            skip(f"{needed} (Python) is not installed (tests/sinks/fetch_consumers)")


def tool(name):
    """Path of a program: from the tools directory, Go's, or PATH; skips the test when there is none."""
    places = [os.path.join(tools_directory(), "bin"), os.path.expanduser("~/go/bin"), "/usr/sbin"]
    found = shutil.which(name) or shutil.which(name, path=":".join(places))
    return found or skip(f"{name} is not installed (tests/sinks/fetch_consumers)")


def udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tcp_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what, seconds=20.0, pause=0.02):
    """Polls until the condition gives something true, and returns it."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(pause)


def get(url, seconds=10):
    with urllib.request.urlopen(url, timeout=seconds) as answer:
        return answer.read().decode()


def answers(url):
    try:
        return get(url) or True
    except OSError:
        return None


@contextlib.contextmanager
def scratch():
    directory = tempfile.mkdtemp(prefix="remora-sinks-")
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def running(arguments, log, **more):
    """A process of ours; ended by its own handle."""
    with open(log, "ab") as out:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **more)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def driver_arguments(options):
    arguments = [os.environ["SINK_DRIVER"]]
    for key, value in options.items():
        arguments += ["--" + key.replace("_", "-"), str(value)]
    return arguments


def drive(directory, check_clean=True, **options):
    """Runs sink_driver to its end and returns what it says must have come out."""
    expect = os.path.join(directory, "expect.json")
    subprocess.run(driver_arguments({**options, "expect": expect}), check=True, timeout=300)
    with open(expect) as file:
        sent = json.load(file)
    if check_clean:
        assert sent["errors"] == 0 and sent["bytes_dropped"] == 0, sent
    return sent


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def parse_exposition(text):
    """{(name, ((label, value), ...)): number} of Prometheus text; enough for what our own consumers print."""
    found = {}
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        head, number = line.rsplit(" ", 1)
        name, _, rest = head.partition("{")
        labels = []
        for part in filter(None, rest.rstrip("}").split('",')):
            key, _, value = part.partition("=")
            labels.append((key, value.strip('"')))
        found[name, tuple(sorted(labels))] = float(number)
    return found


def expect_equal(sent, got, what):
    """Every series that was sent came out with its number. `got`: {(name, topic): value}."""
    wrong = []
    for row in sent:
        value = got.get((row["name"], row["topic"]))
        if value is None or not math.isclose(value, row["value"], rel_tol=1e-9, abs_tol=1e-9):
            wrong.append((row["name"], row["topic"], row["value"], value))
    assert not wrong, f"{len(wrong)} of {len(sent)} series differ in {what}, first: {wrong[:5]}"
    assert sent, "nothing was sent"
    print(f"{what}: {len(sent)} series equal", flush=True)


def by_topic(exposition, names):
    """{(name, topic): value} of the series called `names`, whose only label must be the topic."""
    got = {}
    for (name, labels), value in exposition.items():
        if name in names:
            assert [key for key, _ in labels] == ["topic"], (name, labels)
            got[name, labels[0][1]] = value
    return got


def names_of(sent):
    return {row["name"] for row in sent}


def grown(sent):
    """The series as protocols of increments show them: a counter's growth since the first tick."""
    return [{**row, "value": row.get("growth", row["value"])} for row in sent]
