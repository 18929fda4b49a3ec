"""Proximal policy optimisation in one file, in the manner of CleanRL, on a batch of environments of noesis.

usage: ppo.py [--env-id noesis/Steer-v0] [--total-steps 200000] [--seed 1] [--options amplitude=4 ...]

What is easily done wrong with autoreset is done here as Gymnasium (1.1 and later) means it:
- Mode NEXT_STEP: the step after an end ignores its action and returns a reset observation with reward 0.
  That transition is left out of the loss, and of the steps that are counted.
- A time limit is not an end: the value of the observation at which an episode was truncated is
  bootstrapped, that of a terminal one is not.
Evaluated on seeds that were not trained on.
"""

import argparse
import time

import gymnasium
import noesis
import numpy as np
import torch
from torch import nn

EVALUATION_SEEDS = range(5000, 5020)


class Agent(nn.Module):
    """A Gaussian policy with a state-independent spread, and a value function."""

    def __init__(self, observations: int, actions: int, hidden: int = 64):
        super().__init__()
        self.value = self._network(observations, 1, hidden, 1.0)
        self.mean = self._network(observations, actions, hidden, 0.01)
        self.log_std = nn.Parameter(torch.full((actions,), -1.0))

    @staticmethod
    def _network(inputs: int, outputs: int, hidden: int, gain: float) -> nn.Sequential:
        layers = [nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, outputs)]
        for layer in layers[:-1:2]:
            nn.init.orthogonal_(layer.weight, 2**0.5)
        nn.init.orthogonal_(layers[-1].weight, gain)
        for layer in layers[::2]:
            nn.init.zeros_(layer.bias)
        return nn.Sequential(*layers)

    def policy(self, observation: torch.Tensor) -> torch.distributions.Independent:
        spread = self.log_std.exp().expand(*observation.shape[:-1], -1)
        return torch.distributions.Independent(torch.distributions.Normal(self.mean(observation), spread), 1)


def advantages(rewards, values, next_values, terminated, over, valid, gamma, trace):
    """Generalised advantage estimation (Schulman et al., 2016). All (steps x num_envs).

    `next_values` are those of the observation that the step returned, which is the final one where an
    episode ended. `over` cuts the sum at any end, `terminated` alone takes the value away. Transitions
    that are not `valid` are resets: the one before them was `over`, so nothing flows through.
    """
    estimate = torch.zeros_like(rewards)
    later = torch.zeros_like(rewards[0])
    for step in reversed(range(len(rewards))):
        error = rewards[step] + gamma * next_values[step] * ~terminated[step] - values[step]
        later = (error + gamma * trace * ~over[step] * later) * valid[step]
        estimate[step] = later
    return estimate


def evaluate(agent: Agent, env_id: str, options: dict) -> np.ndarray:
    """Undiscounted returns of the policy's mean action, one episode a seed."""
    envs = gymnasium.make_vec(env_id, len(EVALUATION_SEEDS), **options)
    observation, _ = envs.reset(seed=list(EVALUATION_SEEDS))
    returns, running = np.zeros(envs.num_envs), np.ones(envs.num_envs, bool)
    while running.any():
        with torch.no_grad():
            action = agent.mean(torch.from_numpy(observation)).numpy()
        observation, reward, terminated, truncated, _ = envs.step(action)
        returns += reward * running
        running &= ~(terminated | truncated)
    envs.close()
    return returns


def train(
    env_id: str,
    total_steps: int,
    seed: int = 1,
    options: dict | None = None,
    *,
    num_envs: int = 16,
    num_steps: int = 64,
    epochs: int = 10,
    minibatches: int = 4,
    learning_rate: float = 1e-3,
    gamma: float = 0.9,
    trace: float = 0.9,
    clip: float = 0.2,
    report=print,
) -> Agent:
    """Trains for about `total_steps` steps of environments, resets not counted."""
    options = options or {}
    torch.manual_seed(seed)
    shuffle = np.random.default_rng(seed)
    envs = gymnasium.make_vec(env_id, num_envs, **options)
    size, actions = envs.single_observation_space.shape[0], envs.single_action_space.shape[0]
    agent = Agent(size, actions)
    optimizer = torch.optim.Adam(agent.parameters(), lr=learning_rate, eps=1e-5)

    observation, _ = envs.reset(seed=seed)
    was_over = np.zeros(num_envs, bool)
    returns = np.zeros(num_envs)
    ended: list[float] = []
    steps, started = 0, time.perf_counter()
    while steps < total_steps:
        taken = []
        for _ in range(num_steps):
            seen = torch.from_numpy(observation)
            with torch.no_grad():
                policy = agent.policy(seen)
                action = policy.sample()
                log_probability = policy.log_prob(action)
            observation, reward, terminated, truncated, _ = envs.step(action.numpy())
            valid = ~was_over  # else the environment was only reset
            was_over = terminated | truncated
            steps += int(valid.sum())
            returns += reward
            ended += returns[was_over].tolist()
            returns[was_over] = 0
            flags = [torch.from_numpy(flag) for flag in (terminated, was_over.copy(), valid)]
            result = torch.from_numpy(observation)
            taken.append((seen, action, log_probability, torch.from_numpy(reward).float(), result, *flags))

        seen, action, old, rewards, results, terminated, over, valid = map(torch.stack, zip(*taken, strict=True))
        with torch.no_grad():
            values, next_values = agent.value(seen)[..., 0], agent.value(results)[..., 0]
            gains = advantages(rewards, values, next_values, terminated, over, valid, gamma, trace)
        # Only what the agent has done is learned from.
        batch = [part[valid] for part in (seen, action, old, gains, gains + values)]
        for _ in range(epochs):
            for chosen in np.array_split(shuffle.permutation(len(batch[0])), minibatches):
                part_seen, part_action, part_old, gain, target = (part[chosen] for part in batch)
                ratio = (agent.policy(part_seen).log_prob(part_action) - part_old).exp()
                gain = (gain - gain.mean()) / (gain.std() + 1e-8)
                policy_loss = -torch.minimum(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain).mean()
                value_loss = 0.5 * (agent.value(part_seen)[..., 0] - target).pow(2).mean()
                optimizer.zero_grad()
                (policy_loss + 0.5 * value_loss).backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()
        if ended:
            speed = steps / (time.perf_counter() - started)
            report(f"steps {steps}  charts/episodic_return {np.mean(ended):.1f}  charts/SPS {speed:.0f}")
            ended = []
    envs.close()
    return agent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env-id", default="noesis/Steer-v0", choices=noesis.env_ids())
    parser.add_argument("--total-steps", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--options", nargs="*", default=[], metavar="NAME=VALUE", help="options of the environment")
    arguments = parser.parse_args()
    options = {}
    for option in arguments.options:
        name, _, value = option.partition("=")
        try:
            options[name] = float(value) if "." in value or "e" in value else int(value)
        except ValueError:
            options[name] = value
    torch.set_num_threads(1)  # small networks: more threads only wait for one another
    agent = train(arguments.env_id, arguments.total_steps, arguments.seed, options)
    returns = evaluate(agent, arguments.env_id, options)
    error = returns.std(ddof=1) / len(returns) ** 0.5
    print(f"eval/episodic_return {returns.mean():.1f} +- {error:.1f} over {len(returns)} seeds")


if __name__ == "__main__":
    main()
