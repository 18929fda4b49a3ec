"""grow: brains that grow under homeostasis, arousal or noise, and their health at each size."""

from __future__ import annotations

import math

from noesis.report import figures, html
from noesis.report.html import Column
from noesis.report.run import Node, Run
from noesis.report.sections.experiments import shared

BASE = "Keys of the resolved configuration in which a row differs from the trinity of its model."
# Verdict: (colour, pattern), so that nobody needs to tell the colours apart.
VERDICTS = {
    "Seizing": (figures.VERMILION, "x"), "Catatonic": (figures.YELLOW, "\\"), "Ordered": (figures.BLUE, "-"),
    "Edge": (figures.GREEN, ""), "Chaotic": (figures.PURPLE, "/"),
}  # fmt: skip
DECADES = 12  # of power density that are in sight
VITALS = [
    ("mean_rate", "Mean rate", "Homeostasis should hold it near the target.", "rate"),
    ("unit_deviation", "Deviation of a unit", "Near nothing: the brain has been calmed to death.", "sd of the rate"),
    (
        "exponent_per_tau",
        "Largest Lyapunov exponent",
        "Above 0 chaos, below 0 order, near 0 the edge.",
        "exponent [1/τ]",
    ),
    ("seizing_fraction", "Time in seizures", "While it grew to that size.", "part of the time"),
]
COLUMNS = [
    ("mean rate", "mean_rate"), ("unit sd", "unit_deviation"), ("active", "active_fraction"),
    ("saturated", "saturated_fraction"), ("PR/N", "participation"), ("χ", "synchrony"),
    ("exponent [1/τ]", "exponent_per_tau"), ("its error", "exponent_error"), ("seizing time", "seizing_fraction"),
]  # fmt: skip


def label(row: Node) -> str:
    return f"{row['model'].label()}, {row['condition'].label()}"


def by_model(rows: list[Node]) -> dict[str, list[tuple[str, Node]]]:
    models: dict[str, list[tuple[str, Node]]] = {}
    for row in rows:
        models.setdefault(row["model"].label(), []).append((row["condition"].label(), row))
    return models


def plots(run: Run, rows: list[Node]) -> list[str]:
    looks = shared.styles([row["condition"].label() for row in rows])
    drawn = [verdict_figure(model, conditions) for model, conditions in by_model(rows).items()]
    for model, conditions in by_model(rows).items():
        drawn += [vital_figure(run, model, conditions, looks, *vital) for vital in VITALS]
        drawn.append(spectrum_figure(model, conditions, looks))
    return drawn


