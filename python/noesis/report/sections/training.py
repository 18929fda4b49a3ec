"""Learning curves from metrics.jsonl: what `train` logs, and any other command that logs scalars."""

from __future__ import annotations

from noesis.report import figures, html
from noesis.report.html import Section
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


def curve_figure(name: str, curve: Curve) -> str:
    steps = figures.thin(curve.steps, 1000)
    data = [figures.trace_line(steps, figures.thin(curve.values, 1000), name, figures.BLUE)]
    finite = all(abs(v) < 1e300 for v in curve.values)
    caption = CAPTIONS.get(name, "Over training.")
    if len(curve.values) > 3 * WINDOW and finite:
        data[0]["opacity"] = 0.35
        data.append(figures.trace_line(steps, figures.thin(moving_average(curve.values), 1000),
                                       f"mean of {WINDOW}", figures.BLUE, width=2.2))
        caption += f" Bold: mean of the last {WINDOW} points."
    if not finite:
        caption += " Some values are not finite and are not drawn."
    layout = {"xaxis": figures.axis("step"), "yaxis": figures.axis(name.rsplit("/", 1)[-1].replace("_", " ")),
              "showlegend": False}
    return figures.figure(name, caption, data, layout, height=260)


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
