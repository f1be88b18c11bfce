#!/usr/bin/env python3
"""The shipped alerts in a real Prometheus: one broker is killed, one ends orderly, and both are told within two minutes.

    alert_test.py JAVA CLASSPATH
"""

import contextlib
import json
import os
import pathlib
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "sinks"), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "agent")]
import consumers as c  # noqa: E402
import daemons  # noqa: E402
import life_test  # noqa: E402

PROMISED_S = 120


@contextlib.contextmanager
def exported(broker, directory, name):
    """host:port where node_exporter shows the broker's textfile."""
    address = f"127.0.0.1:{c.tcp_port()}"
    arguments = daemons.node_exporter_command(broker.prom.parent, address)
    with c.running(arguments, os.path.join(directory, name + ".log")):
        c.wait_for(lambda: c.answers(f"http://{address}/metrics"), "node_exporter")
        yield address


@contextlib.contextmanager
def prometheus(directory, targets):
    """Function that gives {(alert, instance)} of what is firing."""
    config = daemons.prometheus_config(directory, "node", targets, 2, rule_files=[str(ROOT / "alerts" / "remora.yml")])
    url = f"http://127.0.0.1:{c.tcp_port()}"
    log = os.path.join(directory, "prometheus.log")

    def firing():
        alerts = json.loads(c.get(url + "/api/v1/alerts"))["data"]["alerts"]
        return {(alert["labels"]["alertname"], alert["labels"]["instance"]) for alert in alerts
                if alert["state"] == "firing"}

    def is_scraped():
        found = json.loads(c.get(url + "/api/v1/query?query=remora_up==1"))["data"]["result"]
        return len(found) == len(targets)

    with c.running(daemons.prometheus_command(config, url[7:]), log) as process:
        c.wait_for(lambda: c.answers(url + "/-/ready"), "Prometheus", 60)
        c.wait_for(is_scraped, "both brokers in Prometheus", 60)
        yield firing
        assert process.poll() is None, c.read(log)[-2000:]


def main():
    with c.scratch() as directory, contextlib.ExitStack() as stack:
        killed, ended = life_test.Broker(), life_test.Broker()
        for broker in (killed, ended):
            stack.callback(broker.close)
            broker.ask("state 3")
            broker.wait_value(life_test.STATE, 3)
        at_killed = stack.enter_context(exported(killed, directory, "killed"))
        at_ended = stack.enter_context(exported(ended, directory, "ended"))
        firing = stack.enter_context(prometheus(directory, [at_killed, at_ended]))
        assert firing() == set(), "nothing is wrong yet"

        begun = time.monotonic()
        killed.end(lambda: killed.process.send_signal(signal.SIGKILL))
        ended.end(lambda: ended.process.send_signal(signal.SIGTERM))
        wanted = {("RemoraStale", at_killed), ("RemoraDown", at_ended)}
        c.wait_for(lambda: firing() == wanted, wanted, PROMISED_S, pause=1)
        print(f"told after {time.monotonic() - begun:.0f} s: {sorted(alert for alert, _ in wanted)}")


if __name__ == "__main__":
    life_test.JAVA, life_test.CLASSPATH = sys.argv[1:3]
    main()
