"""stable-baselines3 on noesis: trains, and compares with doing nothing and with random actions.

usage: train_sb3.py [--algorithm PPO|SAC] [--env-id noesis/Steer-v0] [--steps N] [--address tcp://HOST:PORT]

With an address the environments live on a server (`noesis serve`). Returns are those of 20 episodes with
seeds that were not trained on.
"""

import argparse
import time

import gymnasium
import noesis
import numpy as np
import torch
from noesis.sb3 import Sb3VecEnv
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.vec_env import VecMonitor

EVALUATION_SEEDS = range(5000, 5020)


def decaying(rate: float):
    """Falls linearly to nothing, so that the last policy is a steady one."""
    return lambda left: rate * left


# Found by trying a few: horizons are a few tau for Steer, and longer where health is a mean over 20 tau.
SETTINGS = {
    "PPO": {
        "noesis/Steer-v0": {"gamma": 0.9, "gae_lambda": 0.9, "policy_kwargs": {"log_std_init": -1}},
        "noesis/Quench-v0": {"gamma": 0.97, "gae_lambda": 0.95, "policy_kwargs": {"log_std_init": 0}},
    },
    "SAC": {
        "noesis/Steer-v0": {"gamma": 0.8, "ent_coef": "auto_0.1"},
        "noesis/Quench-v0": {"gamma": 0.97, "ent_coef": "auto_0.1"},
    },
}


def make_model(algorithm: str, env_id: str, seed: int, **where):
    settings = SETTINGS[algorithm].get(env_id, {})
    if algorithm == "PPO":
        envs = VecMonitor(Sb3VecEnv(env_id, 16, **where))
        settings = {"n_steps": 64, "batch_size": 256, "learning_rate": decaying(1e-3)} | settings
        return PPO("MlpPolicy", envs, seed=seed, device="cpu", **settings)
    envs = VecMonitor(Sb3VecEnv(env_id, 4, **where))
    settings = {"gradient_steps": 2, "batch_size": 128, "learning_rate": decaying(3e-3), "tau": 0.02} | settings
    settings |= {"learning_starts": 200, "policy_kwargs": {"net_arch": [64, 64]}}
    return SAC("MlpPolicy", envs, seed=seed, device="cpu", **settings)


def returns(policy, env_id: str, **where) -> np.ndarray:
    """Undiscounted, one episode a seed."""
    envs = gymnasium.make_vec(env_id, len(EVALUATION_SEEDS), **where)
    envs.action_space.seed(0)
    observation, _ = envs.reset(seed=list(EVALUATION_SEEDS))
    total, running = np.zeros(envs.num_envs), np.ones(envs.num_envs, bool)
    while running.any():
        observation, reward, terminated, truncated, _ = envs.step(policy(observation, envs.action_space))
        total += reward * running
        running &= ~(terminated | truncated)
    envs.close()
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--algorithm", default="PPO", choices=sorted(SETTINGS))
    parser.add_argument("--env-id", default="noesis/Steer-v0", choices=noesis.env_ids())
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--address")
    arguments = parser.parse_args()
    where = {} if arguments.address is None else {"address": arguments.address}
    torch.set_num_threads(1)  # small networks: more threads only wait for one another

    model = make_model(arguments.algorithm, arguments.env_id, arguments.seed, **where)
    start = time.perf_counter()
    model.learn(arguments.steps)
    print(f"{arguments.algorithm}, {arguments.steps} steps in {time.perf_counter() - start:.0f} s")
    policies = {
        "zero": lambda observation, space: np.zeros(space.shape, np.float32),
        "random": lambda observation, space: space.sample(),
        "learned": lambda observation, space: model.predict(observation, deterministic=True)[0],
    }
    for name, policy in policies.items():
        total = returns(policy, arguments.env_id, **where)
        print(f"{name:8} {total.mean():8.1f} +- {total.std(ddof=1) / len(total) ** 0.5:.1f}")


if __name__ == "__main__":
    main()
