"""What every command has: the values of its result that no other section shows, and its configuration."""

from __future__ import annotations

from collections.abc import Iterator

from noesis.report import html
from noesis.report.html import Cell, Column, Section
from noesis.report.run import Node, Run, is_number

# Parts of the result that have a section of their own.
SHOWN = {"subjects", "controls", "fits", "phase1", "phase1_paired", "phase2", "rows", "conclusions", "warnings", "interrupted"}


def leaves(node: Node) -> Iterator[tuple[str, Node]]:
    """Single values with dotted names; lists are left out."""
    for key in node.keys():
        child = node.get(key)
        if isinstance(child.value, dict):
            for name, leaf in leaves(child):
                yield f"{key}.{name}", leaf
        elif isinstance(child.value, (str, bool)) or is_number(child.value):
            yield key, child


def values(run: Run, most: int) -> Section | None:
    rows = []
    for name, leaf in leaves(run.result):
        if name.split(".")[0] not in SHOWN:
            value = html.number_cell(leaf) if is_number(leaf.value) else Cell(html.escape(leaf.label()))
            rows.append([html.text_cell(name), value])
    if not rows:
        return None
    return Section("result", "Result", html.table([Column("name"), Column("value")], rows, "From summary.json."))


def configuration(run: Run, most: int) -> Section | None:
    if not run.config:
        return None
    body = ("<p>Complete: this file repeats the run.</p><details><summary>config.toml</summary>"
            f"<pre>{html.escape(run.config)}</pre></details>")
    return Section("configuration", "Configuration", body)
