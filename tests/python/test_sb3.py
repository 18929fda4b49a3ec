"""stable-baselines3 on environments of noesis."""

import warnings

import gymnasium
import numpy as np
import pytest
import torch
from noesis.sb3 import Sb3VecEnv
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from test_gym import IDS, STEER


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


def returns(model, env_id, seeds, **options):
    """Undiscounted returns of the deterministic policy, one episode a seed."""
    envs = gymnasium.make_vec(env_id, len(seeds), **options)
    observation, _ = envs.reset(seed=list(seeds))
    total, running = np.zeros(len(seeds)), np.ones(len(seeds), bool)
    while running.any():
        action = model(observation) if callable(model) else model.predict(observation, deterministic=True)[0]
        observation, reward, terminated, truncated, _ = envs.step(action)
        total += reward * running
        running &= ~(terminated | truncated)
    return total


@pytest.fixture
def one_thread():
    """Small networks: more threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# Goes red when rewards, ends or final observations do not fit together, so that nothing can be learned.
# Figures of longer runs: docs/guides/python.md. Evaluated on other seeds, which have other targets.
@pytest.mark.parametrize("algorithm", ["PPO", "SAC"])
def test_steer_is_learned(algorithm, route, one_thread):
    if algorithm == "PPO":
        envs = VecMonitor(Sb3VecEnv(STEER, 16, **route))
        model = PPO("MlpPolicy", envs, n_steps=64, batch_size=256, learning_rate=1e-3, gamma=0.9, gae_lambda=0.9,
                    policy_kwargs={"log_std_init": -1}, seed=0, device="cpu")  # fmt: skip
        model.learn(20_000)
    else:
        envs = VecMonitor(Sb3VecEnv(STEER, 4, **route))
        model = SAC("MlpPolicy", envs, gradient_steps=2, batch_size=128, learning_rate=3e-3, gamma=0.8, tau=0.02,
                    learning_starts=200, ent_coef="auto_0.1", policy_kwargs={"net_arch": [64, 64]},
                    seed=0, device="cpu")  # fmt: skip
        model.learn(4_000)
    zero = returns(lambda o: np.zeros((len(o), 10), np.float32), STEER, range(5000, 5010))
    learned = returns(model, STEER, range(5000, 5010))
    assert zero.mean() < -130 and learned.mean() > -105, (zero.mean(), learned.mean())


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
