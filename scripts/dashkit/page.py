"""A dashboard as one HTML file, drawn by Vega-Lite from what Prometheus answers: to look at without Grafana."""
import html
import json
import pathlib
import re
import time

from perflab import page as perfpage

from dashkit import grafana

SECONDS, STEP = 900, 10
CELL, GAP = 34, 8  # of Grafana's grid, in pixels
SERIES_MAX = 12
STYLE = """
body{font:13px sans-serif;margin:0;background:#111217;color:#ccccdc;width:1480px;padding:10px}
h1{font-size:18px;margin:4px 0 10px} h2{font-size:14px;margin:0;border-bottom:1px solid #333}
.grid{display:grid;grid-template-columns:repeat(24,1fr);gap:8px}
.panel{background:#181b1f;border:1px solid #2c3235;padding:6px;overflow:hidden;box-sizing:border-box}
.panel b{font-size:12px} .stat{display:flex;flex-direction:column;justify-content:space-between}
.big{font-size:26px;text-align:center;padding:10px;color:#fff} .chart{width:100%;height:calc(100% - 16px)}
table{border-collapse:collapse;width:100%;font-size:12px;margin-top:6px}
td,th{padding:3px 6px;text-align:left;border-bottom:1px solid #2c3235}
"""
COLOURS = {"green": "#2f7d4f", "orange": "#b8681b", "red": "#b3261e", "blue": "#2b5c9e"}
SCALES = {"bytes": ("B", 1024), "Bps": ("B/s", 1000), "short": ("", 1000), "cps": ("/s", 1000), "reqps": ("/s", 1000)}
AXES = {**{unit: sign or "count" for unit, (sign, _) in SCALES.items()}, "percentunit": "share", "none": "",
        "percent": "%", "s": "s", "ms": "ms"}


def number(value, unit):
    """A value as people read it: 12.3 kB/s, 99 %, 3.2 h."""
    if value != value:
        return "-"
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "s" and abs(value) >= 120:
        return f"{value / 3600:.1f} h" if value >= 7200 else f"{value / 60:.1f} min"
    if unit in SCALES:
        sign, base = SCALES[unit]
        for prefix in ("", "k", "M", "G", "T"):
            if abs(value) < base or prefix == "T":
                return f"{value:.3g} {prefix}{sign}".rstrip()
            value /= base
    return f"{value:.4g} {AXES.get(unit, unit)}".rstrip()


def legend(text, labels):
    if not text:
        return " ".join(value for name, value in sorted(labels.items()) if name != "__name__")
    return re.sub(r"\{\{(\w+)\}\}", lambda name: labels.get(name[1], ""), text).strip() or "value"


def colour_of(value, panel):
    for known, _, colour in panel.names:
        if value == known:
            return COLOURS.get(colour, "#333")
    found = [colour for least, colour in panel.steps or () if least is None or value >= least]
    return COLOURS.get(found[-1], "#333") if found else "transparent"


def text_of(value, panel, unit):
    names = {known: text for known, text, _ in panel.names}
    return names.get(value) or number(value, unit)


def expression(dashboard, query):
    return grafana.plain(dashboard.expression(query), {"request": "Produce"})


def stat_html(dashboard, panel, ask):
    series = ask("query", query=expression(dashboard, panel.queries[0]))["result"]
    if not series:
        return '<div class="big">No data</div>'
    value = float(series[0]["value"][1])
    return (f'<div class="big" style="background:{colour_of(value, panel)}">'
            f"{html.escape(text_of(value, panel, panel.unit))}</div>")


def table_html(dashboard, panel, ask):
    rows, labels = {}, []
    for column, query in enumerate(panel.queries):
        for series in ask("query", query=expression(dashboard, query))["result"]:
            names = tuple(sorted(item for item in series["metric"].items() if item[0] != "__name__"))
            labels = [name for name, _ in names] if len(names) > len(labels) else labels
            rows.setdefault(names, {})[column] = float(series["value"][1])
    head = "".join(f"<th>{html.escape(text)}</th>" for text in [*labels, *(text for text, _ in panel.columns)])
    body = ""
    for names, values in sorted(rows.items()):
        cells = [dict(names).get(label, "") for label in labels]
        for column, (_, unit) in enumerate(panel.columns):
            value = values.get(column)
            cells.append("" if value is None else text_of(value, panel, unit) if column == 0 else number(value, unit))
        body += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
    return f"<table><tr>{head}</tr>{body}</table>"


