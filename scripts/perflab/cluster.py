"""Three brokers that stay, with their topics, from one run to the next; and what runs beside them."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

from labkit import broker, common, state

from benchkit import common as bench
from perflab import peers

START_S = 300.0
REBALANCE_S = 5  # each broker gets back the partitions that it leads in every run


class Cluster:
    """with Cluster(options, directory) as cluster: brokers and topics; all of it ends with it.

    `options`: brokers, topics, partitions, kafka, heap, rules. Files go to `directory`.
    """

    def __init__(self, options, directory):
        self.options = options
        self.dir = pathlib.Path(directory)
        self.lab_dir = self.dir / "lab"
        self.lab = None
        self.commands = {}
        self.ports = {}
        self.collector = None

    def __enter__(self):
        options = self.options
        try:
            bench.run(bench.LAB, "up", "--dir", self.lab_dir, "--kafka", options.kafka,
                      "--brokers", options.brokers, "--heap", options.heap,
                      "--jvm-opt=-XX:+AlwaysPreTouch",
                      "--property", f"leader.imbalance.check.interval.seconds={REBALANCE_S}", "--owner-pid", os.getpid())
            bench.run(bench.LAB, "topics", "--dir", self.lab_dir, "--topics", options.topics,
                      "--partitions", options.partitions)
            self.lab = state.Lab.open(str(self.lab_dir))
            self.commands = {row["id"]: row["command"] for row in self.lab.data["brokers"]}
            self.ports = dict(zip(self.commands, state.choose_ports(len(self.commands))))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.collector is not None:
            self.collector.kill()
            self.collector.wait()
        if self.lab_dir.exists():
            bench.run(bench.LAB, "down", "--dir", self.lab_dir, "--timeout", 1)

    def numbers(self):
        return sorted(self.commands)

    def pid(self, number):
        return self.lab.broker(number)["pid"]

    def remora_dir(self, number):
        """Where the agent of broker `number` writes by default."""
        return pathlib.Path(broker.logs_dir(str(self.lab_dir), number)) / "remora"

    def restart(self, run, extra_options=()):
        """All brokers anew, monitored as `run` says. They are killed: they would wait for each other."""
        rows = [self.lab.broker(number) for number in self.numbers()]
        with self.lab.changing():
            for number in self.numbers():
                self.lab.broker(number)["stopped"] = True
        common.stop_processes([row["process"] for row in rows if row.get("process")],
                              first=signal.SIGKILL)
        for number, command in self.commands.items():
            at = command.index("-cp")
            options = [*self._monitoring(run, number), *extra_options]
            with self.lab.changing():
                self.lab.broker(number)["command"] = command[:at] + options + command[at:]
        children = [broker.launch(self.lab, number) for number in self.numbers()]
        broker.wait_serving(self.lab, self.numbers(), children, START_S)

    def _monitoring(self, run, number):
        if run.kind == "none":
            return []
        if run.kind == "remora":
            for stale in self.remora_dir(number).glob("remora.*"):
                stale.unlink()
            agent = str(bench.built("remora.jar"))
            if run.config:
                path = self.dir / f"{run.name}.json"
                path.write_text(json.dumps(run.config))
                agent += f"={path}"
            return [f"-javaagent:{agent}"]
        return peers.jvm_options(run.kind, self.ports[number], self.options.rules)

    def start_collector(self, run, interval_s):
        """The process that reads the brokers in this run; None where the brokers write themselves."""
        if run.kind in ("none", "remora"):
            return None
        command = peers.collector_command(run.kind, self.lab, self.ports, interval_s, str(self.dir))
        with open(self.dir / "collector.ndjson", "wb") as out, \
                open(self.dir / "collector.err", "wb") as err:
            self.collector = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                              stderr=err, start_new_session=True)
        return self.collector.pid

    def stop_collector(self):
        """Ends it; [what it told about each collection]."""
        if self.collector is None:
            return []
        if self.collector.poll() is not None:
            raise bench.BenchError("the collecting process has ended; it said:\n"
                                   + (self.dir / "collector.err").read_text()[-2000:])
        self.collector.terminate()
        try:
            self.collector.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.collector.kill()
            self.collector.wait()
        self.collector = None
        lines = (self.dir / "collector.ndjson").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def start_load(self, seconds, warm_up_s):
        """Load that ends by itself; path of the file that its totals go to."""
        text = bench.run(bench.LAB, "load", "--dir", self.lab_dir, "--seconds", seconds,
                         "--warm-up", warm_up_s, "--rate", self.options.rate, "--phases", "steady",
                         "--background")
        return json.loads(text.splitlines()[-1])["log"]

    def allocated(self, number):
        """Bytes that each group of living threads has allocated since it began."""
        java = pathlib.Path(os.path.realpath(self.commands[number][0]))
        return allocated_of(bench.run(java.with_name("jcmd"), self.pid(number), "Thread.print",
                                      "-e"))

    def counters(self, number):
        return json.loads(bench.run(bench.built("remora"), "stat", self.remora_dir(number),
                                    "--json"))


def group_of(thread):
    """Threads that differ by a number only are one group; the kernel keeps 15 characters."""
    return re.sub(r"\d+", "N", thread[:15].rstrip())


def allocated_of(dump):
    """{group: bytes} of a thread dump, whose lines read: "main" #1 ... allocated=12345K ..."""
    found = {}
    units = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    for name, number, unit in re.findall(r'^"(.*)" #.* allocated=([\d.]+)([BKMG])', dump,
                                         re.MULTILINE):
        group = group_of(name)
        found[group] = found.get(group, 0) + int(float(number) * units[unit])
    return found
