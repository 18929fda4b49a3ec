"""The first thing on the page: did the run finish, do the controls hold, what was concluded."""

from __future__ import annotations

from noesis.report.html import Section, escape
from noesis.report.run import Run


def banner(tone: str, headline: str, lines: list[str]) -> str:
    body = f"<p>{escape(lines[0])}</p>" if lines else ""
    if len(lines) > 1:
        body = f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
    return f'<div class="banner {tone}"><strong>{escape(headline)}</strong>{body}</div>'


def control_banner(run: Run) -> str:
    """Empty where the run has no controls."""
    judged = [c for c in run.result.get("controls").items() if "not_applicable" not in c]
    if not judged:
        return ""
    failed = [c for c in judged if not c["holds"].truth()]
    experiment = "subject" not in judged[0]
    if not failed and experiment:
        return banner("good", "The control holds" if len(judged) == 1 else f"All {len(judged)} controls hold", [
            "What must come out whatever the answer is, came out."])
    if not failed:
        return banner("good", f"All {len(judged)} controls hold", [
            "Every process that must be judged alive is, and every impostor fails as it must: the verdicts "
            "below can be read at face value."])
    if experiment:
        lines = [f"{c['name'].label()}: expected {c['expected'].label()}, found {c['found'].label()}" for c in failed]
        return banner("bad", f"{len(failed)} of {len(judged)} controls do not hold", [*lines, "The results cannot be trusted."])
    lines = [
        f"{c['subject'].label()}: {c['name'].label()} was expected to be {c['expected'].label()} "
        f"and was judged {c['verdict'].label()}"
        for c in failed
    ]
    return banner("bad", f"{len(failed)} of {len(judged)} controls do not hold",
                  [*lines, "The verdicts below cannot be trusted."])


def verdict(run: Run) -> str:
    parts = []
    if not run.finished:
        parts.append(banner("warn", "This run has not finished", [
            "There is no summary.json: it was interrupted or is still going. What follows is what it has "
            "written so far; --resume goes on with it."]))
    elif run.result.get("interrupted").truth() or run.summary.get("interrupted").truth():
        parts.append(banner("warn", "This run was interrupted", ["Some of its results are missing below."]))
    controls = control_banner(run)
    parts.append(controls)
    if run.finished and not controls:
        if not run.summary["ok"].truth():
            parts.append(banner("bad", "The run failed", []))
        elif "controls" in run.result:  # of a command that has some
            parts.append(banner("warn", "No controls were run: verdicts are unchecked", []))
        else:
            parts.append(banner("good", "The run succeeded", []))
    elif run.finished and run.summary["ok"].truth() is False and "banner bad" not in controls:
        parts.append(banner("bad", "The run failed", []))
    warnings = [w.text() for w in run.result.get("warnings").items()]
    if warnings:
        parts.append(banner("warn", "Warnings" if len(warnings) > 1 else "A warning", warnings))
    return "".join(parts)


def conclusions(run: Run, most: int) -> Section | None:
    sentences = [c.text() for c in run.result.get("conclusions").items()]
    if not sentences:
        return None
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return Section("conclusions", "Conclusions", f'<ul class="conclusions">{items}</ul>')


def header_facts(run: Run) -> list[tuple[str, str]]:
    """What identifies the run."""
    facts = [("run", run.folder.resolve().name)]
    for key in ("command", "version", "seed", "config_digest"):
        if key in run.summary:
            facts.append((key.replace("_", " "), run.summary[key].label()))
    seconds = run.summary.get("wall_s").number()
    if seconds is not None:
        minutes, rest = divmod(round(seconds), 60)
        facts.append(("time taken", f"{minutes} min {rest} s" if minutes else f"{seconds:.3g} s"))
    return facts
