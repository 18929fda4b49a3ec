"""The documents against the `noesis` that was built: NOESIS_COMMAND, or the release build."""

import importlib.util
import os
import pathlib
import sys

import pytest
from command_line import CommandLine
from sandbox import Sandbox

ROOT = pathlib.Path(__file__).resolve().parents[2]
if importlib.util.find_spec("noesis") is None:
    sys.path.insert(0, str(ROOT / "python"))


@pytest.fixture(scope="session")
def command():
    path = pathlib.Path(os.environ.get("NOESIS_COMMAND", ROOT / "build" / "release" / "noesis")).resolve()
    assert path.exists(), f"{path} is not built"
    return str(path)


@pytest.fixture(scope="session")
def command_line(command):
    return CommandLine(command)


@pytest.fixture
def sandbox(request, tmp_path, command):
    page = getattr(getattr(request.node, "callspec", None), "params", {}).get("page")
    one = Sandbox(tmp_path, command, whole=page is not None and page.name == "README.md")
    yield one
    one.close()
