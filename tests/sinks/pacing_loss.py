"""Measures what a real receiver (statsd_exporter, default socket buffer) loses of 20,000 lines a tick, by pacing:
`pacing_loss.py [lines]`. Prints a table and, last, a line of JSON. A measurement, not a test."""
import json
import sys

import consumers as c
import daemons

TICKS = 5
INTERVAL_MS = 4000


def buffer_errors():
    with open("/proc/net/snmp") as file:
        heads, numbers = [line.split() for line in file if line.startswith("Udp:")]
    return int(numbers[heads.index("RcvbufErrors")])


def measure(lines, spread_ms):
    with c.scratch() as directory, daemons.statsd_exporter() as (port, scrape):
        errors = buffer_errors()
        # Half of a unit's two series are gauges, and some of those below zero take two lines.
        sent = c.drive(directory, sink="udp", format="dogstatsd", port=port, units=lines // 2,
                       ticks=TICKS, interval_ms=INTERVAL_MS, spread_ms=spread_ms)
        last = -1

        def settled():
            nonlocal last
            before = last
            last = c.parse_exposition(scrape()).get(("statsd_exporter_udp_packets_total", ()), 0)
            return before == last

        c.wait_for(settled, "the receiver to settle", 30, 0.5)
        return {"spread_ms": spread_ms, "lines_per_tick": lines, "packets": sent["packets"],
                "received": int(last), "lost": sent["packets"] - int(last),
                "lost_share": round(1 - last / sent["packets"], 5),
                "buffer_errors": buffer_errors() - errors,
                "sink_cpu_ms_per_tick": round(sent["cpu_ns"] / 1e6 / TICKS, 2)}


def main():
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rows = [measure(lines, spread) for spread in (0, 200, 1000, 2000, 3000)]
    print("spread_ms  packets  received  lost    share  buffer_errors  sink CPU ms/tick")
    for r in rows:
        print(f"{r['spread_ms']:9} {r['packets']:8} {r['received']:9} {r['lost']:5} "
              f"{r['lost_share']:8.3%} {r['buffer_errors']:14} {r['sink_cpu_ms_per_tick']:17}")
    print(json.dumps(rows))


main()
