"""`noesis train` and `noesis eval` as a user meets them: seeds side by side, an interruption that leaves
no trace, a score that comes again to the last digit, and one clear line for what cannot be."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

SMALL = [
    "--set", "env_options=['subject=reference-3', 'max_episode_steps=10']",
    "--set", "num_envs=8",
    "--set", "ppo.rollout_length=10",
    "--set", "checkpoint_every=2",
    "--set", "eval_episodes=2",
]  # fmt: skip


@pytest.fixture
def noesis(command):
    if not pathlib.Path(command).with_name("noesis-agent").exists():
        pytest.skip("built without LibTorch")

    def run(*arguments):
        return subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "train.toml"
    path.write_text('env = "noesis/Steer-v0"\n')
    return path


def test_seeds_are_agents_of_their_own_and_scores_come_again(noesis, config, tmp_path):
    both = noesis("train", config, *SMALL, "--set", "seeds=2", "--set", "ppo.total_steps=320", "--out", tmp_path / "both", "--json")
    assert both.returncode == 0, both.stderr
    summary = json.loads(both.stdout)
    assert summary == json.loads((tmp_path / "both" / "summary.json").read_text())
    agents = summary["result"]["agents"]
    assert [agent["seed"] for agent in agents] == [0, 1]
    # Red when the seed of the second agent is that of the first.
    assert agents[0]["eval"]["returns"] != agents[1]["eval"]["returns"]

    alone = noesis("train", config, *SMALL, "--set", "seed=1", "--set", "ppo.total_steps=320", "--out", tmp_path / "alone", "--json")
    assert json.loads(alone.stdout)["result"]["agents"][0]["eval"]["returns"] == agents[1]["eval"]["returns"]
    # Red when the layout of a folder depends on the number of seeds.
    layouts = [sorted(file.name for file in (tmp_path / name).iterdir()) for name in ("both", "alone")]
    assert layouts == [["config.toml", "seed-0", "seed-1", "summary.json"], ["config.toml", "seed-1", "summary.json"]]

    last = tmp_path / "both" / "seed-1" / "checkpoints" / "last"
    for checkpoint in (last, tmp_path / "both" / "seed-1", tmp_path / "alone"):
        again = noesis("eval", checkpoint, "--json")
        assert json.loads(again.stdout)["result"]["eval"] == agents[1]["eval"]
    which = noesis("eval", tmp_path / "both")
    assert which.returncode == 2
    assert "several seeds" in which.stderr and "seed-0" in which.stderr


def test_an_interruption_leaves_no_trace(noesis, command, config, tmp_path):
    steps = ["--set", "ppo.total_steps=8000"]
    whole = noesis("train", config, *SMALL, *steps, "--out", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    log = tmp_path / "cut" / "seed-0" / "metrics.jsonl"
    cut = subprocess.Popen([command, "train", config, *SMALL, *steps, "--out", tmp_path / "cut"], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (log.exists() and log.stat().st_size > 0) and time.monotonic() < deadline:
        time.sleep(0.01)
    cut.send_signal(signal.SIGINT)
    _, errors = cut.communicate(timeout=60)
    assert cut.returncode == 130, errors
    assert "--resume" in errors
    resumed = noesis("train", "--resume", tmp_path / "cut")
    assert resumed.returncode == 0, resumed.stderr
    assert log.read_text() == (tmp_path / "whole" / "seed-0" / "metrics.jsonl").read_text()
    result = [json.loads((tmp_path / run / "summary.json").read_text())["result"] for run in ("whole", "cut")]
    assert result[0]["agents"][0]["eval"] == result[1]["agents"][0]["eval"]


# Goes red when training notices that the brains are split over processes.
def test_brains_over_workers_are_the_same_training(noesis, config, tmp_path):
    steps = ["--set", "ppo.total_steps=160"]
    for name, workers in (("whole", []), ("split", ["--local-workers", "2"])):
        done = noesis("train", config, *SMALL, *steps, *workers, "--out", tmp_path / name)
        assert done.returncode == 0, done.stderr
    whole, split = ((tmp_path / name / "seed-0" / "metrics.jsonl").read_text() for name in ("whole", "split"))
    assert whole == split
    result = [json.loads((tmp_path / run / "summary.json").read_text())["result"] for run in ("whole", "split")]
    assert result[0]["agents"][0]["eval"] == result[1]["agents"][0]["eval"]


# Goes red when one has to open TensorBoard to see whether an agent learns.
def test_the_line_of_progress_tells_the_return(noesis, command, config, tmp_path):
    ours, its = os.openpty()
    arguments = ["train", config, *SMALL, "--set", "ppo.total_steps=100000000", "--out", tmp_path / "run"]
    with subprocess.Popen([command, *arguments], stderr=its, stdout=subprocess.DEVNULL) as process:
        os.close(its)
        shown = ""
        deadline = time.monotonic() + 60
        while not re.search(r"left  return -?\d", shown) and time.monotonic() < deadline:
            shown += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    os.close(ours)
    assert re.search(r"left  return -?\d", shown), shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "config is required"),
        (["train", "nowhere.toml"], "nowhere.toml"),
        (["train", "CONFIG", "--set", "ppo.gama=1"], "gamma"),
        (["train", "CONFIG", "--set", "env=noesis/Stear-v0"], "Steer"),
        (["train", "CONFIG", "--set", "env_options=['action_mode=surgeon']"], "Box"),
        (["train", "CONFIG", "--resume", "there"], "--resume"),
        (["eval", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_is_one_line(noesis, config, arguments, words):
    done = noesis(*[config if a == "CONFIG" else a for a in arguments])
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
