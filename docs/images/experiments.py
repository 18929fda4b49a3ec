"""Draws the pictures of the README's gallery from the folders of the experiments' runs.

    ./noesis flaw --quick --out runs/flaw               # and cure, grow, seed-and-tape
    .venv/bin/python docs/images/experiments.py runs/flaw runs/cure runs/grow runs/seed-and-tape

Writes flaw.png, cure.png, grow.png, seed-and-tape.png beside itself. The reports of the runs have more.
"""

import argparse
import json
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

from noesis.report.sections.experiments.growth import VERDICTS  # noqa: E402
from noesis.report.sections.experiments.shared import styles  # noqa: E402

LINES = {"solid": "-", "dash": "--", "dot": ":"}
HATCHES = {"x": "xx", "\\": "\\\\", "-": "--", "/": "//", "": ""}


def numbers(values):
    return [math.nan if v is None else v for v in values]


def banded(axes, x, curve, look, name, **more):
    """The mean as a line, its interval as a band."""
    mean, low, high = (numbers(curve[key]) for key in ("mean", "low", "high"))
    axes.fill_between(
        x, low, high, color=look.colour, alpha=more.get("alpha", 0.16), linewidth=0, step=more.get("step")
    )
    style = {"drawstyle": "steps-post"} if more.get("step") else {}
    axes.plot(x, mean, LINES[look.dash], color=look.colour, linewidth=1.4, label=name, **style)


def panels(count, height=3.6, width=4.8):
    figure, axes = plt.subplots(1, count, figsize=(width * count, height), layout="constrained")
    return figure, axes


def flaw(rows):
    figure, (loss, norm) = panels(2)
    looks = styles([row["learner"] for row in rows])
    for row in rows:
        curves = row["curves"]
        for axes, key in ((loss, "loss"), (norm, "norm")):
            banded(axes, curves["step"], curves[key], looks[row["learner"]], row["learner"])
    finish(loss, "Loss over a life without sleep", "step", "loss", log=True)
    finish(norm, "Norm of the weights", "step", "|W|", log=True)
    loss.legend(frameon=False, fontsize=8)
    return figure


def cure(rows):
    figure, (survival, loss) = panels(2)
    looks = styles([row["condition"] for row in rows])
    for row in rows:
        name = row["condition"]
        banded(survival, row["survival"]["step"], row["survival"], looks[name], name, step="post", alpha=0.05)
        banded(loss, row["curves"]["step"], row["curves"]["loss"], looks[name], name)
    survival.set_ylim(-0.03, 1.03)
    finish(survival, "Survival (bands: Wilson's 95%)", "step", "part alive")
    finish(loss, "Loss over life", "step", "loss", log=True)
    handles, names = survival.get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, fontsize=8, loc="outside lower center", ncols=5)
    return figure


def seed_and_tape(rows):
    tapes = list(dict.fromkeys(row["tape"] for row in rows))
    figure, axes = panels(len(tapes), width=3.9)
    looks = styles([row["condition"] for row in rows])
    for tape, panel in zip(tapes, [axes] if len(tapes) == 1 else axes, strict=True):
        for row in (row for row in rows if row["tape"] == tape):
            banded(panel, row["curves"]["step"], row["curves"]["error"], looks[row["condition"]], row["condition"])
        neurons = next(row for row in rows if row["tape"] == tape and row["condition"] == "grown")["figures"]["neurons"]
        finish(panel, f"{tape}: grown to {neurons[0]:.0f} neurons", "step", "error (1: no change)", log=True)
    handles, names = panel.get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, fontsize=8, loc="outside lower center", ncols=5)
    return figure


def grow(rows):
    models = list(dict.fromkeys(row["model"] for row in rows))
    conditions = list(dict.fromkeys(row["condition"] for row in rows))
    figure, axes = plt.subplots(
        len(models), len(conditions), figsize=(2.4 * len(conditions), 2.3 * len(models)), layout="constrained",
        sharey=True, squeeze=False,
    )  # fmt: skip
    for row in rows:
        panel = axes[models.index(row["model"])][conditions.index(row["condition"])]
        names = [str(size["neurons"]) for size in row["sizes"]]
        below = [0] * len(names)
        for verdict, (colour, pattern) in VERDICTS.items():
            counts = [size["verdicts"].get(verdict, 0) for size in row["sizes"]]
            panel.bar(
                names,
                counts,
                bottom=below,
                color=colour,
                hatch=HATCHES[pattern],
                edgecolor="white",
                linewidth=0.4,
                label=verdict,
            )
            below = [a + b for a, b in zip(below, counts, strict=True)]
        finish(
            panel,
            f"{row['model']}: {row['condition']}",
            "neurons",
            "seeds" if panel is axes[models.index(row["model"])][0] else "",
        )
        panel.grid(False)
    handles, names = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, names, frameon=False, fontsize=8, loc="outside lower center", ncols=5)
    return figure


def finish(axes, title, x, y, log=False):
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xlabel(x, fontsize=8)
    axes.set_ylabel(y, fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.25, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    if log:
        axes.set_yscale("log")


DRAW = {"flaw": flaw, "cure": cure, "seed-and-tape": seed_and_tape, "grow": grow}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="FOLDER", type=pathlib.Path, help="of a run that has finished")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent, help="where to")
    args = parser.parse_args()
    for folder in args.runs:
        summary = json.loads((folder / "summary.json").read_text())
        figure = DRAW[summary["command"]](summary["result"]["rows"])
        path = args.out / f"{summary['command']}.png"
        figure.savefig(path, dpi=110, metadata={"Software": None})
        print(path)


if __name__ == "__main__":
    main()
