"""One simulation: what the neurons did over time, its spectrum, and the space it moves in."""

from __future__ import annotations

import math

from noesis.report import figures, html
from noesis.report.html import Section
from noesis.report.run import Node, Run
from noesis.report.sections import shared

TONES = {"current": figures.VERMILION, "silence": figures.SKY, "clamp": figures.PURPLE, "lesion": figures.GREY,
         "error": figures.YELLOW}
MOST_LABELS = 6  # of stimuli, which would lie on each other
LOG = {"type": "log", "exponentformat": "power"}


def parts_of(run: Run) -> list[Node]:
    return run.parts.get("simulation", [])


def words(run: Run, most: int) -> Section | None:
    """What the command says at its end."""
    lines = [[cell.text() for cell in line.items()] for part in parts_of(run) for line in part["words"].items()]
    if not lines:
        return None
    items = "".join(f"<li><strong>{html.escape(line[0])}</strong>: {html.escape(line[1])}</li>" for line in lines)
    return Section("words", "In words", f'<ul class="conclusions">{items}</ul>')


def label_of(stimulus: Node) -> str:
    """As "current 2 into ALML, ALMR"."""
    kind, names = stimulus["kind"].label(), [name.label() for name in stimulus["neurons"].items()]
    count = int(stimulus["num_neurons"].number() or 0)
    whom = ", ".join(names[:3]) + (f" and {count - 3} more" if count > 3 else "") if names else "all neurons"
    environments = [env.label() for env in stimulus["environments"].items()]
    where = f" in environment {', '.join(environments[:4])}" if environments else ""
    if kind == "error":
        return f"error {stimulus['value'].label()}{where}"
    value = f" {stimulus['value'].label()}" if kind in ("current", "clamp") else ""
    return f"{kind}{value}, {whom}{where}"


def shades(part: Node, low: float, high: float, environment: float | None = None) -> tuple[list[dict], list[dict]]:
    """Spans of time in which a stimulus holds (in that environment, or in any), as shapes and labels."""
    shapes, notes = [], []
    for stimulus in part["stimuli"].items():
        start, stop = stimulus["start_ms"].number(), stimulus["stop_ms"].number()
        where = stimulus["environments"].numbers()
        if environment is not None and where and environment not in where:
            continue
        if start is None or stop is None or start > high or stop < low:
            continue
        tone = TONES.get(stimulus["kind"].label(), figures.GREY)
        x0, x1 = max(start, low), min(stop, high)
        shapes.append({"type": "rect", "xref": "x", "yref": "paper", "x0": x0, "x1": x1, "y0": 0, "y1": 1,
                       "fillcolor": tone, "opacity": 0.16, "line": {"width": 0}, "layer": "below"})
        shapes.append({"type": "line", "xref": "x", "yref": "paper", "x0": x0, "x1": x0, "y0": 0, "y1": 1,
                       "line": {"color": tone, "width": 1, "dash": "dot"}})
        if len(notes) < MOST_LABELS:
            notes.append({"x": x0, "y": 1 - 0.075 * len(notes), "xref": "x", "yref": "paper", "text": label_of(stimulus),
                          "showarrow": False, "xanchor": "left" if x0 < (low + high) / 2 else "right",
                          "yanchor": "top", "font": {"size": 10}})
    return shapes, notes


def raster(part: Node, window: Node, title: str, caption: str) -> str:
    times = window["time_ms"].numbers()
    rates, names = window["raster"].rows(len(times)), [name.label() for name in window["neurons"].items()]
    component = window["means"].child(0, window["means"].value[0])["component"].label()
    heat = {"type": "heatmap", "x": times, "y": list(range(len(rates))), "z": rates, "colorscale": "Cividis",
            "colorbar": {"title": {"text": component}, "thickness": 12, "outlinewidth": 0}}
    few = max(1, math.ceil(len(names) / 30))  # more names than that are not legible
    shapes, _ = shades(part, times[0], times[-1], 0)
    # A shade would change the colours; what lies on the darkest and the brightest of them is white.
    shapes = [{**s, "line": {"color": "#ffffff", "width": 1.5, "dash": "dot"}} for s in shapes if s["type"] == "line"]
    layout = {"xaxis": figures.axis("time [ms]"), "shapes": shapes,
              "yaxis": figures.axis("neuron", tickvals=list(range(0, len(names), few)), ticktext=names[::few],
                                    tickfont={"size": 9}, autorange="reversed")}
    return figures.figure(title, caption, [heat], layout, height=max(200, min(520, 90 + 11 * len(rates))), wide=True)


def means(part: Node, window: Node, title: str, caption: str) -> str:
    """A panel for each state variable, a line for each environment."""
    times, rows = window["time_ms"].numbers(), list(window["means"].items())
    components = list(dict.fromkeys(row["component"].label() for row in rows))
    several = (part["num_environments"].number() or 1) > 1
    data = []
    for row in rows:
        panel, environment = components.index(row["component"].label()), int(row["environment"].number() or 0)
        colour = figures.CYCLE[environment % len(figures.CYCLE)]
        mean, low, high = shared.same_length(row, "mean", "low", "high")
        if len(mean) != len(times):
            row.fail(f"{len(times)} numbers in mean, low, high")
        name = f"environment {environment}" if several else "mean"
        if (part["num_neurons"].number() or 1) > 1:
            drawn = figures.band(times, low, high, "80% of the neurons")
            drawn[1]["fillcolor"] = f"rgba({', '.join(str(int(colour[k:k + 2], 16)) for k in (1, 3, 5))}, 0.2)"
            for trace in drawn:
                trace |= {"legendgroup": name, "panel": panel, "showlegend": trace is drawn[1] and panel == 0 and not several}
            data += drawn
        data.append({**figures.trace_line(times, mean, name, colour), "legendgroup": name, "panel": panel,
                     "showlegend": panel == 0})
    data, layout = figures.stacked(data, components, "time [ms]")
    layout["shapes"], layout["annotations"] = shades(part, times[0], times[-1])
    layout["xaxis"]["range"] = [times[0], times[-1]]
    return figures.figure(title, caption, data, layout, height=130 + 170 * len(components), wide=True)


