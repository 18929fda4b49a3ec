"""Learns to predict a recording in noesis/Replay-v0, and compares with doing nothing and with nulls.

usage: train_replay.py RECORDING [--null FILE ...] [--steps N]

    python -m noesis.ibl bin FOLDER --out session.h5
    python -m noesis.ibl bin FOLDER --out shift.h5 --surrogate shift
    python examples/train_replay.py session.h5 --null shift.h5

The agent hears the first 80% of the recording and is scored on the rest, which it has not heard: bits a spike
by which it beats the mean rates (which score 0). On a null without the structure of the recording it should
gain less; trained on a null, it should gain nothing on the recording.
"""

import argparse

import gymnasium
import noesis  # noqa: F401 (registers the environments)
import numpy as np

RANGE = 8.0  # x stands for 8^x times the mean (docs/environments/replay.md)
PENALTIES = 10.0 ** np.arange(1, 8)  # of the regression


class RidgeAgent:
    """Each unit's next count as a linear function of all that is observed. Knows observations alone."""

    def __init__(self, features: np.ndarray, next_counts: np.ndarray, penalty: float):
        """features (steps x features), next_counts (steps x units): in units of the mean."""
        self.centre = features.mean(axis=0)
        centred = features - self.centre
        gram = centred.T @ centred + penalty * np.eye(features.shape[1])
        self.weights = np.linalg.solve(gram, centred.T @ (next_counts - 1))

    def predict(self, features: np.ndarray) -> np.ndarray:
        return np.clip(1 + (features - self.centre) @ self.weights, 1 / RANGE, RANGE)

    def __call__(self, observation: np.ndarray) -> np.ndarray:
        return (np.log(self.predict(rates(observation))) / np.log(RANGE)).astype(np.float32)


def rates(observation: np.ndarray) -> np.ndarray:
    """What is observed, in units of the mean; the lowest value is none."""
    return np.where(observation <= -1, 0.0, RANGE ** observation.astype(np.float64))


def listen(recording: str, steps: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(features, counts of the next bin, its number) from episodes in the training part, which may overlap."""
    envs = gymnasium.make_vec("noesis/Replay-v0", 16, recording=recording, part="train")
    silent = np.zeros(envs.action_space.shape, np.float32)
    observation, _ = envs.reset(seed=seed)
    features, targets, bins = [], [], []
    for _ in range(steps // envs.num_envs):
        before = observation
        observation, _, _, _, infos = envs.step(silent)
        kept = ~envs.unwrapped.was_reset
        features.append(rates(before[kept]))
        targets.append(rates(observation[kept][:, : silent.shape[1]]))
        bins.append(infos["bin"][kept])
    envs.close()
    return np.concatenate(features), np.concatenate(targets), np.concatenate(bins)


def train(recording: str, steps: int = 16_000) -> RidgeAgent:
    """The penalty is the one that predicts the last quarter of the bins best when the others are learned."""
    features, targets, bins = listen(recording, steps)
    early = bins < np.quantile(bins, 0.75)

    def gain(penalty: float) -> float:
        predicted = RidgeAgent(features[early], targets[early], penalty).predict(features[~early])
        return float(np.mean(targets[~early] * np.log(predicted) - (predicted - 1)))

    return RidgeAgent(features, targets, max(PENALTIES, key=gain))


def score(agent, recording: str, episodes: int = 16, seed: int = 5000) -> np.ndarray:
    """Mean reward of a step [bits a spike] in each of so many episodes of the part that was not heard."""
    envs = gymnasium.make_vec("noesis/Replay-v0", episodes, recording=recording, part="test")
    observation, _ = envs.reset(seed=seed)
    total, steps, running = np.zeros(episodes), np.zeros(episodes), np.ones(episodes, bool)
    while running.any():
        observation, reward, terminated, truncated, _ = envs.step(agent(observation))
        total[running] += reward[running]
        steps[running] += 1
        running &= ~(terminated | truncated)
    envs.close()
    return total / steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", metavar="RECORDING")
    parser.add_argument(
        "--null", action="append", default=[], metavar="FILE", help="a surrogate of it; may be repeated"
    )
    parser.add_argument("--steps", type=int, default=16_000, help="heard (default: 16000)")
    args = parser.parse_args()

    def line(name: str, scores: np.ndarray) -> None:
        error = scores.std(ddof=1) / np.sqrt(len(scores))
        print(f"{name:40s} {scores.mean():8.4f} +- {error:.4f} bits a spike")

    agent = train(args.recording, args.steps)
    line(
        "mean rates",
        score(lambda observation: np.zeros((len(observation), observation.shape[1] // 3), np.float32), args.recording),
    )
    line("trained on the recording", score(agent, args.recording))
    for null in args.null:
        other = train(null, args.steps)
        line(f"trained and scored on {null}", score(other, null))
        line(f"trained on {null}", score(other, args.recording))


if __name__ == "__main__":
    main()
