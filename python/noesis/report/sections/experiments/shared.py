"""What the pages of the experiments have in common: curves with bands, intervals, criteria."""

from __future__ import annotations

import dataclasses
import math

from noesis.report import figures, html
from noesis.report.html import Cell, Column
from noesis.report.run import Node
from noesis.report.sections import shared

LOG = {"type": "log", "exponentformat": "power"}
DASHES = ["solid", "dash", "dot"]
MOST_POINTS = 400  # of a curve
FAR = 20.0  # times the usual difference: one that is out of sight, since the others could not be read beside it


@dataclasses.dataclass(frozen=True)
class Style:
    """Colours come back after seven rows, with other dashes."""

    colour: str
    dash: str

    @property
    def fill(self) -> str:
        red, green, blue = (int(self.colour[k : k + 2], 16) for k in (1, 3, 5))
        return f"rgba({red},{green},{blue},0.16)"


def style(index: int) -> Style:
    count = len(figures.CYCLE)
    return Style(figures.CYCLE[index % count], DASHES[index // count % len(DASHES)])


def styles(names: list[str]) -> dict[str, Style]:
    return {name: style(k) for k, name in enumerate(dict.fromkeys(names))}


def curve(node: Node, name: str, axis: str = "step") -> tuple[list[float], list[float], list[float], list[float]]:
    """(x, mean, low, high), thinned; the x axis stands beside the curve."""
    x = node[axis].numbers()
    columns = shared.same_length(node[name], "mean", "low", "high")
    if len(columns[0]) != len(x):
        node[name].fail(f"{len(x)} values, as {axis} has")
    return tuple(figures.thin(column, MOST_POINTS) for column in [x, *columns])


def banded(name: str, look: Style, columns: tuple, *, positive: bool = False, **line: str) -> list[dict]:
    """The mean as a line, its interval as a band of the same colour. `positive`: what a log axis can show."""
    x, *values = columns
    if positive:
        values = [[v if v > 0 else math.nan for v in column] for column in values]
        # A band that reaches down to nothing ends at the least value that is drawn.
        least = min((v for column in values for v in column if math.isfinite(v)), default=math.nan)
        mean, low, high = values
        low = [least if math.isnan(v) and math.isfinite(m) else v for v, m in zip(low, mean, strict=True)]
        values = [mean, low, high]
    mean, low, high = values
    if not any(math.isfinite(v) for v in mean):
        return []
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "line": {"width": 0, **line},
        "hoverinfo": "skip",
        "legendgroup": name,
        "showlegend": False,
    }
    return [
        {**edge, "y": low, "name": f"{name}, low"},
        {**edge, "y": high, "name": f"{name}, high", "fill": "tonexty", "fillcolor": look.fill},
        {**figures.trace_line(x, mean, name, look.colour, dash=look.dash, **line), "legendgroup": name},
    ]


def curves_figure(
    title: str,
    caption: str,
    rows: list[tuple[str, Node]],
    name: str,
    y_title: str,
    *,
    log: bool = False,
    zero: bool = True,
) -> str:
    """One curve a row, over steps; nothing where no row has it. Without `zero`, curves that stay at 0 are left out."""
    looks = styles([label for label, _ in rows])
    data = []
    for label, row in rows:
        if name in row["curves"] and (zero or any(v > 0 for v in row["curves"][name]["mean"].numbers())):
            data += banded(label, looks[label], curve(row["curves"], name), positive=log)
    if not data:
        return ""
    layout = {
        "xaxis": figures.axis("step"),
        "yaxis": figures.axis(y_title, **(LOG if log else {"rangemode": "tozero"})),
    }
    return figures.figure(title, f"{caption} Bands: 95% intervals over seeds.", data, layout, height=340)


def forest_figure(title: str, caption: str, rows: list[tuple[str, Node]], x_title: str) -> str:
    """Differences with their intervals, one a row; filled where p < .01."""
    p_values = {name: node["p_value"].number() for name, node in rows}
    clear = {name: p is not None and p < 0.01 for name, p in p_values.items()}
    zero = {
        "type": "line",
        "x0": 0,
        "x1": 0,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": figures.GREY, "dash": "dot"},
    }
    differences = [(name, node["difference"]) for name, node in rows]
    known = [(name, values) for name, node in differences if (values := node.interval()) is not None]
    extent = {name: max(map(abs, values)) for name, values in known}
    usual = sorted(extent.values())[len(extent) // 2] if extent else 0.0
    hidden = [(name, values[0]) for name, values in known if extent[name] > FAR * usual > 0]
    axis = {}
    if hidden:
        ends = [v for name, values in known if extent[name] <= FAR * usual for v in values]
        low, high = min(0.0, *ends), max(0.0, *ends)
        axis["range"] = [low - 0.08 * (high - low), high + 0.08 * (high - low)]
        caption += f" Out of sight: {', '.join(f'{name} ({html.format_number(v)})' for name, v in hidden)}."
    return intervals_figure(title, f"{caption} Filled: p < .01.", differences, x_title, clear, [zero], **axis)


def intervals_figure(
    title: str,
    caption: str,
    rows: list[tuple[str, Node]],
    x_title: str,
    filled: dict[str, bool] | None = None,
    shapes: list[dict] | None = None,
    **axis: list,
) -> str:
    """[middle, low, high] as points with bars, one a row."""
    kept = [(name, values) for name, node in rows if (values := node.interval()) is not None and len(values) == 3]
    if not kept:
        return ""
    data = [{
        "type": "scatter", "mode": "markers", "x": [values[0] for _, values in kept], "y": [name for name, _ in kept],
        "name": title,
        "error_x": {"type": "data", "symmetric": False, "thickness": 1.4,
                    "array": [values[2] - values[0] for _, values in kept],
                    "arrayminus": [values[0] - values[1] for _, values in kept]},
        "marker": {"color": figures.BLUE, "size": 9,
                   "symbol": ["circle" if filled is None or filled.get(name) else "circle-open" for name, _ in kept]},
    }]  # fmt: skip
    layout = {
        "xaxis": figures.axis(x_title, **axis),
        "yaxis": {"automargin": True, "autorange": "reversed"},
        "shapes": shapes or [],
        "showlegend": False,
    }
    return figures.figure(title, caption, data, layout, height=110 + 30 * len(kept))


def criteria_table(rows: list[tuple[str, Node]], outcome: str, holds: str) -> str:
    """Criteria by rows: what each asks and whether it holds; the last column is what follows of all."""
    names: dict[str, str] = {}
    for _, row in rows:
        for criterion in row["criteria"].items():
            names.setdefault(criterion["name"].label(), criterion["asks"].label())
    if not names:
        return ""
    cells = []
    for label, row in rows:
        of = {criterion["name"].label(): criterion for criterion in row["criteria"].items()}
        cells.append(
            [
                html.text_cell(label),
                *(mark(of[name]["holds"]) if name in of else Cell(html.MISSING) for name in names),
                mark(row[holds]),
            ]
        )
    asks = "; ".join(f"{name.replace('_', ' ')}: {what}" for name, what in names.items())
    columns = [Column("row"), *(Column(name.replace("_", " "), what) for name, what in names.items()), Column(outcome)]
    return html.table(columns, cells, html.escape(f"Whether each criterion holds. {asks}."))


def mark(node: Node) -> Cell:
    """Neither good nor bad by itself."""
    truth = bool(node.truth())
    return Cell("✓ yes" if truth else "✗ no", float(truth))


def figure_table(
    rows: list[tuple[str, Node]],
    columns: list[tuple[str, str, str]],
    caption: str,
    extra: dict[str, list[Cell]] | None = None,
) -> str:
    """Rows by figures: `columns` are (title, key in `figures`, help). What no row has is left out."""
    cells = []
    for k, (label, row) in enumerate(rows):
        own = [html.interval_cell(row["figures"].get(key)) for _, key, _ in columns]
        cells.append(
            [html.text_cell(label), html.number_cell(row["seeds"]), *(e[k] for e in (extra or {}).values()), *own]
        )
    heads = [
        Column("row"),
        Column("seeds"),
        *map(Column, extra or {}),
        *(Column(title, text) for title, _, text in columns),
    ]
    return html.table(*html.drop_empty_columns(heads, cells), caption)
