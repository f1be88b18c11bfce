"""bench truth: whether the agent's file is true, by a second reader in the same broker."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from benchkit import common, fidelity, truth_chart, truth_claims
from labkit import broker, download, javatools, load, state

SCENARIOS = {
    "start": "the broker starts with both agents while load is on",
    "steady": "even load",
    "burst": "load, five times the load, none, in turn",
    "idle": "topics and no load",
    "jump": "quiet for a while, then a load twice as high as elsewhere from one second to the next",
    "churn": "topics are created and deleted under load",
    "client-version": "clients 2.8.0, then the broker's own: other versions of each request",
    "follower": "three brokers, one stops at half time; the agent is in one of the others",
    "neighbours": "two other processes want both cores",
    "large": "1,000 topics of 10 partitions",
    "second": "base interval 1 s",
    "ceiling": "cpu_budget_percent 0.1",
}
SHORT = ("start", "burst", "neighbours")
SHORT_SECONDS = {"start": 45, "burst": 65, "neighbours": 65}
OLD_CLIENTS = "2.8.0"
BASE_S = 10
# At base interval 1 s and with 60,000 series the file that tells the times of reads costs as much as
# all else: the ceiling must not count that, nor the figure for the CPU.
CONFIG = {"large": {"sampling": {"cpu_budget_percent": 4}},
          "second": {"sampling": {"base_interval": "1s", "cpu_budget_percent": 4}},
          "ceiling": {"sampling": {"cpu_budget_percent": 0.1}}}
# The built-in output and one that tells when each value was read. Nothing is rotated away.
OUTPUTS = [{}, {"type": "file", "format": "ndjson", "path": "${dir}/remora.ndjson",
                "rotate": {"size": "1TB", "total_size": "1TB", "files": 0}}]
# Scenarios whose CPU is measured after the rest, with the built-in output alone: where the file that
# tells the times of reads would cost a large part of it, and where two of them are compared.
CPU_ALONE = {"second": {"sampling": {"base_interval": "1s"}}, "large": {}, "steady": {}, "idle": {}}
# The configuration is loaded anew for it, which is a first minute; then whole bounds of age of each class.
CPU_ALONE_AFTER_S = 65
CPU_ALONE_S = 120
CPU_SLICE_S = 5
FIRST_MINUTE_S = 60
START_S = 30  # a broker takes so long to start
TICKS_AFTER = 1.5  # base intervals that a run goes on, so that the last tick is whole


def add(commands):
    parser = commands.add_parser(
        "truth", help="whether the values in the agent's file are true, by a second reader",
        description="A broker with the agent and, in the same JVM, a second agent that reads the "
                    "same values through the MBeanServer around each tick. Scenarios: "
                    + "; ".join(f"{name}: {what}" for name, what in SCENARIOS.items()) + ".")
    common.add_lab_options(parser, seconds=240)
    parser.add_argument("--scenarios", metavar="A,B,...", default=None, help="default: all")
    parser.add_argument("--short", action="store_true",
                        help="start, burst and neighbours in one life of one broker")
    parser.add_argument("--quiet-seconds", type=int, default=600, metavar="N",
                        help="of jump: how long nothing happens (default %(default)s, at most 600)")
    parser.add_argument("--audit-ticks", type=int, default=10, metavar="N",
                        help="ticks of a window in which the agent's own estimate of its error is "
                             "held against the truth (default %(default)s)")
    parser.add_argument("--config", default=None, metavar="JSON",
                        help="further configuration of the agent, in every scenario")
    parser.add_argument("--keep", default=None, metavar="DIR",
                        help="put chart and JSON there (default: build/truth), and raw files too")
    parser.add_argument("--self-test", action="store_true",
                        help="only judge made-up values that are known to be true or not")
    parser.set_defaults(function=bench)


class CpuWatch:
    """CPU of all the agent's threads over time, looked at every few seconds."""

    def __init__(self, lab):
        self.lab = lab
        self.points = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)

    def _run(self):
        while not self._stop.is_set():
            with contextlib.suppress(OSError):
                threads = self.lab.exact_thread_cpu()
                self.points.append((time.time(), sum(seconds for name, seconds in threads.items()
                                                     if name.startswith("remora"))))
            self._stop.wait(CPU_SLICE_S)


