"""Panels and dashboards, and what Grafana's JSON of them looks like."""
import dataclasses
import re
import string

# What Grafana 10.4 and 11 write; newer ones take it and move it on.
SCHEMA = 39
COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# The labels that tell brokers apart. A scraper adds `instance`; `broker` and `cluster` are labels of
# the output. Where one is not there, `All` fits: `=~".*"` matches a missing label too.
LABELS = ("cluster", "instance", "broker")
# To another dashboard with the row's broker chosen. Only a column that is there can be named.
LINK = "/d/{uid}?${{datasource:queryparam}}&${{cluster:queryparam}}&{of_row}&${{__url_time_range}}"
OF_ROW = {"instance": "var-instance=${__value.raw}",
          "broker": "var-instance=${__data.fields.instance}&var-broker=${__value.raw}"}


@dataclasses.dataclass(frozen=True)
class Query:
    """PromQL and its legend. `@` stands for the selectors that the dashboard's variables give."""
    text: str
    legend: str = "{{instance}} {{broker}}"


@dataclasses.dataclass(frozen=True)
class Panel:
    """One panel. `kind`: timeseries, stat, table or row. `needs`: without it there is nothing to show."""
    kind: str
    title: str
    text: str = ""
    unit: str = "short"
    queries: tuple = ()
    width: int = 8
    height: int = 7
    stacked: bool = False
    share: bool = False        # its values lie between 0 and 1
    steps: tuple = ()          # (value from which, colour); the first is (None, colour)
    names: tuple = ()          # (value, text, colour): what a value is called
    columns: tuple = ()        # of a table: (heading, unit) for each query
    interval: str = ""         # the least distance of two points
    links: bool = False        # of a table: its brokers lead to their other dashboards
    needs: tuple = ()          # kraft: KRaft; full: level full of self_metrics


@dataclasses.dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    text: str
    variables: tuple
    panels: tuple

    def selectors(self):
        """What `@` stands for, as Grafana reads it."""
        return ",".join(f'{name}=~"${name}"' for name in self.variables if name in LABELS)

    def expression(self, query):
        return query.text.replace("@", self.selectors())


def row(title):
    return Panel("row", title, width=COLUMNS, height=1)


def graph(title, text, unit, *queries, **more):
    return Panel("timeseries", title, text, unit, queries, **more)


def stat(title, text, unit, query, **more):
    return Panel("stat", title, text, unit, (Query(query, ""),), **{"width": 3, "height": 4, **more})


def table(title, text, columns, **more):
    """`columns`: (heading, unit, query); each query gives one row a broker, topic or the like."""
    return Panel("table", title, text, columns=tuple(column[:2] for column in columns),
                 queries=tuple(Query(column[2], "") for column in columns),
                 **{"width": COLUMNS, "height": 8, **more})


# --- JSON of a panel


def targets(panel, dashboard):
    instant = panel.kind != "timeseries"
    return [{"refId": letter, "datasource": DATASOURCE, "editorMode": "code",
             "expr": dashboard.expression(query), "legendFormat": query.legend or "__auto",
             "format": "table" if panel.kind == "table" else "time_series",
             "instant": instant, "range": not instant}
            for letter, query in zip(string.ascii_uppercase, panel.queries)]


