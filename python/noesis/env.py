"""One environment in this process, as Gymnasium has it."""

import secrets
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from noesis.errors import ConfigError
from noesis.flat import flatten, is_flat, unflatten
from noesis.options import check_seed, overrides, reset_options
from noesis.rendering import METADATA, Renderer, check_mode
from noesis.spaces import space_from_json

if TYPE_CHECKING:
    from noesis import _core


class Env(gymnasium.Env):
    """An environment of noesis.

    Equal seeds and actions give equal bits, here, in a batch and on a server. A step before the first
    reset, after an end, or with an action that is not finite is a ConfigError; actions out of bounds
    count as the nearest bound. Python's lock is released while the brain is stepped; one thread at a
    time may use an environment.

    Args:
        env_id: such as "noesis/Steer-v0".
        render_mode: None, "human", "rgb_array" or "ansi".
        max_episode_steps: the environment's own time limit; 0 means none, since `gymnasium.make` puts a
            TimeLimit around it.
        backend: what takes the brains' steps: "cpu", "cuda", "hip", or "auto", a device where the batch
            gains by it. Results do not depend on it.
        **options: of the environment (`noesis.env_options`).
    """

    metadata = METADATA

    def __init__(
        self,
        env_id: str,
        *,
        render_mode: str | None = None,
        max_episode_steps: int = 0,
        backend: str = "cpu",
        **options: Any,
    ):
        check_mode(render_mode)
        options["max_episode_steps"] = max_episode_steps
        self._core = self._make(env_id, 1, overrides(options), "Disabled", 1, backend)
        self.render_mode = render_mode
        self.observation_space = space_from_json(self._core.observation_space)
        self.action_space = space_from_json(self._core.action_space)
        self._flat_action = is_flat(self.action_space)
        self._flat_observation = is_flat(self.observation_space)
        # Views: they show what the last reset or step has left.
        self._observations = self._core.observations
        self._rewards = self._core.rewards
        self._terminated = self._core.terminated
        self._truncated = self._core.truncated
        self._seeded = False
        self._renderer = Renderer(render_mode) if render_mode is not None else None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """A new episode: the first one of `seed`, or the next one of the seed there is.

        Without any seed so far, one is drawn (see `np_random_seed`). `options` are the task's. Raises
        ConfigError for an unknown option and for a seed that does not fit 64 bits.
        """
        core = self._open()
        given = reset_options(options)
        if seed is None and not self._seeded:
            seed = secrets.randbits(64)
        if seed is not None:
            seed = check_seed(seed)
            super().reset(seed=seed)
        core.reset(seed, given)
        self._seeded = True
        if self._renderer is not None:
            self._renderer.restart()
            self._look()
        return self._observation(), core.info_row(0)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One control interval under `action`."""
        core = self._open()
        core.step(flatten(self.action_space, action)[None])
        if self._renderer is not None:
            self._look()
        return (
            self._observation(),
            float(self._rewards[0]),
            bool(self._terminated[0]),
            bool(self._truncated[0]),
            core.info_row(0),
        )

    def render(self) -> np.ndarray | str | None:
        """uint8 (height, width, 3), a text, or nothing, by the render mode."""
        core = self._open()
        return self._renderer.render(core.scene(0)) if self._renderer is not None else None

    def close(self) -> None:
        """May be called more than once."""
        if self._renderer is not None:
            self._renderer.close()
        self._core = self._observations = self._rewards = self._terminated = self._truncated = None

    def snapshot(self) -> bytes:
        """The whole state: brain, episode and seed. A TimeLimit around it is not part of it."""
        return self._open().snapshot(0)

    def restore(self, snapshot: bytes) -> None:
        """Back to a snapshot of an environment with the same options, which goes on with the same bits.

        Raises ConfigError for other bytes.
        """
        self._open().restore(0, snapshot)
        self._seeded = True

    def _make(self, *batch: Any) -> "_core.VectorEnv":
        """The batch of one that is behind it; noesis.remote has it on a server."""
        from noesis import _core

        return _core.VectorEnv(*batch)

    def _observation(self) -> Any:
        flat = self._observations[0]
        return flat.copy() if self._flat_observation else unflatten(self.observation_space, flat)

    def _look(self) -> None:
        self._renderer.look(self._core.scene(0))

    def _open(self) -> "_core.VectorEnv":
        if self._core is None:
            raise ConfigError(what="the environment is closed", where="Env", next="make a new one")
        return self._core
