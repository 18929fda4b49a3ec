"""`noesis loop` as a user runs it, on the smallest brains."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

CONFIG = """
seed = 3
controls = ["reference-10"]
[measure]
num_runs = 12
num_samples = 2000
num_states = 20
lyapunov_duration = 50
[[phase1]]
subject = "reference-10"
policies = ["passive", "active", "twin"]
estimators = ["lagged_correlation", "model_form"]
budget = 200
num_seeds = 2
[[phase2]]
subject = "reference-10"
hypotheses = ["slow-core", "slow-core+gru+fast-cache", "echo-state", "linear"]
num_seeds = 1
num_samples = 2000
[[phase2.emulator.phases]]
updates = 40
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("loop") / "loop.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "NOESIS_CACHE": str(tmp_path / "cache")}


def summary_of(folder):
    summary = json.loads((folder / "summary.json").read_text())
    del summary["wall_s"]
    return summary


def run(command, arguments, environment, **options):
    return subprocess.run(
        [command, "loop", *map(str, arguments)], env=environment, capture_output=True, text=True, **options
    )


@pytest.fixture(scope="module")
def whole(command, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    environment = {**os.environ, "NOESIS_CACHE": str(folder / "cache")}
    done = run(command, [config, "--out", folder / "run"], environment)
    return done, folder / "run"


def test_everything_is_in_the_summary(whole):
    done, folder = whole
    assert done.returncode in (0, 1), done.stderr  # so short a null need not hold every control
    result = summary_of(folder)["result"]
    assert [s["name"] for s in result["subjects"]] == ["reference-10"]
    assert len(result["controls"]) == 16
    assert {(r["policy"], r["estimator"]) for r in result["phase1"]} == {
        ("passive", "lagged_correlation"),
        ("passive", "model_form"),
        ("active", "lagged_correlation"),
        ("active", "model_form"),
        ("twin", "twin"),
    }
    assert [r["hypothesis"] for r in result["phase2"]] == [
        "slow-core",
        "slow-core+gru+fast-cache",
        "echo-state",
        "linear",
    ]
    for row in result["phase2"]:
        assert row["alive"] + row["catatonic"] + row["seizing"] + row["zombie"] + row["failed"] == 1
    assert result["conclusions"]
    assert "Controls" in done.stdout and "Phase 2" in done.stdout
    ok = all(c.get("holds", True) for c in result["controls"])
    assert done.returncode == (0 if ok else 1)


def test_the_same_seed_gives_the_same_summary(command, config, whole, environment, tmp_path):
    """Breaks when a result depends on threads, time or the cache."""
    run(command, [config, "--out", tmp_path / "again", "--set", "threads=1"], environment)
    assert summary_of(tmp_path / "again") == summary_of(whole[1])


def test_an_interrupted_run_goes_on_to_the_same_summary(command, config, whole, environment, tmp_path):
    """Breaks when a part is lost, or done from another seed after the interruption."""
    folder = tmp_path / "run"
    process = subprocess.Popen(
        [command, "loop", str(config), "--out", str(folder)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(list(folder.glob("parts/control-*.json"))) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    message = process.communicate()[1]
    assert process.returncode == 130
    assert "--resume" in message
    assert not (folder / "summary.json").exists()
    done = run(command, ["--resume", folder], environment)
    assert done.returncode in (0, 1), done.stderr
    assert summary_of(folder) == summary_of(whole[1])


def test_parts_of_another_configuration_are_not_mixed_in(command, whole, environment, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(whole[1], folder)
    config = folder / "config.toml"
    config.write_text(config.read_text().replace("seed = 3", "seed = 4", 1))
    done = run(command, ["--resume", folder], environment)
    assert done.returncode == 2
    assert "another configuration" in done.stderr


def test_bad_settings_are_named_before_any_work(command, environment, tmp_path):
    for setting, part in [
        ("controls=['celegan']", "celegans"),
        ("phase1.0.policies=['actif']", "active"),
        ("phase2.0.hypotheses=['slow-core+gruu']", "gru"),
        ("sed=1", "seed"),
    ]:
        done = run(command, ["--quick", "--out", tmp_path / "bad", "--set", setting], environment)
        assert done.returncode == 2, done.stderr
        assert part in done.stderr


def test_a_finished_folder_is_not_run_over(command, config, whole, environment):
    done = run(command, [config, "--out", whole[1]], environment)
    assert done.returncode == 2
    assert "--resume" in done.stderr


def test_a_subject_that_is_not_chaotic_is_warned_of(command, environment, tmp_path):
    """Breaks when criteria that do not apply are held against the controls."""
    config = tmp_path / "periodic.toml"
    config.write_text(
        """
seed = 0
controls = ["reference-3"]
phase1 = []
phase2 = []
[measure]
num_samples = 2000
num_states = 20
lyapunov_duration = 50
"""
    )
    done = run(command, [config, "--out", tmp_path / "run"], environment)
    assert done.returncode == 0, done.stderr
    assert "reference-3 is periodic, not chaotic" in done.stderr
    result = json.loads((tmp_path / "run" / "summary.json").read_text())["result"]
    assert len(result["warnings"]) == 1
    outcomes = {c["name"]: c["outcome"] for c in result["controls"][3]["criteria"]}
    assert outcomes["exponent_close"] == "not applicable"
