#!/usr/bin/env python3
"""A whole client of `noesis serve` in plain Python, written from docs/protocol.md alone.

    noesis serve --bind tcp://127.0.0.1:5555 &
    python examples/minimal_client.py tcp://127.0.0.1:5555 noesis/Steer-v0

It needs pyzmq and msgpack. Clients in other languages can be written in the same way; for Python there
is noesis.remote, which also retries, resumes, and speaks Gymnasium.
"""

import array
import secrets
import struct
import sys

import msgpack
import zmq

HELLO, MAKE, RESET, STEP, CLOSE, REPLY, ERROR = 1, 3, 5, 6, 11, 0x80, 0xFF
CODES = {"float32": "f", "float64": "d", "int64": "q", "uint8": "B"}


def encode(kind, fields, arrays=()):
    """The frames of a message; `arrays` are (name, dtype, shape, array.array)."""
    table, data = [], b""
    for name, dtype, shape, values in arrays:
        data += bytes(-len(data) % 8)  # each array begins at a multiple of 8
        table.append([name, dtype, list(shape), len(data)])
        data += values.tobytes()
    if table:
        fields = {**fields, "arrays": table}
    head = struct.pack("<4sBBH", b"NOES", 1, kind, 0) + msgpack.packb(fields)
    return [head, data] if table else [head]


def decode(frames):
    """(kind, fields, {name: (shape, array.array)}) of a message."""
    magic, version, kind, flags = struct.unpack_from("<4sBBH", frames[0])
    if (magic, version, flags) != (b"NOES", 1, 0):
        raise ValueError("not a message of version 1")
    fields, arrays = msgpack.unpackb(frames[0][8:]), {}
    for name, dtype, shape, offset in fields.get("arrays", []):
        values = array.array(CODES[dtype])
        count = 1
        for length in shape:
            count *= length
        values.frombytes(frames[1][offset : offset + count * values.itemsize])
        arrays[name] = (shape, values)
    return kind, fields, arrays


class Client:
    def __init__(self, address, timeout_s=30):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, int(1000 * timeout_s))
        self.socket.connect(address)
        self.last_id = self.seq = self.session = 0

    def call(self, kind, fields, arrays=()):
        """Sends a request and gives its answer's fields and arrays."""
        self.last_id += 1
        self.socket.send_multipart(encode(kind, {"id": self.last_id, **fields}, arrays))
        while True:
            answer, fields, arrays = decode(self.socket.recv_multipart())
            if fields.get("id") == self.last_id:  # else it is nothing that is waited for
                break
        if answer == ERROR:
            raise RuntimeError(f"{fields['code']}: {fields['message']}")
        assert answer == kind | REPLY
        return fields, arrays

    def call_session(self, kind, fields, arrays=()):
        self.seq += 1
        return self.call(kind, {"session": self.session, "seq": self.seq, **fields}, arrays)

    def make(self, env, num_envs):
        spec, _ = self.call(MAKE, {"token": secrets.token_bytes(16), "env": env, "num_envs": num_envs})
        self.session, self.seq = spec["session"], spec["next_seq"] - 1
        return spec

    def reset(self, seed):
        return self.call_session(RESET, {"seed": seed})[1]

    def step(self, actions, shape):
        return self.call_session(STEP, {}, [("action", "float32", shape, array.array("f", actions))])[1]


def main(address, env, steps=100, num_envs=2, seed=7):
    client = Client(address)
    welcome, _ = client.call(HELLO, {"versions": [1, 1]})
    print(welcome["server"], "offers", ", ".join(welcome["environments"]))
    spec = client.make(env, num_envs)
    print(f"{env}: {spec['observation_size']} observations, {spec['action_size']} actions")
    client.reset(seed)
    shape = (num_envs, spec["action_size"])
    returns = [0.0] * num_envs
    for _ in range(steps):
        results = client.step([0.0] * (shape[0] * shape[1]), shape)
        for i, reward in enumerate(results["reward"][1]):
            returns[i] += reward
    print("returns of doing nothing:", *(f"{value:.3f}" for value in returns))
    client.call(CLOSE, {"session": client.session})
    return returns


if __name__ == "__main__":
    main(*sys.argv[1:3])
