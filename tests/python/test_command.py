"""The command as a user meets it: errors in one line with the right exit code and nothing left behind,
outputs that agree, runs that can be interrupted, resumed and repeated."""

import csv
import json
import pathlib
import signal
import subprocess
import time

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OTHER_COMMANDS = {*(ROOT / "configs").glob("train-*.toml"), ROOT / "configs" / "fit.toml"}
CONFIGS = sorted({*(ROOT / "configs").glob("*.toml")} - OTHER_COMMANDS)

SMALL = """
duration_ms = 50
[connectome]
source = "reference"
num_neurons = 12
in_links = 4
[drive]
mean = 1.25
"""


def run(command, *arguments, **options):
    options = {"capture_output": True, "text": True, "timeout": 120, "check": False, **options}
    return subprocess.run([command, *map(str, arguments)], **options)


@pytest.fixture
def config(tmp_path):
    def write(text=SMALL):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return path

    return write


BLOW_UP = """
duration_ms = 100
[connectome]
source = "file"
path = "{folder}/loop.csv"
[model]
name = "rate"
activation = "relu_power"
power = 3
tau_ms = 1
[drive]
mean = 2
[integrator]
name = "{integrator}"
dt_ms = 0.1
"""

# What is wrong, the configuration, the edge list, the exit code, what the message must say.
BAD = {
    "misspelt key": (SMALL + "men = 1\n", None, 2, ["config.toml:9", "drive.men", "'mean'"]),
    "wrong type": (SMALL.replace("= 50", '= "long"'), None, 2, ["config.toml:2", "duration_ms"]),
    "out of range": (SMALL.replace("= 50", "= -1"), None, 2, ["config.toml:2", "duration_ms", "-1"]),
    "bad TOML": (SMALL + "x = = 1\n", None, 2, ["config.toml:9"]),
    "off the grid": (SMALL + "[record]\ninterval_ms = 0.3\n", None, 2, ["dt_ms", "0.3"]),
    "unknown neuron": (SMALL + '[[stimulus]]\nneurons = ["99"]\nstop_ms = 1\n', None, 2,
                       ["stimulus.0.neurons", "99"]),
    "NaN weight": (BLOW_UP.replace("{integrator}", "rk4"), "pre,post,weight\n0,1,1\n1,0,nan\n", 2,
                   ["loop.csv:3", "nan"]),
    "id out of range": (BLOW_UP.replace("{integrator}", "rk4"), "pre,post,weight\n0,-1,1\n", 2,
                        ["loop.csv:2", "-1"]),
    "duplicate edge": (BLOW_UP.replace("{integrator}", "rk4"),
                       "pre,post,weight\n0,1,1\n1,0,1\n0,1,2\n", 2, ["loop.csv:4", "loop.csv:2"]),
    "blow-up in dopri5": (BLOW_UP.replace("{integrator}", "dopri5"),
                          "pre,post,weight\n0,1,3\n1,0,3\n", 1, ["dopri5", "neuron", "t = "]),
    "blow-up in rk4": (BLOW_UP.replace("{integrator}", "rk4"), "pre,post,weight\n0,1,3\n1,0,3\n", 1,
                       ["not finite", "neuron", "t = "]),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_clear_line(command, config, tmp_path, name):
    text, edges, code, said = BAD[name]
    if edges:
        (tmp_path / "loop.csv").write_text(edges)
    path = config(text.replace("{folder}", str(tmp_path)))
    before = sorted(tmp_path.iterdir())
    done = run(command, "simulate", path, "--out", tmp_path / "out.h5")
    assert done.returncode == code, done.stderr
    message = done.stderr.strip().splitlines()
    assert len(message) == 1 and message[0].startswith("noesis: "), done.stderr
    for part in said:
        assert part in message[0], done.stderr
    assert sorted(tmp_path.iterdir()) == before, "something half-written was left"


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["simulat"], "did you mean 'simulate'?"),
        (["simulate"], "config"),
        (["simulate", "missing.toml"], "missing.toml"),
        (["simulate", ROOT / "configs/rate.toml", "--out", "/nowhere/x.h5"], "does not exist"),
        (["simulate", ROOT / "configs/rate.toml", "--out", "x.mat"], ".h5, .npz or .csv"),
        (["simulate", ROOT / "configs/rate.toml", "--set", "model.copling=1"], "'coupling'"),
        (["simulate", ROOT / "configs/rate.toml", "--resume"], "--out"),
        (["bench", "spm"], "spmm, layouts, step"),
        (["simulate", ROOT / "configs/rate.toml", "--set", "noise.sigma=1"], "noise.sigma"),
        (["connectome", "info", "nothing.csv"], "nothing.csv"),
    ],
)
def test_wrong_usage_exits_with_2(command, tmp_path, arguments, said):
    done = run(command, *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


def test_formats_hold_the_same_numbers(command, config, tmp_path):
    for name in ["out.npz", "out.csv", "out.h5"]:
        assert run(command, "simulate", config(), "--out", tmp_path / name).returncode == 0
    with np.load(tmp_path / "out.npz") as arrays:
        rates, times = arrays["E"], arrays["time_ms"]
    assert rates.shape == (51, 1, 12)
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:3] == ["time_ms", "environment", "E.0"]
    table = np.array([[float(cell) for cell in row] for row in rows[1:]])
    assert np.array_equal(table[:, 0], times)
    assert np.array_equal(table[:, 2:], rates[:, 0, :])
    assert (tmp_path / "out.h5").read_bytes()[:8] == b"\x89HDF\r\n\x1a\n"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_examples_run_and_their_resolved_configuration_repeats_them(command, tmp_path, path):
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    short = ["--set", "duration_ms=60", "--set", "record.start_ms=0", "--set", "vitals.lyapunov=false"]
    done = run(command, "simulate", path, "--out", first, *short, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert list(summary) == ["command", "version", "seed", "config_digest", "wall_s", "ok", "result"]
    resolved = tmp_path / "first.config.toml"
    again = run(command, "simulate", resolved, "--out", second, "--set", "threads=1", "--json")
    assert again.returncode == 0, again.stderr
    with np.load(first) as a, np.load(second) as b:
        for name in a.files:
            if name != "config":  # which tells the number of threads
                assert np.array_equal(a[name], b[name]), name


@pytest.mark.parametrize("integrator, noise", [("rk4", 0.02), ("dopri5", 0)])
def test_interrupted_and_resumed_is_as_never_interrupted(command, config, tmp_path, integrator, noise):
    text = SMALL.replace("= 50", "= 400000").replace("[drive]", f"""
[integrator]
name = "{integrator}"
dt_ms = 0.5
[noise]
sigma = {noise}
[vitals]
enabled = false
[record]
interval_ms = 100
[[stimulus]]
kind = "clamp"
neurons = ["3"]
value = 0.4
start_ms = 2000
stop_ms = 399000
[drive]""")
    path = config(text)
    whole = tmp_path / "whole.npz"
    assert run(command, "simulate", path, "--out", whole).returncode == 0
    part = tmp_path / "part.npz"
    process = subprocess.Popen([command, "simulate", str(path), "--out", str(part)],
                               stderr=subprocess.PIPE, text=True)
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert "--resume" in message
    assert not part.exists() and (tmp_path / "part.checkpoint" / "manifest.json").exists()
    other = tmp_path / "other.toml"
    other.write_text(text.replace('neurons = ["3"]', 'neurons = ["4"]'))
    refused = run(command, "simulate", other, "--out", part, "--resume")
    assert refused.returncode == 2 and "another configuration" in refused.stderr
    anew = run(command, "simulate", path, "--out", part)  # would throw half of a run away
    assert anew.returncode == 2 and "was interrupted" in anew.stderr and "--resume" in anew.stderr
    assert run(command, "simulate", path, "--out", part, "--resume").returncode == 0
    assert not (tmp_path / "part.checkpoint").exists()
    with np.load(whole) as a, np.load(part) as b:
        for name in a.files:
            assert np.array_equal(a[name], b[name]), name


def test_resume_of_what_has_not_begun_begins_and_of_what_is_finished_does_nothing(command, config, tmp_path):
    out, summary = tmp_path / "out.npz", tmp_path / "out.summary.json"
    first = run(command, "simulate", config(), "--out", out, "--resume")
    assert first.returncode == 0 and "no checkpoint" in first.stderr and "begins anew" in first.stderr
    before = out.read_bytes(), summary.stat().st_mtime_ns
    again = run(command, "simulate", config(), "--out", out, "--resume", "--json")
    assert again.returncode == 0 and "this run is finished" in again.stderr
    assert json.loads(again.stdout) == json.loads(summary.read_text())
    assert before == (out.read_bytes(), summary.stat().st_mtime_ns)
    other = run(command, "simulate", config(SMALL.replace("1.25", "1.5")), "--out", out, "--resume")
    assert other.returncode == 2 and "--overwrite" in other.stderr
    assert before[0] == out.read_bytes()


# Goes red when a recording is replaced unasked.
def test_what_is_there_is_replaced_only_if_told(command, config, tmp_path):
    out = tmp_path / "mine.csv"
    out.write_text("pre,post\n")
    refused = run(command, "simulate", config(), "--out", out)
    assert refused.returncode == 2 and "--overwrite" in refused.stderr
    assert out.read_text() == "pre,post\n"
    assert run(command, "simulate", config(), "--out", out, "--overwrite").returncode == 0
    assert out.read_text().startswith("time_ms")


def test_without_out_a_run_has_a_folder_of_its_own(command, config, tmp_path):
    done = run(command, "simulate", config(), cwd=tmp_path)
    assert done.returncode == 0
    (folder,) = (tmp_path / "runs").iterdir()
    written = {file.name for file in folder.iterdir()} - {"report.html"}  # where a Python has plotly
    assert written == {"recording.h5", "config.toml", "summary.json", "parts"}


def test_connectome_info_tells_the_published_counts(command):
    done = run(command, "connectome", "info", "celegans", "--json")
    facts = json.loads(done.stdout)
    assert (facts["num_neurons"], facts["num_synapses"], facts["num_gap_junctions"]) == (302, 3604, 1080)
    assert facts["num_negative"] == 1003


def test_every_command_has_help_with_examples(command):
    for words in [[], ["simulate"], ["connectome", "info"], ["bench"]]:
        done = run(command, *words, "--help")
        assert done.returncode == 0 and "Examples:" in done.stdout
