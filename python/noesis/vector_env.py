"""A batch of environments in this process, as Gymnasium has it: one physics for all."""

import secrets
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from noesis.errors import ConfigError
from noesis.flat import flatten, is_flat, unflatten
from noesis.options import SEED_LIMIT, check_seed, overrides, reset_options
from noesis.rendering import METADATA, Renderer, check_mode
from noesis.spaces import space_from_json

if TYPE_CHECKING:
    from noesis import _core


class VectorEnv(gymnasium.vector.VectorEnv):
    """`num_envs` environments of noesis. Environment k with seed s has the bits of a single Env with s.

    Autoreset, infos, seeds and reset masks are those of Gymnasium's SyncVectorEnv, bit for bit. Under
    NEXT_STEP, leave transitions where `was_reset` out of training.

    Args:
        env_id: such as "noesis/Steer-v0".
        num_envs: how many.
        render_mode: None, "human" (environment 0), "rgb_array" or "ansi".
        autoreset_mode: a `gymnasium.vector.AutoresetMode` or its value.
        copy: False hands out read-only views of the memory that the next step writes to, instead of
            copies: faster for large batches, and valid until the next call only.
        num_threads: threads of the physics; 0 means all of the hardware. Results do not depend on it.
        backend: what takes the brains' steps: "cpu", "cuda", "hip", or "auto", a device where the batch
            gains by it. Results do not depend on it.
        **options: of the environment (`noesis.env_options`), `max_episode_steps` among them.
    """

    def __init__(
        self,
        env_id: str,
        num_envs: int = 1,
        *,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        num_threads: int = 1,
        backend: str = "cpu",
        **options: Any,
    ):
        check_mode(render_mode)
        autoreset_mode = getattr(AutoresetMode, str(autoreset_mode), autoreset_mode)  # its name will do too
        name = autoreset_mode.value if isinstance(autoreset_mode, AutoresetMode) else autoreset_mode
        self._core = self._make(env_id, num_envs, overrides(options), name, num_threads, backend)
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.autoreset_mode = AutoresetMode(name)
        self.metadata = METADATA | {"autoreset_mode": self.autoreset_mode}
        self.copy = copy
        self.single_observation_space = space_from_json(self._core.observation_space)
        self.single_action_space = space_from_json(self._core.action_space)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._flat_action = is_flat(self.single_action_space)
        self._flat_observation = is_flat(self.single_observation_space)
        self._observations = self._core.observations
        self._results = (self._core.rewards, self._core.terminated, self._core.truncated)
        self._final = (self._core.final_observations, self._core.has_final)
        self._columns: dict[bool, list] = {False: [], True: []}
        self._seeds: list[int | None] = [None] * num_envs
        self._renderers = [Renderer(render_mode) for _ in range(num_envs)] if render_mode is not None else []

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:
        """The seed of each environment; None before its first reset."""
        return tuple(self._seeds)

    @property
    def was_reset(self) -> np.ndarray:
        """(num_envs,) bool: where the last step was nothing but a reset (NEXT_STEP)."""
        return self._open().was_reset.copy()

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """New episodes, in all or where `options["reset_mask"]` (num_envs,) is true.

        Args:
            seed: environment i gets seed + i, or seed[i]; None goes on with the next episode of the seed
                it has, or draws one if it has none.
            options: the other options are the task's.
        """
        core = self._open()
        options = dict(options or {})
        mask = self._mask_of(options.pop("reset_mask", None))
        given = reset_options(options)
        core.reset_masked(mask, self._seeds_of(seed, mask), given)
        for env in np.flatnonzero(mask) if self._renderers else ():
            self._renderers[env].restart()
        self._look()
        return self._observation(), self._infos(core, mask=None if mask.all() else mask)

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step of all; `actions` as in `action_space`."""
        core = self._open()
        core.step(self._flat(actions))
        return self._stepped(core)

    def _flat(self, actions: Any) -> np.ndarray:
        is_flat_form = (
            self._flat_action
            and type(actions) is np.ndarray
            and actions.dtype == np.float32
            and actions.shape == self.action_space.shape
        )
        return actions if is_flat_form else flatten(self.single_action_space, actions, (self.num_envs,), "actions")

    def _stepped(self, core: "_core.VectorEnv") -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """What a step gives, from the core's results."""
        infos = self._infos(core)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._final[1].any():
            infos |= self._final_infos(core)
        if self._renderers:
            for env in np.flatnonzero(core.was_reset):
                self._renderers[env].restart()
            self._look()
        rewards, terminated, truncated = self._results
        if self.copy:
            rewards, terminated, truncated = rewards.copy(), terminated.copy(), truncated.copy()
        return self._observation(), rewards, terminated, truncated, infos

    def render(self) -> tuple[Any, ...] | None:
        """A frame of each environment."""
        core = self._open()
        if not self._renderers or self.render_mode == "human":
            return None
        return tuple(renderer.render(core.scene(env)) for env, renderer in enumerate(self._renderers))

    def close_extras(self, **kwargs: Any) -> None:
        """Views that are still held stay readable."""
        for renderer in self._renderers:
            renderer.close()
        self._core = self._observations = self._results = self._final = None
        self._columns = {False: [], True: []}

    def snapshot(self, env: int) -> bytes:
        """The whole state of one environment, its time limit included."""
        return self._open().snapshot(env)

    def restore(self, env: int, snapshot: bytes) -> None:
        """Back to a snapshot, of any place of a batch with the same options."""
        self._open().restore(env, snapshot)

    def _seeds_of(self, seed: int | list[int | None] | None, mask: np.ndarray) -> int | list[int | None] | None:
        """As given, with a seed drawn for whoever is reset and never had one. Remembers them."""
        n = self.num_envs
        if seed is None:
            if None not in self._seeds:
                return None
            # Those that have a seed keep it; without any, one number describes them all.
            if not mask.all() or any(known is not None for known in self._seeds):
                seed = [None] * n
            else:
                seed = secrets.randbelow(SEED_LIMIT - n)
        if not isinstance(seed, (list, tuple, np.ndarray)):
            first = check_seed(seed, n)
            seeds: list[int | None] = [first + i for i in range(n)]
            seed = first
            super().reset(seed=first)
        else:
            if len(seed) != n:
                raise ConfigError(what="another number of seeds", where="seed", got=str(len(seed)), allowed=str(n))
            seeds = [None if one is None else check_seed(one) for one in seed]
            for i in np.flatnonzero(mask):
                if seeds[i] is None and self._seeds[i] is None:
                    seeds[i] = secrets.randbits(64)
            seed = seeds
        self._seeds = [
            new if new is not None and chosen else old
            for old, new, chosen in zip(self._seeds, seeds, mask, strict=True)
        ]
        return seed

    def _mask_of(self, mask: Any) -> np.ndarray:
        if mask is None:
            return np.ones(self.num_envs, bool)
        fits = isinstance(mask, np.ndarray) and mask.dtype == bool and mask.shape == (self.num_envs,)
        if fits and mask.any():
            return np.ascontiguousarray(mask)
        raise ConfigError(
            what="not a mask of environments",
            where="options['reset_mask']",
            got=f"{mask.dtype} {mask.shape}" if isinstance(mask, np.ndarray) else type(mask).__name__,
            allowed=f"a bool array ({self.num_envs},) with at least one True",
        )

    def _make(self, *batch: Any) -> "_core.VectorEnv":
        """The batch that is behind it; noesis.remote has it on a server."""
        from noesis import _core

        return _core.VectorEnv(*batch)

    def _observation(self) -> Any:
        if self._flat_observation:
            return self._observations.copy() if self.copy else self._observations
        return unflatten(self.single_observation_space, self._observations)

    def _infos(self, core: "_core.VectorEnv", *, final: bool = False, mask: np.ndarray | None = None) -> dict[str, Any]:
        """Columns and masks of whoever has them; with `mask`, of those alone."""
        present = core.info_present(final)
        if len(present) != len(self._columns[final]):
            self._columns[final] = core.info_columns(final)
        infos: dict[str, Any] = {}
        for there, (name, values, mask_name, has) in zip(present, self._columns[final], strict=True):
            if not there:
                continue
            if mask is not None:
                kept = has & mask
                if kept.any():
                    infos[name] = np.where(kept.reshape(-1, *[1] * (values.ndim - 1)), values, 0.0)
                    infos[mask_name] = kept
            elif self.copy:
                infos[name], infos[mask_name] = values.copy(), has.copy()
            else:
                infos[name], infos[mask_name] = values, has
        return infos

    def _final_infos(self, core: "_core.VectorEnv") -> dict[str, Any]:
        observations, has = self._final
        final = np.full(self.num_envs, None, object)
        for env in np.flatnonzero(has):
            flat = observations[env]
            final[env] = flat.copy() if self._flat_observation else unflatten(self.single_observation_space, flat)
        infos = {"final_obs": final, "_final_obs": has.copy()}
        return infos | {"final_info": self._infos(core, final=True), "_final_info": has.copy()}

    def _look(self) -> None:
        if self.render_mode == "human":
            self._renderers[0].look(self._core.scene(0))
        elif self.render_mode == "rgb_array":
            for env, renderer in enumerate(self._renderers):
                renderer.look(self._core.scene(env))

    def _open(self) -> "_core.VectorEnv":
        if self._core is None:
            raise ConfigError(what="the environment is closed", where="VectorEnv", next="make a new one")
        return self._core
