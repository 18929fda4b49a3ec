"""flaw and cure: a life of one task after the other, with and without sleep."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Cell
from noesis.report.run import Node, Run
from noesis.report.sections.experiments import shared

BASE = (
    "Keys of the resolved configuration in which a row differs from the base: the first learner (flaw), or sleep "
    "by load (cure). A row that changes more than its switch would show it here."
)
FIGURES = [
    ("early loss", "first_loss", ""), ("late loss", "last_loss", ""), ("late/early", "ratio", "3 and more is an explosion"),
    ("newborn/early", "fresh_ratio", "Of a newborn brain on the last tasks: near 1 where the tasks are no harder"),
    ("ln |W| growth", "norm_slope", "Of the logarithm of the weights' norm in the second half of life"),
    ("|W| early", "norm_first", ""), ("|W| late", "norm_last", ""), ("rank early", "rank_first", "Effective rank"),
    ("rank late", "rank_last", ""), ("dead", "dead_last", "Part of the units that never answer, at the end"),
    ("recalled of 20", "capacity_last", "Earlier tasks that are still known at the end"),
    ("forgetting", "forgetting", "Of all earlier tasks"), ("forgetting, last 10", "recent_forgetting", ""),
    ("nights", "sleeps", ""), ("loss by a night", "sleep_loss_change", "Change of the loss over a sleep"),
]  # fmt: skip


def label(row: Node) -> str:
    return (row["learner"] if "learner" in row else row["condition"]).label()


def plots(run: Run, rows: list[Node]) -> list[str]:
    named = [(label(row), row) for row in rows]
    return [
        survival_figure(run, named),
        alive_figure(named),
        shared.curves_figure(
            "Loss over life",
            "Of the task at hand. An explosion goes up and does not come back.",
            named,
            "loss",
            "loss",
            log=True,
        ),
        shared.curves_figure(
            "Norm of the weights",
            "Without a limit it grows for as long as the brain lives.",
            named,
            "norm",
            "|W|",
            log=True,
        ),
        shared.curves_figure("Effective rank", "How many directions the weights use.", named, "effective_rank", "rank"),
        shared.curves_figure("Dead units", "Part of the units that answer nothing any more.", named, "dead", "part"),
        shared.curves_figure("Tasks recalled", "Of the last 20 tasks, tested again.", named, "capacity", "tasks of 20"),
        shared.curves_figure("Nights", "How often the brain has slept so far.", named, "sleeps", "nights", zero=False),
        difference_figure(named, "against_no_sleep", "no sleep"),
        difference_figure(named, "against_load", "sleep by load"),
    ]


def survival_figure(run: Run, rows: list[tuple[str, Node]]) -> str:
    """Part of the seeds that live, as steps, with Wilson's intervals."""
    looks = shared.styles([name for name, _ in rows])
    data = []
    for name, row in rows:
        if "survival" in row:
            node = row["survival"]
            columns = (node["step"].numbers(), *(node[key].numbers() for key in ("mean", "low", "high")))
            if len({len(column) for column in columns}) > 1:
                node.fail("lists of one length for step, mean, low, high")
            thinned = tuple(figures.thin(column, shared.MOST_POINTS) for column in columns)
            data += shared.banded(name, looks[name], thinned, shape="hv")
    if not data:
        return ""
    deadly = html.format_number(run.result.get("deadly_loss").number())
    caption = f"Part of the seeds whose loss has stayed below {deadly}. Bands: Wilson's 95% intervals."
    layout = {"xaxis": figures.axis("step"), "yaxis": figures.axis("part alive", range=[-0.03, 1.03])}
    return figures.figure("Survival", caption, data, layout, height=380, wide=True)


def alive_figure(rows: list[tuple[str, Node]]) -> str:
    """The ends of the survival curves, which lie on each other in there."""
    ends = [(name, at_the_end(row["survival"])) for name, row in rows if "survival" in row]
    ends = [(name, node) for name, node in ends if node is not None]
    if not ends:
        return ""
    return shared.intervals_figure(
        "Alive at the end",
        "Part of the seeds, with Wilson's 95% intervals.",
        ends,
        "part alive",
        **{"range": [-0.03, 1.03]},
    )


def difference_figure(rows: list[tuple[str, Node]], key: str, other: str) -> str:
    compared = [(name, row[key]) for name, row in rows if key in row]
    return shared.forest_figure(
        f"Late loss less that of {other}",
        "Paired by seed; left of nothing is better.",
        compared,
        "difference of the late loss",
    )


def tables(run: Run, rows: list[Node]) -> str:
    named = [(label(row), row) for row in rows]
    survival = [row["survival"] for row in rows if "survival" in row]
    extra: dict[str, list[Cell]] = {}
    if len(survival) == len(rows):
        extra["survive"] = [
            html.interval_cell(node) if node is not None else Cell(html.MISSING) for node in map(at_the_end, survival)
        ]
    caption = "Means over seeds with their 95% intervals."
    body = shared.figure_table(named, FIGURES, caption, extra)
    outcome, holds = ("explodes", "flaw") if "flaw" in rows[0] else ("cured", "cures")
    return body + shared.criteria_table(named, outcome, holds)


def at_the_end(survival: Node) -> Node | None:
    """[part, low, high] after the last step."""
    values = [survival[key].numbers() for key in ("mean", "low", "high")]
    return survival.child("at the end", [column[-1] for column in values]) if all(values) else None