def activity(run: Run, most: int) -> Section | None:
    plots = []
    for part in parts_of(run):
        begins, shaded = (" Dotted: a stimulus begins in it.", " Shaded: a stimulus holds.") if part["stimuli"].value else ("", "")
        windows = [window for window in part["windows"].items() if window["time_ms"].numbers()]
        interval = part["interval_ms"].number() or 1.0
        for k, window in enumerate(windows):
            step = int(window["samples_each"].number() or 1)
            name = "" if k == 0 else ": the end, as recorded"
            averaged = (f" Each point is the mean of {step} samples, {step * interval:g} ms: what is faster is in the "
                        "pictures of the end." if step > 1 else "")
            drawn, total = len(window["raster"].value or []), int(part["num_neurons"].number() or 0)
            who = f"All {total} recorded neurons" if drawn == total else f"{drawn} of {total} recorded neurons, evenly chosen"
            plots.append(raster(part, window, f"Activity{name}",
                                f"{who}, first environment.{begins}{averaged}"))
            shown = len({row["environment"].label() for row in window["means"].items()})
            count = int(part["num_environments"].number() or 1)
            which = f" The first {shown} of {count} environments." if shown < count else ""
            plots.append(means(part, window, f"Mean over neurons{name}",
                               f"Line: mean. Band: 80% of the neurons lie in it.{shaded}{which}{averaged}"))
    return Section("activity", "Activity", figures.grid(plots)) if plots else None


def aperiodic(f: float, offset: float, exponent: float, knee_hz: float) -> float:
    """10^offset / (knee^exponent + f^exponent), within what floats hold."""
    high = exponent * math.log10(f)
    if knee_hz > 0:
        low = exponent * math.log10(knee_hz)
        high = max(high, low) + math.log10(1 + 10.0 ** max(-300.0, -abs(high - low)))
    return 10.0 ** max(-300.0, min(300.0, offset - high))


def fit_lines(run: Run, frequencies: list[float]) -> list[dict]:
    """Of the fits in the summary, over their band."""
    spectrum = run.result.get("vitals").get("spectrum") if "vitals" in run.result else Node(None, run.folder)
    if spectrum.value is None:
        return []
    low, high = spectrum["band_hz"].numbers()
    x = [f for f in frequencies if low <= f <= high]
    lines = []
    for key, colour, dash in (("fixed", figures.VERMILION, "dash"), ("knee", figures.GREEN, "dot")):
        if key not in spectrum or "offset" not in spectrum[key]:
            continue
        fit = spectrum[key]
        offset, exponent, knee = (fit[k].number() or 0.0 for k in ("offset", "exponent", "knee_hz"))
        name = f"{'power law' if key == 'fixed' else 'with a knee'}, exponent {exponent:.2f} (R² {fit['r_squared'].number() or 0:.2f})"
        y = [aperiodic(f, offset, exponent, knee) for f in x]
        lines.append(figures.trace_line(x, y, name, colour, dash=dash, width=2.4))
    return lines


def spectrum(run: Run, part: Node) -> list[str]:
    if "spectrum" not in part:
        return []
    frequencies, density = shared.same_length(part["spectrum"], "frequency_hz", "density")
    if not frequencies or not any(value > 0 for value in density):
        return []
    lines = [figures.trace_line(frequencies, density, "recorded", figures.BLUE), *fit_lines(run, frequencies)]
    layout = {"xaxis": figures.axis("frequency [Hz]", **LOG), "yaxis": figures.axis("power density [1/Hz]", **LOG)}
    caption = ("Mean over neurons of the first environment (Welch). A straight line on these axes is a power law; a "
               "spectrum that bends passes for a flatter one, so compare the fits. Peaks are rhythms.")
    return [figures.figure("Spectrum", caption, lines, layout)]


def attractor(part: Node) -> list[str]:
    if "attractor" not in part:
        return []
    axes, points = shared.points_of(part)
    if len(axes) < 2 or len(points) < 2:
        return []
    variables = part["attractor"]["kind"].text() == "variables"
    neuron = part["attractor"].get("neuron").label()
    caption = (f"The state variables of neuron {neuron} against each other" if neuron else
               "Means over neurons of the state variables against each other" if variables else
               "The neurons of the first picture along the directions in which they vary most")
    caption += (f", last {len(points)} samples of the first environment. A point: at rest; a closed loop: a rhythm; "
                "neither: transient or irregular.")
    title = "State variables" if variables else "State space"
    return [figures.attractor(title, [("trajectory", points, figures.BLUE)], axes, 2 * 2 * len(points), caption,
                              " [mean]" if variables and not neuron else "")]


def dynamics(run: Run, most: int) -> Section | None:
    plots = [plot for part in parts_of(run) for plot in [*spectrum(run, part), *attractor(part)]]
    return Section("dynamics", "Spectrum and state space", figures.grid(plots)) if plots else None
