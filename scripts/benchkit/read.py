"""bench read: what reading everything costs against the least that it can cost."""
import contextlib
import os
import statistics
import time

from benchkit import common

MEGA = 1e6
# The collector's own tables are touched as the heap is: all of it from the start on. And what the
# JIT compilers free goes back to the system instead of lying in malloc's arenas, tens of megabytes
# by chance. Both brokers of a pair run alike.
MEMORY_JVM = ("-XX:+AlwaysPreTouch",)
MEMORY_ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=16384"}


def add(commands):
    parser = commands.add_parser(
        "read", help="CPU and allocation of a full collection against a floor loop; memory",
        description="A broker under load with the agent reading everything, and in the same JVM a "
                    "loop that does nothing but read the same values.")
    common.add_lab_options(parser)
    parser.add_argument("--warm-up", type=int, default=45, metavar="SECONDS")
    parser.add_argument("--pace-ms", type=int, default=None,
                        help="period of the second phase (default: 250, or 2500 from 500 topics)")
    parser.add_argument("--phases", default="cold,warm,memory",
                        help="of cold (every 5 s), warm (as fast as the pace), memory")
    parser.add_argument("--memory-pairs", type=int, default=3, metavar="N",
                        help="brokers without and with the agent whose memory is compared")
    parser.add_argument("--profile", action="store_true",
                        help="also tell where the collector is while it runs")
    parser.set_defaults(function=bench)


def collect_all(base, period_ms):
    """Configuration: every unit, every period."""
    config = {"select": {"profile": "all"}, "self_metrics": "full",
              "sampling": {"policy": "fixed", "base_interval": base, "min_interval": base}}
    if period_ms is not None:
        config["sampling"]["min_interval"] = f"{period_ms}ms"
        config["rules"] = [{"match": "*:*", "interval": f"{period_ms}ms"}]
    return config


def phase(lab, options, name, config, period_ms, passes, warm_up):
    common.say(f"{name}: every {period_ms} ms, {warm_up} passes unmeasured, {passes} measured")
    lab.start(config)
    lab.wait_settled()
    span = (warm_up + passes + 4) * period_ms / 1000
    lab.load(span + 30 + (40 if options.profile else 0))
    time.sleep(5.0)
    before = lab.counters()
    answer = lab.order("measure", span * 3 + 120, period_ms=period_ms, passes=passes,
                       warm_up=warm_up)
    after = lab.counters()
    pace = (after["written_ms"] - before["written_ms"]) / period_ms
    units = after["units"]
    rows = answer["passes"]
    result = {"period_ms": period_ms, "passes": len(rows), "units": units,
              "values": round((after["values_read_total"] - before["values_read_total"])
                              / max(1, after["units_read_total"] - before["units_read_total"])
                              * units),
              "floor_units": answer["units"], "floor_values": answer["values"],
              "passes_read": round((after["units_read_total"] - before["units_read_total"])
                                   / units / pace, 3)}
    for key in ("cpu_ns", "bytes"):
        for who in ("agent", "floor"):
            column = [row[f"{who}_{key}"] for row in rows]
            result[f"{who}_{key}"] = round(statistics.fmean(column))
            result[f"{who}_{key}_median"] = round(statistics.median(column))
        result[f"{key}_ratio"] = round(result[f"agent_{key}"] / result[f"floor_{key}"], 3)
        result[f"{key}_ratio_median"] = round(
            result[f"agent_{key}_median"] / result[f"floor_{key}_median"], 3)
    if options.profile:
        result["profile"] = lab.order("profile", 90, seconds=30)
    return result


def wait_idle(lab, seconds=180.0):
    """Until the collector uses less than 1 % over five seconds; returns CPU by thread."""
    before, deadline = -1.0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(5.0)
        threads = lab.exact_thread_cpu()
        spent = threads.get("remora-collecto", 0.0)
        if spent > 0 and before >= 0 and spent - before < 0.05:
            return threads
        before = spent
    raise common.BenchError("the collector does not come to rest")


@contextlib.contextmanager
def environment(values):
    """For what is started meanwhile."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def one_memory(lab, config, base_s):
    """A fresh broker's memory, and what registration took when it has the agent."""
    with environment(MEMORY_ENVIRONMENT):
        lab.start(config, jvm_options=MEMORY_JVM)
    began = time.monotonic()
    found = {}
    if config is not None:
        # Each unit is read once when it is new, then not before the next tick.
        lab.wait_settled()
        threads = wait_idle(lab)
        held = lab.order("longest", 30)
        found["registration_collector_cpu_s"] = threads.get("remora-collecto", 0)
        found["registration_core_cpu_s"] = threads.get("remora-core", 0)
        found["stretch_ms"] = held["wall_nanos_max"] / 1e6
        found["stretch_cpu_ms"] = held["cpu_nanos_max"] / 1e6
        found["units"] = lab.counters()["units"]
    time.sleep(max(0.0, began + base_s + 30 - time.monotonic()))
    return {**found, **lab.memory()}


