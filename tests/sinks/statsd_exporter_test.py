"""DogStatsD through statsd_exporter, by UDP or a unix socket: `statsd_exporter_test.py udp|udp6|unixgram|restart`"""
import os
import re
import sys

import consumers as c


def listening(directory, kind, port):
    if kind == "unixgram":
        path = os.path.join(directory, "dsd.socket")
        return f"--statsd.listen-unixgram={path}", dict(sink="unixgram", path=path)
    host = "::1" if kind == "udp6" else "127.0.0.1"
    shown = f"[{host}]" if kind == "udp6" else host
    return f"--statsd.listen-udp={shown}:{port}", dict(sink="udp", host=host, port=port)


def start(exporter, directory, listen, web_port):
    arguments = [exporter, listen, "--statsd.listen-tcp=", f"--web.listen-address=127.0.0.1:{web_port}"]
    if "unixgram" not in listen:
        arguments.append("--statsd.listen-unixgram=")
    return c.running(arguments, os.path.join(directory, "exporter.log"))


def check_clean(found):
    for (name, labels), value in found.items():
        if re.fullmatch(r"statsd_exporter_(sample_errors|tag_errors|events_error|events_conflict)_total", name):
            assert value == 0, (name, labels, value)


def main(kind):
    exporter = c.tool("statsd_exporter")
    with c.scratch() as directory:
        web_port = c.tcp_port()
        url = f"http://127.0.0.1:{web_port}/metrics"
        listen, target = listening(directory, kind, c.udp_port())
        ready = lambda: c.answers(url) and ("path" not in target or os.path.exists(target["path"]))
        options = dict(format="dogstatsd", units=500, ticks=4, interval_ms=500, spread_ms=200, **target)
        if kind == "restart":
            # Nobody listens for the first ticks: the sink carries on, and the receiver hears the later ones.
            driver = c.running(c.driver_arguments(dict(options, ticks=20, interval_ms=250,
                                                       expect=os.path.join(directory, "expect.json"))),
                               os.path.join(directory, "driver.log"))
            with driver as process:
                c.wait_for(lambda: "nobody listens" in c.read(os.path.join(directory, "driver.log")),
                           "a refused datagram")
                with start(exporter, directory, listen, web_port):
                    assert process.wait(60) == 0
                    found = c.wait_for(lambda: gauges_equal(directory, url), "the last tick")
                    check_clean(found)
            said = c.read(os.path.join(directory, "driver.log")).count("nobody listens")
            assert said == 1, f"said {said} times"
            print("statsd_exporter: heard from the tick after it came up")
            return
        with start(exporter, directory, listen, web_port) as process:
            c.wait_for(ready, "statsd_exporter")
            sent = c.drive(directory, **options)
            names = c.names_of(sent["series"])
            packets = sent["packets"]
            c.wait_for(lambda: received(url) >= packets, f"{packets} datagrams")
            found = c.parse_exposition(c.get(url))
            c.expect_equal(c.grown(sent["series"]), c.by_topic(found, names), f"statsd_exporter over {kind}")
            check_clean(found)
            assert process.poll() is None


def gauges_equal(directory, url):
    import json
    with open(os.path.join(directory, "expect.json")) as file:
        sent = [row for row in json.load(file)["series"] if row["type"] == "gauge"]
    found = c.parse_exposition(c.get(url))
    try:
        c.expect_equal(sent, c.by_topic(found, c.names_of(sent)), "statsd_exporter after its start")
    except AssertionError:
        return None
    return found


def received(url):
    found = c.parse_exposition(c.get(url))
    return found.get(("statsd_exporter_udp_packets_total", ()), 0) + \
        found.get(("statsd_exporter_unixgram_packets_total", ()), 0)


main(sys.argv[1])
