"""`noesis fit` as a user meets it: planted weights come back, the better the more there is; what says
nothing about them does not give them; an interruption leaves no trace; a recording of `noesis
simulate` will do; and one clear line for what cannot be."""

import json
import pathlib
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

BRAIN = """
[[brains]]
name = "small"
num_envs = 2
transient_ms = 100
excitation = 1
observation_noise = 0.02
samples = [21, 81]
held_out = 20
recovered_error = 0.15
connectome = { source = "random", num_neurons = 15, in_degree = 5, gain = 2, seed = 3 }
model = { name = "rate" }
drive = { sd = 0.3 }
initial = { low = -1, high = 1 }
integrator = { name = "rk4", dt_ms = 1 }
fit = { max_iterations = 100 }
"""


@pytest.fixture
def noesis(command):
    if not pathlib.Path(command).with_name("noesis-agent").exists():
        pytest.skip("built without LibTorch")

    def run(*arguments):
        return subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, timeout=200, check=False)

    return run


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "fit.toml"
    path.write_text("seed = 2\n" + BRAIN)
    return path


def rows(folder):
    result = json.loads((folder / "summary.json").read_text())["result"]
    return {(row["condition"], row["samples"]): row for row in result["fits"]}


def test_planted_weights_come_back_and_controls_do_not(noesis, config, tmp_path):
    done = noesis("fit", config, "--set", "seeds=2", "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["ok"] and summary["command"] == "fit"
    fits = rows(tmp_path / "run")
    long, short = fits["planted", 81], fits["planted", 21]
    # Red when the gradient is wrong, or data is not that of the planted brain.
    assert long["error"][0] < 0.08
    assert long["error"][0] < 0.7 * short["error"][0]
    assert long["correlation"][0] > 0.99
    assert long["prediction_error"][0] < 0.01
    assert long["mean_error"][0] > 0.9
    assert long["verdict"] == "Recovered" and long["seeds"] == 2
    # Red when controls are fitted to the data of the planted brain.
    for control in ("shifted", "rewired"):
        assert fits[control, 81]["error"][0] > 0.5
        assert fits[control, 81]["verdict"] == "Not recovered" and fits[control, 81]["holds"]
    assert (tmp_path / "run" / "fitted" / "small-planted-81-0.csv").exists()
    assert "small/planted/81/1/loss" in (tmp_path / "run" / "metrics.jsonl").read_text()
    page = (tmp_path / "run" / "report.html").read_text()
    assert "error by length of data" in page and "rewired" in page


def test_a_control_that_fails_is_said(noesis, config, tmp_path):
    done = noesis("fit", config, "--set", "brains.0.recovered_error=1e9", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert "A control failed" in done.stdout


def test_an_interruption_leaves_no_trace(noesis, command, config, tmp_path):
    more = ["--set", "brains.0.samples=[81]", "--set", "brains.0.fit.tolerance=0", "--set", "brains.0.fit.max_iterations=2000"]
    whole = noesis("fit", config, *more, "--out", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    cut = subprocess.Popen([command, "fit", config, *more, "--out", tmp_path / "cut"], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (tmp_path / "cut" / "parts").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    cut.send_signal(signal.SIGINT)
    _, errors = cut.communicate(timeout=60)
    assert cut.returncode == 130, errors
    assert "--resume" in errors
    assert list((tmp_path / "cut" / "checkpoints").iterdir()), "a fit was cut in the middle"
    resumed = noesis("fit", "--resume", tmp_path / "cut")
    assert resumed.returncode == 0, resumed.stderr
    assert rows(tmp_path / "cut") == rows(tmp_path / "whole")
    assert (tmp_path / "cut" / "metrics.jsonl").read_text() == (tmp_path / "whole" / "metrics.jsonl").read_text()


def test_a_recording_of_simulate_is_fitted(noesis, tmp_path):
    simulated = tmp_path / "simulate.toml"
    pulses = "\n".join(
        f'[[stimulus]]\nkind = "current"\nneurons = ["{i % 6}"]\nvalue = {1 - 0.3 * (i % 7)}\n'
        f"start_ms = {50 + 6 * i}\nstop_ms = {56 + 6 * i}"
        for i in range(40)
    )
    simulated.write_text(
        "duration_ms = 400\nnum_envs = 4\n"
        'connectome = { source = "random", num_neurons = 6, in_degree = 3, gain = 1.5, seed = 3 }\n'
        'model = { name = "wilson_cowan", coupling = 2 }\ndrive = { mean = 1.25, sd = 0.2 }\n'
        'integrator = { name = "rk4", dt_ms = 1 }\n'
        "record = { start_ms = 10, interval_ms = 2, all_components = true }\n" + pulses
    )
    recording = tmp_path / "recording.h5"
    done = noesis("simulate", simulated, "--out", recording)
    assert done.returncode == 0, done.stderr
    config = tmp_path / "fit.toml"
    config.write_text(f'[[brains]]\nname = "recorded"\nrecording = "{recording}"\nsamples = [150]\nheld_out = 30\n')
    done = noesis("fit", config, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
    fits = rows(tmp_path / "run")
    # Red when currents are those of other samples, or of none.
    assert fits["planted", 150]["error"][0] < 0.02
    assert fits["planted", 150]["prediction_error"][0] < 1e-3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit"], "config is required"),
        (["fit", "nowhere.toml"], "nowhere.toml"),
        (["fit", "CONFIG", "--set", "brains.0.fit.windw=1"], "window"),
        (["fit", "CONFIG", "--set", "brains.0.integrator.name=dopri5"], "rk4"),
        (["fit", "CONFIG", "--set", "brains.0.interval_ms=1.5"], "dt_ms"),
        (["fit", "CONFIG", "--set", "brains.0.samples=[80,20]"], "ascending"),
        (["fit", "CONFIG", "--set", "brains.0.name=a/b"], "a/b"),
        (["fit", "CONFIG", "--set", "brains.0.recording=nowhere.h5"], "nowhere.h5"),
        (["fit", "CONFIG", "--resume", "there"], "--resume"),
    ],
)
def test_what_cannot_be_is_one_line(noesis, config, arguments, words):
    done = noesis(*[config if a == "CONFIG" else a for a in arguments])
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_shipped_configuration_is_whole(noesis, tmp_path):
    done = noesis("fit", ROOT / "configs" / "fit.toml", "--set", "brains.0.samples=[80,20]")
    assert done.returncode == 2 and "ascending" in done.stderr, "nothing before that is wrong"
