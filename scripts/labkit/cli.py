"""The command line of scripts/lab."""
import argparse
import json
import os
import signal
import sys

from labkit import broker, common, cpu, download, jmx, jre, load, state, tool, topics
from labkit.common import LabError, say


def add_dir(parser, required=False):
    parser.add_argument("--dir", default=os.environ.get("REMORA_LAB_DIR"), metavar="LABDIR",
                        required=required, help="the lab (default: $REMORA_LAB_DIR)")


def add_command(commands, name, function, text):
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(function=function)
    return parser


def cmd_get(options):
    print(download.jars_dir(download.resolve(options.kafka)))


def cmd_up(options):
    print(broker.up(options).dir)


def cmd_join(options):
    print(broker.join(options).dir)


def cmd_topics(options):
    topics.run(state.Lab.open(options.dir), options)


def cmd_down(options):
    if options.all_stale:
        say(f"{state.down_stale()} stale lab(s) removed")
    elif not options.dir:
        raise LabError("no lab named: give --dir, set REMORA_LAB_DIR, or --all-stale")
    else:
        state.down(options.dir, options.keep, options.timeout)


def cmd_list(_options):
    for _, entry in state.registered():
        data = common.read_json(os.path.join(entry["dir"], "lab.json"), {})
        stale = state.stale_reason(entry)
        print(f"{entry['dir']}\t{data.get('name') or '-'}\t{data.get('kafka', '?')}\t"
              f"{data.get('state', 'lost')}{' (stale: ' + stale + ')' if stale else ''}")


def cmd_stop_broker(options):
    lab = state.Lab.open(options.dir)
    seconds = broker.stop_one(lab, options.broker, options.kill, options.timeout)
    say(f"broker {options.broker} stopped in {seconds:.1f} s")


def cmd_start_broker(options):
    lab = state.Lab.open(options.dir)
    seconds = broker.start_one(lab, options.broker, options.timeout)
    say(f"broker {options.broker} serves after {seconds:.1f} s")


def cmd_jmx_dump(options):
    jmx.dump(state.Lab.open(options.dir), options.broker, options.out)


def cmd_load(options):
    load.run(state.Lab.open(options.dir), options)


def cmd_tool(options):
    tool.run(state.Lab.open(options.dir), options)


def cmd_jre(options):
    print(jre.java(options.version, options.cpu, options.libc))


def cmd_cpu(options):
    record = state.Lab.open(options.dir).broker(options.broker)
    if not common.is_alive(record["process"]):
        raise LabError(f"broker {options.broker} does not run")
    print(json.dumps({"broker": options.broker, **cpu.measure(record["process"]["pid"])}, indent=1))


def add_up(commands):
    up = add_command(commands, "up", cmd_up,
                     "Start brokers on 127.0.0.1 and wait until they serve; "
                     "prints the lab's directory.")
    up.add_argument("--dir", metavar="LABDIR",
                    help="directory to use: absent or empty (default: a fresh one in $TMPDIR)")
    up.add_argument("--kafka", default=common.DEFAULT_KAFKA, metavar="V",
                    help="version: 3.5.0, or 3.9, 4, latest for the newest (default %(default)s)")
    up.add_argument("--brokers", type=int, choices=(1, 3), default=1)
    up.add_argument("--java", metavar="PATH", help="java for the brokers (default: JDK 17)")
    up.add_argument("--jmx", action="store_true", help="remote JMX on 127.0.0.1, no password")
    up.add_argument("--agent", action="append", default=[], metavar="JAR[=CONFIG]",
                    help="-javaagent of the brokers (may be repeated)")
    up.add_argument("--heap", default="1g")
    up.add_argument("--jvm-opt", action="append", default=[], metavar="X",
                    help="one more JVM option: write --jvm-opt=-Xcheck:jni (may be repeated)")
    up.add_argument("--property", action="append", default=[], metavar="K=V",
                    help="one more broker setting (may be repeated)")
    up.add_argument("--zookeeper", action="store_true",
                    help="ZooKeeper instead of KRaft (always so before Kafka 3.0)")
    up.add_argument("--name", default="", help="a name for `lab list`")
    up.add_argument("--log-level", default="WARN", help="of Kafka's log (default %(default)s)")
    up.add_argument("--timeout", type=float, default=broker.START_SECONDS, metavar="SECONDS")
    up.add_argument("--owner-pid", type=int, metavar="PID",
                    help="the lab is stale once this process has ended "
                         "(default: $REMORA_LAB_OWNER_PID)")
    up.add_argument("--keep-failed", action="store_true",
                    help="keep the directory (logs) when the start fails")


def add_join(commands):
    parser = add_command(commands, "join", cmd_join,
                         "Make a lab of brokers that others started, for topics, load and tool; "
                         "prints its directory. `down` leaves the brokers alone.")
    add_dir(parser, required=True)
    parser.add_argument("--bootstrap", required=True, metavar="HOST:PORT,...")
    parser.add_argument("--kafka", default=common.DEFAULT_KAFKA, metavar="V",
                        help="version of the clients (default %(default)s)")
    parser.add_argument("--jars", metavar="DIR",
                        help="directory of that version's jars (default: those of `lab get`)")
    parser.add_argument("--name", default="", help="a name for `lab list`")


