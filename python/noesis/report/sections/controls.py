"""The controls: processes whose verdict is known beforehand."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Cell, Column, Section
from noesis.report.run import Node, Run
from noesis.report.sections import shared

COLUMNS = [
    Column("subject"),
    Column("control"),
    Column("expected"),
    Column("verdict"),
    Column("holds", "Whether the verdict is the expected one"),
    Column("must fail by", "Criteria that must fail, where they apply, for the control to hold"),
    Column("bands ok", "Frequency bands in which the 1/f exponent is the subject's"),
    Column("failing criteria", "Criteria that decide and were failed"),
    Column("all criteria", "Measured values, thresholds and outcomes"),
]


def criterion_text(criterion: Node) -> str:
    value, threshold = (html.format_number(criterion.get(k).number()) for k in ("value", "threshold"))
    notes = [f"threshold {threshold}"] if threshold != html.MISSING else []
    if criterion.get("decides").truth() is False:
        notes.append("reported, does not decide")
    if "text" in criterion:
        notes.append(criterion["text"].label())
    note = f' <span class="interval">({html.escape(", ".join(notes))})</span>' if notes else ""
    return f"{html.escape(criterion['name'].label())} {value}{note}"


def criteria_cells(control: Node) -> list[Cell]:
    criteria = list(control.get("criteria").items())
    failing = [c for c in criteria if c["outcome"].text() == "fails" and c.get("decides").truth() is not False]
    failed = ", ".join(html.escape(c["name"].label()) for c in failing)
    everything = "".join(f"<li>{criterion_text(c)}: {html.escape(c['outcome'].text())}</li>" for c in criteria)
    count = f"{len(criteria)} criteria" if len(criteria) != 1 else "1 criterion"
    return [
        Cell(f'<span class="sentence">{failed}</span>' if failed else html.MISSING),
        Cell(f'<details><summary>{count}</summary><ul class="criteria">{everything}</ul></details>'
             if everything else html.MISSING),
    ]


def must_fail_cell(control: Node) -> Cell:
    names = ", ".join(html.escape(c.label()) for c in control.get("must_fail").items())
    return Cell(f'<span class="sentence">{names}</span>' if names else html.MISSING)


def row(control: Node) -> list[Cell]:
    names = [html.node_cell(control["subject"]), html.node_cell(control["name"])]
    if "not_applicable" in control:
        reason = html.escape(control["not_applicable"].label())
        return [*names, Cell(html.MISSING), Cell(html.MISSING), Cell(html.badge("not applicable")),
                Cell(html.MISSING), Cell(html.MISSING), Cell(f'<span class="sentence">{reason}</span>'), Cell(html.MISSING)]
    return [
        *names,
        Cell(html.verdict_badge(control["expected"].label())),
        Cell(html.verdict_badge(control["verdict"].label())),
        holds_cell(control),
        must_fail_cell(control),
        html.node_cell(control.get("bands_ok")),
        *criteria_cells(control),
    ]


def matrix(controls: list[Node]) -> str:
    """Controls by subjects: the verdict, and whether the control holds."""
    subjects = list(dict.fromkeys(c["subject"].label() for c in controls))
    rows: dict[str, dict[str, Node]] = {}
    for control in controls:
        rows.setdefault(control["name"].label(), {})[control["subject"].label()] = control
    cells = []
    for name, of in rows.items():
        expected = next((c["expected"].label() for c in of.values() if "expected" in c), "")
        cells.append([html.text_cell(name), Cell(html.verdict_badge(expected)),
                      *(verdict_cell(of.get(subject)) for subject in subjects)])
    columns = [Column("control"), Column("must be"), *(Column(subject) for subject in subjects)]
    return html.table(columns, cells, "Each control has a verdict that it must get, and each impostor must fail for "
                      "a reason. Where one does not hold, the procedure cannot tell a living copy from an impostor.")


def verdict_cell(control: Node | None) -> Cell:
    if control is None or "not_applicable" in control:
        return Cell(html.MISSING)
    holds = control["holds"].truth()
    return Cell(html.badge(f"{'✓' if holds else '✗'} {control['verdict'].label()}", "good" if holds else "bad"))


def plain_table(controls: list[Node]) -> str:
    """Those of an experiment: what must be found, and what was."""
    rows = [[html.node_cell(c["name"]), html.node_cell(c["expected"]), html.node_cell(c["found"]), holds_cell(c)]
            for c in controls]
    columns = [Column("control"), Column("must be"), Column("found"), Column("holds")]
    return html.table(columns, rows, "What must come out if the experiment measures what it says.")


def holds_cell(control: Node) -> Cell:
    holds = bool(control["holds"].truth())
    return Cell(html.badge("✓ holds", "good") if holds else html.badge("✗ does not hold", "bad"), float(holds))


def table_section(run: Run, most: int) -> Section | None:
    controls = list(run.result.get("controls").items())
    if not controls:
        return None
    if "subject" not in controls[0]:
        return Section("controls", "Controls", plain_table(controls))
    columns, rows = html.drop_empty_columns(COLUMNS, [row(control) for control in controls])
    body = matrix(controls) + html.long_table(columns, rows, "What each was judged by.", at_once=0)
    return Section("controls", "Controls", body)


def part_plots(part: Node, subject: Node | None, most: int) -> list[str]:
    name = part["name"].label()
    plots = shared.raster_of(part, "Activity", most // 2, "Rates of the units of the control.")
    plots += shared.spectrum_of(part, name, figures.GREEN, most // 2, "Grey: the subject. An impostor may match it "
                                "here and still fail elsewhere.", subject)
    plots += shared.attractor_of(part, name, figures.GREEN, most // 6, "On the subject's axes, with the subject in "
                                 "grey. Does it fill the same space in the same way?", subject)
    return plots


def plots(run: Run, most: int) -> Section | None:
    body = ""
    subjects = shared.subject_parts(run)
    for part in run.parts.get("control", []):
        subject = subjects.get(part["subject"].label())
        title = html.escape(f"{part['subject'].label()}: {part['name'].label()}")
        body += f'<details class="plots"><summary>{title}</summary>{figures.grid(part_plots(part, subject, most))}</details>'
    return Section("control-plots", "Controls, in plots", body) if body else None
