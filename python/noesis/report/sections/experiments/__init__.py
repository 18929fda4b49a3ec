"""The experiments of the constructivist programme: seed-and-tape, grow, flaw, cure.

Each has a module with `plots(run, rows)`, `tables(run, rows)` and `label(row)`. A row is one condition over
all seeds; `figures` and `curves` of a row have the mean and its 95% interval.
"""

from __future__ import annotations

from types import ModuleType

from noesis.report import figures, html
from noesis.report.html import Cell, Column, Section
from noesis.report.run import Node, Run
from noesis.report.sections.experiments import growth, lives, tape

EXPERIMENTS: dict[str, ModuleType] = {"flaw": lives, "cure": lives, "seed-and-tape": tape, "grow": growth}


# What is run and what is asked, for who has nothing but the page (docs/guides/experiments.md has it all).
LEADS = {
    "flaw": "Brains learn one task after the other and never sleep. Does loss explode late in life? One row a rule of learning; "
    "“none” learns nothing and must not explode.",
    "cure": "The lives of flaw's Hebbian learner, with sleep: weights are scaled down, weak synapses pruned, remembered samples "
    "replayed. One row a kind of sleep; “no sleep” must not be cured.",
    "seed-and-tape": "Brains hear a tape and predict its next value. “grown” begins with two neurons and gets one wherever it "
    "cannot predict; the others have the same parts in another way.",
    "grow": "Excitatory brains grow neuron by neuron. “trinity” has births, homeostasis of each neuron's rate, and arousal; the "
    "other rows lack one of them, or have noise in place of homeostasis. At each size growth, stimulus and noise stop, the brain "
    "is frozen and judged: Seizing (rates saturate), else Catatonic (neurons hardly move), else by its largest Lyapunov "
    "exponent per τ: Edge from −0.02 to 0.10, Chaotic above, Ordered below.",
}


def _experiment(run: Run) -> tuple[ModuleType, list[Node]] | None:
    experiment = EXPERIMENTS.get(run.summary.get("command").label())
    rows = list(run.result.get("rows").items()) if experiment else []
    return (experiment, rows) if rows else None


def at_a_glance(run: Run, most: int) -> Section | None:
    found = _experiment(run)
    if found is None:
        return None
    experiment, rows = found
    drawn = [plot for plot in experiment.plots(run, rows) if plot]
    seeds = rows[0].get("seeds").number()
    lead = LEADS[run.summary["command"].label()] + (f" {seeds:g} seeds a row." if seeds else "")
    return Section("glance", "At a glance", f"<p>{html.escape(lead)}</p>{figures.grid(drawn)}") if drawn else None


def table_section(run: Run, most: int) -> Section | None:
    found = _experiment(run)
    return Section("rows", "Results", found[0].tables(run, found[1])) if found else None


def differences(run: Run, most: int) -> Section | None:
    """What each row's configuration changes against its base: nothing but its switch."""
    found = _experiment(run)
    if found is None:
        return None
    experiment, rows = found
    cells = []
    for row in rows:
        changes = list(row.get("differs").items())
        for change in changes:
            cells.append(
                [
                    html.text_cell(experiment.label(row)),
                    *(html.node_cell(change[key]) for key in ("key", "base", "value")),
                ]
            )
        if not changes:
            cells.append(
                [html.text_cell(experiment.label(row)), Cell("nothing"), Cell(html.MISSING), Cell(html.MISSING)]
            )
    columns = [Column("row"), Column("key"), Column("base"), Column("here")]
    caption = html.escape(experiment.BASE)
    return Section("differences", "What each row changes", html.table(columns, cells, caption))