def java():
    return pathlib.Path(javatools.javac()).with_name("java")


def percent(earlier, later):
    return round(100 * (later[1] - earlier[1]) / max(1e-9, later[0] - earlier[0]), 4)


def cpu_of(points, began, stage):
    """Percent of a core: in the first minute, after it, and in the worst minute after it."""
    # The broker's threads began with the broker: what they have taken is since then.
    early = [point for point in points if began <= point[0] <= began + FIRST_MINUTE_S]
    rest = [point for point in points
            if max(began + FIRST_MINUTE_S, stage[1]) <= point[0] <= stage[2]]
    found = {"first_minute": percent((began, 0.0), early[-1]) if early else None,
             "percent": None, "minute_max": None}
    if rest and rest[-1][0] - rest[0][0] >= FIRST_MINUTE_S / 2:
        found["percent"] = percent(rest[0], rest[-1])
        steps = FIRST_MINUTE_S // CPU_SLICE_S
        minutes = [percent(one, other) for one, other in zip(rest, rest[steps:])]
        found["minute_max"] = max(minutes, default=None)
    return found


def merged(*configs):
    """One configuration: sections are put together, what comes later wins."""
    result = {}
    for config in configs:
        for key, value in config.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


@contextlib.contextmanager
def neighbours(count=2):
    """Processes that want a core each, meanwhile."""
    children = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def old_clients_load(lab, seconds):
    """The lab's load by clients of an older version, in the background."""
    jars = os.path.join(download.jars_dir(OLD_CLIENTS), "*")
    wanted = ["seconds", seconds, "rate", lab.options.rate, "size", 200, "skew", 1.0,
              "phases", "steady", "phase-seconds", 20.0, "consumers", 2, "seed", 1]
    pairs = [f"{key}={value}" for key, value in zip(wanted[::2], wanted[1::2])]
    record = state.Lab.open(str(lab.lab_dir))
    command = javatools.command(record, "LabLoad", [f"bootstrap={record.bootstrap()}", *pairs],
                                logging="load")
    at = command.index("-cp") + 1
    command[at] = os.pathsep.join([javatools.classes_dir(record), jars])
    log = os.path.join(lab.lab_dir, "load-old-clients.log")
    load.record(record, broker.spawn(command, log).pid, log)


class Run:
    """One life of one broker with both agents; its files are judged together."""

    def __init__(self, lab, name, options):
        self.lab, self.name, self.options = lab, name, options
        # The agent's own counts of the audit are held against the truth.
        self.config = merged({"outputs": OUTPUTS, "self_metrics": "full"}, CONFIG.get(name, {}),
                             json.loads(options.config or "{}"))
        base = self.config.get("sampling", {}).get("base_interval", f"{BASE_S}s")
        self.base_s = int(base.rstrip("s"))
        self.stages = []
        self.began = None

    def start(self):
        """Starts the broker; returns when it serves."""
        jar = self.lab.agent_jar("remora.bench.TruthAgent")
        self.truth = self.lab.dir / "truth.bin"
        self.truth.unlink(missing_ok=True)
        self.file = self.lab.output / "remora.ndjson"
        agent = f"{jar}={self.file}={self.truth}={self.base_s * 1000}"
        self.lab.start(self.config, bench=False, agents=[agent])
        self.began = time.time()

    def wait_stable(self):
        """Until the agent knows every bean and has written two ticks more."""
        self.lab.wait_settled()
        time.sleep(2 * self.base_s)

    @contextlib.contextmanager
    def stage(self, name, began=None):
        """What happens meanwhile is judged under this name, from `began` on (now)."""
        began = began or time.time()
        yield
        self.stages.append((name, began, time.time()))

    def judge(self, points):
        """Holds file and truth against each other; the result of each stage."""
        time.sleep(TICKS_AFTER * self.base_s)
        out = self.lab.dir / "truth.json"
        common.run(java(), "-Xmx3g", "-cp",
                   self.lab.classes, "remora.bench.Join", self.file, self.truth, out,
                   self.base_s * 1000,
                   *[f"{name}:{began * 1000:.0f}:{ended * 1000:.0f}"
                     for name, began, ended in self.stages])
        results = json.loads(out.read_text())
        for stage, result in zip(self.stages, results):
            result["cpu"] = cpu_of(points, self.began, stage)
            result["base_s"] = self.base_s
        if self.options.keep:
            keep = pathlib.Path(self.options.keep)
            log = pathlib.Path(self.lab.lab.broker(1)["log"])
            for path in (self.file, self.truth, out, log):
                shutil.copy(path, keep / f"{self.name}-{path.name}")
        return results


