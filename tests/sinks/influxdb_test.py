"""Influx line protocol over UDP into InfluxDB 1: every tick's every value, and not a parse failure."""
import json
import os
import urllib.parse

import consumers as c

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{dir}/meta"
[data]
  dir = "{dir}/data"
  wal-dir = "{dir}/wal"
[http]
  bind-address = "127.0.0.1:{http}"
[[udp]]
  enabled = true
  bind-address = "127.0.0.1:{udp}"
  database = "kafka"
  batch-timeout = "100ms"
"""
TICKS = 3


def rows_of(http, statement):
    query = urllib.parse.urlencode({"db": "kafka", "epoch": "ns", "q": statement})
    answer = json.loads(c.get(f"http://127.0.0.1:{http}/query?{query}"))["results"][0]
    assert "error" not in answer, answer
    return answer.get("series", [])


def stored(http, name):
    """{topic: [(ns, value), ...]} of one measurement with one field."""
    found = {}
    for series in rows_of(http, f'SELECT * FROM "{name}" GROUP BY "topic"'):
        assert len(series["columns"]) == 2, series["columns"]
        found[series["tags"]["topic"]] = series["values"]
    return found


def main():
    program = c.tool("influxd")
    with c.scratch() as directory:
        http, udp = c.tcp_port(), c.udp_port()
        config = os.path.join(directory, "influxdb.conf")
        with open(config, "w") as file:
            file.write(CONFIG.format(dir=directory, http=http, udp=udp, rpc=c.tcp_port()))
        log = os.path.join(directory, "influxd.log")
        with c.running([program, "-config", config], log) as process:
            c.wait_for(lambda: c.answers(f"http://127.0.0.1:{http}/debug/vars"), "influxd", 60)
            sent = c.drive(directory, sink="udp", format="influx", port=udp, units=500, ticks=TICKS,
                           interval_ms=500, spread_ms=200)["series"]

            def complete():
                return sum(len(points) for name in c.names_of(sent)
                           for points in stored(http, name).values()) >= TICKS * len(sent)

            c.wait_for(complete, f"{TICKS * len(sent)} points", 30)
            got = {}
            for name in c.names_of(sent):
                for topic, points in stored(http, name).items():
                    assert len(points) == TICKS, (name, topic, points)
                    got[name, topic] = points[-1][1]
                    assert points[-1][0] == sent[0]["wall_ms"] * 1_000_000, points[-1]
            c.expect_equal(sent, got, "InfluxDB")
            counters = json.loads(c.get(f"http://127.0.0.1:{http}/debug/vars"))
            listener = next(v["values"] for k, v in counters.items() if k.startswith("udp:"))
            assert listener["pointsParseFail"] == 0 and listener["batchesTxFail"] == 0, listener
            assert process.poll() is None
        assert "lvl=error" not in c.read(log), c.read(log)


main()