def verdict_figure(model: str, conditions: list[tuple[str, Node]]) -> str:
    """Seeds by verdict, stacked, at each size; a panel a condition."""
    data = []
    for panel, (_, row) in enumerate(conditions):
        sizes = list(row["sizes"].items())
        for verdict, (colour, pattern) in VERDICTS.items():
            data.append({
                "type": "bar", "panel": panel, "name": verdict, "legendgroup": verdict, "showlegend": panel == 0,
                "x": [size["neurons"].label() for size in sizes],
                "y": [size["verdicts"].get(verdict).number() or 0 for size in sizes],
                "marker": {"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 7, "solidity": 0.2}},
            })  # fmt: skip
    placed, layout = figures.stacked(data, [name for name, _ in conditions], "neurons")
    layout["xaxis"]["type"] = "category"
    layout |= {"barmode": "stack", "bargap": 0.15}
    return figures.figure(
        f"{model}: verdicts by size",
        "Seeds by what they were judged at each size. Calm is not health: "
        "a catatonic brain is as lost as a seizing one.",
        placed,
        layout,
        height=110 + 110 * len(conditions),
    )


def vital_figure(
    run: Run,
    model: str,
    conditions: list[tuple[str, Node]],
    looks: dict[str, shared.Style],
    key: str,
    title: str,
    caption: str,
    y_title: str,
) -> str:
    """A vital against size, by condition; dotted, what reference brains have, where they lie in sight."""
    data, drawn = [], set()
    for name, row in conditions:
        points = [(size["neurons"].number(), size["figures"].get(key).interval()) for size in row["sizes"].items()]
        points = [(size, values if len(values) == 3 else values * 3) for size, values in points if values is not None]
        if points:
            columns = ([size for size, _ in points], *([values[k] for _, values in points] for k in range(3)))
            traces = shared.banded(name, looks[name], columns)
            traces[-1:] = [{**trace, "mode": "lines+markers"} for trace in traces[-1:]]
            data += traces
            drawn |= set(columns[0])
    if not data:
        return ""
    marks = [("target", run.result.get("target_rate").number())] if key == "mean_rate" else []
    marks += [
        (control["name"].label(), control["look"].get(key).number())
        for control in run.result.get("controls").items()
        if "look" in control
    ]
    marks = merged([(name, value) for name, value in marks if value is not None and math.isfinite(value)])
    sizes = sorted(drawn)
    layout = {
        "xaxis": figures.axis("neurons", type="log", tickvals=sizes, ticktext=[f"{size:g}" for size in sizes]),
        "yaxis": figures.axis(y_title),
        "shapes": [{"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": y, "y1": y,
                    "line": {"color": figures.GREY, "dash": "dot", "width": 1}} for _, y in marks],
        "annotations": [{"x": 1, "xref": "paper", "y": y, "text": html.escape(name), "showarrow": False, "xanchor": "right",
                         "yanchor": "bottom", "font": {"size": 9, "color": figures.GREY}} for name, y in marks],
    }  # fmt: skip
    return figures.figure(
        f"{model}: {title.lower()}", f"{caption} Bands: 95% intervals over seeds.", data, layout, height=340
    )


def merged(marks: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Names whose values would lie on each other stand together at the first of them."""
    span = max((v for _, v in marks), default=0) - min((v for _, v in marks), default=0)
    apart: list[tuple[str, float]] = []
    for name, value in sorted(marks, key=lambda mark: mark[1]):
        if apart and value - apart[-1][1] < 0.05 * span:
            apart[-1] = (f"{apart[-1][0]}, {name}", apart[-1][1])
        else:
            apart.append((name, value))
    return apart


def spectrum_figure(model: str, conditions: list[tuple[str, Node]], looks: dict[str, shared.Style]) -> str:
    """Of the mean rate at the largest size, where the run has measured it."""
    data = []
    for name, row in conditions:
        sizes = [size for size in row["sizes"].items() if "spectrum" in size]
        if sizes:
            columns = shared.curve(sizes[-1]["spectrum"], "density", "frequency_hz")
            data += shared.banded(name, looks[name], columns, positive=True)
    if not data:
        return ""
    layout = {
        "xaxis": figures.axis("frequency [Hz]", **figures.LOG),
        "yaxis": figures.axis("power density [rate²/Hz]", **figures.LOG),
    }
    caption = "Of the rates, at the largest size. Bands: 95% intervals over seeds."
    powers = [math.log10(v) for trace in data for v in trace["y"] if v > 0]
    if powers and max(powers) - min(powers) > DECADES:  # a dead brain's density is rounding
        layout["yaxis"]["range"] = [max(powers) - DECADES, max(powers) + 0.5]
        caption += f" The lowest densities, {DECADES} decades below the largest, are out of sight."
    return figures.figure(f"{model}: spectrum", caption, data, layout, height=340)


def tables(run: Run, rows: list[Node]) -> str:
    rates = [
        [
            html.text_cell(label(row)),
            html.number_cell(row["seeds"]),
            html.interval_cell(row["seizing_rate"]),
            html.interval_cell(row["catatonia_rate"]),
        ]
        for row in rows
    ]
    columns = [
        Column("row"),
        Column("seeds"),
        Column("seizing", "Part of all looks"),
        Column("catatonic", "Part of all looks"),
    ]
    body = html.table(
        columns,
        rates,
        "How many of all looks, at all sizes and seeds, came out so, with Wilson's 95% "
        "intervals. Looks at one brain as it grows are not independent of each other.",
    )
    cells = []
    for row in rows:
        for size in row["sizes"].items():
            cells.append([
                html.text_cell(label(row)), html.number_cell(size["neurons"]),
                *(html.interval_cell(size["figures"].get(key)) for _, key in COLUMNS),
                *(html.number_cell(size["verdicts"].get(verdict)) for verdict in VERDICTS),
            ])  # fmt: skip
    columns = [Column("row"), Column("neurons"), *(Column(title) for title, _ in COLUMNS), *map(Column, VERDICTS)]
    columns, cells = html.drop_empty_columns(columns, cells)
    return body + html.long_table(
        columns, cells, "Vitals at each size, means over seeds with their 95% intervals, and seeds by verdict."
    )
