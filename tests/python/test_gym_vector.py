"""Batches through `gymnasium.make_vec`: Gymnasium's SyncVectorEnv over single environments is the reference."""

import threading
import time

import gymnasium
import noesis
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from noesis.errors import ConfigError
from test_gym import IDS, STEER, same

MODES = list(AutoresetMode)


def batch(env_id, num_envs, mode=AutoresetMode.NEXT_STEP, **options):
    return gymnasium.make_vec(env_id, num_envs, autoreset_mode=mode, **options)


# Goes red for any difference in observations, rewards, flags, infos, their types, masks and keys, over
# ends of episodes, in all modes.
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("env_id", IDS)
def test_equals_gymnasiums_sync_vector_env(env_id, mode, route):
    steps = 5
    ours = batch(env_id, 3, mode, max_episode_steps=steps, **route)
    theirs = SyncVectorEnv(
        [lambda: gymnasium.make(env_id, max_episode_steps=steps)] * 3, autoreset_mode=mode
    )
    assert ours.metadata["autoreset_mode"] is mode
    for name in ("single_observation_space", "single_action_space", "observation_space", "action_space"):
        assert getattr(ours, name) == getattr(theirs, name)
    theirs.action_space.seed(0)
    assert same(ours.reset(seed=40), theirs.reset(seed=40))
    if mode is AutoresetMode.DISABLED:  # so that they end at different times
        options = {"reset_mask": np.array([False, True, False])}
        for _ in range(2):
            actions = theirs.action_space.sample()
            assert same(ours.step(actions), theirs.step(actions))
        assert same(ours.reset(options=dict(options)), theirs.reset(options=dict(options)))
    for _ in range(14):
        actions = theirs.action_space.sample()
        result, expected = ours.step(actions), theirs.step(actions)
        assert same(result, expected)
        over = expected[2] | expected[3]
        if mode is AutoresetMode.DISABLED and over.any():
            with pytest.raises(noesis.ConfigError, match="over"):
                ours.step(actions)
            assert same(ours.reset(options={"reset_mask": over}), theirs.reset(options={"reset_mask": over}))
    assert ours.np_random_seed == (40, 41, 42)


def test_equals_sync_vector_env_with_ends_at_different_times(route):
    for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
        ours = batch(STEER, 4, mode, max_episode_steps=6, **route)
        theirs = SyncVectorEnv([lambda: gymnasium.make(STEER, max_episode_steps=6)] * 4, autoreset_mode=mode)
        mask = np.array([True, False, True, False])
        assert same(ours.reset(seed=[3, 9, 2**64 - 1, 5]), theirs.reset(seed=[3, 9, 2**64 - 1, 5]))
        theirs.action_space.seed(1)
        for step in range(20):
            actions = theirs.action_space.sample()
            assert same(ours.step(actions), theirs.step(actions))
            if step == 2:
                seeds = [7, None, None, 8]
                masks = [{"reset_mask": mask.copy()} for _ in range(2)]
                assert same(ours.reset(seed=seeds, options=masks[0]), theirs.reset(seed=seeds, options=masks[1]))


# Goes red when a batch gives its environments other bits than they have alone, or threads do.
def test_any_number_of_environments_and_threads(route):
    large = batch(STEER, 33, num_threads=2, noise=0.01, **route)
    small = batch(STEER, 5, num_threads=1, noise=0.01, **route)
    large.reset(seed=100), small.reset(seed=110)
    large.action_space.seed(0)
    for _ in range(30):
        actions = large.action_space.sample()
        a, b = large.step(actions), small.step(actions[10:15])
        assert same([part[10:15] for part in a[:4]], list(b[:4]))


def test_seeds_and_masks_are_checked(route):
    envs = batch(STEER, 3, **route)
    for seed in (-1, 2**64 - 2, [1, 2], [1, 2, -3], 0.5):
        with pytest.raises(noesis.ConfigError, match="seed"):
            envs.reset(seed=seed)
    for mask in ([True] * 3, np.ones(3), np.ones(2, bool), np.zeros(3, bool)):
        with pytest.raises(noesis.ConfigError, match="reset_mask"):
            envs.reset(options={"reset_mask": mask})
    with pytest.raises(noesis.ConfigError, match="reset"):
        envs.step(envs.action_space.sample())
    envs.reset(seed=2**64 - 4)
    for actions in (np.zeros((2, 10)), np.full((3, 10), np.inf), np.zeros(30)):
        with pytest.raises(noesis.ConfigError, match="action"):
            envs.step(actions)
    with pytest.raises(noesis.ConfigError, match="autoreset_mode"):
        noesis.make_vec_env(STEER, 3, autoreset_mode="Never", **route)
    for num_envs in (0, -1):
        with pytest.raises(noesis.ConfigError, match="num_envs"):
            noesis.make_vec_env(STEER, num_envs, **route)


def test_without_seeds_environments_differ(route):
    envs, others = batch(STEER, 4, **route), batch(STEER, 4, **route)
    first = envs.reset()[0]
    assert len({row.tobytes() for row in np.concatenate([first, others.reset()[0]])}) == 8
    assert np.array_equal(first, others.reset(seed=list(envs.np_random_seed))[0])
    assert not np.array_equal(first, envs.reset()[0])  # the next episodes of those seeds


def test_a_batch_can_be_made_again_from_its_spec(route):
    envs = batch(STEER, 3, AutoresetMode.SAME_STEP, amplitude=2, **route)
    again = gymnasium.make_vec(envs.spec)
    assert again.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP and again.num_envs == 3
    assert same(envs.reset(seed=1), again.reset(seed=1))
    actions = envs.action_space.sample()
    assert same(envs.step(actions), again.step(actions))
    envs.close(), envs.close()
    with pytest.raises(noesis.ConfigError, match="closed"):
        envs.step(actions)


