"""bench/regenerate.py with a program that makes up rows. Goes red when a figure, a range, a goal that was missed,
its reason, or a benchmark that failed does not reach the document, or when work is done twice."""

import json
import subprocess
import sys

import pytest
from pages import ROOT

PROGRAM = """#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
if sys.argv[1] == "version":
    print("noesis 9.9.9")
elif "--list" in sys.argv:
    print("spmm   the product\\nbroken   fails\\n")
elif sys.argv[2] == "broken":
    sys.exit("noesis: no such luck")
else:
    calls = here / "calls"
    count = len(calls.read_text()) if calls.exists() else 0
    calls.write_text("x" * (count + 1))
    row = {{"name": "spmm", "unit": "s", "baseline": "plain", "baseline_value": 1.0}}
    rows = [row | {{"case": "140k x 100 uniform, 16 env", "value": 5.0 + count, "ratio": 6.0 + count, "goal": 7}},
            row | {{"case": "nobody knows", "value": 2.0, "ratio": 0.5, "goal": 1}},
            row | {{"case": "without a goal", "value": 1234567.0, "ratio": 1.0, "goal": None}}]
    if (here / "twice").exists():
        rows.append(rows[0])
    pathlib.Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps(rows))
"""


@pytest.fixture
def regenerate(tmp_path):
    program = tmp_path / "noesis"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    document = tmp_path / "benchmarks.md"
    document.write_text("# Before\n<!-- figures: written by bench/regenerate.py -->\nold\n<!-- figures: end -->\n# After\n")

    def run(*arguments, refused=None):
        done = subprocess.run(
            [sys.executable, ROOT / "bench/regenerate.py", "--noesis", program, "--document", document, "--folder",
             tmp_path / "rows", "--only", "spmm", "broken", *arguments],
            capture_output=True, text=True, timeout=60, check=False,
        )
        assert (refused in done.stderr) if refused else done.returncode == 0, done.stderr
        return document.read_text()

    return run


def test_figures_reach_the_document(regenerate, tmp_path):
    text = regenerate("--repeats", "3")
    assert text.startswith("# Before\n") and text.endswith("# After\n") and "\nold\n" not in text
    assert "| spmm | 140k x 100 uniform, 16 env | 6 (5 to 7) | s | plain (1) | 7 (6 to 8) | 7: holds in 2 of 3 |" in text
    assert "| without a goal | 1,234,567 (1,234,567 to 1,234,567) |" in text and "| 1: missed |" in text
    assert "- `spmm`, 140k x 100 uniform, 16 env, against plain: 7 (6 to 8) of 7. A line of a tile" in text
    assert "nobody knows, against plain: 0.5 (0.5 to 0.5) of 1. Its cause was not looked for." in text
    assert "- `broken` did not run: noesis: no such luck" in text
    assert "| program | noesis 9.9.9 |" in text and "| load before each run |" in text
    assert regenerate("--repeats", "3").count("| spmm |") == 3
    assert (tmp_path / "calls").read_text() == "xxx", "what the folder has was run again"
    found = json.loads((tmp_path / "rows/spmm-0.json").read_text())
    assert found["rows"][0]["value"] == 5.0 and found["commit"]


def test_two_rows_of_one_name_are_not_taken_for_repeats(regenerate, tmp_path):
    (tmp_path / "twice").touch()
    before = (tmp_path / "benchmarks.md").read_text()
    assert regenerate("--repeats", "1", refused="two rows are called") == before


def test_the_document_has_its_marks_and_reasons_their_goals():
    import tomllib

    text = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    begin, end = text.find("<!-- figures: written by bench/regenerate.py -->\n"), text.find("<!-- figures: end -->\n")
    assert 0 < begin < end
    reasons = tomllib.loads((ROOT / "bench/reasons.toml").read_text(encoding="utf-8"))
    assert all(why.endswith(".") for cases in reasons.values() for why in cases.values())
