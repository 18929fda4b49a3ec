"""Runs the `noesis` that was built: NOESIS_COMMAND, or the release build."""

import importlib.util
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from server_process import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
if importlib.util.find_spec("noesis") is None:  # not installed: the sources do for all but the compiled part
    sys.path.insert(0, str(ROOT / "python"))


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes minutes")


ROUTES = os.environ.get("NOESIS_ROUTES", "in process,server").split(",")


@pytest.fixture(scope="session", params=ROUTES)
def route(request):
    """Keyword arguments that make an environment in this process, or on a server."""
    return {"address": request.getfixturevalue("server").address} if request.param == "server" else {}


@pytest.fixture(scope="session")
def server(command):
    """One `noesis serve` for all tests that do it no harm."""
    with Server(command, "--max-sessions", "256") as one:
        yield one


@pytest.fixture(scope="session")
def command():
    path = pathlib.Path(os.environ.get("NOESIS_COMMAND", ROOT / "build" / "release" / "noesis")).resolve()
    assert path.exists(), f"{path} is not built"
    return str(path)


@pytest.fixture
def simulate(command, tmp_path):
    """simulate(text) -> (arrays of the recording, result of the summary) for a configuration's text."""

    def run(text):
        config = tmp_path / "config.toml"
        config.write_text(text)
        out = tmp_path / "recording.npz"
        done = subprocess.run(
            [command, "simulate", str(config), "--out", str(out), "--overwrite", "--json"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        with np.load(out) as arrays:
            return {name: arrays[name] for name in arrays.files}, json.loads(done.stdout)["result"]

    return run
