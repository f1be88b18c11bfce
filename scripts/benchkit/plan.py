"""bench plan: what `remora plan` predicts, held against what the agent takes."""
import argparse
import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

from benchkit import common, read
from labkit import javatools

PARTITIONS_OF_TOPIC = 10
# More logs than this need more open files and mappings than machines allow by default.
BROKER_PARTITIONS_MAX = 15_000
PLAIN_HEAP = "3g"
# The plain JVM has no partitions to walk and no requests to wait for, so it is asked for nothing else.
PLAIN_DOMAINS = ["kafka.cluster", "kafka.log"]
LOAD_S = 30
FACTS_THREAD = "remora-facts"  # asks for the broker's id, which the plain JVM does not have
MEGA = 1e6
# How far the measured figure may be from the predicted one: by a factor, or by a difference. On busy
# cores a read takes twice the CPU.
TOLERANCES = {"cpu_idle": (2.0, 0.12), "cpu_busy": (2.0, 0.12), "series": (1.05, 50),
              "tick_bytes": (1.15, 20_000), "memory": (1.5, 10e6)}
TITLES = {"cpu_idle": "CPU, no partition changes, % of a core",
          "cpu_busy": "CPU, all partitions change, % of a core", "series": "series",
          "tick_bytes": "MB of a textfile", "memory": "memory that the agent adds, MB"}


def sizes(text):
    """"1000,10000" as numbers."""
    found = [int(part) for part in text.split(",")]
    if min(found) < PARTITIONS_OF_TOPIC:
        raise argparse.ArgumentTypeError(f"a size is {PARTITIONS_OF_TOPIC} partitions or more")
    return found


def add(commands):
    parser = commands.add_parser(
        "plan", help="the prediction of `remora plan` against a measurement",
        description="A broker with so many partitions after its load, and a JVM with the metrics of "
                    "those partitions, which rest and then all change. What the agent takes is "
                    "held against `remora plan`; exit status 2 when one is too far from the "
                    f"other. Above {BROKER_PARTITIONS_MAX:,} partitions there is no broker.")
    parser.add_argument("--sizes", type=sizes, default=sizes("1000,10000,40000"),
                        metavar="N,N,...", help="partitions (default 1000,10000,40000)")
    parser.add_argument("--seconds", type=int, default=120, help="measured (default %(default)s)")
    parser.add_argument("--warm-up", type=int, default=180, metavar="SECONDS",
                        help="before that (default %(default)s)")
    parser.add_argument("--memory-pairs", type=int, default=1, metavar="N",
                        help="processes without and with the agent whose memory is compared; 0: none")
    parser.add_argument("--where", choices=("both", "broker", "plain"), default="both",
                        help="a broker, a plain JVM with its metrics, or both (default)")
    parser.add_argument("--config", default=None, metavar="JSON", help="configuration of the agent")
    parser.add_argument("--kafka", default="3.5.0", metavar="V")
    parser.set_defaults(function=bench)


