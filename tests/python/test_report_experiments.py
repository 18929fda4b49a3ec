"""The pages of the experiments: every row, figure and difference of the summary is on them, curves have
their bands, and what is malformed is named."""

import json
import pathlib
import shutil
import subprocess
import sys

import experiment_folder
import matplotlib.pyplot as plt
import plotly.graph_objects as go
import pytest
from test_report import Page, plots_titled, shown

from noesis.report import ReportError, make_report
from noesis.report.sections.experiments.growth import merged

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """(page, rows of the summary's result) by experiment."""
    made = {}
    for name in experiment_folder.RESULTS:
        folder = experiment_folder.write(tmp_path_factory.mktemp(name), name)
        made[name] = Page(make_report(folder)), json.loads((folder / "summary.json").read_text())["result"]
    return made


@pytest.mark.parametrize("name", experiment_folder.RESULTS)
def test_every_page_is_whole_and_offline(pages, name):
    page, _ = pages[name]
    assert page.fetched == []
    assert page.sections == ["conclusions", "glance", "controls", "rows", "differences", "result"]
    assert len(page.plots) == sum(tag == "figcaption" for tag, _ in page.tags) >= 4
    assert sum(attributes.get("class") == "data" for _, attributes in page.tags) == len(page.plots)
    for plot in page.plots:
        go.Figure(plot)  # raises on unknown keys or wrong values
    assert not any(tag == "b" for tag, _ in page.tags), "nothing of a run becomes markup"


# Goes red when a row or a figure is left out, or stands in another's column.
@pytest.mark.parametrize("name, label, columns", [
    ("flaw", ["learner"], {"late/early": "ratio", "newborn/early": "fresh_ratio", "|W| late": "norm_last",
                           "recalled of 20": "capacity_last", "dead": "dead_last"}),
    ("cure", ["condition"], {"late loss": "last_loss", "forgetting, last 10": "recent_forgetting", "nights": "sleeps",
                             "loss by a night": "sleep_loss_change"}),
    ("seed-and-tape", ["tape", "condition"], {"error": "error", "neurons": "neurons", "births": "births"}),
])  # fmt: skip
def test_tables_hold_the_summary_s_numbers(pages, name, label, columns):
    page, result = pages[name]
    rows = page.rows("rows")
    assert len(rows) == len(result["rows"])
    for row, source in zip(rows, result["rows"], strict=True):
        assert row["row"] == ", ".join(source[key] for key in label) and row["seeds"] == "10"
        for column, key in columns.items():
            assert row[column] == shown(source["figures"][key]), (column, source["figures"])
    if name == "flaw":
        assert "loss by a night" not in rows[0], "what no row has is left out"
    if name == "cure":
        assert [row["survive"] for row in rows] == [
            shown([source["survival"][key][-1] for key in ("mean", "low", "high")]) for source in result["rows"]
        ]


@pytest.mark.parametrize("name, outcome", [("flaw", "explodes"), ("cure", "cured")])
def test_criteria_are_told(pages, name, outcome):
    page, result = pages[name]
    rows = page.rows("rows", 1)
    for row, source in zip(rows, result["rows"], strict=True):
        for criterion in source["criteria"]:
            assert row[criterion["name"].replace("_", " ")] == ("✓ yes" if criterion["holds"] else "✗ no")
        assert row[outcome] == ("✓ yes" if source[{"explodes": "flaw", "cured": "cures"}[outcome]] else "✗ no")
    assert "ratio: at least <3>" in page.text


# Goes red when a change of the configuration is not shown: the reader could not see that a row differs by more
# than its switch.
@pytest.mark.parametrize("name", experiment_folder.RESULTS)
def test_every_change_of_a_row_is_shown(pages, name):
    page, result = pages[name]
    expected = []
    for row in result["rows"]:
        label = ", ".join(row[key] for key in ("tape", "model", "learner", "condition") if key in row)
        changes = [(label, c["key"], c["base"], c["value"]) for c in row["differs"]]
        expected += changes or [(label, "nothing", "–", "–")]
    assert [tuple(row.values()) for row in page.rows("differences")] == expected


