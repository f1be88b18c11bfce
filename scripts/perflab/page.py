"""report.html: one file with everything in it. Charts are drawn by Vega-Lite, which is inside too."""
import html
import json
import os
import pathlib
import re
import statistics
import subprocess
import tarfile
import tempfile

from labkit import common

from perflab import figures, report

# From npm; the last build of each that one script element can hold.
LIBRARIES = (("vega", "5.30.0", "vega.min.js"), ("vega-lite", "5.21.0", "vega-lite.min.js"),
             ("vega-embed", "6.26.0", "vega-embed.min.js"))
BUCKETS_MAX = 60
STYLE = """
body{font:15px/1.45 sans-serif;margin:0 auto;padding:12px;max-width:1200px;color:#1f2328}
h1{font-size:1.5em} h2{font-size:1.15em;margin-top:1.6em}
.wide{overflow-x:auto} table{border-collapse:collapse;font-size:13px}
td,th{border-bottom:1px solid #d0d7de;padding:4px 8px;text-align:left;vertical-align:top}
tr:hover{background:#f6f8fa} .missed{color:#b3261e;font-weight:bold} .met{color:#116329}
.beyond{font-weight:bold} .long{min-width:20em} .below{color:#57606a;font-size:13px;max-width:70em}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:12px}
.chart{width:100%;min-height:260px}
@media print{.wide{overflow:visible} .long{min-width:0} table{font-size:9px} td,th{padding:2px 4px}
 .chart,tr{break-inside:avoid} .charts{grid-template-columns:1fr 1fr}}
"""


def libraries():
    """[(name, version, licence, script)], got by npm once into the lab's cache. LabError without npm."""
    found = []
    for name, version, file in LIBRARIES:
        target = pathlib.Path(common.cache_dir(), f"{name}-{version}")
        if not (target / file).exists():
            download(name, version, file, target)
        found.append((name, version, (target / "LICENSE").read_text(encoding="utf-8"),
                      (target / file).read_text(encoding="utf-8")))
    return found


def download(name, version, file, target):
    common.say(f"getting {name} {version} from npm")
    with tempfile.TemporaryDirectory(dir=common.cache_dir(), prefix=".npm-") as directory:
        try:
            done = subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=directory,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  stdin=subprocess.DEVNULL, check=False)
        except FileNotFoundError as error:
            raise common.LabError("npm is not installed (Debian and Ubuntu package: npm)") from error
        if done.returncode != 0:
            raise common.LabError(f"npm pack {name}@{version} failed:\n{done.stdout[-1000:]}")
        fresh = pathlib.Path(directory, "fresh")
        fresh.mkdir()
        with tarfile.open(pathlib.Path(directory, f"{name}-{version}.tgz")) as archive:
            for member, to in (("package/LICENSE", "LICENSE"), (f"package/build/{file}", file)):
                (fresh / to).write_bytes(archive.extractfile(member).read())
        os.rename(fresh, target)


