"""Phase 1: who drives whom, as discovered from rates and interventions, against the true wiring."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Cell, Column, Section
from noesis.report.run import Node, Run

SIGNIFICANCE = 0.01  # as in the conclusions

METRICS = [
    ("auroc", "AUROC", "Chance that a true connection scores above a pair without one; 0.5 is guessing"),
    ("auprc", "AUPRC", "Area under precision and recall; the base rate is guessing"),
    ("lift", "lift", "AUPRC over base rate; 1 is guessing"),
    ("auroc_with_gap", "AUROC, gap too", "With gap junctions counted as connections"),
    ("auprc_with_gap", "AUPRC, gap too", "With gap junctions counted as connections"),
    ("sign_accuracy", "sign", "Share of true connections whose sign is right"),
    ("shd", "SHD", "Structural Hamming distance at the true density; lower is better"),
    ("weight_r2", "weight R²", "Of the estimated weights"),
    ("response_r2", "response R²", "Predicted responses to held-out interventions"),
]
COLUMNS = [
    Column("subject"),
    Column("policy", "Which interventions were made"),
    Column("estimator", "† knows the form of the equations"),
    Column("budget", "Samples and interventions that it may use"),
    Column("noise"),
    Column("seeds"),
    Column("base rate", "Share of pairs that are connected"),
    *(Column(title, text) for _, title, text in METRICS),
    Column("samples used"),
    Column("interventions made"),
]
PAIRED_COLUMNS = [
    Column("subject"), Column("estimator"), Column("budget"), Column("noise"), Column("policy"), Column("against"),
    Column("metric"), Column("difference", "Policy less the one that it is compared with, seed by seed"),
    Column("p"), Column("seeds"), Column("reading"),
]


def estimator_label(row: Node) -> str:
    return row["estimator"].label() + (" †" if row.get("knows_equations").truth() else "")


def row_cells(row: Node, gaps: bool) -> list[Cell]:
    """Without `gaps`, nothing where gap junctions would count too."""
    return [
        html.node_cell(row["subject"]),
        html.node_cell(row["policy"]),
        html.text_cell(estimator_label(row)),
        amount_cell(row.get("budget")),
        amount_cell(row.get("noise")),
        html.number_cell(row.get("seeds")),
        html.number_cell(row.get("base_rate")),
        *(html.interval_cell(row.get(key)) if gaps or not key.endswith("_with_gap") else Cell(html.MISSING) for key, _, _ in METRICS),
        html.interval_cell(row.get("samples")),
        html.interval_cell(row.get("interventions")),
    ]


def amount_cell(node: Node) -> Cell:
    """A number, or a name."""
    return html.node_cell(node) if isinstance(node.value, str) else html.number_cell(node)


def paired_cells(row: Node) -> list[Cell]:
    """The reading is that of the conclusions: a difference is claimed below SIGNIFICANCE only."""
    difference = row["difference"].interval()
    better_is_lower = row["metric"].label() == "shd"
    reading = "no difference shown"
    p_value = row.get("p_value").number()
    if difference and difference[0] != 0 and p_value is not None and p_value < SIGNIFICANCE:
        reading = "better" if (difference[0] > 0) != better_is_lower else "worse"
    return [
        html.node_cell(row["subject"]), html.node_cell(row["estimator"]), amount_cell(row.get("budget")),
        amount_cell(row.get("noise")), html.node_cell(row["policy"]), html.node_cell(row["against"]),
        html.node_cell(row["metric"]), html.interval_cell(row["difference"]), html.number_cell(row.get("p_value")),
        html.number_cell(row.get("seeds")),
        Cell(html.badge(reading, {"better": "good", "worse": "bad"}.get(reading, ""))),
    ]


def found_figure(rows: list[Node]) -> str:
    """AUROC on the same data: a line of dots for each estimator, a colour for each policy."""
    kept = [(row, values if len(values) == 3 else values * 3)
            for row in rows if (values := row.get("auroc").interval())]
    if not kept:
        return ""
    best: dict[str, float] = {}
    for row, (middle, _, _) in kept:
        best[estimator_label(row)] = max(best.get(estimator_label(row), 0), middle)
    estimators = sorted(best, key=lambda name: best[name])
    policies = list(dict.fromkeys(row["policy"].label() for row, _ in kept))
    data = []
    for k, policy in enumerate(policies):
        mine = [(row, values) for row, values in kept if row["policy"].label() == policy]
        shift = 0.6 * ((len(policies) - 1) / 2 - k) / len(policies)
        data.append({
            "type": "scatter", "mode": "markers", "name": policy, "x": [v[0] for _, v in mine],
            "y": [estimators.index(estimator_label(row)) + shift for row, _ in mine],
            "marker": {"color": figures.CYCLE[k % len(figures.CYCLE)], "size": 7},
            "error_x": {"type": "data", "symmetric": False, "array": [v[2] - v[0] for _, v in mine],
                        "arrayminus": [v[0] - v[1] for _, v in mine], "thickness": 1.4},
        })
    guess = {"type": "line", "x0": 0.5, "x1": 0.5, "y0": 0, "y1": 1, "yref": "paper",
             "line": {"color": figures.GREY, "dash": "dot"}}
    layout = {"xaxis": figures.axis("AUROC", range=[min(0.4, *(v[1] for _, v in kept)) - 0.02, 1.02]),
              "yaxis": figures.axis("estimator", tickvals=list(range(len(estimators))), ticktext=estimators),
              "shapes": [guess]}
    amounts = [f"{row[key].label()} {unit}" if unit else f"{key} {row[key].label()}" for row in rows[:1]
               for key, unit in (("budget", "samples"), ("noise", "")) if key in row]
    return figures.figure(f"Wiring found of {', '.join([rows[0]['subject'].label(), *amounts])}",
                          "Right of the dotted line is better than guessing. Compare policies with the same "
                          "estimator. † knows the equations.", data, layout, height=150 + 34 * len(estimators))


def table_section(run: Run, most: int) -> Section | None:
    rows = list(run.result.get("phase1").items())
    paired = list(run.result.get("phase1_paired").items())
    if not rows and not paired:
        return None
    body = ""
    if rows:
        gaps = any(row.get(f"{key}_with_gap").value != row.get(key).value for row in rows for key in ("auroc", "auprc"))
        columns, cells = html.drop_empty_columns(COLUMNS, [row_cells(row, gaps) for row in rows])
        body += html.long_table(columns, cells, "Mean over seeds and its interval. † marks an estimator that knows "
                                "the form of the equations, which the others do not.")
    if paired:
        columns, cells = html.drop_empty_columns(PAIRED_COLUMNS, [paired_cells(row) for row in paired])
        body += html.long_table(columns, cells, "Does intervening help? The same estimator at the same budget, seed "
                                f"by seed; better or worse only where p < {SIGNIFICANCE}.")
    return Section("phase1", "Phase 1: causal discovery", body)


# --- graphs --------------------------------------------------------------------------------------


Edge = tuple[int, int]


def read_edges(node: Node, count: int) -> dict[Edge, float]:
    """(source, target) -> value of [source, target, value], without autapses."""
    edges = {}
    for k, (source, target, value) in enumerate(node.rows(3)):
        if not (source in range(count) and target in range(count)):
            node.child(k, node.value[k]).fail(f"neurons from 0 to {count - 1}")
        if source != target:
            edges[int(source), int(target)] = value
    return edges


def read_scores(part: Node, count: int) -> dict[Edge, float]:
    if "scores" not in part:
        return read_edges(part.get("top_edges"), count)
    rows = part["scores"].rows(count)
    if len(rows) != count:
        part["scores"].fail(f"{count} rows")
    return {(s, t): rows[t][s] for t in range(count) for s in range(count) if s != t}


def compare(true: dict[Edge, float], scores: dict[Edge, float]) -> dict[str, list[Edge]]:
    """At the true density: as many of the strongest scores, of either sign, as there are true connections."""
    ranked = sorted((e for e in scores if scores[e] == scores[e]), key=lambda e: (-abs(scores[e]), e))
    found = set(ranked[: len(true)])
    return {
        "found": sorted(found & true.keys()),
        "missed": sorted(true.keys() - found),
        "invented": sorted(found - true.keys()),
    }


STYLE = {"found": (figures.BLUE, "square"), "missed": (figures.GREY, "square-open"), "invented": (figures.VERMILION, "x")}
HEATMAP_UP_TO = 64  # neurons; beyond that the picture of all scores would only be noise


def matrix_figure(part: Node, count: int, scores: dict[Edge, float], classes: dict[str, list[Edge]],
                  most: int) -> str:
    size = max(2.5, min(11.0, 300.0 / count))
    data = []
    if count <= HEATMAP_UP_TO and "scores" in part:
        data.append({"type": "heatmap", "z": [[scores.get((s, t)) for s in range(count)] for t in range(count)],
                     "colorscale": "RdBu", "zmid": 0, "opacity": 0.7, "showlegend": False,
                     "colorbar": {"title": {"text": "score"}, "thickness": 12}})
    for name, edges in classes.items():
        colour, symbol = STYLE[name]
        drawn = figures.thin(edges, most // 6)
        data.append({"type": "scatter", "mode": "markers", "name": f"{name} ({len(edges)})",
                     "x": [e[0] for e in drawn], "y": [e[1] for e in drawn],
                     "marker": {"color": colour, "symbol": symbol, "size": size}})
    layout = {"xaxis": figures.axis("from neuron", range=[-0.5, count - 0.5], showgrid=False, constrain="domain"),
              "yaxis": figures.axis("to neuron", range=[count - 0.5, -0.5], showgrid=False, scaleanchor="x",
                                    constrain="domain")}
    return figures.figure("Discovered against true, as a matrix",
                          "As many of the strongest scores as there are true connections. Filled: found; "
                          "open: missed; crosses: invented.", data, layout, height=460)


def layout_figure(part: Node, count: int, classes: dict[str, list[Edge]], most: int) -> str:
    positions = part["positions"].rows()
    if len(positions) != count or any(len(p) < 2 for p in positions):
        part["positions"].fail(f"{count} positions [x, y]")
    names = [n.label() for n in part.get("names").items()] or [str(k) for k in range(count)]
    if len(names) != count:
        part["names"].fail(f"{count} names")
    data = []
    for name in ("invented", "missed", "found"):
        edges = figures.thin(classes[name], max(50, most // 18))
        x, y = [], []
        for source, target in edges:
            x += [positions[source][0], positions[target][0], None]
            y += [positions[source][1], positions[target][1], None]
        line = figures.trace_line(x, y, f"{name} ({len(classes[name])})", STYLE[name][0], width=0.7)
        data.append({**line, "opacity": 0.45, "hoverinfo": "skip"})
    data.append({"type": "scatter", "mode": "markers", "name": "neurons", "text": names, "hoverinfo": "text",
                 "x": [p[0] for p in positions], "y": [p[1] for p in positions],
                 "marker": {"color": figures.GREEN, "size": 5}})
    layout = {"xaxis": figures.axis("x, as in the connectome's table", showgrid=False),
              "yaxis": figures.axis("y, as in the connectome's table", showgrid=False)}
    return figures.figure("Discovered against true, in place", "The same connections where the neurons lie; "
                          "of very many, an even selection is drawn. Are errors local or long-range?",
                          data, layout, height=460)


def part_plots(part: Node, most: int) -> list[str]:
    count = part["num_neurons"].number()
    if not isinstance(count, int) or not 1 <= count <= 100_000:
        part["num_neurons"].fail("an integer from 1 to 100000")
    true, scores = read_edges(part["true_edges"], count), read_scores(part, count)
    classes = compare(true, scores)
    plots = [matrix_figure(part, count, scores, classes, most)]
    if "positions" in part:
        plots.append(layout_figure(part, count, classes, most))
    return plots


def best_part(run: Run) -> int:
    """Whose wiring came out best by AUPRC, of the estimators that do not know the equations where there are some."""
    rows = [row for row in run.result.get("phase1").items() if row.get("auprc").interval()]
    blind = [row for row in rows if not row.get("knows_equations").truth()]
    best = max(blind or rows, key=lambda row: row["auprc"].interval()[0], default=None)
    keys = ("subject", "policy", "estimator")
    for k, part in enumerate(run.parts.get("graph", [])):
        if best is not None and all(part[key].label() == best[key].label() for key in keys):
            return k
    return 0


def plots(run: Run, most: int) -> Section | None:
    body = ""
    unfolded = best_part(run)
    for k, part in enumerate(run.parts.get("graph", [])):
        title = f"{part['subject'].label()}: {part['policy'].label()}, {part['estimator'].label()}"
        if "seed" in part:
            title += f", seed {part['seed'].label()}"
        body += (f'<details class="plots"{" open" if k == unfolded else ""}><summary>{html.escape(title)}</summary>'
                 f"{figures.grid(part_plots(part, most))}</details>")
    return Section("graphs", "Discovered against true wiring", body) if body else None
