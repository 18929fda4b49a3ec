"""The command `noesis serve` under abuse, from outside: it lives, others notice nothing, and its memory is
bounded. What each answer says is tested in tests/server."""

import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import zmq
from server_process import Server

from noesis.remote import Client, RemoteEnv, RemoteVectorEnv, wire

STEER = "noesis/Steer-v0"


def raw(server, most_waiting=1000):
    connection = zmq.Context.instance().socket(zmq.DEALER)
    connection.linger = 0
    connection.rcvhwm = most_waiting
    connection.connect(server.address)
    return connection


def random_bytes(server, rng):
    connection = raw(server)
    for _ in range(2000):
        connection.send_multipart([rng.bytes(rng.integers(0, 300)) for _ in range(rng.integers(1, 4))])
    connection.close(linger=2000)


def bytes_that_are_no_zmq(server, rng):
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", int(server.address.rsplit(":", 1)[1]))) as plain:
            plain.sendall(rng.bytes(1000))


def frames_that_are_too_large(server, rng):
    for _ in range(3):
        connection = raw(server)
        connection.send(bytes(65 << 20))
        connection.close(linger=2000)
    head = wire.encode(wire.Type.PING, {"id": 1, "padding": bytes(2 << 20)})
    connection = raw(server)
    connection.send_multipart(head)
    assert connection.poll(5000)
    assert wire.decode(connection.recv_multipart()).fields["code"] == "MALFORMED"
    connection.close()


def two_hundred_connections(server, rng):
    for i in range(200):
        connection = raw(server)
        connection.send_multipart(wire.encode(wire.Type.MAKE, {"id": 1, "token": rng.bytes(16), "env": STEER}))
        if i % 2:
            assert connection.poll(10_000)
        connection.close()


def client_killed_mid_step(server, rng):
    script = (
        "import sys, numpy as np; from noesis.remote import RemoteVectorEnv\n"
        f"envs = RemoteVectorEnv({server.address!r}, {STEER!r}, 64, subject='reference-50')\n"
        "envs.reset(seed=1); print('ready', flush=True)\n"
        "while True: envs.step(np.zeros(envs.action_space.shape, np.float32))\n"
    )
    for _ in range(3):
        victim = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert victim.stdout.readline() == "ready\n"
        time.sleep(0.05)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        victim.stdout.close()


def slow_reader(server, rng):
    """Asks for hundreds of megabytes and reads none of them, nor does its library."""
    connection = raw(server, most_waiting=1)
    connection.send_multipart(
        wire.encode(wire.Type.MAKE, {"id": 1, "token": rng.bytes(16), "env": STEER, "num_envs": 4096})
    )
    assert connection.poll(30_000)
    spec = wire.decode(connection.recv_multipart())
    request = wire.encode(wire.Type.RESET, {"id": 2, "session": spec.fields["session"], "seq": 1, "seed": 1})
    for _ in range(1000):
        connection.send_multipart(request)
    with Client(server.address) as client:
        deadline = time.monotonic() + 20
        while client.stats()["dropped"] == 0 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert client.stats()["dropped"] == 1
    connection.close()


# Goes red when an abuse ends the server, disturbs a neighbour's trajectory, or takes or keeps memory. What
# is taken meanwhile holds three frames of the largest size, or what a slow reader may keep waiting (64 MiB).
@pytest.mark.parametrize(
    "abuse",
    [
        random_bytes, bytes_that_are_no_zmq, frames_that_are_too_large, two_hundred_connections,
        client_killed_mid_step, slow_reader,
    ],
)  # fmt: skip
def test_survives(command, abuse):
    rng = np.random.default_rng(1)
    with Server(command, "--lease", "0.5", "--max-sessions", "256") as server:
        bystander, undisturbed = RemoteEnv(server.address, STEER), RemoteEnv(server.address, STEER)
        bystander.reset(seed=1)
        undisturbed.reset(seed=1)
        action = np.full(10, 0.3, np.float32)
        expected = [undisturbed.step(action)[0].tobytes() for _ in range(20)]
        undisturbed.close()
        before, _ = server.memory()
        got = [bystander.step(action)[0].tobytes() for _ in range(10)]
        abuse(server, rng)
        got += [bystander.step(action)[0].tobytes() for _ in range(10)]
        assert got == expected
        with Client(server.address) as client:
            deadline = time.monotonic() + 20
            while client.stats()["sessions"] > 1 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert client.stats()["sessions"] == 1, "the rest was let go"
        after, most = server.memory()
        print(f"{abuse.__name__}: {(most - before) / 2**20:.1f} MiB meanwhile, {(after - before) / 2**20:.1f} MiB after")
        assert most - before < 200 << 20
        assert after - before < 40 << 20
        bystander.close()


