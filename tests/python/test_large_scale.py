"""`noesis large-scale`: that it changes the brain, and that stopping it, by hand or by a crash, changes
nothing."""

import json
import signal
import subprocess
import time

import numpy as np
import pytest

SIZE = ["--neurons", "3000", "--synapses-per-neuron", "20", "--set", "duration_ms=400"]


def large_scale(command, out, *arguments):
    return subprocess.run(
        [command, "large-scale", *SIZE, "--out", str(out), "--json", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def arrays(path):
    with np.load(path) as file:
        return {name: file[name] for name in file.files if name != "config"}


def test_rules_change_the_brain_and_homeostasis_holds_its_rate(command, tmp_path):
    driven = ["--set", "duration_ms=3000", "--set", "drive.mean=-1"]  # a rate of 0.3 at rest
    done = large_scale(command, tmp_path / "plastic.npz", *driven, "--connectome-out", str(tmp_path / "after.npz"))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)["result"]
    plastic = result["plasticity"]
    assert plastic["mean_absolute_weight_after"] != plastic["mean_absolute_weight_before"]
    assert result["speed"]["steps_per_s"] > 0
    assert result["speed"]["memory_bytes"] > 3000 * 20 * 8
    rates = 1 / (1 + np.exp(-arrays(tmp_path / "plastic.npz")["x"]))
    assert rates.shape == (3001, 1, 256)
    assert abs(rates[-500:].mean() - 0.1) < 0.02
    with np.load(tmp_path / "after.npz") as after:
        assert after["indptr"][-1] == 3000 * 20
    frozen = large_scale(command, tmp_path / "frozen.npz", *driven, "--set", "plasticity.rules=[]")
    assert frozen.returncode == 0, frozen.stderr
    assert "plasticity" not in json.loads(frozen.stdout)["result"]
    rates = 1 / (1 + np.exp(-arrays(tmp_path / "frozen.npz")["x"]))
    assert rates[-500:].mean() > 0.2


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_stopped_and_resumed_is_as_never_stopped(command, tmp_path, stop):
    whole, part = tmp_path / "whole.npz", tmp_path / "part.npz"
    assert large_scale(command, whole).returncode == 0
    checkpoint = tmp_path / "part.checkpoint"
    process = subprocess.Popen(
        [command, "large-scale", *SIZE, "--out", str(part), "--set", "checkpoint_interval_s=0.05"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(stop)
    process.wait(timeout=60)
    assert checkpoint.exists() and not part.exists()
    done = large_scale(command, part, "--resume")
    assert done.returncode == 0, done.stderr
    one, two = arrays(whole), arrays(part)
    assert one.keys() == two.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, two[name], err_msg=name)


def test_help_has_examples(command):
    text = subprocess.run([command, "large-scale", "--help"], capture_output=True, text=True, check=True).stdout
    assert "noesis large-scale --out large.h5" in text
