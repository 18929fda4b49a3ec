"""Environments of a server, as Gymnasium has them: those of this process on a batch elsewhere."""

from pathlib import Path
from typing import Any

import numpy as np

from noesis.env import Env
from noesis.errors import ConfigError
from noesis.remote.batch import RemoteBatch
from noesis.remote.client import Client
from noesis.vector_env import VectorEnv


def _make(
    client: Client, env_id: str, num_envs: int, overrides: list[str], autoreset: str, _num_threads: int, backend: str
) -> RemoteBatch:
    if backend != "cpu":
        raise ConfigError(
            what="brains on a server are where the server has them",
            where="backend",
            got=repr(backend),
            allowed="leave it out",
            next="start the server with `noesis serve --backend`",
        )
    return RemoteBatch(client, env_id, num_envs, overrides, autoreset)


class RemoteEnv(Env):
    """`noesis.env.Env` on the server at `address`.

    Args:
        address: such as "tcp://127.0.0.1:5555".
        env_id: such as "noesis/Steer-v0".
        render_mode: None, "human", "rgb_array" or "ansi"; pictures are drawn here.
        curve: the key file of a client, where the server asks for keys.
        timeout_s: see Client.
        connect_timeout_s: see Client.
        **options: of the environment.
    """

    def __init__(
        self,
        address: str,
        env_id: str,
        *,
        render_mode: str | None = None,
        curve: str | Path | None = None,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 5.0,
        **options: Any,
    ):
        self.client = Client(address, curve=curve, timeout_s=timeout_s, connect_timeout_s=connect_timeout_s)
        try:
            super().__init__(env_id, render_mode=render_mode, **options)
        except BaseException:
            self.client.close()
            raise

    def _make(self, *batch: Any) -> RemoteBatch:
        return _make(self.client, *batch)

    def close(self) -> None:
        super().close()
        self.client.close()


class RemoteVectorEnv(VectorEnv):
    """`noesis.vector_env.VectorEnv` on the server at `address`; arguments as RemoteEnv has them.

    Beside step() there are send(actions) and recv(): a client may send a step, or several, and do
    something else until it wants their results.
    """

    def __init__(
        self,
        address: str,
        env_id: str,
        num_envs: int = 1,
        *,
        curve: str | Path | None = None,
        timeout_s: float = 60.0,
        connect_timeout_s: float = 5.0,
        **options: Any,
    ):
        self.client = Client(address, curve=curve, timeout_s=timeout_s, connect_timeout_s=connect_timeout_s)
        try:
            super().__init__(env_id, num_envs, **options)
        except BaseException:
            self.client.close()
            raise

    def _make(self, *batch: Any) -> RemoteBatch:
        return _make(self.client, *batch)

    def send(self, actions: Any) -> None:
        """Sends the actions of a step and returns at once. As many as the server's window may be on their way."""
        self._open().send(self._flat(actions))

    def recv(self) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """The results of the first step that was sent and not yet received, as step() gives them."""
        core = self._open()
        core.recv()
        return self._stepped(core)

    def close_extras(self, **kwargs: Any) -> None:
        super().close_extras(**kwargs)
        self.client.close()
