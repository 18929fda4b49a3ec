"""Environments on a server against those in this process, and what happens when the server or the way to
it fails. Gymnasium's own tests run through both routes in test_gym*.py."""

import os
import signal
import subprocess
import threading
import time

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from server_process import Relay, Server

from noesis.errors import ConfigError, LeaseLost, Refused, RunError, ServerError, ServerFull, Silent
from noesis.remote import Client, RemoteEnv, RemoteVectorEnv

STEER = "noesis/Steer-v0"


def play(envs, steps=30, seed=5):
    """All that a batch gives, as bytes."""
    rng = np.random.default_rng(3)
    observation, infos = envs.reset(seed=seed)
    seen = [observation.tobytes()]
    for _ in range(steps):
        action = rng.uniform(-1, 1, envs.action_space.shape).astype(np.float32)
        observation, reward, terminated, truncated, infos = envs.step(action)
        seen += [observation.tobytes(), reward.tobytes(), terminated.tobytes(), truncated.tobytes()]
        seen += [infos[key].tobytes() for key in sorted(infos) if isinstance(infos[key], np.ndarray) and infos[key].dtype != object]
    return seen


# Goes red when a thread count of the server, or a batch's size, changes a bit.
@pytest.mark.parametrize("threads", [("1", "1"), ("4", "2")])
def test_same_trajectory_for_any_thread_count(command, threads):
    from noesis.vector_env import VectorEnv

    here = VectorEnv(STEER, 5, max_episode_steps=10)
    with Server(command, "--threads", threads[0], "--env-threads", threads[1]) as server:
        there = RemoteVectorEnv(server.address, STEER, 5, max_episode_steps=10)
        assert play(there) == play(here)
        single = RemoteEnv(server.address, STEER)
        first, _ = single.reset(seed=7)
        batch, _ = there.reset(seed=5)
        assert np.array_equal(batch[2], first), "environment 2 of seed 5 is the one of seed 7"
        there.close()
        single.close()


# Goes red when an agent could notice that the brains of its session are split over processes.
def test_same_trajectory_over_workers(command):
    from noesis.vector_env import VectorEnv

    here = VectorEnv(STEER, 3, max_episode_steps=10)
    with Server(command, "--local-workers", "2") as server:
        there = RemoteVectorEnv(server.address, STEER, 3, max_episode_steps=10)
        children = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True)
        assert len(children.stdout.split()) == 2
        assert play(there, steps=15) == play(here, steps=15)
        there.close()


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_same_batches_in_all_autoreset_modes(server, mode):
    from noesis.vector_env import VectorEnv

    here = VectorEnv(STEER, 3, autoreset_mode=mode, max_episode_steps=7)
    there = RemoteVectorEnv(server.address, STEER, 3, autoreset_mode=mode, max_episode_steps=7)
    results = []
    for envs in (here, there):
        envs.reset(seed=1)
        log = []
        for step in range(20):
            observation, reward, terminated, truncated, infos = envs.step(np.full((3, 10), 0.1 * step - 1, np.float32))
            log.append((observation, reward, terminated, truncated, infos, envs.was_reset))
            if mode == AutoresetMode.DISABLED and truncated.any():
                mask = np.array([True, False, True])
                log.append(envs.reset(options={"reset_mask": mask}))
                log.append(envs.reset(options={"reset_mask": ~mask}))
        results.append(log)
        envs.close()
    assert equal(results[0], results[1])


