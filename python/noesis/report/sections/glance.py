"""The results at a glance: verdicts, wiring found, and a copy beside its subject."""

from __future__ import annotations

from noesis.report import figures
from noesis.report.html import Section
from noesis.report.run import Node, Run
from noesis.report.sections import shared
from noesis.report.sections.discovery import found_figure
from noesis.report.sections.emulation import verdict_figure


def grouped(rows: list[Node], *keys: str) -> list[list[Node]]:
    """Rows with the same labels of `keys` together, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[Node]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(key).label() for key in keys), []).append(row)
    return list(groups.values())


POINTS = 2000  # of the one attractor, which is to be looked at


def copy_beside_its_subject(run: Run) -> list[str]:
    """The attractor of a copy that is Alive, of the hypothesis that can be followed for longest."""
    parts = [part for part in run.parts.get("emulation", []) if part.get("verdict").label().lower() == "alive"]
    horizons = {
        (row["subject"].label(), row["hypothesis"].label()): row["vpt_lyapunov"].interval()
        for row in run.result.get("phase2").items() if row.get("vpt_lyapunov").interval()
    }
    parts.sort(key=lambda part: -horizons.get((part["subject"].label(), part["hypothesis"].label()), [0.0])[0])
    for part in parts[:1]:
        name = f"{part['hypothesis'].label()}, running free"
        return shared.attractor_of(part, name, figures.VERMILION, 4 * POINTS, "On the axes of its subject, which is "
                                   "grey: a copy that lives fills the same space in the same way.",
                                   shared.subject_parts(run).get(part["subject"].label()))
    return []


def at_a_glance(run: Run, most: int) -> Section | None:
    emulated, found = (list(run.result.get(key).items()) for key in ("phase2", "phase1"))
    plots = [verdict_figure(rows) for rows in grouped(emulated, "subject")]
    plots += copy_beside_its_subject(run)
    plots += [found_figure(rows) for rows in grouped(found, "subject", "noise", "budget")]
    plots = [plot for plot in plots if plot]
    return Section("glance", "At a glance", figures.grid(plots)) if plots else None
