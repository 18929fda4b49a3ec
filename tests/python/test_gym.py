"""Environments through `gymnasium.make`: Gymnasium's contract, to the letter."""

import copy
import json
import pickle
import subprocess
import sys
import warnings

import gymnasium
import noesis
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

IDS = noesis.env_ids()
STEER = "noesis/Steer-v0"


def episode(env, seed, steps):
    """What a seed gives under actions of the same seed."""
    env.action_space.seed(seed)
    observation, info = env.reset(seed=seed)
    results = [(observation, info)]
    for _ in range(steps):
        result = env.step(env.action_space.sample())
        results.append(result)
        if result[2] or result[3]:
            results.append(env.reset())
    return results


def same(a, b):
    """Equal to the bit, of the same types."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray) and a.dtype == object:
        return isinstance(b, np.ndarray) and b.dtype == object and same(a.tolist(), b.tolist())
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    return type(a) is type(b) and a == b


# Goes red for any assertion and any warning of Gymnasium's own checker: spaces, dtypes, seeds,
# determinism, render modes, closing twice.
@pytest.mark.parametrize("env_id", IDS)
def test_gymnasium_finds_nothing_to_say(env_id, route):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(env_id, **route)
        check_env(env.unwrapped)
        env.close()


@pytest.mark.parametrize("env_id", IDS)
def test_spec_is_that_of_the_registry(env_id):
    spec = gymnasium.spec(env_id)
    core = noesis._core.env_spec(env_id)
    assert spec.max_episode_steps == (core.max_episode_steps or None)
    assert spec.reward_threshold == core.reward_threshold
    env = gymnasium.make(env_id)
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert same(episode(env, 7, 3), episode(again, 7, 3))


# Goes red when results are NumPy scalars, which stable-baselines3 refuses, or views that change.
def test_types_of_a_step(route):
    env = gymnasium.make(STEER, **route)
    first, info = env.reset(seed=np.int64(3))
    kept = first.copy()
    assert first.dtype == np.float32 and first in env.observation_space and type(info) is dict
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    assert type(reward) is float and type(terminated) is bool and type(truncated) is bool
    assert all(type(value) is float for value in info.values())
    assert np.array_equal(first, kept) and not np.shares_memory(first, observation)
    assert first.flags.writeable


def test_equal_seeds_equal_bits_and_other_seeds_others(route):
    env, other = gymnasium.make(STEER, **route), gymnasium.make(STEER, **route)
    assert same(episode(env, 5, 120), episode(other, 5, 120))  # over an end
    assert not same(episode(env, 5, 1), episode(env, 6, 1))


# Goes red when seeds are cut to 32 or 63 bits, or one out of range is taken modulo something.
def test_seeds_have_64_bits(route):
    env = gymnasium.make(STEER, **route).unwrapped
    first = [env.reset(seed=seed)[0] for seed in (0, 2**32, 2**63, 2**64 - 1)]
    assert len({observation.tobytes() for observation in first}) == 4
    assert env.np_random_seed == 2**64 - 1
    for seed in (-1, 2**64, 1.5, True, "7"):
        with pytest.raises(noesis.ConfigError, match="seed"):
            env.reset(seed=seed)


# Goes red when environments that nobody has seeded are all alike, or cannot be repeated.
def test_without_a_seed_one_is_drawn(route):
    env, other = (gymnasium.make(STEER, **route).unwrapped for _ in range(2))
    observation, _ = env.reset()
    assert not np.array_equal(observation, other.reset()[0])
    assert np.array_equal(observation, other.reset(seed=env.np_random_seed)[0])


def test_the_time_limit_is_the_users(route):
    for steps in (3, 130):  # below and above the default of the id
        env = gymnasium.make(STEER, max_episode_steps=steps, **route)
        env.reset(seed=0)
        for step in range(1, steps + 1):
            truncated = env.step(env.action_space.sample())[3]
            assert truncated == (step == steps)


def test_options_are_keyword_arguments(route):
    env = gymnasium.make(STEER, subject="reference-6", noise=0.01, stimulated="0,3", **route)
    assert env.observation_space.shape == (6 + 2,) and env.action_space.shape == (2,)
    assert noesis.env_options(STEER)["amplitude"][0] == "4.0"
    with pytest.raises(noesis.ConfigError, match="did you mean 'amplitude'") as error:
        gymnasium.make(STEER, amplitud=3, **route)
    assert isinstance(error.value, ValueError)
    for name, value in {"amplitude": "much", "noise": -1.0, "subject": None, "brain_seed": 0.5}.items():
        with pytest.raises(noesis.ConfigError, match=name):
            gymnasium.make(STEER, **{name: value}, **route)
    with pytest.raises(noesis.ConfigError, match="Steer"):
        noesis.make_env("noesis/Ster-v0", **route)


def test_options_of_a_reset(route):
    env = gymnasium.make(STEER, **route)
    target = np.linspace(0.1, 0.3, 10)
    for given in (target, target.tolist()):
        observation, _ = env.reset(seed=1, options={"target": given})
        assert np.array_equal(observation[10:], target.astype(np.float32))
    for options in ({"tarjet": target}, {"target": target[:3]}, {"target": "low"}, {"target": [1, [2]]}):
        with pytest.raises(noesis.ConfigError, match="tar"):
            env.reset(options=options)


# Goes red when a mistake of the caller crashes, hangs, moves the brain, or passes.
def test_mistakes_are_refused_and_change_nothing(route):
    env = gymnasium.make(STEER, **route).unwrapped
    action = np.zeros(10, np.float32)
    with pytest.raises(noesis.ConfigError, match="reset"):
        env.step(action)
    env.reset(seed=2)
    bad = [np.full(10, np.nan), action[:9], action[None], np.zeros((0,)), "up", None, {"current": action}, [[1], [2, 3]]]
    for wrong in bad:
        with pytest.raises(noesis.ConfigError, match="action"):
            env.step(wrong)
    untouched = gymnasium.make(STEER, **route).unwrapped
    untouched.reset(seed=2)
    assert same(env.step(action), untouched.step(action))
    assert same(env.step(2 + action), untouched.step(1 + action))  # the nearest bound
    env.close()
    env.close()
    with pytest.raises(noesis.ConfigError, match="closed"):
        env.step(action)


def test_a_snapshot_forks_a_brain(route):
    env, fork = (gymnasium.make(STEER, noise=0.02, **route).unwrapped for _ in range(2))
    episode(env, 4, 5)
    state = env.snapshot()
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(5)]
    fork.restore(state)
    went = [env.step(action) for action in actions]
    assert same(went, [fork.step(action) for action in actions])
    env.restore(state)
    assert same(went, [env.step(action) for action in actions])
    assert same(env.reset(), fork.reset())
    for foreign in (b"", state[:-1], state + b"x", b"\0" * len(state)):
        with pytest.raises(noesis.ConfigError, match="snapshot"):
            env.restore(foreign)


# The surgeon's Dict action: flattened in the order that C++ reads it in.
def test_surgeon_actions(route):
    env = gymnasium.make(STEER, action_mode="surgeon", **route)
    assert isinstance(env.action_space, gymnasium.spaces.Dict)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check=True)
    nothing = {
        key: np.zeros(space.shape, space.dtype) for key, space in env.action_space.spaces.items()
    }
    clamped = copy.deepcopy(nothing)
    clamped["clamp"][3], clamped["level"][3] = 1, 0.75
    env.reset(seed=1)
    assert env.step(clamped)[0][3] == np.float32(0.75)
    env.reset(seed=1)
    env.step(nothing)
    lesion = copy.deepcopy(nothing)
    lesion["lesion"][5] = 1
    env.step(lesion)
    assert env.step(nothing)[0][5] == 0  # until the episode's end
    with pytest.raises(noesis.ConfigError, match="keys"):
        env.unwrapped.step({"current": nothing["current"]})


def test_the_flat_form_is_gymnasiums():
    from noesis.flat import flatten, unflatten

    space = gymnasium.spaces.Dict(
        {
            "b": gymnasium.spaces.Discrete(3, start=-1),
            "a": gymnasium.spaces.Tuple(
                [gymnasium.spaces.MultiDiscrete([2, 4]), gymnasium.spaces.Box(-1, 1, (2, 3), np.float64)]
            ),
            "c": gymnasium.spaces.MultiBinary([2, 2]),
        }
    )
    batch = gymnasium.vector.utils.batch_space(space, 3)
    space.seed(0)
    values = [space.sample() for _ in range(3)]
    for value in values:
        flat = flatten(space, value)
        assert np.array_equal(flat, gymnasium.spaces.flatten(space, value).astype(np.float32))
        assert unflatten(space, flat) in space
    together = gymnasium.vector.utils.concatenate(
        space, values, gymnasium.vector.utils.create_empty_array(space, 3)
    )
    stacked = flatten(space, together, (3,))
    assert np.array_equal(stacked, [flatten(space, value) for value in values])
    assert unflatten(space, stacked) in batch
    with pytest.raises(noesis.ConfigError, match="'b'"):
        flatten(space, values[0] | {"b": 2})


# Goes red when importing alone does not register, or the import by id does not work.
def test_the_package_registers_by_itself():
    code = """
import gymnasium, json
env = gymnasium.make("noesis:noesis/Steer-v0")
print(json.dumps(env.reset(seed=11)[0].tolist()))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    here = gymnasium.make(STEER).reset(seed=11)[0].tolist()
    assert json.loads(done.stdout) == here


# Goes red when the package asks for ZeroMQ before it is needed, or does not say that it is.
def test_without_zeromq_only_servers_are_out_of_reach():
    code = """
import sys
sys.modules["zmq"] = None
import gymnasium, noesis
gymnasium.make("noesis/Steer-v0").reset(seed=1)
for make in (gymnasium.make, gymnasium.make_vec):
    try:
        make("noesis/Steer-v0", address="tcp://127.0.0.1:1")
    except gymnasium.error.DependencyNotInstalled as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("pip install pyzmq msgpack") == 2


def test_errors_keep_their_parts_in_a_pickle():
    with pytest.raises(noesis.ConfigError) as caught:
        gymnasium.make(STEER, amplitude=-1)
    error = pickle.loads(pickle.dumps(caught.value))
    assert str(error) == str(caught.value) and error.where == "amplitude"