def play(run, name, seconds):
    """What happens in a scenario, once the broker runs; `start` is another matter."""
    lab, options = run.lab, run.options
    if name == "idle":
        with run.stage(name):
            time.sleep(seconds)
    elif name == "jump":
        quiet = min(600, options.quiet_seconds)
        with run.stage(name):
            time.sleep(quiet)
            lab.load(seconds // 2, "--phases", "steady", rate=2 * options.rate)
            time.sleep(seconds // 2)
    elif name == "client-version":
        old_clients_load(lab, seconds // 2)
        with run.stage(name):
            time.sleep(seconds // 2 + 5)
            lab.load(seconds // 2, "--phases", "steady")
            time.sleep(seconds // 2)
    else:
        phases = fidelity.BURSTY if name == "burst" else "steady"
        alone = CPU_ALONE_AFTER_S + CPU_ALONE_S + 5 if name in CPU_ALONE else 0
        lab.load(seconds + alone + 10, "--phases", phases, "--prefix", "t")
        with run.stage(name), contextlib.ExitStack() as stack:
            if name == "churn":
                stack.enter_context(fidelity.beside(fidelity.churn, options, lab,
                                                    time.monotonic() + seconds))
            if name == "neighbours":
                stack.enter_context(neighbours())
            if name == "follower":
                time.sleep(seconds / 2)
                common.run(common.LAB, "stop-broker", "--dir", lab.lab_dir, "--broker", 3)
                time.sleep(seconds / 2)
            else:
                time.sleep(seconds)


def cpu_alone(run, name):
    """Percent of a core with the built-in output alone; the load goes on."""
    run.lab.write_config(merged(CPU_ALONE[name], json.loads(run.options.config or "{}")))
    time.sleep(CPU_ALONE_AFTER_S)
    with CpuWatch(run.lab) as cpu:
        time.sleep(CPU_ALONE_S)
    return {"percent": percent(cpu.points[0], cpu.points[-1]), "minute_max": None}


def start_under_load(run, seconds, load_seconds):
    """The scenario `start`: the load is there before the broker."""
    load = ("--phases", "steady", "--prefix", "t")
    begun = time.monotonic()
    run.lab.load(load_seconds + START_S, *load)
    time.sleep(3)
    run.start()
    if time.monotonic() - begun > START_S:  # a busy machine: the load would end too soon
        run.lab.load(load_seconds, *load)
    with run.stage("start", began=run.began):
        time.sleep(seconds)


def scenario(lab, name, options):
    common.say(f"scenario {name}: {SCENARIOS[name]}")
    run = Run(lab, name, options)
    if name == "start":
        with CpuWatch(lab) as cpu:
            start_under_load(run, options.seconds, options.seconds)
    else:
        run.start()
        with CpuWatch(lab) as cpu:
            run.wait_stable()
            play(run, name, options.seconds)
    alone = cpu_alone(run, name) if name in CPU_ALONE else {}
    results = run.judge(cpu.points)
    for result in results:
        result["cpu"].update(alone)
    return results


def short(lab, options):
    """start, burst and neighbours, one after the other in one life of a broker."""
    run = Run(lab, "short", options)
    with CpuWatch(lab) as cpu:
        start_under_load(run, SHORT_SECONDS["start"], SHORT_SECONDS["start"] - 30)
        for name in SHORT[1:]:
            play(run, name, SHORT_SECONDS[name])
    return run.judge(cpu.points)


def labs(options, names):
    """(options of the lab, arguments of `lab up`, scenarios in it): as few brokers as need be."""
    import copy
    own = [name for name in names if name in ("follower", "large")]
    plain = [name for name in names if name not in own]
    if plain:
        yield options, [], plain
    for name in own:
        changed = copy.copy(options)
        if name == "large":
            changed.topics, changed.partitions, changed.heap = 1000, 10, "3g"
        yield changed, ["--brokers", "3"] if name == "follower" else [], [name]


def made_up_audit(true_error):
    """51 ticks of an agent that audits 40 units each, one in fifty wholly wrong; and the truth."""
    row = [0, 0, 0.0, 100, 100 * true_error]
    none = [0, 0, 0.0, 0, 0.0]
    rows = [{"classes": {**dict.fromkeys(truth_claims.CLASSES, none), truth_claims.EXPENSIVE: none,
                         "broker": row},
             "own": {"samples_total broker": 40.0 * tick, "error_total broker": 0.8 * tick,
                     "error_square_total broker": 0.8 * tick}} for tick in range(51)]
    return [{"name": "made up", "per_tick": rows}]


def self_test(options):
    """Made-up values through the very same judge."""
    with tempfile.TemporaryDirectory(prefix="remora-bench-") as directory:
        classes = common.compile_java(options.kafka, pathlib.Path(directory) / "classes")
        print(common.run(java(), "-cp", classes, "remora.bench.JoinTest").rstrip())
    found = [truth_claims.audit(made_up_audit(error), 10)[0] for error in (0.02, 0.3)]
    for row, within in zip(found, (5, 0)):
        if (row["windows"], row["within"]) != (5, within):
            raise common.BenchError(f"an estimate is held wrongly against the truth: {row}")
    print("an estimate of 2 % is within its margin of 2 % and not of 30 %")
    return {"self_test": True}


def bench(options):
    if options.self_test:
        return self_test(options)
    options.heap = options.heap or ("3g" if options.topics >= 500 else "1g")
    names = options.scenarios.split(",") if options.scenarios else list(SCENARIOS)
    for name in names:
        if name not in SCENARIOS:
            raise common.BenchError(f"no such scenario: {name} (there are {', '.join(SCENARIOS)})")
    common.built("remora.jar")
    if options.keep:
        pathlib.Path(options.keep).mkdir(parents=True, exist_ok=True)
    results = []
    if options.short:
        with common.Lab(options) as lab:
            results += short(lab, options)
    else:
        for lab_options, up, wanted in labs(options, names):
            with common.Lab(lab_options, up) as lab:
                for name in wanted:
                    results += scenario(lab, name, lab_options)
    claims = truth_claims.judge(results)
    audits = truth_claims.audit(results, options.audit_ticks)
    truth_claims.show(results, claims, audits)
    out = pathlib.Path(options.keep or common.ROOT / "build" / "truth").resolve()
    out.mkdir(parents=True, exist_ok=True)
    (out / "truth.html").write_text(truth_chart.page(results), encoding="utf-8")
    final = {"kept": all(claim["kept"] for claim in claims), "claims": claims, "audit": audits,
             "chart": str(out / "truth.html"), "excluded": truth_claims.EXCLUDED,
             "scenarios": [{key: value for key, value in result.items() if key != "per_tick"}
                           for result in results]}
    (out / "truth.json").write_text(json.dumps({**final, "scenarios": results}), encoding="utf-8")
    return final
