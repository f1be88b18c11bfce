"""bench core, bench encode: the Google Benchmarks, as nanoseconds of CPU."""
import json

from benchkit import common

# Executable, filter, name shown, how the figure is had, goal in ns.
CORE = (
    ("bench_engine", "bm_path/12000", "ring + cache + sampler, a sample", "s_a_sample", 60.0),
    ("bench_engine", "bm_path/100000", "the same, 100,000 units", "s_a_sample", None),
    ("bench_plan", "bm_tick/12000/1$", "plan, a due unit, all of 12,000 due", "s_a_due_unit", 100.0),
    ("bench_plan", "bm_tick/12000/10$", "plan, a due unit, a tenth due", "s_a_due_unit", 100.0),
    ("bench_plan", "bm_tick/12000/30$", "plan, a due unit, a thirtieth due", "s_a_due_unit", 100.0),
    ("bench_plan", "bm_tick/100000/10$", "plan, a due unit, a tenth of 100,000", "s_a_due_unit",
     100.0),
    ("bench_sample", "bm_solve/12000", "solve, 12,000 units", "cpu_time", None),
    ("bench_sample", "bm_solve/100000", "solve, 100,000 units", "cpu_time", 2e6),
    ("bench_select", "BM_Select100kUnits/50$", "select, 100,000 beans, 50 rules", "cpu_time", 1e9),
)
# Goals of 60 ns are those of the textfile and of lines that are sent; the others have none.
ENCODE = tuple(
    ("bench_encode", f"encode_lines/{form}_{part}/", f"{form}, a line, {what}", "a_line", goal)
    for form, goal in (("prometheus", 60.0), ("openmetrics", 60.0), ("influx", 60.0),
                       ("graphite", 60.0), ("statsd", 60.0), ("dogstatsd", 60.0), ("ndjson", None),
                       ("otlp", None))
    for part, what in (("whole", "whole numbers, all changed"),
                       ("fraction", "long fractions, all changed"),
                       ("fraction_of_broker", "long fractions, 31 % changed"),
                       ("fraction_still", "long fractions, none changed"))
) + (("bench_encode", "textfile_tick_with_write", "a textfile of 20,000 series, with the write",
      "cpu_time", 4e6),)
TO_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


def add(commands):
    for name, figures, what in (("core", CORE, "ring, cache, sampler, plan and select"),
                                ("encode", ENCODE, "every output format, and a whole textfile")):
        parser = commands.add_parser(name, help=f"microbenchmarks: {what}",
                                     description=f"Google Benchmarks, median CPU time: {what}.")
        parser.add_argument("--repetitions", type=int, default=5)
        parser.add_argument("--min-time", type=float, default=0.2, metavar="SECONDS")
        parser.set_defaults(function=bench, figures=figures)


def figure(executable, pattern, key, options):
    text = common.run(common.built(executable), f"--benchmark_filter={pattern}",
                      "--benchmark_format=json", f"--benchmark_min_time={options.min_time}",
                      f"--benchmark_repetitions={options.repetitions}",
                      "--benchmark_report_aggregates_only=false")
    runs = [run for run in json.loads(text)["benchmarks"] if run["run_type"] == "iteration"]
    if not runs:
        raise common.BenchError(f"{executable} has no benchmark {pattern}")
    if any("error_message" in run for run in runs):
        raise common.BenchError(f"{executable} {pattern}: {runs[0].get('error_message')}")
    scale = TO_NS[runs[0]["time_unit"]] if key == "cpu_time" else 1e9
    values = sorted(run[key] * scale for run in runs)
    return values[len(values) // 2], values[0]


def bench(options):
    rows, result = [], {}
    for executable, pattern, name, key, goal in options.figures:
        median, least = figure(executable, pattern, key, options)
        result[name] = {"ns": round(median, 2), "ns_min": round(least, 2), "goal_ns": goal}
        rows.append((name, f"{median:,.1f}", f"{least:,.1f}", f"{goal:,.0f}" if goal else ""))
    common.table(rows, ["ns of CPU", "median", "least", "goal"])
    return {"figures": result}
