"""The report of a run: all that the summary says is on the page, nothing is fetched, nothing of a run
becomes markup, what is missing is left out, and what is malformed is named."""

import html.parser
import json
import os
import pathlib
import random
import subprocess
import sys

import plotly.graph_objects as go
import pytest
import run_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

from noesis.report import ReportError, make_report  # noqa: E402
from noesis.report.html import format_number  # noqa: E402
from noesis.report.sections.discovery import compare  # noqa: E402

MEGABYTE = 1 << 20


class Page(html.parser.HTMLParser):
    """Tables as lists of rows of texts by section, plots as JSON, ids, what would be fetched."""

    VOID = {"meta", "br", "link", "img", "input", "hr"}

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.tables, self.plots, self.links, self.fetched = {}, [], [], []
        self.tags, self.texts, self.sections, self.open, self.ids = [], [], [], [], []
        self.script = None
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert not self.open, "every element is closed"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "section":
            self.sections.append(attributes["id"])
        if tag == "table":
            self.tables.setdefault(self.sections[-1], []).append([])
        if tag == "tr":
            self.tables[self.sections[-1]][-1].append([])
        if tag in ("td", "th"):
            self.tables[self.sections[-1]][-1][-1].append("")
        if tag == "a":
            self.links.append(attributes["href"])
        if tag in ("script", "link", "img", "iframe", "source", "object", "embed"):
            self.fetched += [attributes[key] for key in ("src", "href", "data", "srcset") if attributes.get(key)]
        self.script = attributes.get("type", "") if tag == "script" else None
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.script = None

    def handle_data(self, data):
        if self.script == "application/json":
            self.plots.append(json.loads(data))
        elif self.script is None and "style" not in self.open:
            self.texts.append(data)
            if "td" in self.open or "th" in self.open:
                self.tables[self.sections[-1]][-1][-1][-1] += data

    @property
    def text(self):
        return " ".join(self.texts)

    def rows(self, section, index=0):
        """A table's rows as dictionaries by the head of the column."""
        head, *rows = self.tables[section][index]
        return [dict(zip(head, row, strict=True)) for row in rows]


def shown(value):
    """How a figure of the summary is to be read on the page."""
    if value is None:
        return "–"
    if isinstance(value, list):
        middle, low, high = (format_number(v, keep_zeros=True) for v in value)
        return f"{middle} [{low}, {high}]"
    return format_number(value)


@pytest.mark.parametrize(
    "value, text",
    [(0.62449, "0.624"), (0.0371, "0.0371"), (-312.0, "−312"), (1893.4, "1893"), (0.5, "0.5"), (1e7, "1e+07"),
     (1e-5, "1e−05"), (0, "0"), (None, "–"), (float("nan"), "–"), (float("-inf"), "−∞"), (99.96, "100")],
)  # fmt: skip
def test_numbers_are_shown_to_three_digits(value, text):
    assert format_number(value) == text


def test_intervals_keep_their_zeros():
    assert shown([0.5, 0.4, 0.61]) == "0.500 [0.400, 0.610]" and shown([1893.2, 1801.6, 2000.0]) == "1893 [1802, 2000]"


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    folder = run_folder.loop_run(tmp_path_factory.mktemp("loop"))
    (folder / "config.toml").write_text('seed = 7 # <script>alert(1)</script>\n')
    return make_report(folder)


@pytest.fixture(scope="module")
def page(loop):
    return Page(loop)


@pytest.fixture(scope="module")
def result(loop):
    return json.loads((loop.parent / "summary.json").read_text())["result"]


def test_opens_offline_and_is_small_enough(loop, page):
    assert page.fetched == []
    assert loop.stat().st_size < 8 * MEGABYTE
    styles = loop.read_text().split("<style>")[1].split("</style>")[0]
    assert "url(" not in styles and "@import" not in styles
    # Plots of kinds for which plotly.js would fetch maps.
    kinds = {trace["type"] for plot in page.plots for trace in plot["data"]}
    assert kinds <= {"scatter", "heatmap", "bar", "histogram"}


def test_links_lead_to_sections_and_ids_are_unique(page):
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert set(page.sections) <= {link.removeprefix("#") for link in page.links}
    assert len(page.ids) == len(set(page.ids))


# Red when escape() is left out of a cell, a title, a list or the JSON of a plot.
def test_nothing_of_a_run_becomes_markup(loop, page):
    assert not any(tag == "b" for tag, _ in page.tags)
    assert "(<b>AUROC</b> +0.097)" in page.text and "brain<10>" in page.text
    assert "<script>alert(1)</script>" in page.text
    source = loop.read_text()
    assert "brain<10>" not in source and "<b>AUROC" not in source and "<script>alert" not in source


