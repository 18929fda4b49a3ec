"""Batches of noesis for stable-baselines3, which has vector environments of its own.

    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import VecMonitor
    from noesis.sb3 import Sb3VecEnv

    model = PPO("MlpPolicy", VecMonitor(Sb3VecEnv("noesis/Steer-v0", num_envs=16)))

One physics steps them all, where DummyVecEnv would step one brain after another. Needs stable-baselines3.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

from noesis.registration import make_vec_env


class Sb3VecEnv(VecEnv):
    """`num_envs` environments, in this process or on the server at `address`.

    The meanings are those of DummyVecEnv: the observation of a step that ends an episode is that of the
    next one, and `info` has `terminal_observation` and `TimeLimit.truncated`.

    Args:
        env_id: such as "noesis/Steer-v0".
        num_envs: how many.
        **options: as `noesis.make_vec_env` takes them.
    """

    def __init__(self, env_id: str, num_envs: int = 1, **options: Any):
        self._envs = make_vec_env(env_id, num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **options)
        self._actions: np.ndarray | None = None
        super().__init__(num_envs, self._envs.single_observation_space, self._envs.single_action_space)

    def reset(self) -> np.ndarray:
        # What seed() has chosen, once; then the next episodes.
        seeds = None if all(seed is None for seed in self._seeds) else list(self._seeds)
        observation, infos = self._envs.reset(seed=seeds, options=self._options[0] or None)
        self.reset_infos = [self._row(infos, env) for env in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return observation

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict]]:
        observation, rewards, terminated, truncated, infos = self._envs.step(self._actions)
        over = terminated | truncated
        final_infos = infos.pop("final_info", {})
        final = infos.pop("final_obs", None)
        rows = []
        for env in range(self.num_envs):
            row = self._row(final_infos if over[env] else infos, env)
            row["TimeLimit.truncated"] = bool(truncated[env] and not terminated[env])
            if over[env]:
                row["terminal_observation"] = final[env]
                self.reset_infos[env] = self._row(infos, env)
            rows.append(row)
        return observation, rewards.astype(np.float32), over, rows

    def close(self) -> None:
        self._envs.close()

    def get_images(self) -> Sequence[np.ndarray | None]:
        return self._envs.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self._envs, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError("the environments of a batch have no attributes of their own to be set")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """snapshot(), or restore(bytes), of each."""
        method = getattr(self._envs, method_name)
        return [method(env, *args, **kwargs) for env in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        return [False] * len(list(self._get_indices(indices)))

    @staticmethod
    def _row(infos: dict[str, Any], env: int) -> dict[str, Any]:
        """What one environment has, of columns with masks."""
        return {
            key: column[env]
            for key, column in infos.items()
            if not key.startswith("_") and infos["_" + key][env]
        }
