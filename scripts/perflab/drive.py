"""Makes the runs, one after the other, and leaves a file of samples for each."""
import json
import os
import pathlib
import time

from benchkit import common as bench
from labkit import common as lab_common

from perflab import meter, peers, runs

LOAD_TAIL_S = 12  # the load outlasts what is measured


def samples_path(directory, repeat, name):
    return pathlib.Path(directory) / "samples" / f"{repeat}-{name}.ndjson"


def edges(cluster, run, watch, edge):
    """What is asked of the brokers before and after the window that is measured, not in it."""
    for number in cluster.numbers():
        who = f"broker-{number}"
        watch.note("allocated", edge=edge, who=who, threads=cluster.allocated(number))
        if run.kind == "remora":
            watch.note("counters", edge=edge, who=who, counters=cluster.counters(number))


def measure(cluster, run, repeat, options, directory, extra_options=()):
    """One run: brokers anew, warm, then watched for options.seconds. Raises when a broker ends."""
    interval_s = runs.interval_s(run, options.interval)
    cluster.restart(run, extra_options)
    path = samples_path(directory, repeat, run.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        load_log = cluster.start_load(options.warm_up + options.seconds + LOAD_TAIL_S,
                                      options.warm_up)
        collector = cluster.start_collector(run, interval_s)
        processes = [meter.Process(f"broker-{number}", cluster.pid(number))
                     for number in cluster.numbers()]
        processes += [meter.Process("meter", os.getpid())]
        processes += [meter.Process("collector", collector)] if collector else []
        files = [meter.RemoraFile(f"broker-{number}", cluster.remora_dir(number) / "remora.prom")
                 for number in cluster.numbers()] if run.kind == "remora" else []
        watch = meter.Meter(processes, files, out)
        watch.note("run", run=run.name, title=run.title, kind_of=run.kind, repeat=repeat,
                   interval_s=interval_s)
        watch.start()
        try:
            time.sleep(options.warm_up)
            edges(cluster, run, watch, "start")
            watch.note("window", edge="start")
            time.sleep(options.seconds)
            watch.note("window", edge="end")
            edges(cluster, run, watch, "end")
        finally:
            watch.finish()
        for collection in cluster.stop_collector():
            watch.note("collection", who=who_of(collection.pop("file")), **collection)
        if run.kind in ("jmx_exporter", "jolokia"):
            for number in cluster.numbers():
                watch.note("values", who=f"broker-{number}", values=peers.count_values(
                    run.kind, cluster.dir / f"{run.kind}-{number}.out"))
        watch.note("load", **load_totals(load_log, LOAD_TAIL_S + 30))
    for number in cluster.numbers():
        if not lab_common.is_alive(cluster.lab.broker(number)["process"]):
            raise bench.BenchError(f"broker {number} ended in run {run.name}")


def who_of(file_name):
    """"jolokia-2.out" is about broker-2."""
    return "broker-" + file_name.rpartition("-")[2].partition(".")[0]


def load_totals(log, wait_s):
    """The line of totals that the load ends with."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        lines = [line for line in pathlib.Path(log).read_text(encoding="utf-8").splitlines()
                 if line.startswith("{")]
        if lines:
            return json.loads(lines[-1])
        time.sleep(0.2)
    raise bench.BenchError(f"the load has not ended; see {log}")
