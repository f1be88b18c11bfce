#!/usr/bin/env python3
"""Dashboards and alert rules as files: made from their source, of metrics that are written, each alert tested."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import queries
from queries import ROOT, gen_dashboards

import consumers  # noqa: E402
from dashkit import common, grafana  # noqa: E402

# What Grafana calls the units that we use (its list of formats).
UNITS = {"none", "short", "bytes", "Bps", "ms", "s", "percentunit", "percent", "cps", "reqps"}

# Grafana's own models of dashboards, in their virtual environment: what they make of each.
MODELS = """
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard
found = {uid: dashboard.Dashboard.from_json(data) for uid, data in json.load(sys.stdin).items()}
print(JSONEncoder(sort_keys=True).encode(found))
"""


def made():
    return {dashboard.uid: grafana.dashboard_json(dashboard) for dashboard in gen_dashboards.DASHBOARDS}


def expressions():
    """[(where, expression with Grafana's variables filled in, what it needs)] of all panels."""
    return [(f"{dashboard.uid}: {panel.title}", grafana.plain(dashboard.expression(query)), panel.needs)
            for dashboard in gen_dashboards.DASHBOARDS for panel in dashboard.panels for query in panel.queries]


class SourceTest(unittest.TestCase):
    def test_the_files_are_what_the_generator_makes(self):
        done = subprocess.run([sys.executable, ROOT / "scripts" / "gen_dashboards.py", "--check"],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_what_an_expression_asks_for_is_found(self):
        found = queries.selected('topk(10, sum by (a, b) (rate(x_total{t=~"a|b",topic=""}[5m]))) / on (c)'
                                 ' group_left (d) (y:z{k!="in {it}"} > bool 60) and time() - w offset 5m unless 1e6 < v')
        self.assertEqual(found, [("x_total", {"t": ("=~", "a|b"), "topic": ("=", "")}),
                                 ("y:z", {"k": ("!=", "in {it}")}), ("w", {}), ("v", {})])


class NamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="remora-names-") as directory:
            cls.broker = queries.broker_names(directory)
            cls.open = queries.broker_names(directory, "openmetrics")
        cls.recorded = {name for kind, name, _, _ in queries.rules() if kind == "record"}

    def problems(self, expression, level="basic"):
        """What an expression asks for and nobody writes."""
        found = []
        asked = queries.selected(expression)
        names = {name for name, _ in asked}
        for name, labels in asked:
            has = self.broker.get(name) or self.open.get(name)
            if name.startswith("remora_"):
                if name not in queries.own_names(level):
                    found.append(f"{name} is not of level {level}")
            elif name not in queries.FOREIGN | self.recorded:
                wanted = {label for label, pattern in labels.items()
                          if label not in queries.ADDED and pattern not in {("=", ""), ("=~", ".*")}}
                if not has:
                    found.append(f"{name} is not written")
                elif not any(wanted <= some for some in has):
                    found.append(f"{name} has the labels {has}, not {wanted}")
                elif name not in self.open and f"{name}_total" not in names:
                    found.append(f"{name} is {name}_total in OpenMetrics")
        return found

    def test_panels_ask_for_what_the_built_in_configuration_writes(self):
        for where, expression, needs in expressions():
            with self.subTest(where):
                self.assertTrue(queries.selected(expression))
                self.assertEqual(self.problems(expression, "full" if "full" in needs else "basic"), [])

    def test_so_do_rules(self):
        for _, name, expression, _ in queries.rules():
            with self.subTest(name):
                self.assertTrue(queries.selected(expression))
                self.assertEqual(self.problems(expression), [])

    def test_panels_and_rules_believe_the_same_brokers(self):
        alive, = [expression for kind, name, expression, _ in queries.rules() if (kind, name) == ("record", "remora:alive")]
        self.assertEqual(common.ALIVE.replace("{@}", ""), f"({alive})")

    def test_what_nobody_writes_is_found(self):
        size = "kafka_log_log_size"
        self.assertEqual(self.problems(f'sum by (topic) ({size}{{topic=~"a.*",instance="b",broker=~"c"}})'), [])
        self.assertEqual(len(self.problems(f'{size}{{tpoic="a"}}')), 1)
        # Of profile `all`, of no broker, and of level `full`.
        for name in ("kafka_cluster_partition_replicascount", "kafka_log_log_sizes", "remora_cache_efficiency"):
            self.assertEqual(len(self.problems(f"rate({name}[5m]) / {size}")), 1, name)
        self.assertEqual(self.problems("remora_cache_efficiency", "full"), [])
        errors = "kafka_controller_kafkacontroller_metadataerrorcount"
        self.assertEqual(len(self.problems(errors)), 1)
        self.assertEqual(self.problems(f"{errors} or {errors}_total"), [])

    def test_what_wakes_somebody_has_a_rule(self):
        rows = (ROOT / "native" / "kafka" / "profile_rows.cpp").read_text()
        alarming = re.findall(r'\{"([\w.]+)",\s*"([\w ]+)",\s*"([\w ]+)",\s*kAlert', rows)
        names = {f"{domain}_{bean}_{name}".replace(".", "_").lower().replace("persec", "_total")
                 for domain, beans, attributes in alarming for bean in beans.split() for name in attributes.split()}
        self.assertGreater(len(names), 10)
        asked = {name for _, _, expression, _ in queries.rules() for name, _ in queries.selected(expression)}
        # The count of such directories says the same.
        self.assertEqual(names - asked, {"kafka_log_logmanager_logdirectoryoffline"})


class RulesTest(unittest.TestCase):
    def test_each_alert_is_tested_firing_and_not_firing(self):
        tested = {True: set(), False: set()}
        for path in sorted((ROOT / "alerts").glob("*_test.yml")):
            for text in re.split(r"\n(?=      - eval_time: )", path.read_text())[1:]:
                name = re.search(r"alertname: (\w+)", text)[1]
                tested["exp_alerts:" in text].add(name)
        alerts = {name for kind, name, _, _ in queries.rules() if kind == "alert"}
        self.assertGreater(len(alerts), 20)
        self.assertEqual(tested, {True: alerts, False: alerts})

    def test_each_alert_says_how_bad_it_is_what_happened_and_what_to_do(self):
        page = (ROOT / "docs" / "operate" / "alerts.md").read_text()
        for kind, name, _, text in queries.rules():
            if kind == "alert":
                with self.subTest(name):
                    self.assertRegex(text, r"severity: (critical|warning)\n")
                    self.assertRegex(text, r'summary: ".+"\n +description: ".+"')
                    self.assertRegex(page, rf"(?m)^\| `{name}` \|")

    def test_prometheus_parses_every_rule_and_every_query(self):
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("promtool is not installed")
        records = [{"record": "a", "expr": expression, "labels": {"number": str(number)}}
                   for number, (_, expression, _) in enumerate(expressions())]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # JSON is YAML too
            json.dump({"groups": [{"name": "panels", "rules": records}]}, file)
            file.flush()
            done = subprocess.run([promtool, "check", "rules", file.name, queries.RULES], capture_output=True,
                                  text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{len(records)} rules found", done.stdout)


class StatesTest(unittest.TestCase):
    """What *Kafka cluster* says of brokers in each state, by promtool. All but one change it after ten minutes."""
    # remora_up, the time of the last tick, and the time between two. A sample a minute.
    BROKERS = {"alive": ("1x90", "0+60x90", "10000x90"), "ended": ("1x10 0x80", "0+60x10 600x80", "10000x90"),
               "killed": ("1x90", "0+60x10 600x80", "10000x90"),
               "unreachable": ("1x10 stale", "0+60x10 stale", "10000x10 stale")}
    NAMES = ("remora_up", "remora_last_tick_timestamp_seconds", "remora_tick_interval_milliseconds")

    def hold(self, minutes, tell, do_not, states):
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("promtool is not installed")
        overview = gen_dashboards.DASHBOARDS[0]
        wanted = {"Brokers that tell": [{"labels": "{}", "value": tell}],
                  "Brokers that do not": [{"labels": "{}", "value": do_not}],
                  "Brokers": [{"labels": f'{{instance="{broker}"}}', "value": state} for broker, state in states.items()]}
        asked = [{"expr": grafana.plain(overview.expression(panel.queries[0])), "eval_time": f"{minutes}m",
                  "exp_samples": wanted[panel.title]} for panel in overview.panels
                 if panel.title in wanted and panel.kind != "row"]
        self.assertEqual(len(asked), len(wanted))
        series = [{"series": f'{name}{{instance="{broker}"}}', "values": text}
                  for broker, values in self.BROKERS.items() for name, text in zip(self.NAMES, values)]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # JSON is YAML too
            json.dump({"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": asked}]}, file)
            file.flush()
            done = subprocess.run([promtool, "test", "rules", file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_broker_of_the_last_hour_has_its_state(self):
        self.hold(5, 4, 0, {"alive": 1, "ended": 1, "killed": 1, "unreachable": 1})
        self.hold(20, 1, 3, {"alive": 1, "ended": 0, "killed": 2, "unreachable": 3})

    def test_what_has_been_away_for_an_hour_is_not_missed(self):
        self.hold(75, 1, 2, {"alive": 1, "ended": 0, "killed": 2})


class GrafanaTest(unittest.TestCase):
    """What Grafana expects of a dashboard, as far as it can be told without one."""

    def panels(self):
        for uid, dashboard in made().items():
            for panel in dashboard["panels"]:
                with self.subTest(f"{uid}: {panel['title']}"):
                    yield dashboard, panel

    def test_panels_are_whole(self):
        for _, panel in self.panels():
            if panel["type"] == "row":
                continue
            self.assertIn(panel["type"], {"timeseries", "stat", "table"})
            self.assertRegex(panel["description"], r"^[A-Z].*[.]$")
            self.assertIn(panel["fieldConfig"]["defaults"]["unit"], UNITS)
            letters = [target["refId"] for target in panel["targets"]]
            self.assertEqual(letters, list("ABCDEFGHIJ"[:len(letters)]))
            for target in [panel, *panel["targets"]]:
                self.assertEqual(target["datasource"], grafana.DATASOURCE)
            steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
            values = [step["value"] for step in steps]
            self.assertIsNone(values[0])
            self.assertEqual(values[1:], sorted(values[1:]))

    def test_panels_lie_beside_one_another(self):
        for uid, dashboard in made().items():
            taken = set()
            for panel in dashboard["panels"]:
                place = panel["gridPos"]
                cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                         for y in range(place["y"], place["y"] + place["h"])}
                self.assertLessEqual(place["x"] + place["w"], grafana.COLUMNS, (uid, panel["title"]))
                self.assertFalse(cells & taken, (uid, panel["title"]))
                taken |= cells
            self.assertEqual(len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))

    def test_variables_that_are_used_exist(self):
        own = {"__rate_interval", "__range", "__value", "__data", "__url_time_range"}
        for dashboard, panel in self.panels():
            known = {variable["name"] for variable in dashboard["templating"]["list"]} | own
            used = set(re.findall(r"\$\{?(\w+)", json.dumps(panel)))
            self.assertLessEqual(used, known)
        for dashboard in made().values():
            before = set()
            for variable in dashboard["templating"]["list"]:
                self.assertLessEqual(set(re.findall(r"\$\{?(\w+)", json.dumps(variable))), before | {"__all"})
                before.add(variable["name"])

    def test_links_lead_to_dashboards_and_their_variables(self):
        dashboards = made()
        found = set(re.findall(r"/d/([\w-]+)\?", json.dumps(dashboards)))
        self.assertTrue(found)
        self.assertLessEqual(found, set(dashboards))
        for uid in found:
            names = {variable["name"] for variable in dashboards[uid]["templating"]["list"]}
            self.assertLessEqual({"datasource", "cluster", "instance", "broker"}, names)

    def test_grafanas_own_models_take_them_and_give_them_back(self):
        python = consumers.python_with("grafana_foundation_sdk")
        if python is None:
            self.skipTest("grafana-foundation-sdk (Python) is not installed: tests/sinks/fetch_consumers --shippers")
        done = subprocess.run([python, "-c", MODELS], input=json.dumps(made()), capture_output=True, text=True,
                              check=True)
        for uid, given in json.loads(done.stdout).items():
            self.hold_same(uid, made()[uid], given)

    def hold_same(self, where, ours, given):
        """There is nothing that Grafana's models do not know, but for what is Prometheus's plugin's own."""
        if isinstance(ours, dict):
            for key in set(ours) - {"titleFormat", "textFormat", "step", "definition"}:
                self.hold_same(f"{where}.{key}", ours[key], given.get(key))
        elif isinstance(ours, list):
            self.assertEqual(len(ours), len(given), where)
            for number, (one, other) in enumerate(zip(ours, given)):
                self.hold_same(f"{where}.{number}", one, other)
        else:
            self.assertEqual(ours, given, where)


if __name__ == "__main__":
    unittest.main(verbosity=2)
