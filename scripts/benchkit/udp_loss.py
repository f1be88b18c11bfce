"""bench udp-loss: datagrams that a real receiver with the default socket buffer loses, by how far a tick is spread."""
import json
import os
import subprocess
import sys

from benchkit import common

SCRIPT = common.ROOT / "tests" / "sinks" / "pacing_loss.py"
NOT_INSTALLED = 77


def add(commands):
    parser = commands.add_parser("udp-loss", help="loss of UDP output at a real receiver, by pacing",
                                 description="Five ticks of DogStatsD to statsd_exporter on loopback, for each spread.")
    parser.add_argument("--lines", type=int, default=20_000, help="a tick (default %(default)s)")
    parser.set_defaults(function=bench)


def bench(options):
    done = subprocess.run([sys.executable, str(SCRIPT), str(options.lines)], stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, check=False,
                          env={**os.environ, "SINK_DRIVER": str(common.built("sink_driver"))})
    if done.returncode == NOT_INSTALLED:
        raise common.BenchError(done.stdout.strip())
    if done.returncode != 0:
        raise common.BenchError(f"{SCRIPT.name} ended with {done.returncode}")
    table, rows = done.stdout.rstrip().rsplit("\n", 1)
    print(table)
    return {"spreads": json.loads(rows)}
