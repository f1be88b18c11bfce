"""The command line of scripts/performance-test.sh."""
import argparse
import datetime
import pathlib
import signal
import sys
import time

from benchkit import common as bench
from labkit.common import LabError

from perflab import cluster, drive, page, peers, report, runs

SHORT = {"seconds": 30, "warm_up": 20, "repeat": 2}
LONG = {"seconds": 300, "warm_up": 60, "repeat": 2}


def build_parser():
    parser = argparse.ArgumentParser(
        prog="performance-test.sh",
        description="Measures what monitoring costs three real brokers: without any, with remote "
                    "JMX, jmx_exporter and Jolokia, and with Remora. Writes report.html, report.md "
                    "and report.json. Without arguments: twelve runs of 50 s, and the "
                    "brokers' start before each.")
    parser.add_argument("--long", action="store_true",
                        help="an hour and a half: six minutes a run, which shows leaks")
    parser.add_argument("--runs", metavar="A,B,...",
                        help=f"which runs beside baseline, of {', '.join(runs.KNOWN)}")
    parser.add_argument("--peers", metavar="A,B,...",
                        help=f"which of {', '.join(runs.PEERS)} are among the runs (default: all)")
    parser.add_argument("--repeat", type=int, metavar="N", help="rounds over all runs (default 2)")
    parser.add_argument("--seconds", type=int, metavar="N", help="measured in each run")
    parser.add_argument("--warm-up", type=int, metavar="N", help="seconds before that")
    parser.add_argument("--interval", type=float, default=10.0, metavar="S",
                        help="between two reads of a peer; 10 s, as Remora's (default)")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=3)
    parser.add_argument("--topics", type=int, default=100)
    parser.add_argument("--partitions", type=int, default=10, help="of a topic")
    parser.add_argument("--rate", type=float, default=1000.0, help="records a second")
    parser.add_argument("--heap", default="512m", help="of a broker")
    parser.add_argument("--kafka", default="3.5.0", metavar="V")
    parser.add_argument("--rules", default=str(peers.RULES), metavar="FILE",
                        help="rule file for jmx_exporter")
    parser.add_argument("--build", default=str(bench.BUILD), metavar="DIR",
                        help="directory with remora.jar and remora (default: build/release)")
    parser.add_argument("--out", metavar="DIR", help="default: build/performance/DATE-TIME")
    parser.add_argument("--report-only", action="store_true",
                        help="make the report of --out again from its samples")
    return parser


def complete(options):
    """Fills in what depends on other options; BenchError for what cannot be."""
    for key, value in (LONG if options.long else SHORT).items():
        if getattr(options, key) is None:
            setattr(options, key, value)
    named = (options.runs.split(",") if options.runs
             else list(runs.LONG if options.long else runs.SHORT))
    if options.peers is not None:
        wanted = [name for name in options.peers.split(",") if name]
        strange = [name for name in wanted if name not in runs.PEERS]
        if strange:
            raise bench.BenchError(f"no such peer: {strange[0]} (there are {', '.join(runs.PEERS)})")
        named = [name for name in named if name not in runs.PEERS or name in wanted]
    try:
        options.chosen = runs.chosen(named)
    except ValueError as error:
        raise bench.BenchError(str(error)) from error
    if min(options.seconds, options.warm_up, options.repeat, options.topics, options.partitions,
           options.rate, options.interval) <= 0:
        raise bench.BenchError("seconds, warm-up, repeat, topics, partitions, rate and interval "
                               "must be above 0")
    stamp = datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
    options.out = pathlib.Path(options.out or bench.ROOT / "build" / "performance" / stamp).resolve()


def settings(options):
    """What two reports must have in common to be compared."""
    return {key: getattr(options, key) for key in (
        "brokers", "topics", "partitions", "rate", "heap", "kafka", "seconds", "warm_up", "repeat",
        "interval")}


def on_term(_number, _frame):
    raise KeyboardInterrupt


def make_runs(options):
    """All runs; the exit status: not 0 when a signal or a failure ended them early."""
    plan = runs.order(options.chosen, options.repeat)
    bench.say(f"{len(plan)} runs of {options.warm_up} + {options.seconds} s and a restart each")
    for run in options.chosen:  # downloads are no part of a run
        if run.kind in peers.ARTIFACTS:
            peers.agent_jar(run.kind)
    began = time.monotonic()
    try:
        with cluster.Cluster(options, options.out) as brokers:
            for number, (repeat, run) in enumerate(plan, 1):
                bench.say(f"{time.monotonic() - began:5.0f} s  run {number} of {len(plan)}: "
                          f"{run.name} ({run.title})")
                drive.measure(brokers, run, repeat, options, options.out)
    except KeyboardInterrupt:
        bench.say("interrupted: the report is of the runs that were measured to their end")
        return 130
    except (bench.BenchError, LabError) as error:
        bench.say(f"performance-test: {error}")
        bench.say("the report is of the runs before")
        return 1
    return 0


def make_report(options):
    found = report.build(options.out, options.settings)
    report.write(options.out, found)
    try:
        page.write(options.out, found)
    except LabError as error:
        bench.say(f"no report.html: {error}")
    for part in report.parts(found)[:2]:
        print(f"\n{part[0]}\n")
        bench.table(part[2], part[1])
    print(f"\n{options.out / 'report.html'}")
    return found


def main(arguments):
    options = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, on_term)
    try:
        complete(options)
        bench.set_build(options.build)
        if options.report_only:
            options.settings = report.read_settings(options.out)
            make_report(options)
            return 0
        for name in ("remora.jar", "remora"):
            bench.built(name)
        options.settings = settings(options)
        options.out.mkdir(parents=True, exist_ok=True)
        report.write_settings(options.out, options.settings)
        status = make_runs(options)
        make_report(options)
        return status
    except (bench.BenchError, LabError) as error:
        print(f"performance-test: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