def test_the_verdict_comes_first(page):
    text = page.text
    places = [text.index(word) for word in ("All 8 controls hold", "Twin interventions", "must fail by", "Spectrum")]
    assert places == sorted(places)


# Red when a row or a column is dropped, or a number is formatted as another.
def test_every_control_is_there_with_its_criteria(page, result):
    rows = page.rows("controls", 1)
    assert len(rows) == len(result["controls"])
    for row, control in zip(rows, result["controls"], strict=True):
        assert (row["subject"], row["control"]) == (control["subject"], control["name"])
        if "not_applicable" in control:
            assert control["not_applicable"] in row["failing criteria"]
            continue
        assert (row["expected"], row["verdict"]) == (control["expected"], control["verdict"])
        for criterion in control["criteria"]:
            line = f"{criterion['name']} {shown(criterion['value'])} (threshold {shown(criterion['threshold'])})"
            assert line in row["all criteria"]
            failing = row["failing criteria"].split(", ")
            assert (criterion["name"] in failing) == (criterion["outcome"] == "fails")


# Red when a control that does not hold is shown as one that does, or stands in another's column.
def test_controls_are_a_matrix_by_subject(tmp_path):
    summary = run_folder.summary(random.Random(3))
    first, second = summary["result"]["controls"][:2]
    second |= {"holds": False, "verdict": "alive"}
    summary["result"]["controls"] = [first, first | {"subject": "other"}, second]
    matrix = Page(make_report(run_folder.write(tmp_path, summary))).rows("controls")
    here = first["subject"]
    assert matrix == [
        {"control": first["name"], "must be": first["expected"], here: f"✓ {first['verdict']}",
         "other": f"✓ {first['verdict']}"},
        {"control": second["name"], "must be": second["expected"], here: "✗ alive", "other": "–"},
    ]  # fmt: skip


COLUMNS = {
    "phase1": {"policy": "policy", "budget": "budget", "base rate": "base_rate", "AUROC": "auroc", "AUPRC": "auprc",
               "lift": "lift", "AUROC, gap too": "auroc_with_gap", "sign": "sign_accuracy", "SHD": "shd",
               "response R²": "response_r2", "seeds": "seeds", "noise": "noise"},
    "phase2": {"hypothesis": "hypothesis", "bottleneck": "bottleneck", "state size": "state_size", "seeds": "seeds",
               "alive": "alive", "catatonic": "catatonic", "seizing": "seizing", "zombie": "zombie",
               "valid time [1/λ₁]": "vpt_lyapunov", "D_stsp": "d_stsp", "D_H": "d_h", "D_del": "d_del", "W₁": "w1",
               "touch r": "touch_r", "fork exponent [1/τ]": "exponent_per_tau", "stopped by time": "stopped_by_time"},
}  # fmt: skip


@pytest.mark.parametrize("section", COLUMNS)
def test_tables_hold_the_summary_s_numbers(page, result, section):
    rows = page.rows(section)
    assert len(rows) == len(result[section])
    for row, source in zip(rows, result[section], strict=True):
        for column, key in COLUMNS[section].items():
            value = source[key]
            assert row[column] == (value if isinstance(value, str) else shown(value)), (column, source)
    # Columns in which nothing is known are left out.
    assert "AUPRC, gap too" not in rows[0] and "touch gain" not in rows[0]


def test_estimators_that_know_the_equations_are_marked(page, result):
    for row, source in zip(page.rows("phase1"), result["phase1"], strict=True):
        assert row["estimator"].endswith("†") == source["knows_equations"]


# Red when lower is better is forgotten for SHD, or a difference that chance explains counts.
def test_paired_differences_are_read_by_their_p_values(page):
    rows = page.rows("phase1", 1)
    assert [row["reading"] for row in rows] == ["better", "no difference shown", "better"]
    assert rows[0]["p"] == "0.0079" and rows[2]["difference"] == "−312 [−401, −203]"


