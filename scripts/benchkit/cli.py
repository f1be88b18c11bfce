"""The command line of scripts/bench."""
import argparse
import json
import signal
import sys

from benchkit import ages, agent, common, core, costs, fidelity, outputs, plan, read, truth, udp_loss
from perflab import compare


def build_parser():
    parser = argparse.ArgumentParser(
        prog="bench", description="Remora's benchmarks: a table for people, then one line of JSON.")
    parser.add_argument("--build", default=str(common.BUILD), metavar="DIR",
                        help="build directory (default: build/release)")
    commands = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for module in (read, costs, agent, ages, core, outputs, plan, fidelity, truth,
                   udp_loss, compare):
        module.add(commands)
    return parser


def on_term(_number, _frame):
    raise KeyboardInterrupt


def main(arguments):
    # --build may stand before or after the name.
    if "--build" in arguments:
        at = arguments.index("--build")
        arguments = arguments[at:at + 2] + arguments[:at] + arguments[at + 2:]
    options = build_parser().parse_args(arguments)
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, on_term)
    common.set_build(options.build)
    try:
        result = options.function(options)
    except common.BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps({"bench": options.name, **result}))
    return 0 if result.get("kept", True) else 2
