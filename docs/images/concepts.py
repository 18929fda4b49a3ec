"""Draws interventions.png: what each intervention does to one neuron of the worm, from recordings of
`noesis simulate`. Run: .venv/bin/python docs/images/concepts.py [PROGRAM]"""

import pathlib
import subprocess
import sys
import tempfile

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEURON = "AVAL"
TARGET = "VA8"
BEGIN, END = 1100, 1200
INTERVENTIONS = {
    "current": "kind = 'current'\nvalue = 2",
    "silence": "kind = 'silence'",
    "clamp": "kind = 'clamp'\nvalue = 0.3",
    "lesion": "kind = 'lesion'",
}


def record(program, folder, stimulus):
    config = (ROOT / "configs/celegans.toml").read_text(encoding="utf-8").split("# Touch")[0]
    if stimulus:
        config += f'[[stimulus]]\nneurons = ["{NEURON}"]\nstart_ms = {BEGIN}\nstop_ms = {END}\n{stimulus}\n'
    path = pathlib.Path(folder) / "one.toml"
    path.write_text(config, encoding="utf-8")
    out = path.with_suffix(".npz")
    subprocess.run([program, "simulate", path, "--out", out, "--set", "duration_ms=1300", "--set", "vitals.enabled=false"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with np.load(out) as run:
        names = list(run["neuron_name"])
        return run["time_ms"], run["E"][:, 0, names.index(NEURON)], run["E"][:, 0, names.index(TARGET)]


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release/noesis"
    with tempfile.TemporaryDirectory() as folder:
        _, itself, target = record(program, folder, "")
        figure, axes = plt.subplots(2, 4, figsize=(11, 3.6), sharex=True, sharey="row", layout="constrained")
        for column, (name, text) in zip(axes.T, INTERVENTIONS.items(), strict=True):
            time, changed, reached = record(program, folder, text)
            for axis, before, after, label in ((column[0], itself, changed, NEURON), (column[1], target, reached, TARGET)):
                axis.axvspan(BEGIN, END if name != "lesion" else time[-1], color="0.92", lw=0)
                axis.plot(time, before, color="0.6", lw=1, label="left alone")
                axis.plot(time, after, color="tab:red", lw=1.2, label="acted on")
                axis.set_xlim(1050, 1300)
                axis.spines[["top", "right"]].set_visible(False)
                if name == "current":
                    axis.set_ylabel(f"E of {label}")
            column[0].set_title(name, fontsize=10)
            column[1].set_xlabel("time [ms]")
        axes[0, 0].legend(frameon=False, fontsize=8)
        figure.savefig(ROOT / "docs/images/interventions.png", dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    main()
