"""Phase 2: copies of a brain with a state of limited size, running free."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Cell, Column, Section
from noesis.report.run import Node, Run
from noesis.report.sections import shared
from noesis.report.sections.discovery import amount_cell
from noesis.report.sections.subjects import by_name

VERDICTS = {"alive": figures.GREEN, "catatonic": figures.YELLOW, "seizing": figures.VERMILION, "zombie": figures.PURPLE}
METRICS = [
    ("vpt_lyapunov", "valid time [1/λ₁]", "Valid prediction time in Lyapunov times: median and quartiles"),
    ("d_stsp", "D_stsp", "Divergence of the distributions in state space; lower is better"),
    ("d_h", "D_H", "Distance of the spectra; lower is better"),
    ("d_del", "D_del", "Divergence of delay histograms; lower is better"),
    ("w1", "W₁", "Wasserstein distance of the rates; lower is better"),
    ("touch_r", "touch r", "Correlation of its response to a touch with the subject's"),
    ("touch_gain", "touch gain", "Size of its response to a touch over the subject's"),
    ("validation_error", "one-step error", "Of predictions on an unseen tape, in deviations of each unit"),
    ("exponent_per_tau", "fork exponent [1/τ]", "Rate at which two forks of it part"),
]
COLUMNS = [
    Column("subject"), Column("hypothesis"), Column("bottleneck"), Column("state size"), Column("seeds"),
    *(Column(verdict, "Seeds with this verdict") for verdict in VERDICTS),
    *(Column(title, text) for _, title, text in METRICS),
    Column("fails by", "Criteria that failed, and in how many seeds"),
    Column("failed", "Seeds whose training failed"),
    Column("stopped by time", "Seeds whose training ended by the time limit"),
]


def row_cells(row: Node) -> list[Cell]:
    failing = row.get("failing")
    reasons = [f"{html.escape(key)} ({failing[key].label()})" for key in (failing.keys() if "failing" in row else [])]
    return [
        html.node_cell(row["subject"]), html.node_cell(row["hypothesis"]), amount_cell(row.get("bottleneck")),
        html.number_cell(row.get("state_size")), html.number_cell(row.get("seeds")),
        *(html.number_cell(row.get(verdict)) for verdict in VERDICTS),
        *(html.interval_cell(row.get(key)) for key, _, _ in METRICS),
        Cell(f'<span class="sentence">{", ".join(reasons)}</span>' if reasons else html.MISSING),
        html.number_cell(row.get("failed")),
        html.number_cell(row.get("stopped_by_time")),
    ]


def verdict_figure(rows: list[Node]) -> str:
    """A stacked bar of verdicts for each hypothesis, and each size of its code, of one subject."""
    names = [row["hypothesis"].label() for row in rows]
    labels = [
        name + (f", code of {row.get('bottleneck').label()}" if names.count(name) > 1 else "")
        for name, row in zip(names, rows, strict=True)
    ]
    if len(set(labels)) < len(labels):
        labels = [f"{label}, state {row.get('state_size').label()}" for label, row in zip(labels, rows, strict=True)]
    data = [
        {"type": "bar", "orientation": "h", "name": verdict, "y": labels, "marker": {"color": colour},
         "x": [row.get(verdict).number() or 0 for row in rows]}
        for verdict, colour in VERDICTS.items()
    ]
    layout = {"barmode": "stack", "legend": {**figures.LEGEND, "traceorder": "normal"}, "xaxis": figures.axis("seeds", dtick=1 if len(rows) < 12 else None),
              "yaxis": {"automargin": True, "autorange": "reversed"}}
    return figures.figure(f"Copies of {rows[0]['subject'].label()}, by verdict", "Green is a copy that lives on its own.",
                          data, layout, height=130 + 22 * len(rows))


def horizon_figure(rows: list[Node], subject: Node | None) -> str:
    """Valid prediction time over the size of the state, a line for each hypothesis."""
    data, sizes = [], []
    for k, name in enumerate(dict.fromkeys(row["hypothesis"].label() for row in rows)):
        points = [
            (row["state_size"].number(), row["vpt_lyapunov"].interval()) for row in rows
            if row["hypothesis"].label() == name and "state_size" in row and "vpt_lyapunov" in row
        ]
        points = sorted((p for p in points if p[1] is not None), key=lambda p: p[0])
        sizes += [p[0] for p in points]
        colour = figures.CYCLE[k % len(figures.CYCLE)]
        line = figures.trace_line([p[0] for p in points], [p[1][0] for p in points], name, colour)
        line["mode"] = "lines+markers"
        line["error_y"] = {"type": "data", "symmetric": False, "array": [p[1][-1] - p[1][0] for p in points],
                           "arrayminus": [p[1][0] - p[1][1 % len(p[1])] for p in points], "thickness": 1}
        data += [line] if points else []
    if not data:
        return ""
    dimension = subject.get("kaplan_yorke_dimension").number() if subject else None
    layout = {"xaxis": figures.axis("size of the state"), "yaxis": figures.axis("valid time [1/λ₁]", rangemode="tozero")}
    caption = "How long the copy follows its subject, in Lyapunov times; median and quartiles over seeds."
    if dimension:
        layout["shapes"] = [{"type": "line", "x0": dimension, "x1": dimension, "y0": 0, "y1": 1, "yref": "paper",
                             "line": {"color": figures.GREY, "dash": "dot"}}]
        caption += " Dotted: the subject's Kaplan-Yorke dimension; far below it no copy is expected to live."
    return figures.figure("Valid prediction time", caption, data, layout)


def table_section(run: Run, most: int) -> Section | None:
    rows = list(run.result.get("phase2").items())
    if not rows:
        return None
    columns, cells = html.drop_empty_columns(COLUMNS, [row_cells(row) for row in rows])
    body = html.table(columns, cells, "Each hypothesis is one composition of the agent. Observations are cut "
                      "after training, the copy runs free, and is judged as the controls are.")
    subjects = by_name(run)
    for name in dict.fromkeys(row["subject"].label() for row in rows):
        mine = [row for row in rows if row["subject"].label() == name]
        plot = horizon_figure(mine, subjects.get(name))
        body += f"<h3>{html.escape(name)}</h3>{plot}" if plot else ""
    return Section("phase2", "Phase 2: emulation through a bottleneck", body)


# --- single emulators ----------------------------------------------------------------------------


def free_run_figures(node: Node, most: int) -> list[str]:
    times, truth = shared.times_and_rates(node, "truth")
    _, copy = shared.times_and_rates(node, "emulator")
    if not truth or not copy:
        return []
    units = min(len(truth), len(copy))
    data, rows = [], min(units, 3)
    index = figures.thin(list(range(len(times))), max(100, min(600, most // 20)))
    for u in range(rows):
        pick = [times[k] for k in index]
        for values, name, colour in ((truth, "subject", figures.GREY), (copy, "copy", figures.VERMILION)):
            line = figures.trace_line(pick, [values[u][k] for k in index], name, colour)
            data.append({**line, "panel": u, "legendgroup": name, "showlegend": u == 0})
    data, layout = figures.stacked(data, [f"rate {u}" for u in range(rows)], "time without observations [τ]")
    plots = [figures.figure("Free run", "The copy on its own beside the subject from the same start. They must part "
                            "after some Lyapunov times; the copy must then still behave alike.", data, layout)]
    if units > 3:
        plots.append(figures.raster("Activity of the copy", times, copy, most // 4,
                                    "Rates of the copy's units, running free."))
    return plots


def telemetry_figure(node: Node, most: int) -> str:
    """Step by step: what the meta-controller saw, and what it decided."""
    steps = node["step"].numbers()
    titles = {"surprise": "surprise", "fast_norm": "fast norm", "entropy": "entropy", "decision": "decision"}
    keys = [key for key in titles if key in node]
    data = []
    for k, key in enumerate(keys):
        if key == "decision":
            values: list = [v.label() for v in node[key].items()]
        else:
            values = node[key].numbers()
        if len(values) != len(steps):
            node[key].fail(f"{len(steps)} values, as many as step has")
        index = figures.thin(list(range(len(steps))), max(100, min(800, most // 16)))
        line = figures.trace_line([steps[i] for i in index], [values[i] for i in index], titles[key],
                                  figures.CYCLE[k % len(figures.CYCLE)])
        if key == "decision":
            line.update(mode="markers", marker={"size": 4, "color": figures.PURPLE})
        data.append({**line, "panel": k})
    if not keys:
        return ""
    data, layout = figures.stacked(data, [titles[key] for key in keys], "step")
    return figures.figure("Meta-controller", "What it saw (surprise, norm of the fast weights, entropy of its "
                          "predictions) and what it decided. The norm must stay bounded; decisions should not "
                          "chatter.", data, {**layout, "showlegend": False}, height=420)


def part_plots(part: Node, subject: Node | None, most: int) -> list[str]:
    plots = free_run_figures(part["free_run"], most) if "free_run" in part else []
    plots += shared.spectrum_of(part, "copy", figures.VERMILION, most // 2, "Power spectrum of the copy, running "
                                "free, and in grey the subject's. Do they lie on each other?", subject)
    plots += shared.attractor_of(part, "copy", figures.VERMILION, most // 6, "The copy on the subject's axes, with "
                                 "the subject in grey: the same shape?", subject)
    if "learning_curve" in part:
        updates, loss = shared.same_length(part["learning_curve"], "update", "loss")
        kind = {"type": "log", "exponentformat": "power"} if loss and min(loss) > 0 else {}
        layout = {"xaxis": figures.axis("update"), "yaxis": figures.axis("loss", **kind)}
        points = max(100, min(1000, most // 8))
        data = [figures.trace_line(figures.thin(updates, points), figures.thin(loss, points), "loss", figures.BLUE)]
        plots.append(figures.figure("Learning curve", "Loss over training. Did it settle, or was it cut short?", data, layout))
    if "telemetry" in part:
        plots.append(telemetry_figure(part["telemetry"], most))
    if "touch" in part:
        lags, subject, copy = shared.same_length(part["touch"], "lag_tau", "subject", "emulator")
        layout = {"xaxis": figures.axis("time since the touch [τ]"), "yaxis": figures.axis("change of mean rate")}
        data = [figures.trace_line(lags, subject, "subject", figures.GREY), figures.trace_line(lags, copy, "copy", figures.VERMILION)]
        plots.append(figures.figure("Touch", "Touched less untouched, the same state forked. A recording has no "
                                    "answer to a touch; a living copy has the subject's.", data, layout))
    return plots


def plots(run: Run, most: int) -> Section | None:
    body = ""
    subjects = shared.subject_parts(run)
    for k, part in enumerate(run.parts.get("emulation", [])):
        subject = subjects.get(part["subject"].label())
        title = f"{part['subject'].label()}: {part['hypothesis'].label()}"
        for key in ("bottleneck", "state_size", "seed"):
            if key in part:
                title += f", {key.replace('_', ' ')} {part[key].label()}"
        badge = html.verdict_badge(part["verdict"].label()) if "verdict" in part else ""
        body += (f'<details class="plots"{" open" if k == 0 else ""}><summary>{html.escape(title)} {badge}</summary>'
                 f"{figures.grid(part_plots(part, subject, most))}</details>")
    return Section("emulators", "Emulators, one by one", body) if body else None
