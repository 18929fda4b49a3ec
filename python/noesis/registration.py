"""The ids of noesis with Gymnasium, and what `gymnasium.make` and `gymnasium.make_vec` call."""

from types import ModuleType
from typing import Any

import gymnasium
from gymnasium.vector import AutoresetMode

from noesis import _core
from noesis.env import Env
from noesis.vector_env import VectorEnv


def env_ids() -> list[str]:
    """All ids, in alphabetical order."""
    return _core.env_ids()


def env_options(env_id: str) -> dict[str, tuple[str, str]]:
    """Every option of an environment: {name: (default as TOML, what it is)}.

    Raises ConfigError, with the nearest id, for an unknown one.
    """
    return {key: (default, text) for key, default, text in _core.env_options(env_id)}


def make_env(
    env_id: str, *, render_mode: str | None = None, address: str | None = None, **options: Any
) -> gymnasium.Env:
    """One environment, in this process or on the server at `address`.

    `gymnasium.make` calls this and puts its own TimeLimit around it, so the environment itself has
    none unless `max_episode_steps` is given here. Raises ConfigError for an unknown option or value.
    """
    if address is not None:
        return _remote().RemoteEnv(address, env_id, render_mode=render_mode, **options)
    return Env(env_id, render_mode=render_mode, **options)


def make_vec_env(
    env_id: str,
    num_envs: int = 1,
    *,
    render_mode: str | None = None,
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    max_episode_steps: int | None = None,
    address: str | None = None,
    **options: Any,
) -> gymnasium.vector.VectorEnv:
    """A batch of environments with one physics, in this process or on the server at `address`.

    `gymnasium.make_vec` calls this. `max_episode_steps`: None means that of the id, 0 or -1 no limit.
    The other options are those of `noesis.vector_env.VectorEnv` or of the environment. Raises
    ConfigError for an unknown option or value.
    """
    if max_episode_steps is not None:
        options["max_episode_steps"] = max(max_episode_steps, 0)
    if address is not None:
        Made = _remote().RemoteVectorEnv
        options["address"] = address
    else:
        Made = VectorEnv
    return Made(env_id=env_id, num_envs=num_envs, render_mode=render_mode, autoreset_mode=autoreset_mode, **options)


def _remote() -> ModuleType:
    """noesis.remote, which needs packages that the rest does without."""
    try:
        import noesis.remote
    except ModuleNotFoundError as error:
        if error.name not in ("zmq", "msgpack"):
            raise
        raise gymnasium.error.DependencyNotInstalled(
            "environments on a server need pyzmq and msgpack; run `pip install pyzmq msgpack`"
        ) from error
    return noesis.remote


def register_all() -> None:
    """Registers every id of the C++ registry that Gymnasium does not know yet."""
    for env_id in _core.env_ids():
        if env_id in gymnasium.registry:
            continue
        spec = _core.env_spec(env_id)
        gymnasium.register(
            id=env_id,
            entry_point="noesis.registration:make_env",
            vector_entry_point="noesis.registration:make_vec_env",
            reward_threshold=spec.reward_threshold,
            max_episode_steps=spec.max_episode_steps or None,
            kwargs={"env_id": env_id},
        )
