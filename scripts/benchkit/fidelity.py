"""bench fidelity: what the sampler's saving costs in accuracy, on traces of real brokers."""
import contextlib
import json
import pathlib
import threading
import time

from benchkit import chart, common
from labkit import state

SCENARIOS = {
    "steady": "one broker, even load",
    "bursty": "one broker; load, five times the load, none, in turn",
    "churn": "one broker, bursty; topics are created and deleted",
    "follower": "three brokers, bursty; a follower stops for 45 s and comes back",
}
PHASES = {"steady": "steady"}
VARIANTS = {"as measured": [], "equal costs": ["--equal-costs"],
            "without the costliest family": ["--without-costliest-family"]}
BURSTY = "steady,burst,idle"
BASE_S = 10
# Every MBean with the statistics that the default profile has of it: of a meter the count.
SELECT = {"profile": "all", "meter": ["count"],
          "histogram": ["count", "sum", "mean", "max", "p50", "p95", "p99", "p999"]}
# The law is never worse than a fixed interval that costs the same.
TIMES_BETTER = 1.0


def add(commands):
    parser = commands.add_parser(
        "fidelity", help="partitions: error and delay of every sampling policy at every ceiling",
        description="Records a broker at one second, or takes traces recorded before, and replays "
                    "them through the sampler. Definitions: docs/research/fidelity.md.")
    common.add_lab_options(parser, seconds=660)
    parser.add_argument("--trace", action="append", default=[], metavar="FILE",
                        help="replay this instead of recording (may be repeated)")
    parser.add_argument("--scenario", action="append", choices=sorted(SCENARIOS),
                        help="what to record: " + "; ".join(f"{k}: {v}" for k, v in SCENARIOS.items())
                             + " (may be repeated; default: all)")
    parser.add_argument("--budgets", default="100,50,20,10", help="ceilings, percent of the full read cost")
    parser.add_argument("--out", metavar="DIR", default=str(common.ROOT / "build" / "fidelity"),
                        help="for traces, fidelity.html and fidelity.json (default: build/fidelity)")
    parser.add_argument("--record-only", action="store_true")
    parser.set_defaults(function=bench)


def churn(options, lab, ends):
    """Creates and deletes some topics, over and over."""
    count = 0
    while time.monotonic() + 30 < ends:
        count += 1
        prefix = f"c{count}"
        topics = ("topics", "--dir", lab.lab_dir, "--topics", 5, "--partitions", options.partitions,
                  "--prefix", prefix)
        common.run(common.LAB, *topics)
        common.run(common.LAB, "load", "--dir", lab.lab_dir, "--prefix", prefix, "--seconds", 20,
                   "--rate", options.rate / 10, "--phases", "steady", "--consumers", 1, check=False)
        time.sleep(max(0.0, min(20.0, ends - time.monotonic())))
        common.run(common.LAB, *topics, "--delete")


def restart_follower(lab, seconds):
    time.sleep(seconds * 0.45)
    common.run(common.LAB, "stop-broker", "--dir", lab.lab_dir, "--broker", 3)
    time.sleep(45)
    common.run(common.LAB, "start-broker", "--dir", lab.lab_dir, "--broker", 3)


@contextlib.contextmanager
def beside(function, *arguments):
    """Runs the function in a thread meanwhile; an error of it is ours."""
    failed = []

    def guarded():
        try:
            function(*arguments)
        except common.BenchError as error:
            failed.append(error)

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    yield
    thread.join(120)
    if failed:
        raise failed[0]


def wait_recorded(lab, seconds):
    """Until the agent says that its trace is complete."""
    log = pathlib.Path(state.Lab.open(str(lab.lab_dir)).broker(1)["log"])
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if "trace complete" in log.read_text(encoding="utf-8", errors="replace"):
            return
        time.sleep(1)
    raise common.BenchError(f"no trace after {seconds:.0f} s; the broker's log ends with:\n"
                            + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))