def traces(plot, name):
    """(line, low, high)"""
    of = {trace["name"]: trace for trace in plot["data"]}
    return of[name], of[f"{name}, low"], of[f"{name}, high"]


def nearly(values):
    return [None if v is None else pytest.approx(v, rel=1e-3, abs=1e-9) for v in values]


# Goes red when a band is another row's or upside down, or a curve another figure's.
@pytest.mark.parametrize("name, title, key", [
    ("flaw", "Loss over life", "loss"), ("flaw", "Norm of the weights", "norm"), ("flaw", "Effective rank", "effective_rank"),
    ("flaw", "Tasks recalled", "capacity"), ("cure", "Loss over life", "loss"), ("cure", "Nights", "sleeps"),
])  # fmt: skip
def test_curves_have_their_bands(pages, name, title, key):
    page, result = pages[name]
    (plot,) = plots_titled(page, title)
    drawn = {trace["name"] for trace in plot["data"] if trace.get("showlegend", True)}
    for row in result["rows"]:
        label = row.get("learner") or row["condition"]
        if key == "sleeps" and not any(row["curves"]["sleeps"]["mean"]):
            assert label not in drawn
            continue
        line, low, high = traces(plot, label)
        assert line["x"] == row["curves"]["step"] and line["y"] == nearly(row["curves"][key]["mean"])
        assert low["y"] == nearly(row["curves"][key]["low"]) and high["y"] == nearly(row["curves"][key]["high"])
        assert high["fill"] == "tonexty" and plot["data"].index(high) == plot["data"].index(low) + 1
        assert line["legendgroup"] == low["legendgroup"] == high["legendgroup"] == label


def test_survival(pages):
    page, result = pages["cure"]
    (plot,) = plots_titled(page, "Survival")
    (ends,) = plots_titled(page, "Alive at the end")
    looks = set()
    for row in result["rows"]:
        survival = row["survival"]
        line, low, high = traces(plot, row["condition"])
        assert (line["x"], line["y"]) == (survival["step"], nearly(survival["mean"]))
        assert low["y"] == nearly(survival["low"]) and high["y"] == nearly(survival["high"])
        assert line["line"]["shape"] == low["line"]["shape"] == "hv", "a part that lives until it does not"
        looks.add((line["line"]["color"], line["line"]["dash"]))
        place = ends["data"][0]["y"].index(row["condition"])
        assert ends["data"][0]["x"][place] == pytest.approx(survival["mean"][-1])
        assert ends["data"][0]["error_x"]["arrayminus"][place] == pytest.approx(
            survival["mean"][-1] - survival["low"][-1]
        )
    assert len(looks) == len(result["rows"]), "no two rows look alike"
    assert "stayed below 1." in page.text


# Goes red when another comparison's numbers are drawn, or chance looks like a difference.
def test_paired_differences(pages):
    page, result = pages["cure"]
    for key, title in (
        ("against_no_sleep", "Late loss less that of no sleep"),
        ("against_load", "Late loss less that of sleep by load"),
    ):
        (plot,) = plots_titled(page, title)
        (trace,) = plot["data"]
        rows = [row for row in result["rows"] if row[key] is not None]
        assert trace["y"] == [row["condition"] for row in rows]
        assert trace["x"] == nearly([row[key]["difference"][0] for row in rows])
        assert trace["error_x"]["array"] == nearly(
            [row[key]["difference"][2] - row[key]["difference"][0] for row in rows]
        )
        assert trace["marker"]["symbol"] == ["circle" if row[key]["p_value"] < 0.01 else "circle-open" for row in rows]
    page, result = pages["seed-and-tape"]
    rows = {row["row"]: row for row in page.rows("rows", 1)}
    assert len(rows) == 8 and "sines, grown" not in rows
    assert (
        rows["sines, seed"]["reading"] == "grown is better" and rows["sines, fixed"]["reading"] == "no difference shown"
    )