def test_ends_when_asked_to_while_it_works(command):
    with Server(command) as server:
        envs = RemoteVectorEnv(server.address, STEER, 256, subject="reference-50")
        envs.reset(seed=1)
        envs.send(np.zeros(envs.action_space.shape, np.float32))
        time.sleep(0.01)
        assert server.stop() < 2
        envs.recv()  # what was in flight was answered


def test_ends_in_time_whatever_runs(command):
    with Server(command) as server:
        envs = RemoteVectorEnv(server.address, STEER, 4096, subject="reference-100", timeout_s=120)
        envs.reset(seed=1)
        for _ in range(4):
            envs.send(np.zeros(envs.action_space.shape, np.float32))
        time.sleep(0.2)
        assert server.stop() < 2


def test_says_what_is_wrong_with_its_options(command):
    def stderr(*arguments):
        done = subprocess.run([command, "serve", *arguments], capture_output=True, text=True, timeout=30)
        assert done.returncode == 2
        return done.stderr

    assert "--insecure" in stderr("--bind", "tcp://0.0.0.0:0")
    assert "did you mean 'noesis/Steer-v0'" in stderr("--env", "noesis/Ster-v0")
    assert "--num-envs" in stderr("--num-envs", "0")
    assert "not there" in stderr("--curve", "/nowhere/keys.toml") or "nowhere" in stderr("--curve", "/nowhere/keys.toml")
    done = subprocess.run([command, "serve", "--help"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "Examples:" in done.stdout and "--make-keys" in done.stdout


def test_serves_one_environment_alone_if_told(command):
    with Server(command, "--env", "noesis/Emulate-v0", "--num-envs", "3") as server, Client(server.address) as client:
        assert client.hello()["environments"] == ["noesis/Emulate-v0"]
        spec = client.make(None, None, "NextStep", [])
        assert (spec["env"], spec["num_envs"]) == ("noesis/Emulate-v0", 3)


# Goes red when a log says nothing of clients that come and go.
def test_logs_its_clients_away_from_a_terminal(command):
    with subprocess.Popen([command, "serve", "--bind", "tcp://127.0.0.1:0"], stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as process:  # fmt: skip
        address = process.stdout.readline().split("listening on ")[1].split()[0]
        env = RemoteEnv(address, STEER)
        env.reset(seed=1)
        came = process.stderr.readline()
        env.close()
        went = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    assert came == "noesis serve: 1 client came, 0 went; now 1 client, 1 session, 1 environment\n"
    assert went == "noesis serve: 0 clients came, 1 went; now 0 clients, 0 sessions, 0 environments\n"


# Goes red when the line is not redrawn, or says nothing of what is going on.
def test_shows_its_status_on_a_terminal(command):
    ours, its = os.openpty()
    with subprocess.Popen(
        [command, "serve", "--bind", "tcp://127.0.0.1:0"], stderr=its, stdout=subprocess.PIPE, text=True
    ) as process:
        os.close(its)
        address = process.stdout.readline().split("listening on ")[1].split()[0]
        env = RemoteEnv(address, STEER)
        env.reset(seed=1)
        shown = ""
        deadline = time.monotonic() + 10
        while "1 clients  1 sessions  1 envs" not in shown and time.monotonic() < deadline:
            env.step(np.zeros(10, np.float32))
            shown += os.read(ours, 4096).decode()
        env.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    os.close(ours)
    assert "\r\x1b[K" in shown and "steps/s" in shown and "p99" in shown
