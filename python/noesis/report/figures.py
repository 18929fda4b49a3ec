"""Figures as the JSON that plotly.js draws, thinned to what a screen can show.

Each function returns the HTML of one <figure>: title, plot, and a caption that says what to look for.
Colours are told apart by people with colour blindness (Okabe and Ito) and visible on black and white.
"""

from __future__ import annotations

import json
import math
from typing import Any

from noesis.report.html import escape

BLUE, VERMILION, GREEN, PURPLE = "#3b82c4", "#d9622b", "#2a9d74", "#a56bbf"
YELLOW, GREY, SKY = "#c99a1a", "#8a8f98", "#56b4e9"
CYCLE = [BLUE, VERMILION, GREEN, PURPLE, YELLOW, SKY, GREY]
LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
BAND = "rgba(138,143,152,0.28)"


def trace_line(x: list, y: list, name: str, colour: str, **line: Any) -> dict:
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name,
            "line": {"color": colour, "width": 1.6, **line}}


def axis(title: str, **more: Any) -> dict:
    return {"title": {"text": title, "standoff": 8}, "automargin": True, "zeroline": False, "ticks": "outside", **more}


def tidy(value: Any) -> Any:
    """Without non-finite numbers, and to four significant digits: what a plot needs."""
    if isinstance(value, float):
        return float(f"{value:.4g}") if math.isfinite(value) else None
    if isinstance(value, list):
        return [tidy(v) for v in value]
    if isinstance(value, dict):
        return {key: tidy(v) for key, v in value.items()}
    return value


