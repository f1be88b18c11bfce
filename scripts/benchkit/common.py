"""What the benchmarks share: the build, a lab broker with the agent and the bench's own agent in it."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from labkit import broker, javatools, state

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = ROOT / "scripts" / "lab"
BUILD = ROOT / "build" / "release"
JAVA_SOURCES = ROOT / "tests" / "perf" / "java"


class BenchError(Exception):
    """One line for a person."""


def set_build(path):
    global BUILD
    BUILD = pathlib.Path(path).resolve()


def built(name):
    """Path of something in the build directory that must be there."""
    for path in (BUILD / name, BUILD / "tests" / name, BUILD / "native" / name):
        if path.is_file():
            return path
    raise BenchError(f"{name} is not in {BUILD}: build it, or name a build with --build")


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command, check=True, **more):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, check=False,
                          **more)
    if check and done.returncode != 0:
        raise BenchError(f"{pathlib.Path(str(command[0])).name} {command[1]} failed:\n"
                         f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def table(rows, headings):
    """Prints rows of texts under headings, numbers to the right."""
    lines = [headings, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def fields_of(path, wanted):
    with open(path, encoding="utf-8") as source:
        for line in source:
            if line.startswith(wanted + ":"):
                return int(line.split()[1])
    return 0


def compile_java(kafka, classes):
    """Compiles tests/perf/java into the new directory `classes`, which is returned."""
    jars = pathlib.Path(run(LAB, "get", "--kafka", kafka).strip())
    library = sorted(jars.glob("metrics-core-2.*.jar"))[0]
    classes.mkdir()
    run(javatools.javac(), "-nowarn", "-encoding", "UTF-8", "-cp", library, "-d", classes,
        *sorted(JAVA_SOURCES.rglob("*.java")))
    return classes


def exact_thread_cpu(pid):
    """CPU seconds by thread name, by the scheduler's clock: that of /proc/PID/stat counts in 10 ms."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{task}"
        try:
            with open(f"{base}/comm", encoding="utf-8") as source:
                name = source.read().rstrip("\n")
            with open(f"{base}/schedstat", encoding="ascii") as source:
                found[name] = found.get(name, 0.0) + int(source.read().split()[0]) / 1e9
        except OSError:
            continue  # ended meanwhile
    return found


def agent_cpu(pid):
    """CPU seconds of the agent's threads, by name."""
    return {name: seconds for name, seconds in exact_thread_cpu(pid).items()
            if name.startswith("remora")}


def memory_of(pid, java, heap):
    """Bytes: live Java heap after a full collection, and resident memory outside the heap.

    `java`: the program of that JVM; `heap`: its -Xmx. What malloc keeps of freed memory is given
    back first.
    """
    jcmd = pathlib.Path(os.path.realpath(java)).with_name("jcmd")
    run(jcmd, pid, "GC.run")
    run(jcmd, pid, "System.trim_native_heap")
    histogram = run(jcmd, pid, "GC.class_histogram")  # collects fully, stands still meanwhile
    live = int(histogram.strip().splitlines()[-1].split()[2])
    own = sum(int(line.split()[2]) for line in histogram.splitlines() if " remora.shim." in line)
    text = run(jcmd, pid, "GC.heap_info")
    heap_from = int(text[text.index("[0x") + 1:].split(",")[0], 16)
    heap_bytes = int(heap[:-1]) << {"m": 20, "g": 30}[heap[-1].lower()]
    resident = fields_of(f"/proc/{pid}/status", "VmRSS") * 1024
    return {"heap_live": live, "heap_own_classes": own, "resident": resident,
            "resident_outside_heap": resident - resident_at(pid, heap_from, heap_from + heap_bytes)}


def resident_at(pid, begin, end):
    """Resident bytes of the mappings that begin there."""
    total, inside = 0, False
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as source:
        for line in source:
            head = line.split(" ", 1)[0]
            if "-" in head and not head.endswith(":"):
                inside = begin <= int(head.split("-")[0], 16) < end
            elif inside and line.startswith("Rss:"):
                total += int(line.split()[1]) * 1024
    return total


class Watched:
    """A JVM with the agent, whose files are in `output`. Subclasses have pid and log_tail()."""

    def __init__(self, output):
        self.output = output

    def counters(self):
        text = run(built("remora"), "stat", self.output, "--json", check=False)
        return json.loads(text) if text.strip() else {}

    def wait_settled(self, quiet=8.0, seconds=300.0):
        """Until the number of units has not changed for `quiet` seconds; returns the counters."""
        deadline = time.monotonic() + seconds
        last, since = -1, time.monotonic()
        while time.monotonic() < deadline:
            if not os.path.isdir(f"/proc/{self.pid}"):
                raise BenchError("the JVM has ended; its log says:\n" + self.log_tail())
            found = self.counters()
            units = found.get("units", 0)
            if units != last:
                last, since = units, time.monotonic()
            elif units > 0 and time.monotonic() - since > quiet:
                return found
            time.sleep(0.5)
        raise BenchError(f"the agent has not settled: {last} units; the log says:\n"
                         + self.log_tail())


