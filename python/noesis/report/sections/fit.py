"""Weights fitted to recorded activity: how far they are from the planted ones, by length of data."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Cell, Column, Section
from noesis.report.run import Node, Run

COLUMNS = [
    Column("brain"),
    Column("data", "planted: as recorded. shifted, rewired: controls that must not give the weights"),
    Column("samples", "Samples of each recording that were fitted"),
    Column("seeds"),
    Column("synapses"),
    Column("error", "|fitted − true| / |true|; smaller is better"),
    Column("correlation", "Of fitted and true weights"),
    Column("regression", "Error of weights by regression on the same samples"),
    Column("mean", "Error of every weight at the true mean"),
    Column("bias error", "|fitted − true| / |true| of the bias"),
    Column("prediction", "Squared error of held-out windows over the variance; 0 is perfect"),
    Column("iterations"),
    Column("verdict", "Whether the weights were recovered, and whether that is as it must be"),
]
FIGURES = ["error", "correlation", "regression_error", "mean_error", "bias_error", "prediction_error", "iterations"]
LINES = [
    ("error", "fit", figures.BLUE, {}),
    ("regression_error", "regression", figures.VERMILION, {}),
    ("mean_error", "mean weight", figures.GREY, {"dash": "dash"}),
]
CONTROLS = {"shifted": ("shifted activity", figures.PURPLE, "x"), "rewired": ("rewired wiring", figures.GREEN, "diamond")}
LOG = {"type": "log", "exponentformat": "power"}


def row(fit: Node) -> list[Cell]:
    return [
        html.node_cell(fit["brain"]),
        html.node_cell(fit["condition"]),
        *(html.number_cell(fit[key]) for key in ("samples", "seeds", "synapses")),
        *(html.interval_cell(fit.get(key)) for key in FIGURES),
        verdict_cell(fit),
    ]


def verdict_cell(fit: Node) -> Cell:
    if "verdict" not in fit:
        return Cell(html.MISSING)
    holds = bool(fit["holds"].truth())
    return Cell(html.badge(f"{'✓' if holds else '✗'} {fit['verdict'].label()}", "good" if holds else "bad"), float(holds))


def table_section(run: Run, most: int) -> Section | None:
    fits = list(run.result.get("fits").items())
    if not fits:
        return None
    columns, rows = html.drop_empty_columns(COLUMNS, [row(fit) for fit in fits])
    caption = "Mean over seeds, with its 95% bootstrap interval. Errors are of all synapses of a brain together."
    body = html.table(columns, rows, caption)
    names = list(dict.fromkeys(fit["brain"].label() for fit in fits))
    body += figures.grid([error_figure(name, [f for f in fits if f["brain"].label() == name]) for name in names])
    return Section("fits", "Fitted weights", body)


def points(fits: list[Node], key: str) -> tuple[list[float], list[float]]:
    """Positive means by number of samples: what a log axis can show."""
    found = [(fit["samples"].number(), fit.get(key).interval()) for fit in fits]
    kept = [(x, y[0]) for x, y in found if x is not None and y is not None and y[0] > 0]
    return [x for x, _ in kept], [y for _, y in kept]


def error_figure(name: str, fits: list[Node]) -> str:
    planted = [fit for fit in fits if fit["condition"].label() == "planted"]
    data = []
    for key, label, colour, line in LINES:
        x, y = points(planted, key)
        if x:
            data.append({**figures.trace_line(x, y, label, colour, **line), "mode": "lines+markers"})
    for fit in fits:
        control = CONTROLS.get(fit["condition"].label())
        x, y = points([fit], "error")
        if control and x:
            label, colour, symbol = control
            data.append({"type": "scatter", "mode": "markers", "x": x, "y": y, "name": label,
                         "marker": {"color": colour, "symbol": symbol, "size": 10}})
    caption = ("The error should fall as there is more data. Controls, fitted to activity or wiring that says "
               "nothing about the weights, must stay high.")
    layout = {"xaxis": figures.axis("samples", **LOG), "yaxis": figures.axis("relative error of weights", **LOG)}
    return figures.figure(f"{name}: error by length of data", caption, data, layout)


def scatter_figure(part: Node) -> str:
    truth, fitted = part["weights"]["true"].numbers(), part["weights"]["fitted"].numbers()
    if len(truth) != len(fitted):
        part["weights"].fail("lists of one length for true, fitted")
    ends = [min(truth, default=0), max(truth, default=0)]
    data = [
        figures.trace_line(ends, ends, "equal", figures.GREY, dash="dash"),
        {"type": "scatter", "mode": "markers", "x": truth, "y": fitted, "name": "synapses",
         "marker": {"color": figures.BLUE, "size": 4, "opacity": 0.6}},
    ]
    title = f"{part['brain'].label()}, {part['condition'].label()}: {part['samples'].label()} samples"
    layout = {"xaxis": figures.axis("true weight"), "yaxis": figures.axis("fitted weight"), "showlegend": False}
    return figures.figure(title, "A synapse a dot; on the line where it was recovered.", data, layout)


def loss_figure(parts: list[Node]) -> str:
    data = []
    for k, part in enumerate(parts):
        loss = part["loss"].numbers()
        name = f"{part['condition'].label()}, {part['samples'].label()}"
        data.append(figures.trace_line([10 * n for n in range(len(loss))], loss, name,
                                       figures.CYCLE[k % len(figures.CYCLE)]))
    layout = {"xaxis": figures.axis("iteration"), "yaxis": figures.axis("loss", **LOG)}
    return figures.figure(f"{parts[0]['brain'].label()}: loss", "It should fall and level off.", data, layout)


def plots(run: Run, most: int) -> Section | None:
    parts = run.parts.get("fit", [])
    if not parts:
        return None
    first = [part for part in parts if part["replicate"].number() == 0]
    names = list(dict.fromkeys(part["brain"].label() for part in first))
    drawn = []
    for name in names:
        own = sorted((p for p in first if p["brain"].label() == name), key=lambda p: p["samples"].number() or 0)
        drawn += [scatter_figure(part) for part in own if "weights" in part]
        drawn.append(loss_figure(own))
    return Section("weights", "Weights", figures.grid(drawn))
