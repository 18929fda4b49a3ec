"""`noesis flaw`, `cure`, `grow` and `seed-and-tape` as a user runs them, small."""

import json
import signal
import subprocess
import time

import pytest

LIFE = ["--set", "num_seeds=2", "--set", "life.life_steps=2000", "--set", "life.task_steps=100",
        "--set", "life.num_neurons=16"]
GROW = ["--set", "num_seeds=2", "--set", "growth.sizes=[5, 8]", "--set", "growth.settle_ms=200",
        "--set", "growth.look_ms=500", "--set", "growth.exponent_tau=50", "--set", "growth.birth_interval_ms=100"]
TAPE = ["--set", "num_seeds=2", "--set", "num_steps=500", "--set", "brain.neurogenesis.max_neurons=8",
        "--set", "brain.neurogenesis.refractory_ms=200", "--set", 'tapes=["sines", "chaotic"]']
SMALL = {"flaw": LIFE, "cure": LIFE, "grow": GROW, "seed-and-tape": TAPE}


def run(command, name, *arguments, **options):
    return subprocess.run([command, name, *map(str, arguments)], capture_output=True, text=True, **options)


def summary_of(folder):
    summary = json.loads((folder / "summary.json").read_text())
    del summary["wall_s"]
    return summary


@pytest.fixture(scope="module", params=SMALL)
def small(request, command, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param) / "run"
    done = run(command, request.param, *SMALL[request.param], "--set", "threads=2", "--out", folder)
    assert done.returncode in (0, 1), done.stderr
    return request.param, folder, done


def test_a_run_leaves_what_it_promises(small):
    name, folder, done = small
    summary = summary_of(folder)
    assert summary["command"] == name
    assert summary["ok"] == all(control["holds"] for control in summary["result"]["controls"])
    assert done.returncode == (0 if summary["ok"] else 1)
    assert summary["result"]["conclusions"] and all(s in done.stdout for s in summary["result"]["conclusions"])
    assert (folder / "report.html").stat().st_size > 100_000
    for row in summary["result"]["rows"]:
        assert "differs" in row


def test_same_bits_for_any_number_of_threads(small, command, tmp_path):
    name, folder, _ = small
    run(command, name, *SMALL[name], "--set", "threads=1", "--out", tmp_path / "one")
    assert summary_of(tmp_path / "one") == summary_of(folder)


def test_the_seed_is_the_first_of_the_seeds(small, command, tmp_path):
    """The second brain of one run is the first of a run that starts a seed later."""
    name, folder, _ = small
    run(command, name, *SMALL[name], "--seed", "1", "--out", tmp_path / "later")
    shared = [p.name for p in (folder / "parts").glob("*-1.json") if (tmp_path / "later/parts" / p.name).exists()]
    assert shared
    for part in shared:
        assert (folder / "parts" / part).read_bytes() == (tmp_path / "later/parts" / part).read_bytes()


def test_config_toml_repeats_the_run(small, command, tmp_path):
    name, folder, _ = small
    run(command, name, folder / "config.toml", "--out", tmp_path / "again")
    assert summary_of(tmp_path / "again") == summary_of(folder)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_run_goes_on(command, tmp_path, how):
    arguments = [*LIFE, "--set", "life.life_steps=8000", "--set", "num_seeds=3", "--set", "threads=1"]
    process = subprocess.Popen(
        [command, "flaw", *arguments, "--out", tmp_path / "stopped"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    parts = tmp_path / "stopped" / "parts"
    deadline = time.monotonic() + 60
    while len(list(parts.glob("*.json"))) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(how)
    process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
    kept = {p: p.stat().st_mtime_ns for p in parts.glob("*.json")}
    assert not (tmp_path / "stopped" / "summary.json").exists()
    assert run(command, "flaw", "--resume", tmp_path / "stopped").returncode in (0, 1)
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items()), "no finished life is lived again"
    run(command, "flaw", *arguments, "--out", tmp_path / "whole")
    assert summary_of(tmp_path / "stopped") == summary_of(tmp_path / "whole")


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["flaw", "--set", "life.learner=hebb"], "hebbian"),
        (["cure", "--set", 'conditions=["coffee"]'], "constant decay"),
        (["grow", "--set", "growth.sizes=[10, 5]"], "ascending"),
        (["seed-and-tape", "--set", "brain.neurogenesis.threshold=0"], "threshold"),
        (["seed-and-tape", "--set", "shortest_period=100"], "shortest_period"),
        (["flaw", "--resume", "nowhere", "--quick"], "--resume"),
    ],
)
def test_what_cannot_be_is_refused(command, tmp_path, arguments, says):
    done = run(command, *arguments, "--out", tmp_path / "run", cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "run").exists(), "nothing is made before the configuration is known to be sound"


def test_parts_of_another_configuration_are_not_mixed_in(small, command, tmp_path):
    name, folder, _ = small
    text = (folder / "config.toml").read_text().replace("num_seeds = 2", "num_seeds = 3")
    mixed = tmp_path / "mixed"
    (mixed / "parts").mkdir(parents=True)
    (mixed / "config.toml").write_text(text)
    (mixed / "parts" / "config_digest").write_text("0" * 32)
    done = run(command, name, "--resume", mixed)
    assert done.returncode == 2 and "another configuration" in done.stderr


def test_more_neurons_predict_better(command, tmp_path):
    done = run(command, "seed-and-tape", *TAPE, "--set", "num_steps=2000", "--out", tmp_path / "run", "--json")
    rows = json.loads(done.stdout)["result"]["rows"]
    errors = {(r["tape"], r["condition"]): r["figures"]["error"][0] for r in rows}
    assert errors["chaotic", "seed"] < 1  # of predicting no change
    assert errors["sines", "fixed"] < errors["sines", "seed"]