def test_wrappers_of_gymnasium_work(route):
    envs = batch(STEER, 3, max_episode_steps=4, **route)
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    envs = gymnasium.wrappers.vector.NormalizeObservation(envs)
    envs.reset(seed=0)
    total = 0
    for _ in range(4):
        _, reward, _, truncated, info = envs.step(envs.action_space.sample())
        total += reward
    assert truncated.all() and np.allclose(info["episode"]["r"], total) and (info["episode"]["l"] == 4).all()


# From here on: what only the environment in process has.


# Goes red when results are copied, or a view can be written to, moves, or outlives its memory.
def test_views_are_the_memory_of_the_batch():
    envs = batch(STEER, 3, copy=False)
    first, _ = envs.reset(seed=1)
    before = first.copy()
    second, rewards, terminated, truncated, infos = envs.step(envs.action_space.sample())
    assert np.shares_memory(first, second) and not np.array_equal(first, before)
    core = envs.unwrapped._core
    assert np.shares_memory(second, core.observations) and np.shares_memory(rewards, core.rewards)
    for view in (second, rewards, terminated, truncated, infos["distance"], infos["_distance"]):
        assert not view.flags.writeable and not view.flags.owndata
    kept = second.copy()
    envs.close()
    del envs, core
    assert np.array_equal(second, kept)


def test_copies_stay_as_they_are():
    envs = batch(STEER, 3)
    results = [envs.reset(seed=1)] + [envs.step(envs.action_space.sample()) for _ in range(3)]
    assert not same(results[1], results[2])
    frozen = [part.copy() for part in results[1][:4]]
    envs.step(envs.action_space.sample())
    assert same(list(results[1][:4]), frozen)
    envs = batch(STEER, 2, AutoresetMode.SAME_STEP, max_episode_steps=1)
    envs.reset(seed=1)
    final = envs.step(envs.action_space.sample())[4]["final_obs"]
    kept = final[0].copy()
    envs.step(envs.action_space.sample())
    assert np.array_equal(final[0], kept)


def test_a_step_in_two_halves():
    whole, halves = batch(STEER, 5), batch(STEER, 5)
    whole.reset(seed=2), halves.reset(seed=2)
    core = halves.unwrapped._core
    actions = whole.action_space.sample()
    core.send(actions)
    for call in (core.info_columns, core.info_present, lambda: core.scene(0), lambda: core.step(actions)):
        with pytest.raises(noesis.ConfigError, match="recv"):
            call()
    core.recv()
    assert np.array_equal(whole.step(actions)[0], core.observations)
    with pytest.raises(noesis.ConfigError, match="send"):
        core.recv()
    core.send(actions)  # and nobody waits for it


# Goes red when a step keeps Python's lock: the other thread would count to almost nothing.
def test_other_threads_run_during_a_step():
    envs = batch(STEER, 64, subject="celegans", control_interval=2)
    envs.reset(seed=0)
    actions = envs.action_space.sample()
    counts, stop = [0], threading.Event()

    def count():
        while not stop.is_set():
            counts[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = counts[0]
        envs.unwrapped._core.step(actions)  # one call
        during = counts[0] - before
    finally:
        stop.set()
        thread.join()
    assert during > 100


def test_two_threads_at_once_are_told():
    envs = batch(STEER, 64, subject="celegans", control_interval=2)
    envs.reset(seed=0)
    actions = envs.action_space.sample()
    refused = []

    def step():
        for _ in range(5):
            try:
                envs.unwrapped._core.step(actions)
            except noesis.ConfigError as error:
                refused.append(error.what)

    threads = [threading.Thread(target=step) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any("two threads" in what for what in refused)
    envs.step(actions)  # and goes on


# Goes red when threads of the parent's physics are expected in a forked child, which then hangs.
def test_gymnasiums_processes_work_beside_threads():
    envs = batch(STEER, 32, num_threads=2)
    envs.reset(seed=0)
    envs.step(envs.action_space.sample())
    children = gymnasium.make_vec(STEER, 2, vectorization_mode="async")
    try:
        first, _ = children.reset(seed=5)
        actions = children.action_space.sample()
        observations = children.step_async(actions) or children.step_wait(timeout=60)[0]
    finally:
        children.close()
    here = batch(STEER, 2)
    assert np.array_equal(here.reset(seed=5)[0], first)
    assert np.array_equal(here.step(actions)[0], observations)


# Goes red when batches, or the views of one, are never freed.
def test_memory_is_given_back():
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    def use():
        envs = batch(STEER, 64, AutoresetMode.SAME_STEP, max_episode_steps=2, subject="reference-200")
        envs.reset(seed=0)
        for _ in range(3):
            envs.step(envs.action_space.sample())

    use()
    before = resident()
    for _ in range(20):
        use()
    assert resident() - before < 8e6


# Goes red when the backend does not reach the batch, or changes a bit. Kernels of devices are tested in C++.
def test_backend_is_chosen(route):
    if route:
        with pytest.raises(ConfigError, match="noesis serve --backend"):
            batch(STEER, 2, backend="auto", **route)
        return
    with pytest.raises(ConfigError, match="no such backend"):
        batch(STEER, 2, backend="abacus")
    plain, chosen = batch(STEER, 2), batch(STEER, 2, backend="auto")
    assert same(plain.reset(seed=3), chosen.reset(seed=3))
    actions = plain.action_space.sample()
    assert same(plain.step(actions), chosen.step(actions))