def chart(dashboard, panel, ask, end):
    """The Vega-Lite specification of a graph; None without data."""
    points = []
    for query in panel.queries:
        answer = ask("query_range", query=expression(dashboard, query), start=end - SECONDS, end=end, step=STEP)
        for series in answer["result"][:SERIES_MAX]:
            name = legend(query.legend, series["metric"])
            points += [{"t": 1000 * at, "v": float(value), "series": name} for at, value in series["values"]
                       if value not in {"NaN", "+Inf", "-Inf"}]
    if not points:
        return None
    return {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "width": "container", "height": "container",
            "autosize": {"type": "fit", "contains": "padding"}, "background": None, "data": {"values": points},
            "mark": {"type": "area", "opacity": 0.6} if panel.stacked else {"type": "line", "strokeWidth": 1.3},
            "encoding": {
                "x": {"field": "t", "type": "temporal", "title": None, "axis": {"tickCount": 5}},
                "y": {"field": "v", "type": "quantitative", "title": AXES.get(panel.unit, panel.unit),
                      "stack": "zero" if panel.stacked else None,
                      "axis": {"tickCount": 5, "format": ".2~%" if panel.unit == "percentunit" else "~s"}},
                "color": {"field": "series", "type": "nominal", "title": None,
                          "legend": {"orient": "bottom", "columns": 2, "labelLimit": 200, "symbolSize": 30,
                                     "labelFontSize": 9}}},
            "config": {"axis": {"labelColor": "#9aa0a6", "titleColor": "#9aa0a6", "gridColor": "#2c3235",
                                "domainColor": "#2c3235"}, "legend": {"labelColor": "#ccccdc"},
                       "view": {"stroke": None}}}


def write(path, dashboard, ask):
    """Writes the page; (number of charts, height of a window that shows all of it).

    `ask(path, **parameters)` gives the data of a request to Prometheus's API.
    """
    end = time.time()
    charts, parts, bottom = [], [], 0
    for panel, (x, y) in grafana.placed(dashboard.panels):
        place = (f"grid-column:{x + 1}/span {panel.width};grid-row:{y + 1}/span {panel.height}")
        bottom = max(bottom, y + panel.height)
        if panel.kind == "row":
            title = panel.title.replace("$request", "Produce")
            parts.append(f'<h2 style="{place}">{html.escape(title)}</h2>')
            continue
        if panel.kind == "timeseries":
            specification = chart(dashboard, panel, ask, end)
            inner = f'<div class="chart" id="chart-{len(charts)}"></div>' if specification else \
                '<div class="big">No data</div>'
            charts += [specification] if specification else []
        else:
            inner = (stat_html if panel.kind == "stat" else table_html)(dashboard, panel, ask)
        parts.append(f'<div class="panel {panel.kind}" style="{place}"><b>{html.escape(panel.title)}</b>{inner}</div>')
    scripts = "".join(f"<script>{perfpage.script_safe(script)}</script>" for *_, script in perfpage.libraries())
    draw = ("const charts = " + perfpage.script_safe(json.dumps(charts)) + ";\n"
            'charts.forEach((chart, i) => vegaEmbed("#chart-" + i, chart, {actions: false, renderer: "svg"}));')
    pathlib.Path(path).write_text(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(dashboard.title)}</title>'
        f"<style>{STYLE}.grid{{grid-auto-rows:{CELL}px}}</style></head><body><h1>{html.escape(dashboard.title)}</h1>"
        f'<div class="grid">{"".join(parts)}</div>{scripts}<script>{draw}</script></body></html>\n', encoding="utf-8")
    return len(charts), 60 + bottom * (CELL + GAP)
