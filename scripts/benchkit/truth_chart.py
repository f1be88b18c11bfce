"""The page of charts of bench truth: share true and age over time, by class."""
import html

from benchkit import chart
from benchkit.truth_claims import CLASSES

COLORS = dict(zip(CLASSES, ("#d1242f", "#1f6feb", "#2da44e", "#8a63d2", "#57606a")))


def svg(title, lines, highest):
    """`lines`: class -> [(second, value)]; values from 0 to `highest` upwards."""
    seconds = [second for points in lines.values() for second, _ in points] or [0]
    latest = max(max(seconds), 1)

    def x_of(second):
        return chart.LEFT + second / latest * (chart.WIDTH - chart.RIGHT - chart.LEFT)

    def y_of(value):
        bottom = chart.HEIGHT - chart.BOTTOM
        return bottom - min(1.0, value / highest) * (bottom - chart.TOP)

    parts = [f'<svg width="{chart.WIDTH}" height="{chart.HEIGHT}" role="img" '
             f'aria-label="{html.escape(title)}"><text x="{chart.LEFT}" y="18">'
             f"{html.escape(title)}</text>"]
    for step in range(5):
        value = highest * step / 4
        y = y_of(value)
        parts.append(f'<line x1="{chart.LEFT}" x2="{chart.WIDTH - chart.RIGHT}" y1="{y:.1f}" '
                     f'y2="{y:.1f}" stroke="#eaeef2"/><text x="{chart.LEFT - 6}" y="{y + 4:.1f}" '
                     f'text-anchor="end">{value:g}</text>')
        second = latest * step / 4
        parts.append(f'<text x="{x_of(second):.1f}" y="{chart.HEIGHT - chart.BOTTOM + 15}" '
                     f'text-anchor="middle">{second:.0f}</text>')
    parts.append(f'<text x="{(chart.LEFT + chart.WIDTH - chart.RIGHT) / 2}" '
                 f'y="{chart.HEIGHT - 8}" text-anchor="middle">seconds</text>')
    for kind, points in lines.items():
        path = " ".join(f"{x_of(second):.1f},{y_of(value):.1f}" for second, value in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLORS[kind]}" '
                     'stroke-width="2"/>')
    return "".join(parts) + "</svg>"


def lines_of(ticks, value_of):
    """By class what `value_of` makes of each tick that has values of it."""
    first = ticks[0]["ms"] if ticks else 0
    lines = {}
    for kind in CLASSES:
        points = [((tick["ms"] - first) / 1000, value_of(tick["classes"][kind]))
                  for tick in ticks if tick["classes"][kind][0]]
        if points:
            lines[kind] = points
    return lines


def page(results):
    key = "".join(f'<span><i style="background:{color}"></i>{kind}</span>'
                  for kind, color in COLORS.items())
    body = [f'<h1>How true the file is</h1><p class="key">{key}</p>']
    for result in results:
        ticks = result["per_tick"]
        ages = lines_of(ticks, lambda row: row[2])
        oldest = max([value for points in ages.values() for _, value in points] or [1])
        body += [f"<h2>{html.escape(result['name'])}</h2>",
                 svg("true, % of values", lines_of(ticks, lambda row: 100 * row[1] / row[0]), 100),
                 svg("oldest value, s", ages, max(oldest, 1))]
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Truth</title>'
            f"<style>{chart.STYLE}</style></head><body>{''.join(body)}</body></html>\n")
