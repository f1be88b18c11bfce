"""bench ages: how old the values in the textfile are, by MBeans that tell the time of their read."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from benchkit import common
from labkit import javatools

LINE = re.compile(rb"^kafka_(\w+?)(?:\{([^}]*)\})? (\S+)$", re.M)
OWN = re.compile(rb"^remora_(\w+) (\S+)$", re.M)
ALERT = b"underreplicated"
PARTITION_MAX_S = 60.0
EXPIRED_BOUNDS = 5
SETTLED_TICKS = 2
POLL_S = 0.05


def add(commands):
    parser = commands.add_parser(
        "ages", help="how old each value in the textfile is, by MBeans that tell the time",
        description="A JVM without Kafka whose MBeans have Kafka's names and tell the time at "
                    "which they are read, with the agent as it comes: the file's own age, series by "
                    "series, at each tick.")
    parser.add_argument("--partitions", type=int, default=40000)
    parser.add_argument("--seconds", type=int, default=600, help="(default %(default)s)")
    parser.add_argument("--base-s", type=int, default=10, help="base interval (default %(default)s)")
    parser.add_argument("--config", default=None, metavar="JSON",
                        help="further configuration of the agent")
    parser.add_argument("--kafka", default="3.5.0", metavar="V",
                        help="whose libraries the bench is compiled with")
    parser.set_defaults(function=bench)


def class_of(name, labels):
    if b"partition=" in labels:
        return "partition"
    return "alert" if ALERT in name else "broker"


def tick_of(path):
    """({class: ages in s}, the agent's own figures) of the textfile."""
    text = path.read_bytes()
    own = {name.decode(): float(value) for name, value in OWN.findall(text)}
    now = own["last_tick_timestamp_seconds"]
    ages = {"alert": [], "broker": [], "partition": []}
    for name, labels, value in LINE.findall(text):
        ages[class_of(name, labels)].append(now - float(value))
    return ages, own


def follow(path, process, seconds):
    """Yields each tick that the file tells until `seconds` have gone."""
    deadline, seen = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise common.BenchError("the JVM has ended")
        written = path.stat().st_mtime_ns if path.exists() else None
        if written == seen:
            time.sleep(POLL_S)
            continue
        seen = written
        yield tick_of(path)


def wait_whole(path, process, partitions):
    """Until every partition is in the file, and two ticks more."""
    whole = 0
    for ages, _ in follow(path, process, 300):
        whole += len(ages["partition"]) == 3 * partitions and len(ages["broker"]) > 0
        if whole > SETTLED_TICKS:
            return
    raise common.BenchError("not every partition is in the file after 300 s")


def judge(options, ticks, cpu_percent):
    widened = max(own["bounds_widening_step"] for _, own in ticks)
    stride = max(own["tick_interval_milliseconds"] for _, own in ticks) / 1000
    rows, claims = [], []
    for kind, bound in (("alert", stride), ("broker", stride), ("partition", PARTITION_MAX_S)):
        ages = sorted(age for found, _ in ticks for age in found[kind])
        if not ages:
            continue
        rows.append((kind, len(ages), *(f"{ages[int(at * (len(ages) - 1))]:.2f}"
                                        for at in (0.5, 0.99, 1.0))))
        if kind != "partition" or widened == 0:
            claims.append({"claim": f"{kind}: oldest, s", "found": ages[-1], "limit": bound,
                           "kept": ages[-1] <= bound})
    common.table(rows, ["class", "values at ticks", "age p50 s", "p99", "max"])
    print(f"{len(ticks)} ticks; a tick each {stride:g} s at most; bounds widened by {widened:g} "
          f"steps at most; {cpu_percent:.3f} % of a core")
    common.table([(claim["claim"], f"{claim['found']:.4g}", f"{claim['limit']:g}",
                   "kept" if claim["kept"] else "MISSED") for claim in claims],
                 ["claim", "found", "limit", ""])
    return {"partitions": options.partitions, "base_s": options.base_s, "ticks": len(ticks),
            "tick_interval_max_s": stride, "widening_step_max": widened,
            "cpu_percent": round(cpu_percent, 4),
            "claims": claims, "kept": all(claim["kept"] for claim in claims)}


def bench(options):
    jar = common.built("remora.jar")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="remora-bench-"))
    process = None
    try:
        classes = common.compile_java(options.kafka, directory / "classes")
        config = directory / "remora.json"
        config.write_text(json.dumps({
            "directory": str(directory), "sampling": {"base_interval": f"{options.base_s}s"},
            **(json.loads(options.config) if options.config else {})}))
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen(
                [pathlib.Path(javatools.javac()).with_name("java"), "-Xmx2g",
                 f"-javaagent:{jar}=config={config},force=true", "-cp", classes,
                 "remora.bench.ClockBeans", str(options.partitions),
                 # The agent waits for a minute where nothing tells Kafka's log directories.
                 "--override", f"log.dirs={directory}/data"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        process.stdout.readline()
        path = directory / "remora.prom"
        wait_whole(path, process, options.partitions)
        began = time.monotonic()
        earlier = sum(common.agent_cpu(process.pid).values())
        ticks = list(follow(path, process, options.seconds))[1:]
        spent = sum(common.agent_cpu(process.pid).values()) - earlier
        percent = 100 * spent / (time.monotonic() - began)
        return judge(options, ticks, percent)
    finally:
        if process is not None:
            process.kill()
            process.wait()
            log_path = directory / "log"
            print(log_path.read_text(errors="replace")[-2000:] if log_path.exists() else "")
        shutil.rmtree(directory, ignore_errors=True)
