"""Event files as TensorBoard itself reads them, and the log beside them."""

import json
import math
import os
import pathlib
import subprocess

import pytest
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


@pytest.fixture(scope="module")
def writer():
    """tests/runners/write_scalars, built beside the command."""
    command = pathlib.Path(os.environ.get("NOESIS_COMMAND", "build/release/noesis")).resolve()
    path = command.parent / "tests" / "runners" / "write_scalars"
    assert path.exists(), f"{path} is not built"
    return path


def scalars(folder):
    """{name: [(step, value)]} by TensorBoard, which keeps single precision."""
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0, "scalars": 0}).Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def log(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


# Red when a checksum, a length or a field of the messages is wrong: the reader drops such records.
def test_tensorboard_finds_every_scalar(writer, tmp_path):
    subprocess.run([writer, tmp_path], check=True)
    found = scalars(tmp_path)
    assert set(found) == {"losses/value_loss", "charts/episodic_return", "losses/λ"}
    assert found["losses/value_loss"] == [(step, pytest.approx(1 / (1 + step))) for step in range(10)]
    assert found["charts/episodic_return"] == [(step, pytest.approx(1e30)) for step in range(10)]
    ((step, value),) = found["losses/λ"]
    assert step == 3 and math.isnan(value)


def test_the_log_says_the_same(writer, tmp_path):
    subprocess.run([writer, tmp_path], check=True)
    events = log(tmp_path)
    assert [event["step"] for event in events] == list(range(10))
    assert all(event["losses/value_loss"] == 1 / (1 + event["step"]) for event in events)
    assert events[3]["losses/λ"] == "NaN"


# Red without the START message: what the first process wrote after the saved state would stay.
def test_a_resumed_run_replaces_what_came_after_the_saved_state(writer, tmp_path):
    subprocess.run([writer, tmp_path], check=True)
    subprocess.run([writer, tmp_path, "5"], check=True)
    assert len(list(tmp_path.glob("events.out.tfevents.*.noesis.*"))) == 2
    returns = scalars(tmp_path)["charts/episodic_return"]
    assert returns == [(step, pytest.approx(1e30 if step <= 5 else -1e30)) for step in range(13)]
    assert [event["charts/episodic_return"] for event in log(tmp_path)] == [1e30] * 6 + [-1e30] * 7


def test_a_file_that_was_cut_off_is_read_up_to_there(writer, tmp_path):
    subprocess.run([writer, tmp_path], check=True)
    (file,) = tmp_path.glob("events.out.tfevents.*")
    whole = len(list(event_file_loader.EventFileLoader(str(file)).Load()))
    file.write_bytes(file.read_bytes()[:-5])
    assert len(list(event_file_loader.EventFileLoader(str(file)).Load())) == whole - 1
