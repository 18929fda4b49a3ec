"""Environments on a server that `noesis serve` runs (docs/protocol.md).

    env = RemoteEnv("tcp://127.0.0.1:5555", "noesis/Steer-v0")
    envs = RemoteVectorEnv("tcp://127.0.0.1:5555", "noesis/Steer-v0", 64)

or, the same, `gymnasium.make("noesis/Steer-v0", address="tcp://...")`. They behave like those in this
process, bit for bit, and their errors are the same; what only a connection can do wrong is a
`noesis.RemoteError`. Needs pyzmq and msgpack, and nothing that is compiled.
"""

from noesis.remote.client import Client
from noesis.remote.envs import RemoteEnv, RemoteVectorEnv

__all__ = ["Client", "RemoteEnv", "RemoteVectorEnv"]
