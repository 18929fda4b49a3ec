"""Plots that several kinds of parts have."""

from __future__ import annotations

from noesis.report import figures
from noesis.report.run import Node, Run


def raster_of(node: Node, title: str, most: int, caption: str) -> list[str]:
    if "raster" not in node:
        return []
    times, rates = times_and_rates(node["raster"], "rate")
    return [figures.raster(title, times, rates, most, caption)] if rates else []


def times_and_rates(node: Node, key: str) -> tuple[list[float], list[list[float]]]:
    """Rates are (units x times)."""
    times = node["time_tau"].numbers()
    return times, node[key].rows(len(times))


def same_length(node: Node, *keys: str) -> list[list[float]]:
    """Lists of numbers that belong together."""
    columns = [node[key].numbers() for key in keys]
    if len({len(column) for column in columns}) > 1:
        node.fail(f"lists of one length for {', '.join(keys)}")
    return columns


def psd_traces(node: Node, name: str, colour: str, most: int) -> list[dict]:
    """The null's band, the density and the fits, whichever are there. f = 0 has no place on a log axis."""
    keys = ["frequency", "density"] + (["low", "high"] if "low" in node and "high" in node else [])
    rows = [row for row in zip(*same_length(node, *keys)) if row[0] > 0]
    kept = [rows[k] for k in figures.logarithmic(len(rows), max(100, min(500, most // 20)))]
    columns = [list(column) for column in zip(*kept)]
    if not columns:
        return []
    traces = figures.band(columns[0], columns[2], columns[3], "null") if len(columns) == 4 else []
    traces.append(figures.trace_line(columns[0], columns[1], name, colour))
    for fit in node.get("fits").items():
        values = [fit[key].number() for key in ("low", "high", "exponent", "intercept")]
        line = figures.power_law(*values, figures.VERMILION) if None not in values else None
        traces += [line] if line else []
    return traces


def spectrum_of(part: Node, name: str, colour: str, most: int, caption: str, subject: Node | None = None) -> list[str]:
    """`subject` is the subject's part: its band and density stand behind the others."""
    if "psd" not in part:
        return []
    traces = psd_traces(part["psd"], name, colour, most)
    if subject and "psd" in subject:
        behind = psd_traces(subject["psd"].without("fits"), subject["subject"].label(), figures.GREY, most)
        traces = behind + [trace for trace in traces if trace["name"] not in {t["name"] for t in behind}]
    return [figures.figure("Spectrum", caption, traces, figures.PSD_LAYOUT)] if traces else []


def attractor_of(part: Node, name: str, colour: str, most: int, caption: str, subject: Node | None = None) -> list[str]:
    """As spectrum_of; the subject is drawn where its axes are the same."""
    axes, cloud = points_of(part)
    if len(axes) < 2 or not cloud:
        return []
    clouds = [(name, cloud, colour)]
    if subject:
        other_axes, other = points_of(subject)
        if other_axes == axes:
            clouds.insert(0, (subject["subject"].label(), other, figures.GREY))
    return [figures.attractor("Attractor", clouds, axes, most, caption)]


def points_of(part: Node) -> tuple[list[str], list[list[float]]]:
    if "attractor" not in part:
        return [], []
    axes = [a.label() for a in part["attractor"]["axes"].items()]
    return axes, part["attractor"]["points"].rows(len(axes))


def subject_parts(run: Run) -> dict[str, Node]:
    return {part["subject"].label(): part for part in run.parts.get("subject", [])}
