"""The page: the sections, with styles, script and plotly.js inside, so that it opens offline."""

from __future__ import annotations

import os
import pathlib

from plotly.offline import get_plotlyjs

from noesis.report.html import escape
from noesis.report.run import Run, read_run
from noesis.report.sections import SECTIONS
from noesis.report.sections.overview import header_facts, verdict

HERE = pathlib.Path(__file__).parent
# Numbers in all plots together, which keeps the page below 8 MB (plotly.js has 4.8), and the most
# that the plots of one part get.
ALL_VALUES, PART_VALUES = 400_000, 24_000
MOST_PARTS = 120


def limit_parts(run: Run) -> tuple[str, int]:
    """Drops parts beyond MOST_PARTS, evenly over the kinds; returns a note on that and each part's share."""
    count = sum(map(len, run.parts.values()))
    share = min(PART_VALUES, ALL_VALUES // max(1, min(count, MOST_PARTS)))
    if count <= MOST_PARTS:
        return "", share
    left_out = []
    for kind, parts in run.parts.items():
        keep = len(parts) if kind == "subject" else max(1, len(parts) * MOST_PARTS // count)
        kept = [parts[k * len(parts) // keep] for k in range(keep)]
        names = {part.file.name for part in kept}
        left_out += [part.file.name for part in parts if part.file.name not in names]
        run.parts[kind] = kept
    names = ", ".join(left_out[:10]) + (", ..." if len(left_out) > 10 else "")
    return f"{len(left_out)} of {count} plot files are not drawn, to keep the page small: {names}", share


def render(run: Run) -> str:
    note, share = limit_parts(run)
    sections = [section for make in SECTIONS if (section := make(run, share)) is not None]
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


def make_report(folder: pathlib.Path | str) -> pathlib.Path:
    """Writes `folder`/report.html, whole or not at all, and returns its path.

    @raises ReportError for malformed files, OSError where it cannot be written.
    """
    folder = pathlib.Path(folder)
    page = render(read_run(folder))
    path = folder / "report.html"
    temporary = folder / f".report.html.tmp-{os.getpid()}"
    try:
        with open(temporary, "w", encoding="utf-8") as out:
            out.write(page)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
