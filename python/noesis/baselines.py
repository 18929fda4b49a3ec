"""The baselines that every environment comes with: what an agent is to be compared with."""

from typing import Any

import numpy as np

from noesis import _core
from noesis.flat import flatten, unflatten
from noesis.options import check_seed, overrides
from noesis.spaces import space_from_json


def baseline_names(env_id: str) -> list[str]:
    """Names of the baselines of an environment: "zero", "random", "scripted", and others it may have.

    Raises ConfigError, with the nearest id, for an unknown one.
    """
    return _core.baseline_names(env_id)


class Baseline:
    """A policy: `action = baseline(observation)`, after `baseline.restart(seed)` in each episode.

    The scripted ones know the task as its author does. Raises ConfigError for an unknown id, name or
    option, and for a task that the scripted one does not know (surgeon mode).

    Args:
        env_id: such as "noesis/Steer-v0".
        name: one of `baseline_names(env_id)`.
        **options: those that the environment is made with.
    """

    def __init__(self, env_id: str, name: str = "scripted", **options: Any):
        given = overrides(options)
        spaces = _core.VectorEnv(env_id, 1, given, "Disabled", 1)
        self.observation_space = space_from_json(spaces.observation_space)
        self.action_space = space_from_json(spaces.action_space)
        self._core = _core.Baseline(name, env_id, given)

    def restart(self, seed: int = 0) -> None:
        """A new episode; equal seeds act alike."""
        self._core.restart(check_seed(seed))

    def __call__(self, observation: Any) -> Any:
        flat = np.ascontiguousarray(flatten(self.observation_space, observation), np.float32)
        return unflatten(self.action_space, self._core.act(flat))