def memory_phase(lab, pairs, with_agent=None, base_s=60):
    """Registration, and what the agent adds to the process, over pairs of brokers.

    `with_agent`: its configuration; everything, each `base_s`, when there is none.
    """
    runs = {"without": [], "with": []}
    if with_agent is None:
        with_agent = collect_all(f"{base_s}s", None)
    for pair in range(1, pairs + 1):
        for name, config in (("without", None), ("with", with_agent)):
            common.say(f"memory {name} the agent, {pair} of {pairs}")
            runs[name].append(one_memory(lab, config, base_s))
    result = {name: {key: [run[key] for run in found] for key in found[0]}
              for name, found in runs.items()}
    for key in ("heap_live", "resident_outside_heap"):
        result[f"added_{key}"] = (statistics.median(result["with"][key])
                                  - statistics.median(result["without"][key]))
    result["added"] = result["added_heap_live"] + result["added_resident_outside_heap"]
    return result


def show(results):
    rows = []
    for name in ("cold", "warm"):
        if name not in results:
            continue
        found = results[name]
        for key, scale, unit in (("cpu_ns", 1e6, "ms CPU"), ("bytes", 1e6, "MB allocated")):
            rows.append((f"{name}, every {found['period_ms']} ms: {unit}",
                         f"{found[f'agent_{key}'] / scale:.2f}",
                         f"{found[f'floor_{key}'] / scale:.2f}", f"{found[f'{key}_ratio']:.2f}",
                         f"{found[f'{key}_ratio_median']:.2f}"))
        rows.append((f"{name}: values", found["values"], found["floor_values"], "", ""))
    if rows:
        common.table(rows, ["a full collection", "agent", "floor", "ratio", "of medians"])
    found = results.get("memory")
    if found:
        print()
        common.table(
            [(text, *(f"{statistics.median(found[who][key]) / MEGA:.1f} "
                      f"({min(found[who][key]) / MEGA:.1f} to {max(found[who][key]) / MEGA:.1f})"
                      for who in ("without", "with")), f"{found[f'added_{key}'] / MEGA:.1f}")
             for text, key in (("heap, live", "heap_live"),
                               ("resident outside the heap", "resident_outside_heap"))]
            + [("both", "", "", f"{found['added'] / MEGA:.1f}")],
            ["MB of the process, median", "without", "with", "added"])
        agent = found["with"]
        print(f"registration of {agent['units'][-1]} units and their first read, median: "
              f"{statistics.median(agent['registration_collector_cpu_s']):.2f} s of collector CPU, "
              f"{statistics.median(agent['registration_core_cpu_s']):.2f} s of core CPU; longest "
              f"stretch of any run {max(agent['stretch_ms']):.0f} ms "
              f"({max(agent['stretch_cpu_ms']):.0f} ms CPU)")
    for name in ("cold", "warm"):
        stacks = results.get(name, {}).get("profile")
        if stacks:
            print(f"\n{name}: where the collector is, {stacks['samples']} looks")
            for stack, count in list(stacks["stacks"].items())[:40]:
                print(f"{count:6d}  {stack}")


def bench(options):
    large = options.topics >= 500
    options.heap = options.heap or ("3g" if large else "1g")
    pace_ms = options.pace_ms or (2500 if large else 250)
    wanted = options.phases.split(",")
    common.built("remora.jar")
    results = {}
    with common.Lab(options) as lab:
        if "memory" in wanted:
            results["memory"] = memory_phase(lab, options.memory_pairs)
        if "cold" in wanted:
            results["cold"] = phase(lab, options, "cold", collect_all("5s", None), 5000,
                                    max(2, options.seconds // 5), max(1, options.warm_up // 5))
        if "warm" in wanted:
            passes = max(10, options.seconds * 1000 // pace_ms)
            results["warm"] = phase(lab, options, "warm", collect_all("5s", pace_ms), pace_ms,
                                    passes, max(10, options.warm_up * 1000 // pace_ms))
    show(results)
    for name in ("cold", "warm"):
        results.get(name, {}).pop("profile", None)
    return {"topics": options.topics, "partitions": options.partitions, "kafka": options.kafka,
            **results}
