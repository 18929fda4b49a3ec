"""Pieces of HTML. Everything that comes from a run passes through `escape` on its way."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Iterable

from noesis.report.run import Node

MISSING = "–"


def escape(text: object) -> str:
    return html.escape(str(text), quote=True)


def format_number(value: float | None, keep_zeros: bool = False) -> str:
    """Three significant digits; whole before the point; – for what is not known."""
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) < 1e6 and (value == int(value) or abs(value) >= 1e3):
        return f"{value:.0f}".replace("-", "−")
    text = f"{value:#.3g}" if keep_zeros and 1e-3 <= abs(value) < 1e6 else f"{value:.3g}"
    return text.rstrip(".").replace("-", "−")


@dataclasses.dataclass(frozen=True)
class Cell:
    """What is shown, and what the column is sorted by (the text where `key` is None)."""

    html: str
    key: float | None = None
    numeric: bool = False


def text_cell(text: object) -> Cell:
    return Cell(escape(text) if text not in (None, "") else MISSING)


def node_cell(node: Node) -> Cell:
    return text_cell(node.label())


def number_cell(node: Node) -> Cell:
    value = node.number()
    return Cell(format_number(value), value, True)


def interval_cell(node: Node) -> Cell:
    """The middle, with the interval smaller beside it; sorted by the middle."""
    values = node.interval()
    if values is None or len(values) == 1:
        return Cell(format_number(values[0] if values else None), values[0] if values else None, True)
    middle, low, high = (format_number(v, keep_zeros=True) for v in values)
    shown = f'{middle} <span class="interval">[{low}, {high}]</span>'
    return Cell(shown, values[0], True)


def badge(text: str, tone: str = "") -> str:
    return f'<span class="badge {escape(tone)}">{escape(text)}</span>'


def verdict_badge(verdict: str) -> str:
    tone = verdict.lower()
    known = tone if tone in ("alive", "catatonic", "seizing", "zombie") else ""
    return badge(verdict or MISSING, known)


@dataclasses.dataclass(frozen=True)
class Column:
    title: str
    help: str = ""  # shown when pointed at


def table(columns: list[Column], rows: Iterable[list[Cell]], caption: str) -> str:
    """A sortable table in a box that scrolls sideways. `caption` is HTML."""
    rows = list(rows)
    numeric = [any(row[k].numeric for row in rows) for k in range(len(columns))]
    head = "".join(
        f'<th scope="col"{" class=number" if numeric[k] else ""}'
        f'{f" title={chr(34)}{escape(c.help)}{chr(34)}" if c.help else ""}>'
        f'<button type="button">{escape(c.title)}</button></th>'
        for k, c in enumerate(columns)
    )
    body = []
    for row in rows:
        cells = []
        for k, cell in enumerate(row):
            key = "" if cell.key is None or math.isnan(cell.key) else f' data-key="{cell.key!r}"'
            cells.append(f'<td{" class=number" if numeric[k] else ""}{key}>{cell.html}</td>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def long_table(columns: list[Column], rows: list[list[Cell]], caption: str, at_once: int = 12) -> str:
    """A table that is folded up where it has more than `at_once` rows."""
    if len(rows) <= at_once:
        return table(columns, rows, caption)
    return f"<details><summary>All {len(rows)} rows</summary>{table(columns, rows, caption)}</details>"


def drop_empty_columns(
    columns: list[Column], rows: list[list[Cell]]
) -> tuple[list[Column], list[list[Cell]]]:
    """Without the columns in which nothing is known."""
    keep = [k for k in range(len(columns)) if any(row[k].html != MISSING for row in rows)]
    return [columns[k] for k in keep], [[row[k] for k in keep] for row in rows]


@dataclasses.dataclass(frozen=True)
class Section:
    anchor: str
    title: str
    html: str
