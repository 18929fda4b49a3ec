"""A batch of environments on a server, with the interface of the one in this process."""

from typing import Any

import numpy as np

from noesis.errors import ConfigError
from noesis.remote.client import Client
from noesis.remote.wire import Message, Type


class _Columns:
    """The information of the last answer: columns that stay where they are, as those of the core do."""

    def __init__(self, num_envs: int):
        self._num_envs = num_envs
        self._columns: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def update(self, arrays: dict[str, np.ndarray], prefix: str, rows: Any = slice(None)) -> None:
        """Takes the columns of an answer, for those `rows` alone."""
        there = {key[len(prefix) :]: values for key, values in arrays.items() if key.startswith(prefix)}
        for name, values in there.items():
            if name not in self._columns and not name.endswith("/mask"):
                self._columns[name] = np.zeros(values.shape), np.zeros(self._num_envs, bool)
        for name, (values, has) in self._columns.items():
            if name in there:
                values[rows] = there[name][rows]
                has[rows] = there[name + "/mask"][rows] if name + "/mask" in there else True
            else:
                values[rows] = 0
                has[rows] = False

    def columns(self) -> list[tuple[str, np.ndarray, str, np.ndarray]]:
        return [(name, values, "_" + name, has) for name, (values, has) in sorted(self._columns.items())]

    def present(self) -> list[bool]:
        return [bool(has.any()) for _, (_, has) in sorted(self._columns.items())]

    def row(self, env: int) -> dict[str, Any]:
        return {
            name: float(values[env]) if values.ndim == 1 else values[env].copy()
            for name, (values, has) in sorted(self._columns.items())
            if has[env]
        }


class RemoteBatch:
    """What `noesis._core.VectorEnv` is for environments in this process: see its stubs.

    Results are arrays that never move and show the last reset or step.
    """

    def __init__(self, client: Client, env_id: str | None, num_envs: int, overrides: list[str], autoreset: str):
        self._client = client
        spec = client.make(env_id, num_envs, autoreset, overrides)
        self.spec = spec
        self.observation_space: str = spec["observation_space"]
        self.action_space: str = spec["action_space"]
        self.num_envs: int = spec["num_envs"]
        shape = (self.num_envs, spec["observation_size"])
        self.observations = np.zeros(shape, np.float32)
        self.rewards = np.zeros(self.num_envs)
        self.terminated, self.truncated, self.was_reset, self.has_final = np.zeros((4, self.num_envs), bool)
        self.final_observations = np.zeros(shape if autoreset == "SameStep" else (self.num_envs, 0), np.float32)
        self._next_step = autoreset == "NextStep"
        self._infos = {False: _Columns(self.num_envs), True: _Columns(self.num_envs)}
        self._in_flight: list[int] = []

    def close(self) -> None:
        self._client.close()

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        self._reset({}, np.ones(self.num_envs, bool), seed, options)

    def reset_masked(
        self, mask: np.ndarray, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> None:
        """Where the mask is true; a list has a seed for each environment."""
        self._reset({"reset_mask": mask.astype(np.uint8)}, mask, seed, options)

    def _reset(self, arrays: dict[str, np.ndarray], mask: np.ndarray, seed: Any, options: Any) -> None:
        for name, value in (options or {}).items():
            if isinstance(value, dict):
                raise ConfigError(what="an option of options cannot be sent", where=name, allowed="numbers and arrays")
            arrays[f"options/{name}"] = value.astype(np.uint8) if value.dtype == bool else value
        answer = self._client.ask(Type.RESET, {"seed": seed}, arrays)
        self.observations[...] = answer.arrays["observation"]
        for flags in (self.terminated, self.truncated, self.was_reset, self.has_final):
            flags[mask] = False
        self.rewards[mask] = 0
        self._infos[False].update(answer.arrays, "info/", mask)

    def step(self, actions: np.ndarray) -> None:
        self.send(actions)
        self.recv()

    def send(self, actions: np.ndarray) -> None:
        """Sends the actions of a step, whose results recv() will take. Several may be on their way."""
        self._in_flight.append(self._client.send(Type.STEP, None, {"action": actions}))

    def recv(self) -> None:
        """Takes the results of the first step that was sent and not yet received."""
        if not self._in_flight:
            raise ConfigError(what="no step was sent", where="recv", next="send actions first")
        self._take(self._client.receive(self._in_flight.pop(0), Type.STEP))

    def _take(self, answer: Message) -> None:
        arrays = answer.arrays
        if self._next_step:
            np.logical_or(self.terminated, self.truncated, out=self.was_reset)
        self.observations[...] = arrays["observation"]
        self.rewards[...] = arrays["reward"]
        self.terminated[...] = arrays["terminated"]
        self.truncated[...] = arrays["truncated"]
        self._infos[False].update(arrays, "info/")
        self.has_final[...] = arrays.get("final_mask", False)
        if "final_observation" in arrays:
            self.final_observations[...] = arrays["final_observation"]
        self._infos[True].update(arrays, "final_info/")

    def info_columns(self, final: bool = False) -> list[tuple[str, np.ndarray, str, np.ndarray]]:
        return self._infos[final].columns()

    def info_present(self, final: bool = False) -> list[bool]:
        return self._infos[final].present()

    def info_row(self, env: int) -> dict[str, Any]:
        return self._infos[False].row(env)

    def scene(self, env: int) -> dict[str, Any]:
        answer = self._client.ask(Type.RENDER, {"env": env})
        rows = [
            (name, answer.arrays[f"rows/{i}"], low, high) for i, (name, low, high) in enumerate(answer.fields["rows"])
        ]
        graph = {key: answer.arrays[f"graph/{key}"] for key in ("x", "y", "levels", "sources", "targets", "weights")}
        for ids in ("sources", "targets"):
            graph[ids] = graph[ids].astype(np.int32)
        return {"rows": rows, "graph": graph}

    def render_ansi(self, env: int) -> str:
        return self._client.ask(Type.RENDER, {"env": env}).fields["text"]

    def snapshot(self, env: int) -> bytes:
        return self._client.ask(Type.GET_STATE, {"env": env}).arrays["state"].tobytes()

    def restore(self, env: int, snapshot: bytes) -> None:
        state = np.frombuffer(snapshot, np.uint8)
        self._take(self._client.ask(Type.SET_STATE, {"env": env}, {"state": state}))
        self.was_reset[env] = False