def record(options, scenario, path):
    """Records broker 1 of a lab into `path`."""
    options.heap = options.heap or "1g"
    up = ["--brokers", "3"] if scenario == "follower" else []
    config = {"trace": {"path": str(path), "duration": f"{options.seconds}s", "interval": "1s",
                        "size_max": "1GB"},
              "select": SELECT, "sampling": {"base_interval": f"{BASE_S}s"}}
    with common.Lab(options, up) as lab:
        lab.start(config, bench=False)
        common.say(f"recording {scenario} for {options.seconds} s")
        ends = time.monotonic() + options.seconds
        common.run(common.LAB, "load", "--dir", lab.lab_dir, "--seconds", options.seconds,
                   "--rate", options.rate, "--phases", PHASES.get(scenario, BURSTY), "--prefix", "t",
                   "--background")
        with contextlib.ExitStack() as stack:
            if scenario == "churn":
                stack.enter_context(beside(churn, options, lab, ends))
            if scenario == "follower":
                stack.enter_context(beside(restart_follower, lab, options.seconds))
            wait_recorded(lab, options.seconds + 120)


def replay(path, budgets, arguments):
    text = common.run(common.built("remora"), "replay", path, "--budgets", budgets, "--json",
                      *arguments)
    return json.loads(text)


def judge(name, variant, replayed):
    """What the law is held to: (claim, figure, limit, kept)."""
    found = []
    for law in (row for row in replayed["rows"] if row["policy"] == "law"):
        better = law["fixed_at_equal_cost"]["error"] / max(law["all"]["error"], 1e-12)
        found.append((f"{name}, {variant}, ceiling {law['budget']:.0%}: times lower error than fixed "
                      "at its cost", better, TIMES_BETTER,
                      better >= TIMES_BETTER or law["all"]["error"] == 0))
    return found


def print_rows(name, variant, replayed):
    print(f"\n{name}, {variant}: {replayed['units']} units, {replayed['ticks']} ticks, reading "
          f"everything {replayed['full_ns_per_s'] / 1e6:.3f} ms a second")
    lines = []
    for row in replayed["rows"]:
        every = row["all"]
        lines.append((row["policy"], "-" if row["budget"] is None else f"{row['budget']:.0%}",
                      f"{row['cost']:.1%}", f"{every['error']:.3%}", f"{every['delay_mean_s']:.1f}",
                      f"{every['delay_p95_s']:.0f}", f"{row['reads_saved']:.1%}",
                      f"{row['hit_rate']:.1%}"))
    lines += [("no policy has less than", f"{bound['budget']:.0%}", "", f"{bound['error']:.3%}",
               f"{bound['delay_mean_s']:.1f}", *[""] * 3) for bound in replayed["bounds"]]
    common.table(lines, ["policy", "ceiling", "cost", "error", "delay s", "p95 s", "reads saved",
                         "hits"])


def bench(options):
    out = pathlib.Path(options.out).resolve()
    out.mkdir(parents=True, exist_ok=True)
    traces = [pathlib.Path(trace) for trace in options.trace]
    for scenario in options.scenario or ([] if traces else sorted(SCENARIOS)):
        path = out / f"{scenario}.trace"
        record(options, scenario, path)
        traces.append(path)
    if options.record_only:
        return {"traces": [str(trace) for trace in traces]}
    results, claims = {}, []
    for trace in traces:
        results[trace.stem] = {}
        for variant, arguments in VARIANTS.items():
            replayed = replay(trace, options.budgets, arguments)
            results[trace.stem][variant] = replayed
            print_rows(trace.stem, variant, replayed)
            claims += judge(trace.stem, variant, replayed)
    print()
    common.table([(claim, f"{figure:.3f}", f"{limit:g}", "kept" if kept else "MISSED")
                  for claim, figure, limit, kept in claims], ["claim", "found", "limit", ""])
    (out / "fidelity.html").write_text(chart.page(results), encoding="utf-8")
    result = {"traces": results, "claims": [{"claim": claim, "found": figure, "limit": limit,
                                             "kept": kept} for claim, figure, limit, kept in claims],
              "kept": all(kept for *_, kept in claims), "chart": str(out / "fidelity.html")}
    (out / "fidelity.json").write_text(json.dumps(result), encoding="utf-8")
    return result
