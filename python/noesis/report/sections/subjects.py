"""The subjects: who they are, in a table and in plots."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Cell, Column, Section
from noesis.report.run import Node, Run
from noesis.report.sections import shared

COLUMNS = [
    Column("subject"),
    Column("units"),
    Column("sites", "Electrode sites at which it can be touched"),
    Column("τ [ms]", "Time constant"),
    Column("interval [τ]", "Time between samples"),
    Column("λ₁ [1/τ]", "Largest Lyapunov exponent, and its standard error"),
    Column("D_KY", "Kaplan-Yorke dimension of the attractor"),
    Column("dynamics"),
    Column("null: runs, pairs", "Comparisons of the subject with itself, from which the thresholds come"),
    Column("D_H q95", "95% of the null's spectral distances are smaller; the threshold is twice that"),
    Column("D_del q95", "95% of the null's delay-histogram divergences are smaller; the threshold is twice that"),
    Column("exponents in bands", "1/f exponent in each band of frequencies, with the null's interval"),
]


def exponent_cell(node: Node) -> Cell:
    """[mean, standard error]."""
    values = node.numbers()
    if len(values) not in (0, 2):
        node.fail("[mean, standard error]")
    if not values:
        return Cell(html.MISSING, None, True)
    mean, error = map(html.format_number, values)
    return Cell(f'{mean} <span class="interval">± {error}</span>', values[0], True)


def bands_cell(null: Node) -> Cell:
    lines = []
    for item in null.get("bands").items():
        low, high, exponent = (html.format_number(item[k].number()) for k in ("low", "high", "exponent"))
        ends = ", ".join(map(html.format_number, item.get("interval").numbers()))
        lines.append(f"{low}–{high}: {exponent}" + (f' <span class="interval">[{ends}]</span>' if ends else ""))
    return Cell("<br>".join(lines) or html.MISSING)


def row(subject: Node) -> list[Cell]:
    null = subject.get("null") if "null" in subject else subject.child("null", {})
    counts = [null.get(key).label() for key in ("runs", "pairs")]
    return [
        html.node_cell(subject["name"]),
        html.number_cell(subject.get("num_units")),
        html.number_cell(subject.get("num_sites")),
        html.number_cell(subject.get("tau_ms")),
        html.number_cell(subject.get("interval_tau")),
        exponent_cell(subject.get("lyapunov_per_tau")),
        html.number_cell(subject.get("kaplan_yorke_dimension")),
        html.node_cell(subject.get("dynamics")),
        html.text_cell(", ".join(filter(None, counts))),
        html.number_cell(null.get("d_h_q95")),
        html.number_cell(null.get("d_del_q95")),
        bands_cell(null),
    ]


def by_name(run: Run) -> dict[str, Node]:
    return {s["name"].label(): s for s in run.result.get("subjects").items()}


def part_plots(part: Node, subject: Node | None, most: int) -> list[str]:
    name = part["subject"].label()
    plots = shared.raster_of(part, "Activity", most // 2, "Rates of the recorded units. A living brain "
                             "neither falls silent nor locks all units into one rhythm.")
    plots += shared.spectrum_of(
        part, name, figures.BLUE, most, "Mean power spectrum of the units, with its fits (dashed) and, where it is "
        "known, the band in which the subject's own runs lie. A copy of it should stay near.")
    plots += shared.attractor_of(part, name, figures.BLUE, most // 4, "The trajectory in two projections. A chaotic "
                                 "one is bounded and never closes on itself.")
    for key, title in (("null_d_h", "D_H: spectral distance"), ("null_d_del", "D_del: divergence of delay histograms")):
        values = part.get(key).numbers()
        if not values:
            continue
        null = subject.get("null") if subject and "null" in subject else part.child("null", {})
        q95 = null.get(key.removeprefix("null_") + "_q95").number()
        limits = [("q95", q95, figures.BLUE), ("threshold: 2 q95", 2 * q95, figures.VERMILION)] if q95 else []
        plots.append(figures.histogram(f"Null of {title}", values, limits, title,
                                       "Distances between runs of the subject itself. A candidate beyond the "
                                       "threshold is not the subject."))
    return plots


def plots(run: Run, most: int) -> Section | None:
    subjects, parts = by_name(run), run.parts.get("subject", [])
    if not subjects and not parts:
        return None
    columns, rows = html.drop_empty_columns(COLUMNS, [row(s) for s in subjects.values()])
    body = html.table(columns, rows, "What each subject is, as measured in this run.") if rows else ""
    for part in parts:
        name = part["subject"].label()
        body += f"<h3>{html.escape(name)}</h3>" + figures.grid(part_plots(part, subjects.get(name), most))
    return Section("subjects", "Subjects", body)