# Goes red when one row that has exploded makes the others unreadable, or is left out without a word.
def test_differences_out_of_sight(tmp_path):
    summary = experiment_folder.summary("cure")
    summary["result"]["rows"][3]["against_no_sleep"]["difference"] = [9e3, 8e3, 1e4]
    page = Page(make_report(experiment_folder.write(tmp_path, "cure", summary)))
    (plot,) = plots_titled(page, "Late loss less that of no sleep")
    low, high = plot["layout"]["xaxis"]["range"]
    assert -2 < low < -0.5 and 0 < high < 1, "nothing, and all but the one"
    assert 9000 in plot["data"][0]["x"] and "Out of sight: no replay (9000)" in page.text
    (other,) = plots_titled(page, "Late loss less that of sleep by load")
    assert "range" not in other["layout"]["xaxis"]


def test_the_rounding_of_a_dead_brain_is_out_of_sight(tmp_path):
    summary = experiment_folder.summary("grow")
    summary["result"]["rows"][0]["sizes"][-1]["spectrum"]["density"]["mean"][-1] = 1e-60
    page = Page(make_report(experiment_folder.write(tmp_path, "grow", summary)))
    (plot,) = plots_titled(page, "wilson-cowan: spectrum")
    low, high = plot["layout"]["yaxis"]["range"]
    assert high - low == pytest.approx(12.5, abs=0.01) and 0 < high < 1 and "12 decades" in page.text
    (other,) = plots_titled(page, "rate: spectrum")
    assert "range" not in other["layout"]["yaxis"]


def test_rows_keep_their_colours(pages):
    page, _ = pages["cure"]
    looks = {}
    for plot in page.plots:
        for trace in plot["data"]:
            if trace.get("legendgroup") == trace["name"]:
                looks.setdefault(trace["name"], set()).add((trace["line"]["color"], trace["line"]["dash"]))
    assert len(looks) == 9 and all(len(own) == 1 for own in looks.values()), looks


def test_tapes(pages):
    page, result = pages["seed-and-tape"]
    (bars,) = plots_titled(page, "Error at the end")
    for trace in bars["data"]:
        own = [row for row in result["rows"] if row["condition"] == trace["name"]]
        assert trace["x"] == [row["tape"] for row in own] == ["sines", "chaotic"]
        assert trace["y"] == nearly([row["figures"]["error"][0] for row in own])
    for tape in ("sines", "chaotic"):
        rows = {row["condition"]: row for row in result["rows"] if row["tape"] == tape}
        (course,) = plots_titled(page, f"{tape}: error and neurons")
        neurons = [trace for trace in course["data"] if trace["yaxis"] == "y2" and "," not in trace["name"]]
        assert [trace["name"] for trace in neurons] == ["grown", "frozen"], "those that grow"
        assert neurons[0]["y"] == nearly(rows["grown"]["curves"]["neurons"]["mean"])
        (size,) = plots_titled(page, f"{tape}: error against neurons")
        path, *ends = size["data"]
        assert path["x"] == nearly(rows["grown"]["curves"]["neurons"]["mean"])
        assert path["y"] == nearly(rows["grown"]["curves"]["error"]["mean"])
        assert {t["name"]: (t["x"][0], t["y"][0]) for t in ends} == {
            name: tuple(nearly([row["figures"][key][0] for key in ("neurons", "error")])) for name, row in rows.items()
        }
    stopped = page.rows("rows", 2)
    assert [row["row"] for row in stopped] == ["sines, grown", "sines, frozen", "chaotic, grown", "chaotic, frozen"]
    assert stopped[0] | {"row": ""} == {"row": "", "error below threshold": "7", "max neurons": "3"}
    assert "1 of 1 controls do not hold" in page.text and "silence: expected 0 births, found 2 births" in page.text


