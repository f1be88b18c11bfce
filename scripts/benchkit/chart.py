"""The page of charts of bench fidelity: HTML with inline SVG, nothing loaded from elsewhere."""
import html
import math

COLORS = {"law": "#1f6feb", "law, cost ignored": "#8a63d2", "fixed": "#d1242f",
          "variance": "#57606a"}
WIDTH, HEIGHT = 420, 280
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 40
STYLE = """body{font:14px sans-serif;margin:24px;color:#1f2328;max-width:1360px}
svg{background:#fff;border:1px solid #d0d7de;margin:0 10px 10px 0}
svg text{font-size:11px;fill:#57606a} .key span{display:inline-block;margin-right:18px}
.key i{display:inline-block;width:12px;height:12px;margin-right:5px;vertical-align:-1px}"""


class LogAxis:
    def __init__(self, values, low, high):
        values = [value for value in values if value > 0]
        self.first = math.floor(math.log10(min(values))) if values else 0
        self.last = max(math.ceil(math.log10(max(values))), self.first + 1) if values else 1
        self.low, self.high = low, high

    def at(self, value):
        share = (math.log10(max(value, 10.0 ** self.first)) - self.first) / (self.last - self.first)
        return self.low + share * (self.high - self.low)

    def ticks(self):
        return [10.0 ** power for power in range(self.first, self.last + 1)]


def label(value):
    return f"{value:g}"


def svg(title, rows, y_of, y_name):
    """Read cost across, `y_of` a row upwards, both logarithmic; a line a policy."""
    across = LogAxis([100 * row["cost"] for row in rows], LEFT, WIDTH - RIGHT)
    up = LogAxis([y_of(row) for row in rows], HEIGHT - BOTTOM, TOP)
    parts = [f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{html.escape(title)}">',
             f'<text x="{LEFT}" y="18">{html.escape(title)}</text>']
    for tick in up.ticks():
        y = up.at(tick)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                     f'stroke="#eaeef2"/><text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                     f"{label(tick)}</text>")
    for tick in (1, 2, 5, 10, 20, 50, 100):
        if across.ticks()[0] <= tick <= across.ticks()[-1]:
            x = across.at(tick)
            parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
                         f'stroke="#eaeef2"/><text x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}" '
                         f'text-anchor="middle">{tick}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
                 f'read cost, % of reading everything</text><text x="14" y="{HEIGHT / 2}" '
                 f'text-anchor="middle" transform="rotate(-90 14 {HEIGHT / 2})">'
                 f"{html.escape(y_name)}</text>")
    for policy, color in COLORS.items():
        points = sorted((across.at(100 * row["cost"]), up.at(y_of(row))) for row in rows
                        if row["policy"] == policy)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>' for x, y in points]
    return "".join(parts) + "</svg>"


def page(results):
    """`results`: name of the trace -> variant -> what `remora replay --json` says."""
    key = "".join(f'<span><i style="background:{color}"></i>{policy}</span>'
                  for policy, color in COLORS.items())
    body = [f'<h1>What saving reads costs in accuracy</h1><p class="key">{key}</p>']
    for name, variants in results.items():
        body.append(f"<h2>{html.escape(name)}</h2>")
        for variant, replayed in variants.items():
            rows = replayed["rows"]
            body.append(svg(f"{variant}: mean error, %", rows,
                            lambda row: 100 * row["all"]["error"], "mean error, % of scale"))
            if variant == "as measured":
                body.append(svg(f"{variant}: mean delay, s", rows,
                                lambda row: row["all"]["delay_mean_s"], "delay, s"))
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fidelity</title>'
            f"<style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n")