class Lab(Watched):
    """with Lab(topics=100, partitions=10) as lab: a broker, stopped and removed at the end.

    The agent under test is in the broker after start(config); its files are in lab.output. The
    broker begins without it, so that topics exist before the agent does.
    """

    def __init__(self, options, up=()):
        self.options = options
        self.up = list(up)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-bench-"))
        super().__init__(self.dir / "metrics")
        self.orders = self.dir / "orders"
        self.config_path = self.dir / "remora.json"
        self.lab_dir = self.dir / "lab"
        self.lab = None

    def __enter__(self):
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def _open(self):
        options = self.options
        self.output.mkdir()
        self.orders.mkdir()
        say(f"starting a broker with {options.topics} topics of {options.partitions} partitions")
        run(LAB, "up", "--dir", self.lab_dir, "--kafka", options.kafka, "--heap", options.heap,
            "--owner-pid", os.getpid(), *self.up)
        self.lab = state.Lab.open(str(self.lab_dir))
        self.command = self.lab.broker(1)["command"]
        self.classes = compile_java(options.kafka, self.dir / "classes")
        self.bench_jar = self.agent_jar("remora.bench.BenchAgent")
        run(LAB, "topics", "--dir", self.lab_dir, "--topics", options.topics,
            "--partitions", options.partitions, "--prefix", options.prefix)

    def __exit__(self, *_):
        self.close()

    def close(self):
        run(LAB, "down", "--dir", self.lab_dir, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def agent_jar(self, premain_class):
        """A jar of tests/perf/java whose agent is this class."""
        manifest = self.dir / "MANIFEST.MF"
        manifest.write_text(f"Premain-Class: {premain_class}\n")
        jar = self.dir / f"{premain_class}.jar"
        run(pathlib.Path(javatools.javac()).with_name("jar"), "cfm", jar, manifest,
            "-C", self.classes, ".")
        return jar

    @property
    def pid(self):
        return self.lab.broker(1)["pid"]

    def start(self, config, bench=True, jvm_options=(), agents=()):
        """Starts the broker anew; `config`: the agent's, or None for a broker without it.

        `agents`: further ones, each JAR=ARGUMENTS.
        """
        broker.stop_one(self.lab, 1, seconds=120.0)
        agents = [f"-javaagent:{agent}" for agent in agents]
        if bench:
            agents.append(f"-javaagent:{self.bench_jar}={self.orders}")
        if config is not None:
            self.write_config(config)
            agents.append(f"-javaagent:{built('remora.jar')}={self.config_path}")
        for stale in self.output.iterdir():
            stale.unlink()
        at = self.command.index("-cp")
        with self.lab.changing():
            self.lab.broker(1)["command"] = (self.command[:at] + list(jvm_options) + agents
                                             + self.command[at:])
        broker.start_one(self.lab, 1, 300.0)

    def write_config(self, config):
        """In one step, as a running agent takes it over."""
        fresh = self.config_path.with_suffix(".new")
        fresh.write_text(json.dumps({"directory": str(self.output), **config}))
        fresh.rename(self.config_path)

    def log_tail(self):
        return broker.tail(self.lab.broker(1)["log"])

    def load(self, seconds, *more, rate=None):
        """Load that ends by itself; `more`: arguments of `lab load`."""
        run(LAB, "load", "--dir", self.lab_dir, "--seconds", int(seconds),
            "--rate", rate or self.options.rate, "--background", *more)

    def order(self, what, wait_s, **more):
        """Has the bench's agent in the broker do something; returns its answer."""
        lines = "".join(f"{key}={value}\n" for key, value in {"what": what, **more}.items())
        fresh = self.orders / f"{what}.new-order"
        answer = self.orders / f"{what}.json"
        answer.unlink(missing_ok=True)
        fresh.write_text(lines)
        fresh.rename(self.orders / f"{what}.order")
        deadline = time.monotonic() + wait_s
        while not answer.exists():
            if time.monotonic() > deadline:
                raise BenchError(f"no answer to the order {what} after {wait_s:.0f} s")
            time.sleep(0.2)
        found = json.loads(answer.read_text())
        if "error" in found:
            raise BenchError(f"the order {what} failed: {found['error']}")
        return found

    def exact_thread_cpu(self):
        return exact_thread_cpu(self.pid)

    def memory(self):
        return memory_of(self.pid, self.command[0], self.options.heap)


def add_lab_options(parser, topics=100, seconds=60):
    parser.add_argument("--topics", type=int, default=topics)
    parser.add_argument("--partitions", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=seconds, help="measured (default %(default)s)")
    parser.add_argument("--kafka", default="3.5.0", metavar="V")
    parser.add_argument("--heap", default=None, help="of the broker (default 1g; 3g from 500 topics)")
    parser.add_argument("--rate", type=float, default=2000.0, help="records a second of the load")
    parser.set_defaults(prefix="t")  # of the names of topics