def command(partitions, config_path, *more):
    topics = max(1, partitions // PARTITIONS_OF_TOPIC)
    return [common.built("remora"), "plan", "--partitions", partitions, "--topics", topics,
            "--brokers", 1, "--config", config_path, *more]


def predicted(partitions, config_path):
    found = json.loads(common.run(*command(partitions, config_path, "--json")))
    return {"cpu_idle": found["cpu_percent"]["idle"]["together"],
            "cpu_busy": found["cpu_percent"]["busy"]["together"],
            "series": found["series"], "tick_bytes": found["tick_bytes"]["prometheus"],
            "memory": found["memory_bytes"]}


def threads_percent(pid, seconds):
    """{thread of the agent: % of a core} over the next seconds."""
    began, earlier = time.monotonic(), common.agent_cpu(pid)
    time.sleep(seconds)
    later, span = common.agent_cpu(pid), time.monotonic() - began
    return {name: round(100 * (spent - earlier.get(name, 0.0)) / span, 4)
            for name, spent in later.items() if name != FACTS_THREAD}


def window(watched, options, key):
    """CPU of the agent in `watched` after it has warmed up, as `key`, and what its counters say."""
    watched.wait_settled()
    time.sleep(options.warm_up)
    before = watched.counters()
    threads = threads_percent(watched.pid, options.seconds)
    after = watched.counters()
    reads = after["units_read_total"] - before["units_read_total"]
    ticks = max(1, after["ticks_total"] - before["ticks_total"])
    return {key: sum(threads.values()), "threads": threads, "reads_a_tick": reads / ticks,
            "units": after["units"], "series": after["series"],
            "tick_bytes": (watched.output / "remora.prom").stat().st_size}


class PlainJvm(common.Watched):
    """with PlainJvm(...) as jvm: the metrics of a broker of that size, and the agent in it."""

    def __init__(self, directory, partitions, config_path, with_agent=True):
        super().__init__(directory / "metrics")
        self.dir, self.java = directory, pathlib.Path(javatools.javac()).with_name("java")
        beans = directory / "beans.txt"
        beans.write_text(common.run(*command(partitions, config_path, "--beans")))
        jars = pathlib.Path(common.run(common.LAB, "get", "--kafka", "3.5.0").strip())
        classes = [directory / "classes", *jars.glob("metrics-core-2.*.jar"),
                   *jars.glob("slf4j-api-*.jar")]
        agent = [f"-javaagent:{common.built('remora.jar')}=config={config_path},force=true"]
        self.command = [
            self.java, f"-Xmx{PLAIN_HEAP}", *read.MEMORY_JVM, *(agent if with_agent else []), "-cp",
            ":".join(map(str, classes)), "remora.bench.PlannedBeans", beans,
            # The agent waits for a minute where nothing tells Kafka's log directories.
            "--override", f"log.dirs={directory}/data"]
        self.process = None

    def __enter__(self):
        self.output.mkdir(exist_ok=True)
        for stale in self.output.iterdir():
            stale.unlink()
        with open(self.dir / "plain.log", "wb") as log, read.environment(read.MEMORY_ENVIRONMENT):
            self.process = subprocess.Popen(list(map(str, self.command)), stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.__exit__()
            raise common.BenchError("the plain JVM has ended:\n" + self.log_tail())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def log_tail(self):
        return (self.dir / "plain.log").read_text(errors="replace")[-2000:]

    def let_move(self):
        self.process.stdin.write("moving\n")
        self.process.stdin.flush()

    def memory(self):
        found = common.memory_of(self.pid, self.java, PLAIN_HEAP)
        return found["heap_live"] + found["resident_outside_heap"]


def in_plain_jvm(options, partitions, config_path, directory):
    """Measured while no value changes, then while those of all partitions do; memory by itself."""
    found = {}
    with PlainJvm(directory, partitions, config_path) as jvm:
        found.update(window(jvm, options, "cpu_idle"))
        jvm.let_move()
        moving = window(jvm, options, "cpu_busy")
        found.update(cpu_busy=moving["cpu_busy"], threads_busy=moving["threads"],
                     reads_a_tick_busy=moving["reads_a_tick"])
        with_agent = jvm.memory() if options.memory_pairs else 0
    if options.memory_pairs:
        with PlainJvm(directory, partitions, config_path, with_agent=False) as jvm:
            found["memory"] = with_agent - jvm.memory()
    return found


def in_broker(options, partitions, config):
    """Measured in a broker whose load has ended."""
    place = argparse.Namespace(
        topics=max(1, partitions // PARTITIONS_OF_TOPIC), partitions=PARTITIONS_OF_TOPIC,
        kafka=options.kafka, heap="3g" if partitions >= 5000 else "1g", prefix="topic", rate=2000)
    found = {}
    with common.Lab(place) as lab:
        if options.memory_pairs:
            found["memory"] = read.memory_phase(lab, options.memory_pairs, config, 10)["added"]
        lab.start(config, bench=False)
        lab.load(LOAD_S, "--skew", 0, "--phases", "steady")  # a topic has metrics since its first record
        time.sleep(LOAD_S + 10)
        # Consumers that wait, as those of a quiet cluster do.
        lab.load(2 * options.warm_up + options.seconds + 300, "--phases", "idle")
        found.update(window(lab, options, "cpu_idle"))
    return found


def compare(where, partitions, expected, found):
    """A row for each figure: predicted, measured, and whether they are near enough."""
    rows = []
    for key, (factor, slack) in TOLERANCES.items():
        if key not in found:
            continue
        low, high = sorted((expected[key], found[key]))
        rows.append({"partitions": partitions, "where": where, "figure": key,
                     "predicted": expected[key], "measured": found[key],
                     "kept": high <= low * factor or high - low <= slack})
    return rows


def show(rows):
    def text(row, which):
        scale = MEGA if row["figure"] in ("memory", "tick_bytes") else 1
        return f"{row[which] / scale:,.{0 if row['figure'] == 'series' else 2}f}"
    common.table([(f"{row['partitions']:,}", row["where"], TITLES[row["figure"]],
                   text(row, "predicted"), text(row, "measured"),
                   f"{row['measured'] / max(row['predicted'], 1e-9):.2f}",
                   "" if row["kept"] else "TOO FAR") for row in rows],
                 ["partitions", "in", "figure", "predicted", "measured", "ratio", ""])


def bench(options):
    config = json.loads(options.config) if options.config else {}
    rows, details = [], []

    def take(where, partitions, expected, found):
        rows.extend(compare(where, partitions, expected, found))
        details.append({"partitions": partitions, "where": where, **found})
        common.say(f"{partitions} partitions in {where}: {found}")  # the next may not come to its end

    directory = pathlib.Path(tempfile.mkdtemp(prefix="remora-plan-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        common.compile_java(options.kafka, directory / "classes")
        broker_config, plain_config = directory / "broker.json", directory / "plain.json"
        broker_config.write_text(json.dumps(config))
        plain_config.write_text(json.dumps({
            "directory": str(directory / "metrics"), **config,
            "select": {**config.get("select", {}), "domains": PLAIN_DOMAINS}}))
        for partitions in options.sizes:
            if options.where != "plain" and partitions <= BROKER_PARTITIONS_MAX:
                take("a broker", partitions, predicted(partitions, broker_config),
                     in_broker(options, partitions, config))
            if options.where != "broker":
                take("a plain JVM", partitions, predicted(partitions, plain_config),
                     in_plain_jvm(options, partitions, plain_config, directory))
    show(rows)
    return {"kept": all(row["kept"] for row in rows), "rows": rows, "measured": details}