def add_topics(commands):
    parser = add_command(commands, "topics", cmd_topics, "Create or delete topics in bulk.")
    add_dir(parser)
    parser.add_argument("--topics", type=int, default=100)
    parser.add_argument("--partitions", type=int, default=10)
    parser.add_argument("--prefix", default="t", help="topics are PREFIX-0000, PREFIX-0001, ...")
    parser.add_argument("--replication", type=int, help="default: one on each broker, at most 3")
    parser.add_argument("--min-insync-replicas", type=int, default=1,
                        help="more than the replicas there are: under their minimum from the start")
    parser.add_argument("--delete", action="store_true")


def add_down(commands):
    down = add_command(commands, "down", cmd_down, "Stop a lab and remove its directory.")
    add_dir(down)
    down.add_argument("--keep", action="store_true", help="keep the directory")
    down.add_argument("--all-stale", action="store_true",
                      help="every registered lab whose owner, start or brokers died")
    down.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS",
                      help="before SIGKILL (default %(default)s)")


def add_one_broker(commands):
    for name, function, text in (
            ("stop-broker", cmd_stop_broker, "Stop one broker of a lab."),
            ("start-broker", cmd_start_broker, "Start a stopped broker again and wait for it.")):
        parser = add_command(commands, name, function, text)
        add_dir(parser)
        parser.add_argument("--broker", type=int, required=True, metavar="N")
        parser.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS")
        if name == "stop-broker":
            parser.add_argument("--kill", action="store_true", help="SIGKILL at once")


def add_jmx_dump(commands):
    parser = add_command(commands, "jmx-dump", cmd_jmx_dump,
                         "Every readable number, boolean and string of every MBean of a broker, "
                         "as a remote JMX client sees it: JSON lines.")
    add_dir(parser)
    parser.add_argument("--broker", type=int, default=1, metavar="N")
    parser.add_argument("--out", metavar="FILE", help="default: stdout")


def add_load(commands):
    parser = add_command(commands, "load", cmd_load,
                         "Produce and consume for a bounded time; prints totals as JSON.")
    add_dir(parser)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=2000.0,
                        help="records a second in a steady phase (default %(default)s)")
    parser.add_argument("--size", type=int, default=200, help="bytes of a record")
    parser.add_argument("--prefix", help="only topics PREFIX-... (default: all of the lab)")
    parser.add_argument("--topics", type=int, help="only the first so many of them")
    parser.add_argument("--skew", type=float, default=1.0,
                        help="Zipf exponent over the topics; 0: all alike (default %(default)s)")
    parser.add_argument("--phases", default="steady,burst,idle",
                        help="repeated until the end; burst is 5 times steady")
    parser.add_argument("--phase-seconds", type=float, default=20.0)
    parser.add_argument("--consumers", type=int, default=2, help="members of the one group")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same records")
    parser.add_argument("--warm-up", type=float, default=0.0, metavar="SECONDS",
                        help="records sent before do not count for latencies and rates")
    parser.add_argument("--background", action="store_true",
                        help="return at once; totals go to the log that is printed")


def add_tool(commands):
    parser = add_command(commands, "tool", cmd_tool,
                         "Run a command line tool of Kafka, such as kafka.admin.TopicCommand, on "
                         "the brokers' java; found also where newer versions moved it.")
    add_dir(parser)
    parser.add_argument("--agent", action="append", default=[], metavar="JAR[=ARGUMENTS]",
                        help="-javaagent of the tool (may be repeated)")
    parser.add_argument("main_class", metavar="MAINCLASS")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT")


def add_cpu(commands):
    parser = add_command(commands, "cpu", cmd_cpu,
                         "CPU seconds of a broker and of its threads by name, as JSON.")
    add_dir(parser)
    parser.add_argument("--broker", type=int, default=1, metavar="N")


def build_parser():
    parser = argparse.ArgumentParser(
        prog="lab", description="Real Kafka brokers on loopback for tests and benchmarks.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    get = add_command(commands, "get", cmd_get, "Download the jars of a Kafka; prints their place.")
    get.add_argument("--kafka", default=common.DEFAULT_KAFKA, metavar="V")
    add_up(commands)
    add_join(commands)
    add_topics(commands)
    add_down(commands)
    add_one_broker(commands)
    add_jmx_dump(commands)
    add_load(commands)
    add_tool(commands)
    add_cpu(commands)
    runtime = add_command(commands, "jre", cmd_jre,
                          "Get a Java runtime to give to `up --java`; prints the path of java.")
    runtime.add_argument("version", type=int, choices=(8, 11, 17, 21, 25))
    runtime.add_argument("--cpu", choices=("aarch64",), help="of another CPU, under qemu")
    runtime.add_argument("--libc", choices=("suite", "musl"),
                         help="with the C library of its Debian suite, or one for musl (17)")
    add_command(commands, "list", cmd_list, "List the registered labs.")
    return parser


def on_term(_number, _frame):
    raise SystemExit(143)


def main(arguments):
    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGHUP, on_term)
    options = build_parser().parse_args(arguments)
    try:
        return options.function(options) or 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted", file=sys.stderr)
        return 130