def equal(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, np.ndarray) and a.dtype == object:
        return equal(list(a), list(b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a == b


# Goes red when one route says another thing than the other, or in another class.
@pytest.mark.parametrize(
    "mistake",
    [
        lambda make: make("noesis/Ster-v0"),
        lambda make: make(STEER, amplitude=-1),
        lambda make: make(STEER, amplitud=1),
        lambda make: make(STEER).step(np.zeros(10, np.float32)),
        lambda make: after_reset(make(STEER)).step(np.full(10, np.nan, np.float32)),
        lambda make: after_reset(make(STEER)).step(np.zeros(9, np.float32)),
        lambda make: make(STEER).reset(seed=1, options={"unheard_of": 1}),
        lambda make: make(STEER).restore(b"foreign"),
    ],
)
def test_mistakes_are_the_same_errors(server, mistake):
    from noesis.env import Env

    texts = []
    for make in (Env, lambda env_id, **options: RemoteEnv(server.address, env_id, **options)):
        with pytest.raises(ConfigError) as raised:
            mistake(make)
        texts.append(str(raised.value))
    assert texts[0] == texts[1]


def after_reset(env):
    env.reset(seed=1)
    return env


def test_fork_and_look(server):
    from noesis.env import Env

    here, there = Env(STEER, render_mode="ansi"), RemoteEnv(server.address, STEER, render_mode="ansi")
    action = np.full(10, 0.5, np.float32)
    for env in (here, there):
        env.reset(seed=3)
        env.step(action)
    assert there.render() == here.render()
    scenes = here._core.scene(0), there._core.scene(0)
    assert equal(scenes[0], scenes[1])
    assert there._core.render_ansi(0) == here._core.render_ansi(0)
    state = there.snapshot()
    forked = RemoteEnv(server.address, STEER)
    forked.restore(state)
    assert equal(there.step(action), forked.step(action))
    for env in (here, there, forked):
        env.close()


def test_steps_may_be_in_flight(server):
    envs, alone = (RemoteVectorEnv(server.address, STEER, 2) for _ in range(2))
    actions = [np.full((2, 10), x, np.float32) for x in (-1, 0, 1, 0.5)]
    envs.reset(seed=1)
    alone.reset(seed=1)
    for action in actions:
        envs.send(action)
    with pytest.raises(ConfigError, match="too many"):
        envs.send(actions[0])
    for action in actions:
        assert equal(envs.recv(), alone.step(action))
    with pytest.raises(ConfigError, match="no step was sent"):
        envs.recv()


# Goes red when a retry is done twice or not at all, or a session cannot be taken up again.
def test_lost_connections_change_nothing(server):
    relay = Relay(server.address)
    steady, shaken = RemoteEnv(server.address, STEER), RemoteEnv(relay.address, STEER)
    steps = server_steps(server)
    assert equal(steady.reset(seed=9), shaken.reset(seed=9))
    for k in range(12):
        action = np.full(10, np.sin(k), np.float32)
        if k % 3 == 1:
            relay.cut()
        elif k % 3 == 2:  # the step is taken, and its answer lost
            relay.answers_pass = False
            threading.Timer(0.3, lambda: (relay.cut(), setattr(relay, "answers_pass", True))).start()
        assert equal(steady.step(action), shaken.step(action)), k
    assert server_steps(server) - steps == 24
    shaken.close()
    steady.close()
    relay.close()


def server_steps(server):
    with Client(server.address) as client:
        return client.stats()["env_steps"]


def test_lease_is_lost_after_too_long_an_absence(command):
    with Server(command, "--lease", "0.3") as server:
        relay = Relay(server.address)
        env, near = RemoteEnv(relay.address, STEER), RemoteEnv(server.address, STEER)
        env.reset(seed=1)
        near.reset(seed=1)
        relay.cut()
        relay.close()
        with Client(server.address) as client:
            deadline = time.monotonic() + 10
            while client.stats()["sessions"] > 1 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert client.stats()["sessions"] == 1 and client.stats()["dropped"] == 1
        near.step(np.zeros(10, np.float32))  # silent for as long, and connected: nothing happened to it

        env.client._socket.connect(server.address)  # the way is free again
        with pytest.raises(LeaseLost, match="no such session any more"):
            env.step(np.zeros(10, np.float32))
        near.close()


def test_time_outs_say_why(command):
    with pytest.raises(Refused, match="connection refused"):
        RemoteEnv("tcp://127.0.0.1:1", STEER, connect_timeout_s=0.5)
    with pytest.raises(ConfigError, match="address"):
        RemoteEnv("nowhere", STEER)
    with Server(command) as server:
        env = RemoteEnv(server.address, STEER, timeout_s=1)
        env.reset(seed=1)
        os.kill(server.process.pid, signal.SIGSTOP)
        with pytest.raises(Silent, match="did not answer within 1 s"):
            env.step(np.zeros(10, np.float32))
        os.kill(server.process.pid, signal.SIGCONT)
    env = None
    with Server(command) as server:
        env = RemoteEnv(server.address, STEER, timeout_s=1)
        env.reset(seed=1)
        server.process.kill()
        server.process.wait()
        with pytest.raises(Silent, match="no heartbeat"):
            env.step(np.zeros(10, np.float32))
        env.close()


def test_full_server_says_when_to_come_back(command):
    with Server(command, "--max-sessions", "1") as server:
        env = RemoteEnv(server.address, STEER)
        with pytest.raises(ServerFull) as raised:
            RemoteEnv(server.address, STEER)
        assert 0 < raised.value.retry_after_s <= 30
        env.close()
        env.close()
        RemoteEnv(server.address, STEER).close()


def test_keys_admit_their_client_alone(command, tmp_path):
    import subprocess

    keys = tmp_path / "keys.toml"
    made = subprocess.run([command, "serve", "--make-keys", keys], capture_output=True, text=True, check=True)
    client = tmp_path / "keys.client.toml"
    assert str(client) in made.stdout
    assert (keys.stat().st_mode | client.stat().st_mode) & 0o077 == 0
    with Server(command, "--curve", str(keys)) as server:
        RemoteEnv(server.address, STEER, curve=client).close()
        with pytest.raises(Refused):
            RemoteEnv(server.address, STEER, connect_timeout_s=1)
        other = tmp_path / "other.toml"
        subprocess.run([command, "serve", "--make-keys", other], capture_output=True, check=True)
        with pytest.raises(Refused):
            RemoteEnv(server.address, STEER, curve=tmp_path / "other.client.toml", connect_timeout_s=1)
    with pytest.raises(ConfigError, match="not the keys of a client"):
        RemoteEnv("tcp://127.0.0.1:1", STEER, curve=keys)


def test_client_tells_what_there_is(server):
    with Client(server.address) as client:
        assert client.hello()["version"] == 1
        steer = next(one for one in client.catalogue() if one["id"] == STEER)
        assert steer["max_episode_steps"] == 100
        assert {option["key"] for option in steer["options"]} >= {"amplitude", "max_episode_steps"}
        assert client.ping() > 0
        assert {"clients", "envs", "env_steps_per_s", "latency_p50_us", "latency_p99_us"} <= client.stats().keys()
    with pytest.raises(ConfigError, match="closed"):
        client.ping()


def test_server_that_shuts_down_says_so(command):
    with Server(command) as server:
        env = RemoteEnv(server.address, STEER)
        env.reset(seed=1)
        assert server.stop() < 2
        with pytest.raises(ServerError, match="shuts down"):  # not Silent, after a minute of waiting
            env.step(np.zeros(10, np.float32))


# Goes red without the limit: the system would end the server, or this machine would swap.
def test_a_brain_that_does_not_fit_is_its_clients_error(command):
    with Server(command, "--memory", "1") as server:
        other = RemoteEnv(server.address, STEER)
        other.reset(seed=1)
        with pytest.raises(RunError, match="memory"):
            RemoteEnv(server.address, STEER, subject="reference-20000000")
        assert len(other.step(other.action_space.sample())) == 5  # unharmed
        other.close()
