"""seed-and-tape: a brain that grows while it predicts a tape, against brains that do not grow."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Cell, Column
from noesis.report.run import Node, Run
from noesis.report.sections.experiments import shared

BASE = (
    "Keys of the resolved configuration in which a row differs from the grown brain on its tape. Where there are "
    "none, the brain is of another kind, as its name says, with the same configuration."
)
FIGURES = [
    ("error", "error", "Over the last tenth of the tape; 1: predicting that nothing changes"),
    ("neurons", "neurons", "At the end"), ("births", "births", ""), ("last birth", "last_birth", "Step"),
]  # fmt: skip
GROWN = "grown"


def label(row: Node) -> str:
    return f"{row['tape'].label()}, {row['condition'].label()}"


def by_tape(rows: list[Node]) -> dict[str, list[tuple[str, Node]]]:
    tapes: dict[str, list[tuple[str, Node]]] = {}
    for row in rows:
        tapes.setdefault(row["tape"].label(), []).append((row["condition"].label(), row))
    return tapes


def plots(run: Run, rows: list[Node]) -> list[str]:
    looks = shared.styles([row["condition"].label() for row in rows])
    drawn = [final_figure(rows, looks)]
    for tape, conditions in by_tape(rows).items():
        drawn += [course_figure(tape, conditions, looks), size_figure(tape, conditions, looks)]
    return drawn


def final_figure(rows: list[Node], looks: dict[str, shared.Style]) -> str:
    """Bars of the final error, by tape and condition."""
    data = []
    for condition, look in looks.items():
        own = [
            (row["tape"].label(), row["figures"]["error"].interval())
            for row in rows
            if row["condition"].label() == condition
        ]
        own = [(tape, values) for tape, values in own if values is not None and len(values) == 3]
        data.append({
            "type": "bar", "x": [tape for tape, _ in own], "y": [values[0] for _, values in own], "name": condition,
            "marker": {"color": look.colour},
            "error_y": {"type": "data", "symmetric": False, "thickness": 1.2,
                        "array": [values[2] - values[0] for _, values in own],
                        "arrayminus": [values[0] - values[1] for _, values in own]},
        })  # fmt: skip
    one = {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": 1,
        "y1": 1,
        "line": {"color": figures.GREY, "dash": "dot"},
    }
    layout = {"xaxis": figures.axis("tape"), "yaxis": figures.axis("error"), "barmode": "group", "shapes": [one]}
    return figures.figure(
        "Error at the end",
        "Over the last tenth of the tape, with 95% intervals; 1 (dotted) predicts that nothing changes, 0 is perfect.",
        data,
        layout,
        height=340,
    )


def course_figure(tape: str, conditions: list[tuple[str, Node]], looks: dict[str, shared.Style]) -> str:
    """Error over time by condition; below, the neurons of those that grow."""
    data = []
    for name, row in conditions:
        for trace in shared.banded(name, looks[name], shared.curve(row["curves"], "error"), positive=True):
            data.append({**trace, "panel": 0})
    for name, row in conditions:
        if row["figures"].get("births").interval() and row["figures"]["births"].interval()[0] > 0:
            for trace in shared.banded(name, looks[name], shared.curve(row["curves"], "neurons")):
                data.append({**trace, "panel": 1, "showlegend": False})
    titles = ["error", "neurons"] if any(trace["panel"] for trace in data) else ["error"]
    placed, layout = figures.stacked(data, titles, "step")
    layout["yaxis"].update(shared.LOG)
    return figures.figure(
        f"{tape}: error and neurons",
        "Neurons are born where the error persists; once it falls, or does "
        "not fall for more neurons, there should be no more. Bands: 95% intervals over seeds.",
        placed,
        layout,
        height=460,
    )


def size_figure(tape: str, conditions: list[tuple[str, Node]], looks: dict[str, shared.Style]) -> str:
    """Error against neurons: the path of the grown brain, the others at their size."""
    data = []
    for name, row in conditions:
        look = looks[name]
        if name == GROWN:
            neurons, error = (shared.curve(row["curves"], key)[1] for key in ("neurons", "error"))
            data.append(
                {
                    **figures.trace_line(neurons, error, "grown, over time", look.colour, width=1),
                    "opacity": 0.6,
                    "showlegend": False,
                }
            )
        values = [row["figures"][key].interval() for key in ("neurons", "error")]
        if None not in values:
            data.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": [values[0][0]],
                    "y": [values[1][0]],
                    "name": name,
                    "marker": {"color": look.colour, "size": 10, "symbol": "circle" if name == GROWN else "diamond"},
                }
            )
    layout = {"xaxis": figures.axis("neurons"), "yaxis": figures.axis("error", **shared.LOG)}
    return figures.figure(
        f"{tape}: error against neurons",
        "Line: the grown brain as it grows; symbols: at the end. Growth pays where the line goes "
        "down to the right, and is worth more than size where it ends below the diamonds at its size.",
        data,
        layout,
        height=340,
    )


def tables(run: Run, rows: list[Node]) -> str:
    named = [(label(row), row) for row in rows]
    body = shared.figure_table(named, FIGURES, "Means over seeds with their 95% intervals.")
    compared = [(name, row["grown_less_this"]) for name, row in named if "grown_less_this" in row]
    if compared:
        cells = [
            [
                html.text_cell(name),
                html.interval_cell(node["difference"]),
                html.number_cell(node["p_value"]),
                Cell(reading(node)),
            ]
            for name, node in compared
        ]
        columns = [
            Column("row"),
            Column("grown less this", "Error of the grown brain less that of the row, paired by seed"),
            Column("p"),
            Column("reading"),
        ]
        body += html.table(columns, cells, "The grown brain against the others on the same tape.")
    return body + stopped_table(named)


def reading(node: Node) -> str:
    values, p = node["difference"].interval(), node["p_value"].number()
    if values is None or p is None or p >= 0.01:
        return "no difference shown"
    return "grown is better" if values[0] < 0 else "grown is worse"


def stopped_table(rows: list[tuple[str, Node]]) -> str:
    """Why growth has stopped, by the number of seeds."""
    growing = [(name, row["stopped"]) for name, row in rows if "stopped" in row]
    reasons = list(dict.fromkeys(reason for _, node in growing for reason in node.keys()))
    if not reasons:
        return ""
    cells = [
        [html.text_cell(name), *(html.number_cell(node.get(reason)) for reason in reasons)] for name, node in growing
    ]
    columns = [Column("row"), *(Column(reason.replace("_", " ")) for reason in reasons)]
    return html.table(columns, cells, "Why there were no more births in the last tenth of the tape: seeds by reason.")
