"""DogStatsD through statsd_exporter, by UDP or a unix socket: `statsd_exporter_test.py udp|udp6|unixgram|localhost|restart`"""
import json
import os
import re
import sys
import time

import consumers as c
import daemons


def target_of(kind, directory, port):
    """(argument of the exporter, options of the driver)"""
    if kind == "unixgram":
        path = os.path.join(directory, "dsd.socket")
        return f"--statsd.listen-unixgram={path}", dict(sink="unixgram", path=path)
    if kind == "udp6":
        return f"--statsd.listen-udp=[::1]:{port}", dict(sink="udp", host="::1", port=port)
    # A name that often has ::1 before 127.0.0.1, where nobody listens.
    host = "localhost" if kind == "localhost" else "127.0.0.1"
    return f"--statsd.listen-udp=127.0.0.1:{port}", dict(sink="udp", host=host, port=port)


def check_clean(text):
    for (name, labels), value in c.parse_exposition(text).items():
        if re.fullmatch(r"statsd_exporter_(sample_errors|tag_errors|events_error|events_conflict)_total", name):
            assert value == 0, (name, labels, value)


def received(text):
    found = c.parse_exposition(text)
    return found.get(("statsd_exporter_udp_packets_total", ()), 0) + \
        found.get(("statsd_exporter_unixgram_packets_total", ()), 0)


def everything_arrives(kind):
    with c.scratch() as directory:
        listen, target = target_of(kind, directory, c.udp_port())
        options = dict(format="dogstatsd", units=500, ticks=4, interval_ms=500, spread_ms=200, **target)
        with daemons.statsd_exporter(listen) as (_, scrape):
            if "path" in target:
                c.wait_for(lambda: os.path.exists(target["path"]), "the socket")
            sent = c.drive(directory, **options)
            c.wait_for(lambda: received(scrape()) >= sent["packets"], f"{sent['packets']} datagrams")
            names = c.names_of(sent["series"])
            c.expect_equal(c.grown(sent["series"]), c.by_topic(c.parse_exposition(scrape()), names),
                           f"statsd_exporter over {kind}")
            check_clean(scrape())


def last_tick_arrived(directory, scrape):
    with open(os.path.join(directory, "expect.json")) as file:
        sent = [row for row in json.load(file)["series"] if row["type"] == "gauge"]
    try:
        c.expect_equal(sent, c.by_topic(c.parse_exposition(scrape()), c.names_of(sent)),
                       "statsd_exporter after its start")
    except AssertionError:
        return None
    return True


def follows(kind):
    """The receiver comes late, ends, and comes back under the same name: it hears the ticks from then on. Or the name
    has another address first, where nobody listens."""
    with c.scratch() as directory:
        port = c.udp_port()
        _, target = target_of(kind, directory, port)
        log = os.path.join(directory, "driver.log")
        options = dict(format="dogstatsd", units=500, ticks=60, interval_ms=250, spread_ms=100,
                       expect=os.path.join(directory, "expect.json"), **target)
        with c.running(c.driver_arguments(options), log) as process:
            c.wait_for(lambda: "nobody listens" in c.read(log), "a refused datagram")
            with daemons.statsd_exporter(udp=port) as (_, scrape):
                c.wait_for(lambda: received(scrape()) > 0, "the first datagrams")
            time.sleep(1.5)  # six ticks that nobody hears; within a minute the log does not say it again
            with daemons.statsd_exporter(udp=port) as (_, scrape):
                assert process.wait(60) == 0
                c.wait_for(lambda: last_tick_arrived(directory, scrape), "the last tick")
                check_clean(scrape())
        said = c.read(log)
        assert said.count("nobody listens") == 1 and said.count("works again") == 1, said
        print("statsd_exporter: heard from the tick after it came up, twice")


def main(kind):
    c.tool("statsd_exporter")
    if kind == "localhost":
        # With ::1 first in line nothing arrives until its turn is over: what counts is that it ends.
        follows("localhost")
    elif kind == "restart":
        follows("udp")
    else:
        everything_arrives(kind)


main(sys.argv[1])
