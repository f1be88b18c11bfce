"""bench outputs: what large outputs cost a tick, and how fast they get out, beside a plain writer of the same bytes."""
import contextlib
import json
import subprocess
import sys
import tempfile

from benchkit import common

SPIN = "while True:\n    pass"
# With fewer series the figures are those of waking threads.
JUDGED_SERIES = 100_000
RATIO_MIN = 0.5


def add(commands):
    parser = commands.add_parser(
        "outputs", help="a large textfile and NDJSON at every tick",
        description="The core without a JVM: a textfile and NDJSON of so many series at every tick. After each tick a "
                    "plain program writes the same bytes. Exit status 2 when a tick was skipped or dropped, or the agent "
                    f"took more than {1 / RATIO_MIN:.0f} times as long as the plain writer (from {JUDGED_SERIES:,} series on).")
    parser.add_argument("--series", type=int, default=400_000, help="in each file (default %(default)s)")
    parser.add_argument("--ticks", type=int, default=6, help="measured (default %(default)s)")
    parser.add_argument("--interval", type=int, default=10, metavar="SECONDS", help="between ticks (default %(default)s)")
    parser.add_argument("--fsync", choices=("never", "tick"), default="never", help="of both files (default %(default)s)")
    parser.add_argument("--spinning", type=int, default=0, metavar="N", help="processes that spin beside it (default 0)")
    parser.add_argument("--directory", help="where the files go (default: a temporary one)")
    parser.set_defaults(function=bench)


@contextlib.contextmanager
def spinning(count):
    processes = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def bench(options):
    with tempfile.TemporaryDirectory(prefix="remora-outputs-", dir=options.directory) as directory, \
            spinning(options.spinning):
        result = json.loads(common.run(common.built("large_outputs"), directory, str(options.series),
                                       str(options.ticks), str(options.interval), options.fsync))
    result["kept"] = (result["skipped"] == 0 and result["dropped"] == 0
                      and (result["ratio"] >= RATIO_MIN or options.series < JUDGED_SERIES))
    common.table([("bytes of both files a tick", f"{result['bytes_a_tick'] / 1e6:.1f} MB"),
                  ("CPU a tick, core thread", f"{result['core_cpu_s'] * 1e3:.0f} ms"),
                  ("CPU a tick, sink threads", f"{result['sink_cpu_s'] * 1e3:.0f} ms"),
                  ("from the tick until both files have it", f"{result['agent_s'] * 1e3:.0f} ms"),
                  ("a plain writer of the same bytes", f"{result['plain_s'] * 1e3:.0f} ms"),
                  ("ratio", f"{result['ratio']:.2f}"),
                  ("ticks skipped, dropped", f"{result['skipped']}, {result['dropped']}")],
                 ["figure", "median"])
    return result
