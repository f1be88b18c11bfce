"""Produces and consumes for a bounded time in one JVM."""
import json
import os
import re
import subprocess

from labkit import broker, common, javatools
from labkit.common import LabError

PHASES = ("steady", "burst", "idle")


def parse_phases(text):
    """A checked "steady,burst,idle"."""
    for phase in text.split(","):
        if phase not in PHASES:
            raise LabError(f"no such phase: {phase!r} (there are {', '.join(PHASES)})")
    return text


def java_command(lab, options):
    pairs = {"bootstrap": lab.bootstrap(), "seconds": options.seconds, "rate": options.rate,
             "size": options.size, "skew": options.skew, "phases": parse_phases(options.phases),
             "phase-seconds": options.phase_seconds, "consumers": options.consumers,
             "seed": options.seed, "prefix": options.prefix or "", "topics": options.topics or 0,
             "warm-up": options.warm_up}
    if min(options.seconds, options.rate, options.phase_seconds) <= 0 or options.consumers < 0:
        raise LabError("seconds, rate and phase-seconds must be above 0, consumers not below")
    # A stopped broker is for the load no news worth a line for each of its records.
    return javatools.command(lab, "LabLoad", [f"{key}={value}" for key, value in pairs.items()],
                             logging="load")


def record(lab, pid, log):
    """Puts the load into lab.json, in place of those that have ended."""
    with lab.changing() as data:
        data["loads"] = [load for load in data.get("loads", [])
                         if common.is_alive(load.get("process"))]
        data["loads"].append({"pid": pid, "process": common.identify(pid), "log": log})


def run(lab, options):
    """Loads the lab; with options.background returns at once."""
    command = java_command(lab, options)
    if options.background:
        taken = [name for name in os.listdir(lab.dir) if re.fullmatch(r"load-\d+\.log", name)]
        log = os.path.join(lab.dir, f"load-{len(taken) + 1}.log")
        child = broker.spawn(command, log)
        record(lab, child.pid, log)
        print(json.dumps({"pid": child.pid, "log": log}))
        return
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as child:
        try:
            record(lab, child.pid, None)
            status = child.wait()
        except BaseException:
            child.terminate()
            raise
    if status != 0:
        raise LabError("the load failed (see above)")
