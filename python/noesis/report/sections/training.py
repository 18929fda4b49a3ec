"""Learning curves from metrics.jsonl: what `train` logs, and any other command that logs scalars."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Column, Section
from noesis.report.run import Curve, Run

# What to look for in the scalars that people know; the order is that of the page.
CAPTIONS = {
    "charts/episodic_return": "Return of the episodes that ended, over training. It should rise and settle.",
    "eval/episodic_return": "Return without exploration. This is what the agent has learned.",
    "charts/episodic_length": "Steps until an episode ends.",
    "losses/value_loss": "Error of the value function: it falls once returns settle.",
    "losses/policy_loss": "Surrogate loss of the policy: small and without a trend.",
    "losses/entropy": "Entropy of the policy: a sudden fall to nothing means that exploration has ended.",
    "losses/approx_kl": "How far an update moved the policy. Spikes mean a learning rate that is too high.",
    "losses/clipfrac": "Share of samples at which the update was clipped.",
    "losses/explained_variance": "1: the value function predicts returns; at most 0: it does not.",
    "charts/learning_rate": "Learning rate.",
    "charts/SPS": "Environment steps a second, burn-in left out.",
}
MOST_FIGURES = 40
WINDOW = 20  # points of the moving average


def moving_average(values: list[float]) -> list[float]:
    """Over the last WINDOW values."""
    out, total = [], 0.0
    for k, value in enumerate(values):
        total += value - (values[k - WINDOW] if k >= WINDOW else 0.0)
        out.append(total / min(k + 1, WINDOW))
    return out


def curve_figure(name: str, by_seed: dict[str, Curve]) -> str:
    data = []
    finite = all(abs(v) < 1e300 for curve in by_seed.values() for v in curve.values)
    caption = CAPTIONS.get(name, "Over training.")
    smooth = finite and all(len(curve.values) > 3 * WINDOW for curve in by_seed.values())
    for k, (seed, curve) in enumerate(by_seed.items()):
        colour = figures.CYCLE[k % len(figures.CYCLE)] if len(by_seed) > 1 else figures.BLUE
        steps = figures.thin(curve.steps, 1000)
        line = figures.trace_line(steps, figures.thin(curve.values, 1000), seed or name, colour)
        if len(curve.values) == 1:
            line["mode"] = "markers"
        data.append(line)
        if smooth:
            line |= {"opacity": 0.35, "showlegend": False}
            data.append(figures.trace_line(steps, figures.thin(moving_average(curve.values), 1000),
                                           seed or f"mean of {WINDOW}", colour, width=2.2))
    if smooth:
        caption += f" Bold: mean of the last {WINDOW} points."
    if not finite:
        caption += " Some values are not finite and are not drawn."
    layout = {"xaxis": figures.axis("step"), "yaxis": figures.axis(name.rsplit("/", 1)[-1].replace("_", " ")),
              "showlegend": len(by_seed) > 1}
    return figures.figure(name, caption, data, layout, height=260)


def agents(run: Run, most: int) -> Section | None:
    """What each agent came to, in episodes that it was not trained on."""
    rows = [row for row in run.result.get("agents").items() if "eval" in row]
    if not rows:
        return None
    columns = [Column("seed"), Column("return", "Mean of the evaluated episodes"), Column("its error", "Standard error of the mean"),
               Column("of the way", "From doing nothing (0) to the scripted baseline (1)"), Column("steps")]
    cells = [[html.number_cell(row["seed"]), html.number_cell(row["eval"]["mean"]), html.number_cell(row["eval"]["se"]),
              html.number_cell(row.get("gap_closed")), html.number_cell(row.get("steps"))] for row in rows]
    return Section("agents", "Agents", html.table(columns, cells, "Episodes that no agent was trained on."))


def curves(run: Run, most: int) -> Section | None:
    if not run.metrics:
        return None
    known = list(CAPTIONS)
    names = sorted(run.metrics, key=lambda name: (known.index(name) if name in known else len(known), name))
    body = figures.grid([curve_figure(name, run.metrics[name]) for name in names[:MOST_FIGURES]])
    left_out = names[MOST_FIGURES:]
    if left_out:
        body += f"<p class=soft>Not drawn, and in metrics.jsonl: {html.escape(', '.join(left_out))}.</p>"
    return Section("training", "Learning curves", body)