def test_growth(pages):
    page, result = pages["grow"]
    for model in ("wilson-cowan", "rate"):
        rows = [row for row in result["rows"] if row["model"] == model]
        (bars,) = plots_titled(page, f"{model}: verdicts by size")
        for panel, row in enumerate(rows):
            axis = f"y{panel + 1}" if panel else "y"
            for trace in (t for t in bars["data"] if t["yaxis"] == axis):
                assert trace["x"] == ["5", "20", "100"]
                assert trace["y"] == [size["verdicts"][trace["name"]] for size in row["sizes"]]
            assert bars["layout"][f"yaxis{panel + 1}" if panel else "yaxis"]["title"]["text"] == row["condition"]
        (exponent,) = plots_titled(page, f"{model}: largest lyapunov exponent")
        for row in rows:
            line, low, high = traces(exponent, row["condition"])
            known = [size for size in row["sizes"] if size["figures"]["exponent_per_tau"]]
            assert line["x"] == [size["neurons"] for size in known] == [20, 100], (
                "an exponent that is not known is not drawn"
            )
            assert line["y"] == nearly([size["figures"]["exponent_per_tau"][0] for size in known])
            assert low["y"] == nearly([size["figures"]["exponent_per_tau"][1] for size in known])
        notes = {note["text"]: note["y"] for note in exponent["layout"]["annotations"]}
        looks = {c["name"]: c["look"]["exponent_per_tau"] for c in result["controls"]}
        assert notes == pytest.approx(looks, rel=1e-3)
        (spectrum,) = plots_titled(page, f"{model}: spectrum")
        line, _, _ = traces(spectrum, "trinity")
        measured = rows[0]["sizes"][-1]["spectrum"]
        assert line["x"] == measured["frequency_hz"] and line["y"] == nearly(measured["density"]["mean"])
    rates = page.rows("rows")
    assert [row["seizing"] for row in rates] == [shown(row["seizing_rate"]) for row in result["rows"]]
    assert [row["catatonic"] for row in rates] == [shown(row["catatonia_rate"]) for row in result["rows"]]
    assert len(page.rows("rows", 1)) == sum(len(row["sizes"]) for row in result["rows"])
    assert "All 2 controls hold" in page.text


def test_marks_that_lie_on_each_other_are_written_once():
    assert merged([("b", 1.0), ("a", 0.0), ("c", 1.01)]) == [("a", 0.0), ("b, c", 1.0)]
    assert merged([("a", 2.0)]) == [("a", 2.0)] and merged([]) == []


def test_a_log_axis_gets_what_it_can_show(tmp_path):
    summary = experiment_folder.summary("flaw")
    curve = summary["result"]["rows"][0]["curves"]["loss"]
    curve["low"][3], curve["mean"][5], curve["low"][5] = -0.1, 0.0, -0.1
    page = Page(make_report(experiment_folder.write(tmp_path, "flaw", summary)))
    (plot,) = plots_titled(page, "Loss over life")
    line, low, _ = traces(plot, "hebbian")
    assert line["y"][5] is None and low["y"][3] > 0 and low["y"][5] is None


def test_what_is_not_known_is_left_out(tmp_path):
    summary = experiment_folder.summary("grow")
    for row in summary["result"]["rows"]:
        row["sizes"] = [{**size, "figures": {}} for size in row["sizes"]]
        row["differs"] = None
    summary["result"]["controls"] = []
    page = Page(make_report(experiment_folder.write(tmp_path, "grow", summary)))
    assert len(page.plots) == 4, "verdicts and spectra of two models"
    summary["result"]["rows"] = []
    page = Page(make_report(experiment_folder.write(tmp_path, "grow", summary)))
    assert page.sections == ["conclusions", "result"]