def figure(title: str, caption: str, data: list[dict], layout: dict, height: int = 320, wide: bool = False) -> str:
    """`title` and `caption` are text; `wide` takes two columns of a grid. The plot's JSON stands beside it, where no `</script>` can end it."""
    spec = {
        "data": data,
        "layout": {
            "height": height,
            "margin": {"l": 56, "r": 16, "t": 10, "b": 46},
            "font": {"size": 12},
            "legend": LEGEND,
            "hovermode": "closest",
            **layout,
        },
    }
    text = json.dumps(tidy(spec), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return (
        f"<figure{' class=wide' if wide else ''}><h4>{escape(title)}</h4>"
        f'<div class="plot" style="min-height:{height}px" role="img" aria-label="{escape(title)}"></div>'
        f'<script type="application/json">{text}</script>'
        f'<figcaption>{escape(caption)} <button type="button" class="data">Data (CSV)</button></figcaption></figure>'
    )


def logarithmic(count: int, most: int) -> list[int]:
    """At most `most` of the indices from 0, evenly spaced on a log axis, with the first and the last."""
    if count <= most:
        return list(range(count))
    return sorted({round(count ** (k / (most - 1))) - 1 for k in range(most)})


def thin(values: list, most: int) -> list:
    """Every k-th value, at most `most` of them and the last one."""
    step = max(1, math.ceil(len(values) / max(1, most)))
    if step == 1:
        return values
    kept = values[::step]
    return kept if (len(values) - 1) % step == 0 else kept + values[-1:]


def stacked(data: list[dict], titles: list[str], x_title: str) -> tuple[list[dict], dict]:
    """One panel a title over a common x axis; data[k]["panel"] says where a trace goes."""
    count = len(titles)
    layout = {"xaxis": axis(x_title, anchor=f"y{count}" if count > 1 else "y")}
    for k, title in enumerate(titles):
        low = 1 - (k + 1) / count
        layout[f"yaxis{k + 1}" if k else "yaxis"] = axis(title, domain=[low + 0.03, low + 1 / count])
    placed = [{key: value for key, value in trace.items() if key != "panel"} for trace in data]
    for trace, source in zip(placed, data, strict=True):
        trace["yaxis"] = f"y{source['panel'] + 1}" if source["panel"] else "y"
    return placed, layout


def grid(figures: list[str]) -> str:
    return f'<div class="grid">{"".join(figures)}</div>' if figures else ""


def heatmap(times: list[float], rates: list[list[float]], most: int) -> dict:
    """rates is (units x times); rows of the picture are units."""
    columns = thin(list(range(len(times))), max(120, min(400, most // max(1, len(rates)))))
    rows = thin(list(range(len(rates))), max(8, most // max(1, len(columns))))
    return {
        "type": "heatmap", "x": [times[k] for k in columns], "y": rows,
        "z": [[float(f"{rates[u][k]:.3g}") for k in columns] for u in rows],
        "colorscale": "Cividis", "colorbar": {"title": {"text": "rate"}, "thickness": 12, "outlinewidth": 0},
    }


def raster(title: str, times: list[float], rates: list[list[float]], most: int, caption: str) -> str:
    layout = {"xaxis": axis("time [τ]"), "yaxis": axis("unit")}
    return figure(title, caption, [heatmap(times, rates, most)], layout)


LOG = {"type": "log", "exponentformat": "power"}
PSD_LAYOUT = {"xaxis": axis("frequency [cycles/τ]", **LOG), "yaxis": axis("power density [rate² τ]", **LOG)}


def band(x: list[float], low: list[float], high: list[float], name: str) -> list[dict]:
    edge = {"type": "scatter", "mode": "lines", "x": x, "line": {"width": 0}, "hoverinfo": "skip"}
    return [
        {**edge, "y": low, "name": name, "showlegend": False},
        {**edge, "y": high, "fill": "tonexty", "fillcolor": BAND, "name": name},
    ]


def power_law(low: float, high: float, exponent: float, intercept: float, colour: str) -> dict | None:
    """The line log10 S = intercept - exponent log10 f over a band; None outside of what floats hold."""
    ends = [low, high]
    logs = [intercept - exponent * math.log10(f) for f in ends if f > 0]
    if len(logs) < 2 or any(not math.isfinite(v) or abs(v) > 300 for v in logs):
        return None
    line = trace_line(ends, [10.0**v for v in logs], f"f^−{exponent:.2f}".replace("−-", ""), colour, dash="dash")
    line["line"]["width"] = 2.4
    return line


def attractor(title: str, clouds: list[tuple[str, list[list[float]], str]], axes: list[str], most: int,
              caption: str, unit: str = " [rate]") -> str:
    """Trajectories (name, points, colour) projected on the first two axes, and on the third if there is one."""
    panels = 2 if len(axes) > 2 else 1
    data = []
    for name, points, colour in clouds:
        points = points[: max(100, min(3000, most // (2 * panels)))]  # every k-th of a loop would be a zigzag
        for panel in range(panels):
            line = trace_line([p[0] for p in points], [p[panel + 1] for p in points], name, colour)
            line["line"]["width"], line["opacity"] = 0.8, 0.75
            line["legendgroup"], line["showlegend"] = name, panel == 0 and len(clouds) > 1
            if panel:
                line.update(xaxis="x2", yaxis="y2")
            data.append(line)
    layout = {"xaxis": axis(axes[0] + unit), "yaxis": axis(axes[1] + unit)}
    if panels == 2:
        layout["xaxis"]["domain"] = [0, 0.36]
        layout["xaxis2"] = axis(axes[0] + unit, domain=[0.64, 1])
        layout["yaxis2"] = axis(axes[2] + unit, anchor="x2")
    return figure(title, caption, data, layout)


def histogram(title: str, values: list[float], limits: list[tuple[str, float, str]], name: str,
              caption: str) -> str:
    """`limits` are vertical lines: (label, value, colour)."""
    bars = {"type": "histogram", "x": values, "name": "pairs", "marker": {"color": GREY}, "nbinsx": 30}
    lines = [
        {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": {"color": colour, "dash": "dot"}}
        for _, x, colour in limits
    ]
    notes = [
        {"x": x, "y": 1 - 0.1 * k, "yref": "paper", "text": label, "showarrow": False, "xanchor": "left", "xshift": 4}
        for k, (label, x, _) in enumerate(limits)
    ]
    layout = {"xaxis": axis(name), "yaxis": axis("pairs of runs"), "shapes": lines, "annotations": notes,
              "bargap": 0.05, "showlegend": False}
    return figure(title, caption, [bars], layout, height=260)
