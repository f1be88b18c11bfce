#!/usr/bin/env python3
"""Every panel of every dashboard has data, with KRaft and with ZooKeeper: real brokers, node_exporter, Prometheus."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import queries  # noqa: F401  (the path to scripts)
import stack as stacks
from queries import gen_dashboards

from dashkit import grafana, page  # noqa: E402

SECONDS_MAX = 900
WINDOW = "1m"  # of rates


def queries_but_for(without):
    """[(dashboard, panel, query)] of all panels that do without those."""
    return [(dashboard, panel, query) for dashboard in gen_dashboards.DASHBOARDS for panel in dashboard.panels
            for query in panel.queries if not set(panel.needs) & without]


def table(answers):
    """`answers`: [(dashboard, panel, query, numbers, seconds)] in any order; without numbers: there never were any."""
    titles = [dashboard.title for dashboard in gen_dashboards.DASHBOARDS]
    return stacks.plain_table(
        ("dashboard", "panel", "legend", "series", "largest", "after s"),
        [(dashboard.title, panel.title, query.legend, len(numbers), f"{max(numbers):.4g}" if numbers else "",
          f"{seconds:.0f}" if numbers else "never")
         for dashboard, panel, query, numbers, seconds in sorted(answers, key=lambda row: titles.index(row[0].title))])


class PanelsTest(unittest.TestCase):
    def hold(self, name, without, **options):
        with contextlib.ExitStack() as at_end:
            stack = stacks.Stack(at_end, self_metrics="full", **options)
            stacks.load(stack, SECONDS_MAX + 300)
            messages = 'sum(rate(kafka_server_brokertopicmetrics_messagesin_total{topic=""}[1m]))'
            stacks.wait_for("the load", lambda: sum(stack.numbers(messages)) > stacks.RATE / 2, 180, 2)
            answers, missing = self.answers(stack, queries_but_for(without))
            answers += [(*what, [], 0) for what in missing]
            folder = stacks.keep(f"panels-{name}.txt", table(answers))
            self.check_variables(stack)
            self.assertEqual(stack.firing(), set(), "nothing is wrong with these brokers")
            self.assertEqual([f"{dashboard.title}: {panel.title}" for dashboard, panel, _ in missing], [])
            self.look(stack, folder, name)

    def answers(self, stack, missing):
        """Asks until every query has numbers, or for long: (rows of table(), what has none)."""
        found, begun = [], time.monotonic()
        while missing and time.monotonic() - begun < SECONDS_MAX:
            left = []
            for dashboard, panel, query in missing:
                expression = grafana.plain(dashboard.expression(query), {"request": "Produce"}, WINDOW)
                numbers = stack.numbers(expression)
                if numbers:
                    found.append((dashboard, panel, query, numbers, time.monotonic() - begun))
                else:
                    left.append((dashboard, panel, query))
            missing = left
            time.sleep(10)
        return found, missing

    def check_variables(self, stack):
        """What a user can choose is what there is."""
        for dashboard in gen_dashboards.DASHBOARDS:
            for variable in grafana.dashboard_json(dashboard)["templating"]["list"]:
                if variable["type"] != "query":
                    continue
                metric, label = variable["definition"].removeprefix("label_values(").rstrip(")").rsplit(", ", 1)
                values = stack.ask(f"label/{label}/values", **{"match[]": grafana.plain(metric)})
                least = {"cluster": 1, "instance": 3, "broker": 3, "topic": 10}[label]
                self.assertGreaterEqual(len(values), least, (dashboard.title, variable["definition"], values))

    def look(self, stack, folder, name):
        """A page for each dashboard, drawn from Prometheus's answers, and a picture of it where there is a browser."""
        browser = shutil.which("chromium")
        if not browser:
            print("no chromium (scripts/setup --full installs it): no pictures")
            return
        for dashboard in gen_dashboards.DASHBOARDS:
            path = folder / f"{dashboard.uid}-{name}.html"
            charts, height = page.write(path, dashboard, stack.ask)
            with tempfile.TemporaryDirectory(prefix="remora-browser-") as profile:
                arguments = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                             "--proxy-server=127.0.0.1:9", f"--user-data-dir={profile}", "--virtual-time-budget=20000",
                             f"--window-size=1500,{height}"]
                subprocess.run([*arguments, f"--screenshot={path.with_suffix('.png')}", path.as_uri()],
                               capture_output=True, timeout=180, check=True)
                done = subprocess.run([*arguments, "--dump-dom", path.as_uri()], capture_output=True, text=True,
                                      timeout=180, check=True)
            self.assertEqual([line for line in done.stderr.splitlines() if "CONSOLE" in line], [])
            self.assertEqual(done.stdout.count('class="marks"'), charts)

    def test_with_kraft(self):
        self.hold("kraft", set(), kafka="4")

    def test_with_zookeeper(self):
        self.hold("zookeeper", {"kraft"}, kafka="3.9", zookeeper=True)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