# Red when a bar or a dot gets another row's number, or dots of other data come into the same plot.
def test_the_results_are_drawn_at_a_glance(page, result):
    assert page.sections[:2] == ["conclusions", "glance"]
    subject = result["phase2"][0]["subject"]
    mine = [row for row in result["phase2"] if row["subject"] == subject]
    (bars,) = plots_titled(page, f"Copies of {subject}, by verdict")
    for trace in bars["data"]:
        assert trace["x"] == [row[trace["name"]] for row in mine] and len(set(trace["y"])) == len(mine)
    source = result["phase1"][0]
    same = [row for row in result["phase1"] if all(row[k] == source[k] for k in ("subject", "budget", "noise"))]
    title = f"Wiring found of {source['subject']}, {source['budget']} samples, noise {source['noise']}"
    (dots,) = plots_titled(page, title)
    estimators = dots["layout"]["yaxis"]["ticktext"]
    drawn = {(trace["name"], estimators[round(y)].removesuffix(" †"), x)
             for trace in dots["data"] for x, y in zip(trace["x"], trace["y"], strict=True)}  # fmt: skip
    assert drawn == {(row["policy"], row["estimator"], float(f"{row['auroc'][0]:.4g}")) for row in same}


def test_subjects_are_described(page, result):
    row = page.rows("subjects")[0]
    assert (row["λ₁ [1/τ]"], row["D_KY"]) == ("0.136 ± 0.0041", "8.72")
    assert "1.23 [1.1, 1.38]" in row["exponents in bands"]


def test_every_plot_is_valid_and_has_axes_with_titles_and_a_caption(page):
    captions = sum(tag == "figcaption" for tag, _ in page.tags)
    assert len(page.plots) == captions > 60
    for plot in page.plots:
        figure = go.Figure(plot)  # raises on unknown keys or wrong values
        categorical = {trace.yaxis or "y" for trace in figure.data if isinstance(trace.y, tuple) and trace.y
                       and isinstance(trace.y[0], str)}  # fmt: skip
        for name, axis in plot["layout"].items():
            if name.startswith(("xaxis", "yaxis")) and name.replace("axis", "") not in categorical:
                assert axis["title"]["text"], name


def test_sort_keys_are_the_summary_s_values(loop, result):
    assert f'data-key="{result["phase1"][0]["auroc"][0]!r}"' in loop.read_text()


def plots_titled(page, title):
    labels = [attributes["aria-label"] for tag, attributes in page.tags if attributes.get("class") == "plot"]
    return [plot for plot, label in zip(page.plots, labels, strict=True) if label == title]


def test_fits_and_the_null_s_band_are_in_the_spectrum(page):
    plot = plots_titled(page, "Spectrum")[0]
    names = [trace.get("name") for trace in plot["data"]]
    assert "null" in names and "f^−1.20" in names
    fit = plot["data"][names.index("f^−1.20")]
    assert fit["x"] == [0.3, 1.0] and fit["y"][1] == pytest.approx(1e-3)
    assert min(plot["data"][0]["x"]) > 0, "f = 0 has no place on a log axis"


# Red when target and source are swapped, when signs decide, or when the diagonal counts.
def test_graphs_are_compared_at_the_true_density():
    true = {(0, 1): 1.0, (2, 0): -1.0}
    scores = {(0, 1): 0.2, (1, 0): 0.1, (2, 0): -0.9, (1, 2): 0.5, (2, 1): float("nan")}
    assert compare(true, scores) == {"found": [(2, 0)], "missed": [(0, 1)], "invented": [(1, 2)]}


def test_matrix_rows_are_targets(tmp_path):
    part = {"kind": "graph", "subject": "s", "policy": "p", "estimator": "e", "num_neurons": 3,
            "true_edges": [[0, 1, 1.0]], "scores": [[9, 0, 0], [5, 9, 0], [0, 0, 9]]}  # fmt: skip
    page = Page(make_report(run_folder.write(tmp_path, None, {"graph": part})))
    found = next(t for t in page.plots[0]["data"] if t.get("name") == "found (1)")
    assert (found["x"], found["y"]) == ([0], [1])


def test_large_runs_stay_small_and_say_what_is_not_drawn(tmp_path):
    rng = random.Random(2)
    few = run_folder.parts(rng, units=40, neurons=(60, 40))
    many = {f"{name}-{k}": part for k in range(10) for name, part in few.items() if part["kind"] != "subject"}
    path = make_report(run_folder.write(tmp_path, run_folder.summary(rng), {**few, **many}))
    assert path.stat().st_size < 8 * MEGABYTE
    page = Page(path)
    assert f"of {len(few) + len(many)} plot files are not drawn" in page.text
    assert len(plots_titled(page, "Null of D_H: spectral distance")) == 2


# --- what may be missing -------------------------------------------------------------------------


def test_a_run_with_only_controls(tmp_path):
    summary = run_folder.summary(random.Random(3))
    summary["result"] = {"controls": summary["result"]["controls"]}
    page = Page(make_report(run_folder.write(tmp_path, summary)))
    assert page.sections == ["controls"] and page.plots == []


