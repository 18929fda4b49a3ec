"""`noesis hemisphere` as a systems engineer meets it: workers that are lost for good, and what is left of
the run then."""

import json
import re
import signal
import subprocess
import time

import numpy as np
import pytest

CONFIG = """
duration_ms = 5000
connectome = {source = "random", num_neurons = 60, in_degree = 8}
integrator = {name = "rk4", dt_ms = 0.5}
noise = {sigma = 0.02}
record = {interval_ms = 50}
vitals = {enabled = false}
"""


def run(command, *arguments):
    return subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def brain(command, tmp_path):
    """A configuration, and the recording of its run in one process."""
    config = tmp_path / "brain.toml"
    config.write_text(CONFIG)
    whole = tmp_path / "whole.npz"
    assert run(command, "simulate", config, "--out", whole).returncode == 0
    return config, whole


def same(a, b):
    with np.load(a) as one, np.load(b) as other:
        return all(np.array_equal(one[name], other[name]) for name in one.files if name != "config")


def begin(command, config, out, *arguments):
    """A master whose two workers have joined, and these."""
    master = subprocess.Popen(
        [command, "hemisphere", "master", str(config), "--workers", "2", "--bind", "tcp://127.0.0.1:*",
         "--out", str(out), *arguments],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    address = re.search(r"tcp://\S+", master.stderr.readline())[0]
    workers = [
        subprocess.Popen([command, "hemisphere", "worker", "--connect", address, "--threads", "1"],
                         stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]  # fmt: skip
    while "split over 2 workers" not in master.stderr.readline():
        assert master.poll() is None
    return master, workers


@pytest.mark.parametrize("stop", ["patience", "Ctrl-C"])
def test_workers_that_nobody_replaces_do_not_lose_the_run(command, brain, tmp_path, stop):
    config, whole = brain
    part = tmp_path / "part.npz"
    master, workers = begin(command, config, part, "--join-patience", "1" if stop == "patience" else "60")
    time.sleep(0.5)
    workers[0].kill()
    line = ""
    while "waiting for another worker" not in line:
        line = master.stderr.readline()
        assert line, "the master has ended"
    if stop == "Ctrl-C":
        master.send_signal(signal.SIGINT)
    _, said = master.communicate(timeout=60)
    assert master.returncode == (1 if stop == "patience" else 130), said
    assert "--resume" in said and "part.checkpoint" in said
    if stop == "patience":
        assert "not all workers joined within 1 s" in said
    assert workers[1].wait(20) == 0
    workers[0].wait(20)
    assert (tmp_path / "part.checkpoint" / "manifest.json").exists() and not part.exists()
    again = run(command, "hemisphere", "master", config, "--local-workers", 2, "--bind", "tcp://127.0.0.1:*",
                "--out", part, "--resume", "--json")  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["result"]["split"]["workers"] == 2
    assert same(whole, part)


def test_workers_come_to_a_master_that_was_killed_and_started_again(command, brain, tmp_path):
    config, whole = brain
    part = tmp_path / "part.npz"
    master, workers = begin(command, config, part)
    address = re.search(r"--connect (\S+)", " ".join(workers[0].args))[1]
    master.kill()
    master.wait(20)
    again = run(command, "hemisphere", "master", config, "--workers", 2, "--bind", address, "--out", part, "--resume")
    assert again.returncode == 0, again.stderr
    assert "no checkpoint" in again.stderr and "begins anew" in again.stderr
    assert [worker.wait(20) for worker in workers] == [0, 0]
    assert same(whole, part)


def test_workers_started_here_need_an_address_for_others(command, brain, tmp_path):
    """Red when the master starts a worker that no other can reach."""
    config, _ = brain
    mixed = ["hemisphere", "master", config, "--workers", 1, "--local-workers", 1, "--insecure", "--out", tmp_path / "a.npz"]
    refused = run(command, *mixed, "--bind", "tcp://0.0.0.0:0")
    assert refused.returncode == 2
    assert "--peer-host: workers elsewhere could not reach those that are started here" in refused.stderr
    assert "--bind tcp://0.0.0.0:0" in refused.stderr
