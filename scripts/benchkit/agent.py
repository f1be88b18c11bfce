"""bench agent: what the agent costs as it comes."""
import time

from benchkit import common

SLICE_S = 10
MINUTE = 60 // SLICE_S  # slices
SHOWN = ("units", "series", "cycles_total", "jni_calls_total", "units_read_total",
         "values_read_total", "cache_hits_total", "cache_misses_total", "cache_stale_total",
         "ring_full_values_dropped_total", "control_ring_full_total", "values_orphan_dropped_total",
         "lines_too_long_dropped_total", "lines_encoded_total", "sink_frames_dropped_total",
         "sink_bytes_dropped_total", "sink_errors_total", "units_shed", "units_quarantined",
         "cpu_budget_ppm", "cpu_used_ppm", "faults_total")


def add(commands):
    parser = commands.add_parser(
        "agent", help="CPU of all the agent's threads with the default configuration",
        description="A broker under load with the default configuration: CPU by thread.")
    common.add_lab_options(parser, seconds=180)
    parser.add_argument("--warm-up", type=int, default=60, metavar="SECONDS")
    parser.add_argument("--config", default=None, metavar="JSON", help="another configuration")
    parser.set_defaults(function=bench)


def watch(lab, seconds):
    """Waits; the percent of a core that all threads together took in the worst minute meanwhile."""
    points = []
    for _ in range(max(seconds // SLICE_S, MINUTE) + 1):
        if points:
            time.sleep(SLICE_S)
        points.append((time.monotonic(), sum(common.agent_cpu(lab.pid).values())))
    return max(100 * (later[1] - earlier[1]) / (later[0] - earlier[0])
               for earlier, later in zip(points, points[MINUTE:]))


def bench(options):
    import json
    options.heap = options.heap or ("3g" if options.topics >= 500 else "1g")
    config = json.loads(options.config) if options.config else {}
    with common.Lab(options) as lab:
        lab.start(config, bench=False)
        lab.load(options.warm_up + options.seconds + 20)
        time.sleep(options.warm_up)
        first, began, earlier = lab.counters(), time.monotonic(), common.agent_cpu(lab.pid)
        worst_minute = round(watch(lab, options.seconds), 4)
        last, span, later = lab.counters(), time.monotonic() - began, common.agent_cpu(lab.pid)
    threads = {name: round(100 * (seconds - earlier.get(name, 0)) / span, 4)
               for name, seconds in later.items()}
    total = round(sum(threads.values()), 4)
    common.table([(name, f"{percent:.4f}") for name, percent in
                  sorted(threads.items(), key=lambda pair: -pair[1])]
                 + [("together", f"{total:.4f}"), ("the worst minute", f"{worst_minute:.4f}")],
                 ["thread", "% of one core"])
    print()
    counted = {}
    for name in SHOWN:
        rises = name.endswith("_total")
        counted[name] = last.get(name, 0) - (first.get(name, 0) if rises else 0)
    common.table([(name, value) for name, value in counted.items()], ["counter", "in the run"])
    hits, misses = counted["cache_hits_total"], counted["cache_misses_total"]
    cpu = {name: last[name] - first[name] for name in
           ("collector_cpu_seconds_total", "core_cpu_seconds_total", "sink_cpu_seconds_total",
            "house_cpu_seconds_total", "supervisor_cpu_seconds_total")}
    return {"topics": options.topics, "partitions": options.partitions, "seconds": round(span, 1),
            "percent": total, "minute_percent_max": worst_minute, "threads_percent": threads,
            "hit_rate": round(hits / max(1, hits + misses), 4),
            "dropped": sum(value for name, value in counted.items() if "dropped" in name),
            "own_percent": round(sum(cpu.values()) * 100
                                 / ((last["written_ms"] - first["written_ms"]) / 1000), 4),
            "counters": counted}
