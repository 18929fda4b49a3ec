"""The page: the sections, with styles, script and plotly.js inside, so that it opens offline."""

from __future__ import annotations

import dataclasses
import os
import pathlib

from plotly.offline import get_plotlyjs

from noesis.report.html import escape
from noesis.report.run import Run, read_run, report_path
from noesis.report.sections import SECTIONS
from noesis.report.sections.overview import header_facts, verdict

HERE = pathlib.Path(__file__).parent
# The page, which opens slowly where it is larger; plotly.js is 4.8 MB of it.
MOST_BYTES = 7_800_000
# Where a page would be larger, its plots get fewer numbers, and there are fewer parts of a kind.
FULL_VALUES, FULL_PARTS, LEAST_PARTS = 400_000, 150, 8
PART_VALUES = 24_000


def limit_parts(run: Run, most: int) -> tuple[Run, str]:
    """At most about `most` parts, evenly over each kind but subjects; and a note on what was left out."""
    count = sum(map(len, run.parts.values()))
    if count <= most:
        return run, ""
    kept, left_out = {}, []
    for kind, parts in run.parts.items():
        keep = len(parts) if kind == "subject" else max(1, len(parts) * most // count)
        indices = {k * len(parts) // keep for k in range(keep)}
        kept[kind] = [part for k, part in enumerate(parts) if k in indices]
        left_out += [part.file.name for k, part in enumerate(parts) if k not in indices]
    names = ", ".join(left_out[:10]) + (", ..." if len(left_out) > 10 else "")
    note = f"{len(left_out)} of {count} plot files are not drawn, to keep the page small: {names}"
    return dataclasses.replace(run, parts=kept), note


def render(run: Run) -> bytes:
    """The page, with as much in it as fits."""
    values, parts = FULL_VALUES, FULL_PARTS
    while True:
        limited, note = limit_parts(run, parts)
        count = sum(map(len, limited.parts.values()))
        page = render_all(limited, note, min(PART_VALUES, values // max(1, count))).encode()
        if len(page) <= MOST_BYTES or parts <= LEAST_PARTS:
            return page
        excess = (MOST_BYTES - len(get_plotlyjs())) / (len(page) - len(get_plotlyjs()))
        values, parts = int(0.9 * values * excess), int(0.9 * min(count, parts) * excess)


def render_all(run: Run, note: str, most: int) -> str:
    sections = [section for make in SECTIONS if (section := make(run, most)) is not None]
    command = run.summary.get("command").label() or "run"
    title = f"noesis {command}: {run.folder.resolve().name}"
    facts = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in header_facts(run))
    links = "".join(f'<a href="#{s.anchor}">{escape(s.title)}</a>' for s in sections)
    body = "".join(f'<section id="{s.anchor}"><h2>{escape(s.title)}</h2>{s.html}</section>' for s in sections)
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<nav aria-label="sections"><div><a href="#top">Top</a>{links}</div></nav>
<main id="top">
<h1>noesis {escape(command)}</h1>
<dl class="facts">{facts}</dl>
{verdict(run)}
{body}
</main>
<footer>{f"<p>{escape(note)}</p>" if note else ""}
<p>Plots show thinned data to four digits; the numbers are in summary.json. Click a column's head to sort.</p></footer>
<script>{get_plotlyjs()}</script>
<script>{script}</script>
</body>
</html>
"""


def make_report(place: pathlib.Path | str) -> pathlib.Path:
    """Writes the report of a run's folder, report.html in it, or of a recording NAME.h5, NAME.report.html
    beside it, whole or not at all, and returns its path.

    @raises ReportError for malformed files, OSError where it cannot be written.
    """
    place = pathlib.Path(place)
    page = render(read_run(place))
    path = report_path(place)
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        with open(temporary, "wb") as out:
            out.write(page)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