def thresholds(steps):
    return {"mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in steps or ((None, "green"),)]}


def mappings(names):
    options = {str(value): {"text": text, "color": colour, "index": index}
               for index, (value, text, colour) in enumerate(names)}
    return [{"type": "value", "options": options}] if names else []


def defaults(panel):
    found = {"unit": panel.unit, "mappings": mappings(panel.names),
             "thresholds": thresholds(panel.steps),
             "color": {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"}}
    if panel.kind == "timeseries":
        found["min"] = 0
        found["custom"] = {
            "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "showPoints": "auto",
            "pointSize": 4, "spanNulls": False, "fillOpacity": 30 if panel.stacked else 8,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "axisPlacement": "auto", "axisLabel": "", "thresholdsStyle": {"mode": "off"}}
    if panel.share:
        found["max"] = 1
    return found


def options(panel):
    if panel.kind == "timeseries":
        return {"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "colorMode": "value" if not panel.steps and not panel.names else "background",
                "graphMode": "none", "textMode": "auto", "orientation": "auto", "justifyMode": "auto"}
    return {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"],
                                                               "countRows": False, "fields": ""}}


def overrides(panel):
    """Of a table: each column's unit, and the links of the columns that name a broker."""
    found = [{"matcher": {"id": "byName", "options": heading},
              "properties": [{"id": "unit", "value": unit}] + (
                  [{"id": "mappings", "value": mappings(panel.names)},
                   {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
                  if panel.names and number == 0 else [])}
             for number, (heading, unit) in enumerate(panel.columns)]
    if panel.links:
        found += [{"matcher": {"id": "byName", "options": name},
                   "properties": [{"id": "links", "value": [
                       {"title": title, "url": LINK.format(uid=uid, of_row=of_row)}
                       for uid, title in (("remora-broker", "Its broker"), ("remora-jvm", "Its JVM"),
                                          ("remora-agent", "Its agent"))]}]}
                  for name, of_row in OF_ROW.items()]
    return found


def transformations(panel):
    """The queries of a table become its columns, in their order, behind the labels."""
    if panel.kind != "table":
        return []
    headings = {f"Value #{letter}" if len(panel.columns) > 1 else "Value": heading
                for letter, (heading, _) in zip(string.ascii_uppercase, panel.columns)}
    return [{"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {},
                                           "renameByName": headings}}]


def panel_json(panel, dashboard, number, place):
    found = {"id": number, "type": panel.kind, "title": panel.title,
             "gridPos": {"x": place[0], "y": place[1], "w": panel.width, "h": panel.height}}
    if panel.kind == "row":
        return {**found, "collapsed": False, "panels": []}
    found.update(description=panel.text, datasource=DATASOURCE, targets=targets(panel, dashboard),
                 fieldConfig={"defaults": defaults(panel), "overrides": overrides(panel)},
                 options=options(panel), transformations=transformations(panel))
    if panel.interval:
        found["interval"] = panel.interval
    return found


def placed(panels):
    """(panel, (x, y)): from left to right, a new line where one is full."""
    x = y = line = 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, line = 0, y + line, 0
        yield panel, (x, y)
        x, line = x + panel.width, max(line, panel.height)


# --- JSON of a dashboard


def variable(name, before):
    """One variable. `before`: the label variables left of it, which narrow its values down."""
    if name == "datasource":
        return {"name": name, "label": "Data source", "type": "datasource", "query": "prometheus",
                "refresh": 1, "regex": "", "hide": 0, "includeAll": False, "multi": False,
                "current": {}, "options": []}
    if name == "request":
        kinds = ("Produce", "FetchConsumer", "FetchFollower")
        return {"name": name, "label": "Request", "type": "custom", "query": ",".join(kinds), "hide": 0,
                "includeAll": False, "multi": False,
                "current": {"text": kinds[0], "value": kinds[0], "selected": True},
                "options": [{"text": kind, "value": kind, "selected": kind == kinds[0]} for kind in kinds]}
    metric = "kafka_server_brokertopicmetrics_bytesin_total" if name == "topic" else "remora_up"
    narrowed = ",".join(f'{label}=~"${label}"' for label in before)
    query = f"label_values({metric}{{{narrowed}}}, {name})" if narrowed else f"label_values({metric}, {name})"
    return {"name": name, "label": name.capitalize(), "type": "query", "datasource": DATASOURCE,
            "definition": query, "query": {"query": query, "refId": "variable"}, "refresh": 2, "sort": 1,
            "regex": "", "hide": 0, "includeAll": True, "allValue": ".*", "multi": name != "cluster",
            "current": {"text": "All", "value": "$__all", "selected": True}, "options": []}


def variables(dashboard):
    found = []
    for name in dashboard.variables:
        before = [variable["name"] for variable in found if variable["name"] in LABELS]
        found.append(variable(name, before))
    return found


def annotation():
    """Firing alerts are shown in every graph."""
    return {"name": "Alerts", "enable": True, "hide": False, "iconColor": "red", "datasource": DATASOURCE,
            "expr": 'ALERTS{alertstate="firing",alertname=~"(Kafka|Remora).*",cluster=~"$cluster"}',
            "titleFormat": "{{alertname}}", "textFormat": "{{instance}} {{broker}}", "step": "30s"}


def dashboard_json(dashboard):
    return {
        "uid": dashboard.uid, "title": dashboard.title, "description": dashboard.text,
        "tags": ["kafka", "remora"], "id": None, "version": 1, "schemaVersion": SCHEMA, "editable": True,
        "timezone": "browser", "graphTooltip": 1, "refresh": "30s", "fiscalYearStartMonth": 0,
        "liveNow": False, "weekStart": "",
        "time": {"from": "now-1h", "to": "now"}, "timepicker": {},
        "annotations": {"list": [annotation()]},
        "templating": {"list": variables(dashboard)},
        "links": [{"title": "Kafka", "type": "dashboards", "tags": ["remora"], "asDropdown": False,
                   "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "dashboard",
                   "tooltip": "", "url": ""}],
        "panels": [panel_json(panel, dashboard, number, place)
                   for number, (panel, place) in enumerate(placed(dashboard.panels), 1)]}


# --- queries as Prometheus takes them


def plain(expression, values=(), window="1m"):
    """`expression` with Grafana's variables filled in. `values`: {variable: pattern}, else `.*`."""
    found = dict(values)
    expression = re.sub(r"\$__(rate_interval|interval|range)\b", window, expression)
    return re.sub(r"\$\{?(\w+)\}?", lambda name: found.get(name[1], ".*"), expression)
