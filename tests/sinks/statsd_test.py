"""Plain StatsD into the reference daemon (npm statsd), read back over its management port."""
import ast
import os
import re
import socket

import consumers as c

CONFIG = """
{{ port: {port}, address: "127.0.0.1", mgmt_port: {mgmt}, mgmt_address: "127.0.0.1",
   flushInterval: 3600000, backends: [], deleteIdleStats: false }}
"""


def ask(port, command):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(command.encode() + b"\n")
        text = b""
        while not text.rstrip().endswith(b"END"):
            more = connection.recv(65536)
            if not more:
                break
            text += more
    return text.decode().rsplit("END", 1)[0]


def pairs(text):
    """The daemon prints JavaScript objects: { 'a.b': 1, c: -2.5 }."""
    found = {}
    for key, value in re.findall(r"(?:'([^']+)'|(?<=[\s{])\w+):\s*([-\d.e+]+)", text):
        found[key] = ast.literal_eval(value)
    return found


def main():
    node = c.tool("node")
    daemon = os.path.join(c.tools_directory(), "npm", "node_modules", "statsd", "stats.js")
    if not os.path.exists(daemon):
        c.skip("npm statsd is not installed (tests/sinks/fetch_consumers)")
    with c.scratch() as directory:
        port, management = c.udp_port(), c.tcp_port()
        config = os.path.join(directory, "config.js")
        with open(config, "w") as file:
            file.write(CONFIG.format(port=port, mgmt=management))
        log = os.path.join(directory, "statsd.log")
        with c.running([node, daemon, config], log) as process:
            def up():
                try:
                    return ask(management, "stats")
                except OSError:
                    return None

            c.wait_for(up, "statsd")
            sent = c.drive(directory, sink="udp", format="statsd", port=port, units=20, ticks=4,
                           interval_ms=200, spread_ms=100)
            c.wait_for(lambda: pairs(ask(management, "counters")).get("statsd.packets_received", 0)
                       >= sent["packets"], "all datagrams")
            found = {**pairs(ask(management, "gauges")), **pairs(ask(management, "counters"))}
            got = {}
            for row in sent["series"]:
                keys = [k for k in found if row["name"] in k and re.search(rf"\b{row['topic']}$", k)]
                assert len(keys) == 1, (row, keys)
                got[row["name"], row["topic"]] = found[keys[0]]
            c.expect_equal(c.grown(sent["series"]), got, "statsd")
            assert found.get("statsd.bad_lines_seen") == 0, found
            assert process.poll() is None
        assert "error" not in c.read(log).lower(), c.read(log)


main()