def test_a_failed_control_is_told_on_top(tmp_path):
    summary = run_folder.summary(random.Random(3))
    summary["ok"] = False
    summary["result"]["controls"][1] |= {"holds": False, "verdict": "alive"}
    page = Page(make_report(run_folder.write(tmp_path, summary)))
    assert "1 of 8 controls do not hold" in page.text and "controls hold" not in page.text
    assert "worm: white noise was expected to be zombie and was judged alive" in page.text


def test_an_unfinished_run_says_so_on_top(tmp_path):
    parts = run_folder.parts(random.Random(4))
    parts = {name: part for name, part in parts.items() if part["kind"] in ("subject", "control")}
    page = Page(make_report(run_folder.write(tmp_path, None, parts)))
    assert "This run has not finished" in page.text
    assert page.sections == ["subjects", "control-plots"]


def test_unknown_keys_and_kinds_are_ignored(tmp_path):
    summary = run_folder.summary(random.Random(5)) | {"later": {"x": 1}}
    summary["result"]["phase2"][0]["later"] = [[]]
    page = Page(make_report(run_folder.write(tmp_path, summary, {"new": {"kind": "later"}})))
    assert len(page.rows("phase2")) == 18


def test_other_commands_show_their_values(tmp_path):
    summary = {"command": "simulate", "seed": 1, "ok": True, "result": {"num_neurons": 302, "vitals": {"mean": 0.5}}}
    page = Page(make_report(run_folder.write(tmp_path, summary)))
    assert page.tables["result"] == [[["name", "value"], ["num_neurons", "302"], ["vitals.mean", "0.5"]]]
    assert "The run succeeded" in page.text


def test_training_shows_learning_curves(tmp_path):
    events = [{"step": 100 * k, "charts/episodic_return": k / 2, "losses/value_loss": 1 / (k + 1)} for k in range(200)]
    events[7]["losses/value_loss"] = "Infinity"
    folder = run_folder.write(tmp_path, {"command": "train", "ok": True, "result": {}}, metrics=events)
    with open(folder / "metrics.jsonl", "a") as file:
        file.write('{"step": 20000, "charts/epis')  # a line cut off by a crash
    page = Page(make_report(folder))
    (plot,) = plots_titled(page, "charts/episodic_return")
    assert plot["data"][0]["x"] == [e["step"] for e in events]
    assert plot["data"][0]["y"] == [pytest.approx(e["charts/episodic_return"], rel=1e-3) for e in events]
    assert plot["data"][1]["y"][-1] == pytest.approx(sum(range(180, 200)) / 40)  # mean of the last 20
    (loss,) = plots_titled(page, "losses/value_loss")
    assert loss["data"][0]["y"][7] is None and "not finite" in page.text


# Goes red when a training of several seeds shows neither what its agents came to nor how.
def test_training_of_several_seeds_shows_each(tmp_path):
    agents = [{"seed": k, "steps": 100, "eval": {"mean": 10.0 * k, "se": 0.5}, "gap_closed": 0.1 * k} for k in (0, 1)]
    folder = run_folder.write(tmp_path, {"command": "train", "ok": True, "result": {"agents": agents}})
    for k in (0, 1):
        (folder / f"seed-{k}").mkdir()
        (folder / f"seed-{k}" / "metrics.jsonl").write_text(f'{{"step": 0, "charts/episodic_return": {k}}}\n')
    page = Page(make_report(folder))
    (plot,) = plots_titled(page, "charts/episodic_return")
    assert [(line["name"], line["y"]) for line in plot["data"]] == [("seed-0", [0]), ("seed-1", [1])]
    (table,) = page.tables["agents"]
    assert [row[:2] for row in table[1:]] == [["0", "0"], ["1", "10"]]


def test_the_same_run_gives_the_same_page(loop):
    before = loop.read_bytes()
    assert make_report(loop.parent).read_bytes() == before
    assert not list(loop.parent.glob(".report*"))


# --- what is malformed ---------------------------------------------------------------------------


def broken(path, *keys_and_value):
    """A summary with one value replaced."""
    *keys, value = keys_and_value
    target = summary = run_folder.summary(random.Random(6))
    for key in keys[:-1]:
        target = target[key]
    target[keys[-1]] = value
    return run_folder.write(path, summary)


