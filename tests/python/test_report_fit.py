"""The report of `noesis fit`: every row with its figures, the error by length of data, and what is wrong
with a malformed part."""

import json
import pathlib
import sys

import pytest
import run_folder
from test_report import Page, shown

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

from noesis.report import ReportError, make_report  # noqa: E402


def fit(condition, samples, error, **more):
    return {"brain": "worm<1>", "condition": condition, "samples": samples, "seeds": 3, "synapses": 2194,
            "error": [error, 0.9 * error, 1.2 * error], "correlation": [0.97, 0.96, 0.98],
            "regression_error": None, "mean_error": [1.01, 1.0, 1.02], "bias_error": None,
            "prediction_error": [1e-4, 5e-5, 2e-4], "iterations": [90.0, 80.0, 100.0], "loss": [1e-5, 9e-6, 2e-5],
            "expected": None, "verdict": None, "holds": None, **more}  # fmt: skip


FITS = [
    fit("planted", 50, 0.41),
    fit("planted", 200, 0.033, expected="Recovered", verdict="Recovered", holds=True, regression_error=[0.2, 0.1, 0.3]),
    fit("shifted", 200, 1.3, expected="Not recovered", verdict="Not recovered", holds=True),
    fit("rewired", 200, 0.02, expected="Not recovered", verdict="Recovered", holds=False),
]
SUMMARY = {"command": "fit", "version": "0.1.0", "seed": 7, "config_digest": "0f", "wall_s": 40.5, "ok": False,
           "result": {"fits": FITS, "conclusions": ["worm: 3% off."]}}  # fmt: skip
PART = {"kind": "fit", "brain": "worm<1>", "condition": "planted", "samples": 200, "replicate": 0,
        "loss": [1.0, 0.1, None, 0.01], "weights": {"true": [0.1, -0.4, 0], "fitted": [0.11, -0.38, 0.01]}}  # fmt: skip


def test_every_row_and_the_error_by_length_are_there(tmp_path):
    page = Page(make_report(run_folder.write(tmp_path, SUMMARY, {"worm": PART})))
    rows = page.rows("fits")
    assert len(rows) == len(FITS)
    for row, expected in zip(rows, FITS, strict=True):
        assert (row["brain"], row["data"], row["samples"]) == ("worm<1>", expected["condition"], str(expected["samples"]))
        assert row["error"] == shown(expected["error"]) and row["mean"] == shown(expected["mean_error"])
    assert "bias error" not in rows[0], "nothing is known of it"
    assert [row["verdict"] for row in rows] == ["–", "✓ Recovered", "✓ Not recovered", "✗ Recovered"]
    errors = next(plot for plot in page.plots if plot["layout"]["xaxis"]["title"]["text"] == "samples")
    by_name = {trace["name"]: trace for trace in errors["data"]}
    assert by_name["fit"]["x"] == [50, 200] and by_name["fit"]["y"] == [0.41, 0.033]
    assert by_name["regression"]["x"] == [200]
    assert by_name["shifted activity"]["y"] == [1.3] and by_name["rewired wiring"]["y"] == [0.02]
    assert "The run failed" in page.text and "worm<1>" not in (tmp_path / "report.html").read_text()


def test_a_malformed_part_is_named(tmp_path):
    broken = {**PART, "weights": {"true": [0.1], "fitted": [0.1, 0.2]}}
    with pytest.raises(ReportError, match="worm.plot.json.*weights"):
        make_report(run_folder.write(tmp_path, json.loads(json.dumps(SUMMARY)), {"worm": broken}))
