"""Influx line protocol over UDP into InfluxDB 1: every tick's every value, and not a parse failure."""
import consumers as c
import daemons

TICKS = 3


def stored(query, name):
    """{topic: [(ns, value), ...]} of one measurement with one field."""
    found = {}
    for series in query(f'SELECT * FROM "{name}" GROUP BY "topic"'):
        assert len(series["columns"]) == 2, series["columns"]
        found[series["tags"]["topic"]] = series["values"]
    return found


def main():
    with daemons.influxdb() as (udp, counters, query, said), c.scratch() as directory:
        sent = c.drive(directory, sink="udp", format="influx", port=udp, units=500, ticks=TICKS,
                       interval_ms=500, spread_ms=200)["series"]

        def complete():
            return sum(len(points) for name in c.names_of(sent)
                       for points in stored(query, name).values()) >= TICKS * len(sent)

        c.wait_for(complete, f"{TICKS * len(sent)} points", 30)
        got = {}
        for name in c.names_of(sent):
            for topic, points in stored(query, name).items():
                assert len(points) == TICKS, (name, topic, points)
                got[name, topic] = points[-1][1]
                assert points[-1][0] == sent[0]["wall_ms"] * 1_000_000, points[-1]
        c.expect_equal(sent, got, "InfluxDB")
        listener = counters()
        assert listener["pointsParseFail"] == 0 and listener["batchesTxFail"] == 0, listener
        assert "lvl=error" not in said(), said()


main()
