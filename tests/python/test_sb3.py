"""stable-baselines3 on environments of noesis."""

import pathlib
import sys
import warnings

import gymnasium
import numpy as np
import pytest
import torch
from noesis.sb3 import Sb3VecEnv
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.vec_env import DummyVecEnv

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
import train_sb3  # noqa: E402
from test_gym import IDS, STEER  # noqa: E402


# Goes red for any assertion and any warning of stable-baselines3's checker.
@pytest.mark.parametrize("env_id", IDS)
def test_stable_baselines3_finds_nothing_to_say(env_id, route):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(env_id, **route).unwrapped, warn=True)


# Goes red for any difference to stable-baselines3's own batch of single environments: observations after
# ends, terminal observations, truncation, infos.
def test_the_batch_equals_dummy_vec_env(route):
    ours = Sb3VecEnv(STEER, 3, max_episode_steps=4, **route)
    theirs = DummyVecEnv([lambda: gymnasium.make(STEER, max_episode_steps=4)] * 3)
    assert ours.observation_space == theirs.observation_space and ours.action_space == theirs.action_space
    ours.seed(7), theirs.seed(7)
    assert np.array_equal(ours.reset(), theirs.reset())
    ours.action_space.seed(0)
    for _ in range(11):
        actions = np.stack([ours.action_space.sample() for _ in range(3)])
        (a, r, d, i), (b, s, e, j) = ours.step(actions), theirs.step(actions)
        assert np.array_equal(a, b) and np.array_equal(r, s) and np.array_equal(d, e) and r.dtype == s.dtype
        assert [sorted(row) for row in i] == [sorted(row) for row in j]
        for mine, other in zip(i, j, strict=True):
            assert all(np.array_equal(mine[key], other[key]) for key in mine)
    assert ours.reset_infos == theirs.reset_infos


@pytest.fixture
def one_thread():
    """Small networks: more threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def learn(algorithm, env_id, steps, least, **where):
    """Evaluated on other seeds, which have other targets. Random actions are at -159 and 19."""
    model = train_sb3.make_model(algorithm, env_id, 1, **where)
    model.learn(steps)
    learned = train_sb3.returns(lambda seen, _: model.predict(seen, deterministic=True)[0], env_id, **where)
    zero = train_sb3.returns(lambda _, space: np.zeros(space.shape, np.float32), env_id, **where)
    assert learned.mean() > least > zero.mean() + 40, (learned.mean(), zero.mean())


# Goes red when rewards, ends or final observations do not fit together, so that nothing can be learned.
# Figures of longer runs: docs/guides/python.md.
def test_ppo_learns_steer(route, one_thread):
    learn("PPO", STEER, 20_000, -105, **route)


def test_sac_learns_steer(one_thread):
    learn("SAC", STEER, 4_000, -110)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("algorithm", "env_id", "steps", "least"),
    [("PPO", "noesis/Quench-v0", 60_000, 120), ("SAC", "noesis/Quench-v0", 12_000, 120), ("SAC", STEER, 12_000, -70)],
)
def test_it_is_learned(algorithm, env_id, steps, least, route, one_thread):
    learn(algorithm, env_id, steps, least, **route)


def test_a_model_meets_the_interface(route):
    envs = Sb3VecEnv(STEER, 2, render_mode="rgb_array", **route)
    envs.seed(1)
    envs.reset()
    first = envs.env_method("snapshot")
    a = envs.step(np.zeros((2, 10), np.float32))
    for env, state in enumerate(first):
        envs.env_method("restore", state, indices=env)
    b = envs.step(np.zeros((2, 10), np.float32))
    assert np.array_equal(a[0], b[0])
    assert envs.render().ndim == 3 and envs.get_attr("render_mode") == ["rgb_array"] * 2
    envs.close()