@pytest.mark.parametrize("name, change, said", [
    ("flaw", lambda r: r["rows"][1]["curves"]["loss"]["mean"].pop(), ["result.rows[1].curves.loss", "one length"]),
    ("flaw", lambda r: r["rows"][1]["curves"]["step"].pop(), ["result.rows[1].curves.loss", "59 values"]),
    ("flaw", lambda r: r["rows"][0].pop("curves"), ["result.rows[0].curves", "missing"]),
    ("flaw", lambda r: r["rows"][0].update(figures=3), ["result.rows[0].figures", "an object"]),
    ("cure", lambda r: r["rows"][2].update(condition=[]), ["result.rows[2].condition", "a string"]),
    ("cure", lambda r: r["rows"][2]["survival"]["low"].pop(), ["result.rows[2].survival", "one length"]),
    ("cure", lambda r: r["rows"][0]["criteria"][0].update(holds=1), ["rows[0].criteria[0].holds", "true or false"]),
    ("cure", lambda r: r["rows"][1]["differs"][0].pop("base"), ["rows[1].differs[0].base", "missing"]),
    ("seed-and-tape", lambda r: r["rows"][1]["figures"].update(error="x"), ["rows[1].figures.error"]),
    ("seed-and-tape", lambda r: r["rows"][0].update(stopped=[1]), ["rows[0].stopped", "an object"]),
    ("grow", lambda r: r["rows"][0]["sizes"][0].pop("verdicts"), ["rows[0].sizes[0].verdicts", "missing"]),
    ("grow", lambda r: r["controls"][0].pop("found"), ["controls[0].found", "missing"]),
    ("grow", lambda r: r.update(rows={}), ["result.rows", "a list"]),
])  # fmt: skip
def test_malformed_results_are_named(tmp_path, name, change, said):
    summary = experiment_folder.summary(name)
    change(summary["result"])
    with pytest.raises(ReportError) as caught:
        make_report(experiment_folder.write(tmp_path, name, summary))
    for part in said:
        assert part in str(caught.value), caught.value
    assert not (tmp_path / "report.html").exists()


# The pictures of the README's gallery. Goes red when the script and the summaries part ways.
def test_gallery(tmp_path):
    folders = []
    for name in experiment_folder.RESULTS:
        folders.append(tmp_path / name)
        folders[-1].mkdir()
        experiment_folder.write(folders[-1], name)
    script = ROOT / "docs/images/experiments.py"
    subprocess.run([sys.executable, script, *folders, "--out", tmp_path], check=True, timeout=120, capture_output=True)
    for name in experiment_folder.RESULTS:
        picture = plt.imread(tmp_path / f"{name}.png")
        assert picture.shape[0] > 300 and picture.shape[1] > 800 and picture[..., :3].std() > 0.05


# Goes red when the download drops a trace, a row of a heatmap or an error bar, or does not quote.
@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_data_of_a_figure_as_csv():
    script = (ROOT / "python/noesis/report/page.js").read_text()
    function = script[
        script.index("  function csv(figure)") : script.index('  document.querySelectorAll("button.data")')
    ]

    def csv(figure):
        code = f"{function}\nprocess.stdout.write(csv(JSON.parse(process.argv[1])));"
        done = subprocess.run(["node", "-e", code, json.dumps(figure)], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    layout = {"xaxis": {"title": {"text": "step"}}, "yaxis": {"title": {"text": "loss, of all"}}}
    lines = {
        "data": [{"name": 'a "b"', "x": [1, 2], "y": [0.5, None]}, {"name": "c", "x": [3], "y": [4]}],
        "layout": layout,
    }
    assert csv(lines) == ['trace,step,"loss, of all"', '"a ""b""",1,0.5', '"a ""b""",2,', "c,3,4"]
    bars = {"data": [{"name": "d", "x": [1], "y": ["load"], "error_x": {"array": [2], "arrayminus": [3]}},
                     {"name": "e", "x": [5], "y": ["x"]}], "layout": {"xaxis": layout["xaxis"], "yaxis": {}}}  # fmt: skip
    assert csv(bars) == ["trace,step,y,minus,plus", "d,1,load,3,2", "e,5,x,,"]
    panels = {
        "data": [{"name": "g", "x": [1], "y": [2], "yaxis": "y"}, {"name": "g", "x": [1], "y": [3], "yaxis": "y2"}],
        "layout": layout | {"yaxis2": {"title": {"text": "neurons"}}},
    }
    assert csv(panels) == ["trace,step,y,panel", 'g,1,2,"loss, of all"', "g,1,3,neurons"]
    heat = {"data": [{"name": "h", "x": [1, 2], "y": [7, 8], "z": [[1, 2], [3, 4]]}], "layout": layout}
    assert csv(heat)[1:] == ["h,1,7,1", "h,2,7,2", "h,1,8,3", "h,2,8,4"]
