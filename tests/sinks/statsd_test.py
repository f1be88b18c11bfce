"""Plain StatsD into the reference daemon (npm statsd), read back over its management port."""
import re

import consumers as c
import daemons


def main():
    with daemons.statsd() as (port, ask), c.scratch() as directory:
        sent = c.drive(directory, sink="udp", format="statsd", port=port, units=20, ticks=4,
                       interval_ms=200, spread_ms=100)
        c.wait_for(lambda: ask("counters").get("statsd.packets_received", 0) >= sent["packets"], "all datagrams")
        found = {**ask("gauges"), **ask("counters")}
        got = {}
        for row in sent["series"]:
            keys = [k for k in found if row["name"] in k and re.search(rf"\b{row['topic']}$", k)]
            assert len(keys) == 1, (row, keys)
            got[row["name"], row["topic"]] = found[keys[0]]
        c.expect_equal(c.grown(sent["series"]), got, "statsd")
        assert found.get("statsd.bad_lines_seen") == 0, found


main()
