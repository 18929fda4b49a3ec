"""The report of `noesis simulate`: what was recorded is drawn, with the stimuli, the fits and the words
of the command; it is made by itself where the run has a folder, and by `noesis report NAME.h5` elsewhere."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from test_report import Page

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

from noesis.report import ReportError, make_report  # noqa: E402

CONFIG = """
duration_ms = 1500
num_envs = 2
[drive]
mean = 1.25
[record]
all_components = true
[vitals]
lyapunov = true
lyapunov_duration_ms = 200
[[stimulus]]
neurons = ["AVAL", "AVAR"]
value = 2
start_ms = 300
stop_ms = 500
[[stimulus]]
kind = "lesion"
neurons = ["RIH"]
environments = [1]
start_ms = 1450
"""


def noesis(command, *arguments, folder, **environment):
    return subprocess.run(
        [command, *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "NOESIS_PYTHON": sys.executable, **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulation")
    (folder / "worm.toml").write_text(CONFIG)
    done = noesis(command, "simulate", "worm.toml", "--out", "worm.npz", folder=folder)
    assert done.returncode == 0, done.stderr
    assert "`noesis report worm.npz`" in done.stdout and not (folder / "worm.report.html").exists()
    made = noesis(command, "report", "worm.npz", folder=folder)
    assert (made.returncode, made.stdout, made.stderr) == (0, "worm.report.html\n", "")
    (folder / "words.txt").write_text(done.stdout)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return Page(folder / "worm.report.html")


@pytest.fixture(scope="module")
def recording(folder):
    with np.load(folder / "worm.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def plots(page, kind=None, title=None):
    """Plots with a trace of that kind, or an x axis of that title."""
    return [plot for plot in page.plots
            if (kind is None or any(trace["type"] == kind for trace in plot["data"]))
            and (title is None or plot["layout"]["xaxis"]["title"]["text"] == title)]  # fmt: skip


# Red when the summary's words, the Lyapunov exponent's line among them, are left out of the plot file.
def test_says_what_the_command_said(page, folder):
    assert page.sections[:3] == ["words", "activity", "dynamics"]
    lines = (folder / "words.txt").read_text().splitlines()[:3]
    assert [line.split()[0] for line in lines] == ["brain", "activity", "dynamics"]
    for line in lines:
        assert line.split(maxsplit=1)[1] in page.text
    assert "largest Lyapunov exponent" in page.text


def test_the_activity_is_the_recording_s(page, recording):
    whole, end = (plot["data"][0] for plot in plots(page, "heatmap"))
    assert len(whole["z"]) == 60 and len(whole["x"]) == 751  # 1501 samples in pairs
    assert end["x"] == list(range(477, 1501))
    names = plots(page, "heatmap")[1]["layout"]["yaxis"]["ticktext"]
    assert names[0] == recording["neuron_name"][0] == "ADAL"
    chosen = [k * 302 // 60 for k in range(60)]
    np.testing.assert_allclose(np.array(end["z"]), recording["E"][-1024:, 0, chosen].T, rtol=1e-3, atol=1e-9)
    pairs = recording["E"][:1500, 0, chosen].reshape(750, 2, 60).mean(axis=1)
    np.testing.assert_allclose(np.array(whole["z"])[:, :750], pairs.T, rtol=1e-3, atol=1e-9)


def test_means_have_a_panel_a_variable_and_a_line_an_environment(page, recording):
    plot = plots(page, "scatter", "time [ms]")[1]
    lines = {(t["name"], t["yaxis"]): t["y"] for t in plot["data"] if t["name"].startswith("environment")}
    assert set(lines) == {(f"environment {e}", axis) for e in (0, 1) for axis in ("y", "y2")}
    np.testing.assert_allclose(lines["environment 1", "y2"], recording["I"][-1024:, 1].mean(axis=1), rtol=1e-3)


# Red when the stimuli are not handed on to the layout.
def test_stimuli_are_shaded(page):
    layout = plots(page, "scatter", "time [ms]")[0]["layout"]
    spans = [(s["x0"], s["x1"]) for s in layout["shapes"] if s["type"] == "rect"]
    assert spans == [(300, 500), (1450, 1500)]
    dotted = [s["x0"] for s in plots(page, "heatmap")[0]["layout"]["shapes"]]
    assert dotted == [300], "the lesion is another environment's"
    assert [note["text"] for note in layout["annotations"]] == ["current 2, AVAL, AVAR", "lesion, RIH in environment 1"]


def test_the_spectrum_stands_with_its_fits(page, folder):
    fits = json.loads((folder / "worm.summary.json").read_text())["result"]["vitals"]["spectrum"]
    [plot] = plots(page, title="frequency [Hz]")
    assert plot["layout"]["xaxis"]["type"] == plot["layout"]["yaxis"]["type"] == "log"
    recorded, fixed, knee = plot["data"]
    assert f"exponent {fits['fixed']['exponent']:.2f}" in fixed["name"] and "knee" in knee["name"]
    low, high = fits["band_hz"]
    assert low <= fixed["x"][0] and fixed["x"][-1] <= high
    slope = np.polyfit(np.log10(fixed["x"]), np.log10(fixed["y"]), 1)
    np.testing.assert_allclose(slope, [-fits["fixed"]["exponent"], fits["fixed"]["offset"]], atol=2e-3)
    assert min(recorded["x"]) > 0


def test_the_phase_plane_is_that_of_the_variables(page, recording):
    [plot] = plots(page, title="E [mean]")
    [line] = plot["data"]
    np.testing.assert_allclose(line["x"], recording["E"][:, 0].mean(axis=1), rtol=1e-3)
    np.testing.assert_allclose(line["y"], recording["I"][:, 0].mean(axis=1), rtol=1e-3)


def test_nothing_of_it_becomes_markup(folder, tmp_path):
    for name in ("summary.json", "config.toml", "plot.json"):
        text = (folder / f"worm.{name}").read_text().replace("AVAL", "<b>AVAL</b>").replace("neurons, ", "<i>, ")
        (tmp_path / f"worm.{name}").write_text(text)
    made = make_report(tmp_path / "worm.npz")
    assert made == tmp_path / "worm.report.html"
    assert not {"b", "i"} & {tag for tag, _ in Page(made).tags}


@pytest.mark.parametrize("keys_and_value", [
    ("windows", 0, "raster", 0, ["much"]), ("windows", 0, "means", 0, "mean", [1]), ("attractor", "points", 0, [1, 2, 3, 4]),
    ("stimuli", 0, "start_ms", "soon"), ("spectrum", "density", [1.0]), ("words", 0, [3, 4]),
])  # fmt: skip
def test_malformed_plots_are_named(folder, tmp_path, keys_and_value):
    (tmp_path / "worm.summary.json").write_text((folder / "worm.summary.json").read_text())
    plot = json.loads((folder / "worm.plot.json").read_text())
    *keys, last, value = keys_and_value
    place = plot
    for key in keys:
        place = place[key]
    place[last] = value
    (tmp_path / "worm.plot.json").write_text(json.dumps(plot))
    with pytest.raises(ReportError, match="worm.plot.json"):
        make_report(tmp_path / "worm.h5")


def test_a_recording_without_a_summary_is_an_error(tmp_path):
    with pytest.raises(ReportError, match="there is no worm.summary.json"):
        make_report(tmp_path / "worm.h5")


# Red when simulate() makes no page at its end.
def test_a_run_with_a_folder_has_its_page(command, tmp_path):
    (tmp_path / "small.toml").write_text("duration_ms = 20\n")
    done = noesis(command, "simulate", "small.toml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    [run] = (tmp_path / "runs").iterdir()
    assert (run / "parts" / "simulation.plot.json").exists()
    assert f"report     {run.relative_to(tmp_path)}/report.html" in done.stdout
    assert "words" in Page(run / "report.html").sections


# Red when an error of the report is let through.
def test_a_page_that_cannot_be_made_is_a_warning(command, tmp_path):
    (tmp_path / "small.toml").write_text("duration_ms = 20\n")
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\n[ "$1" = -c ]\n')  # has plotly, and makes nothing
    python.chmod(0o755)
    done = noesis(command, "simulate", "small.toml", folder=tmp_path, NOESIS_PYTHON=str(python))
    assert done.returncode == 0 and "report     " not in done.stdout
    assert "there is no report.html" in done.stderr and "`noesis report runs/" in done.stderr