def series(directory):
    """[{run, second, cpu, rss}]: means over brokers and repeats, of the windows of all whole runs."""
    buckets = {}
    for path in sorted(pathlib.Path(directory, "samples").glob("*.ndjson")):
        samples = figures.read_samples(path)
        if not figures.is_whole(samples):
            continue
        run = figures.of_kind(samples, "run")[0]["run"]
        first, last = figures.window(samples)
        width = max(1, round((last - first) / BUCKETS_MAX))
        for who in {row["who"] for row in figures.of_kind(samples, "second")}:
            rows = figures.seconds_of(samples, who) if who.startswith("broker-") else []
            for earlier, later in zip(rows, rows[1:]):
                at = run, int((later["t"] - first) // width) * width
                buckets.setdefault(at, []).append((
                    100 * figures.rate((earlier, later), lambda row: row["cpu_s"]),
                    later["rss_mb"]))
    return [{"run": run, "second": second, "cpu": round(statistics.fmean(p[0] for p in points), 2),
             "rss": round(statistics.fmean(p[1] for p in points), 1)}
            for (run, second), points in buckets.items()]


def points(made, key):
    """[{run, value}] of a figure, one for each broker or run that has it."""
    figure = figures.BY_KEY[key]
    return [{"run": row["run"], "value": values[key]} for row in made
            for values in ([row["cluster"]] if figure.of == "cluster" else row["brokers"].values())
            if key in values]


def bars(title, made, key, order, unit):
    """A bar for the mean of each run, and a point for each broker in each repeat."""
    run = {"field": "run", "type": "nominal", "sort": order, "title": None,
           "axis": {"labelAngle": -30}}
    value = {"field": "value", "type": "quantitative", "title": unit}
    return {"title": title, "data": {"values": points(made, key)}, "layer": [
        {"mark": {"type": "bar", "opacity": 0.5},
         "encoding": {"x": run, "y": {**value, "aggregate": "mean"},
                      "color": {"field": "run", "type": "nominal", "sort": order,
                                "legend": None}}},
        {"mark": {"type": "point", "filled": True, "size": 22, "color": "#1f2328"},
         "encoding": {"x": run, "y": value}}]}


def lines(title, rows, field, order, unit):
    """One line for each run over the seconds of the window."""
    return {"title": title, "data": {"values": rows}, "mark": "line", "encoding": {
        "x": {"field": "second", "type": "quantitative", "title": "second of the window"},
        "y": {"field": field, "type": "quantitative", "title": unit, "scale": {"zero": False}},
        "color": {"field": "run", "type": "nominal", "sort": order,
                  "legend": {"orient": "bottom", "columns": 3, "title": None}}}}


def charts(made, rows):
    """The specifications of all charts."""
    order = list(dict.fromkeys(row["run"] for row in made))
    found = [
        bars("CPU of what monitors, inside a broker", made, "cpu_own_percent", order,
             "% of a core"),
        bars("Resident memory of a broker", made, "rss_mb", order, "MB"),
        bars("Produce latency p99", made, "produce_p99_ms", order, "ms"),
        bars("Due until written, the longest", made, "latency_max_s", order, "s"),
        lines("CPU of a broker", rows, "cpu", order, "% of a core"),
        lines("Resident memory of a broker", rows, "rss", order, "MB")]
    common_part = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json",
                   "width": "container", "height": 230, "autosize": {"type": "fit-x"}}
    return [{**common_part, **chart} for chart in found if chart["data"]["values"]]


def cell_html(text):
    kind = "missed" if text.startswith("MISSED") or text == "GROWS" else \
        "met" if text.startswith("met") else "beyond" if text.endswith("**") else \
        "long" if len(text) > 65 else ""
    inner = html.escape(text.removesuffix(" **"))
    return f'<td class="{kind}">{inner}</td>' if kind else f"<td>{inner}</td>"


def table_html(part):
    title, headings, rows, below = part
    below = below.replace("** marks", "Bold marks")
    head = "".join(f"<th>{html.escape(text)}</th>" for text in headings)
    body = "".join("<tr>" + "".join(cell_html(text) for text in row) + "</tr>" for row in rows)
    return (f'<h2>{html.escape(title)}</h2><div class="wide"><table><thead><tr>{head}</tr></thead>'
            f'<tbody>{body}</tbody></table></div><p class="below">{html.escape(below)}</p>')


def script_safe(text):
    """Nothing in it ends the script element early; a pattern such as /</g stays what it is."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


def page(found, rows, scripts):
    """The whole page. `rows` as of series(), `scripts` as of libraries()."""
    parts = [table_html(part) for part in report.parts(found)]
    specifications = charts(found["runs"], rows)
    holders = "".join(f'<div class="chart" id="chart-{number}"></div>'
                      for number in range(len(specifications)))
    inlined = "".join(f"<script>/* {name} {version}\n{licence.replace('*/', '* /')}*/\n"
                      f"{script_safe(script)}</script>\n"
                      for name, version, licence, script in scripts)
    draw = ("const charts = " + script_safe(json.dumps(specifications)) + ";\n"
            'charts.forEach((chart, i) => vegaEmbed("#chart-" + i, chart, '
            '{actions: false, renderer: "svg"}));')
    lead = "".join(f"<li>{html.escape(line)}</li>" for line in report.summary(found))
    return ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>What monitoring costs</title><style>{STYLE}</style></head><body>"
            f"<h1>What monitoring costs these brokers</h1>{parts[0]}{parts[1]}"
            f'<h2>Charts</h2><div class="charts">{holders}</div>{"".join(parts[2:])}'
            f"<h2>About this run</h2><ul>{lead}</ul>\n{inlined}<script>{draw}</script>"
            "</body></html>\n")


def write(directory, found):
    """Writes report.html. LabError when the chart library cannot be got."""
    text = page(found, series(directory), libraries())
    pathlib.Path(directory, "report.html").write_text(text, encoding="utf-8")