@pytest.mark.parametrize(
    "keys_and_value, said",
    [
        (("result", "phase1", 2, "auroc", "high"), ["summary.json", "result.phase1[2].auroc", '"high"', "[mean, low, high]"]),
        (("result", "phase1", 0, "auprc", [1, 2]), ["result.phase1[0].auprc"]),
        (("result", "controls", {}), ["result.controls", "a list"]),
        (("result", "controls", 1, {"subject": "a"}), ["result.controls[1].name", "missing"]),
        (("result", "controls", 1, "holds", "yes"), ["result.controls[1].holds", "true or false"]),
        (("result", "subjects", 0, "lyapunov_per_tau", [1]), ["result.subjects[0].lyapunov_per_tau"]),
        (("result", "conclusions", [3]), ["result.conclusions[0]", "a string"]),
        (("result", []), ["result", "an object"]),
        (("result", "phase2", 0, "failing", [1]), ["result.phase2[0].failing", "an object"]),
        (("wall_s", "long"), ["wall_s", "a number"]),
    ],
)  # fmt: skip
def test_malformed_summaries_are_named(tmp_path, keys_and_value, said):
    with pytest.raises(ReportError) as caught:
        make_report(broken(tmp_path, *keys_and_value))
    for part in said:
        assert part in str(caught.value)
    assert not (tmp_path / "report.html").exists()


GRAPH = {"kind": "graph", "subject": "s", "policy": "p", "estimator": "e", "num_neurons": 2, "true_edges": []}


@pytest.mark.parametrize(
    "part, said",
    [
        ({}, ["kind", "missing"]),
        ({**GRAPH, "true_edges": [[0, 2, 1.0]]}, ["true_edges[0]", "0 to 1"]),
        ({**GRAPH, "true_edges": [[0, 1]]}, ["true_edges[0]", "3 numbers"]),
        ({**GRAPH, "num_neurons": 10**12}, ["num_neurons"]),
        ({**GRAPH, "scores": [[0, 1]]}, ["scores", "2 rows"]),
        ({**GRAPH, "scores": [[0, 1], [0, "x"]]}, ["scores[1][1]", "a number"]),
        ({**GRAPH, "positions": [[0, 1]]}, ["positions"]),
        ({"kind": "subject", "subject": "s", "raster": {"time_tau": [0, 1], "rate": [[1]]}}, ["raster.rate[0]"]),
        ({"kind": "subject", "subject": "s", "psd": {"frequency": [1], "density": []}}, ["psd", "one length"]),
        ({"kind": "subject", "subject": "s", "attractor": {"axes": ["a", "b"], "points": [[1]]}}, ["attractor.points[0]"]),
    ],
)  # fmt: skip
def test_malformed_parts_are_named(tmp_path, part, said):
    with pytest.raises(ReportError) as caught:
        make_report(run_folder.write(tmp_path, None, {"one": part}))
    for words in ["one.plot.json", *said]:
        assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"result": \xff}', "7"])
def test_what_is_no_json_is_named(tmp_path, text):
    (tmp_path / "summary.json").write_text(text, encoding="latin-1")
    with pytest.raises(ReportError, match="summary.json"):
        make_report(tmp_path)


@pytest.mark.parametrize("line", ["nonsense", "[1]", '{"a": 1}', '{"step": 1, "a": "much"}'])
def test_malformed_metrics_are_named(tmp_path, line):
    (tmp_path / "metrics.jsonl").write_text('{"step": 0}\n' + line + '\n{"step": 2}\n')
    with pytest.raises(ReportError, match="metrics.jsonl:2"):
        make_report(tmp_path)


def test_a_folder_without_a_run_is_an_error(tmp_path):
    with pytest.raises(ReportError, match="not the folder of a run"):
        make_report(tmp_path)
    with pytest.raises(ReportError, match="no such folder"):
        make_report(tmp_path / "missing")


# --- the command `noesis report` -----------------------------------------------------------------


def report(command, *arguments, **environment):
    return subprocess.run(
        [command, "report", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "NOESIS_PYTHON": sys.executable, **environment},
    )  # fmt: skip


def test_the_command_makes_the_page(command, tmp_path):
    run_folder.write(tmp_path, run_folder.summary(random.Random(8)))
    done = report(command, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path}/report.html\n", "")
    assert Page(tmp_path / "report.html").rows("phase1")


def test_the_command_s_errors_are_one_line(command, tmp_path):
    done = report(command, broken(tmp_path, "result", "phase1", 0, "auroc", "high"))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "result.phase1[0].auroc" in done.stderr
    done = report(command, tmp_path / "missing")
    assert done.returncode == 2 and "no such folder" in done.stderr


def test_the_command_needs_no_chosen_python(command, tmp_path):
    run_folder.write(tmp_path, run_folder.summary(random.Random(8)))
    assert report(command, tmp_path, NOESIS_PYTHON="/no/such/python").returncode == 0
    assert (tmp_path / "report.html").exists()
