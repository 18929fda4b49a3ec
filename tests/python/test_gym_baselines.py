"""The baselines of the environments, seen from Python."""

import gymnasium
import numpy as np
import pytest

import noesis


def returns(env_id, name, episodes=3, **options):
    env = gymnasium.make(env_id, **options)
    baseline = noesis.Baseline(env_id, name, **options)
    results = []
    for seed in range(episodes):
        baseline.restart(seed)
        observation, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, _ = env.step(baseline(observation))
            total, over = total + reward, terminated or truncated
        results.append(total)
    return results


# Against what build/release/examples/baselines prints for these seeds: red when a policy is made for another
# episode's seed, or keeps what it learnt in the one before.
def test_scripted_beats_random_on_every_task():
    with_scripted = [env_id for env_id in noesis.env_ids() if "scripted" in noesis.baseline_names(env_id)]
    assert len(with_scripted) >= 7  # all that noesis has itself
    for env_id in with_scripted:
        assert {"zero", "random"} <= set(noesis.baseline_names(env_id))
        assert np.mean(returns(env_id, "scripted")) > np.mean(returns(env_id, "random")), env_id


def test_restart_forgets():
    baseline = noesis.Baseline("noesis/Tape-v0")
    env = gymnasium.make("noesis/Tape-v0")
    runs = []
    for _ in range(2):
        baseline.restart(4)
        observation, _ = env.reset(seed=4)
        actions = []
        for _ in range(20):
            actions.append(baseline(observation))
            observation, *_ = env.step(actions[-1])
        runs.append(np.array(actions))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert runs[0].dtype == np.float32


def test_refuses_what_it_does_not_know():
    with pytest.raises(noesis.ConfigError, match="did you mean 'scripted'"):
        noesis.Baseline("noesis/Steer-v0", "scriptd")
    with pytest.raises(noesis.ConfigError, match="currents only"):
        noesis.Baseline("noesis/Steer-v0", action_mode="surgeon")
    with pytest.raises(noesis.ConfigError, match="shape"):
        noesis.Baseline("noesis/Steer-v0")(np.zeros(3, np.float32))
