"""examples/ppo.py: what its loss is made of, and that it learns."""

import pathlib
import sys

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples"))
import ppo  # noqa: E402
from test_gym import STEER  # noqa: E402


# One environment, by hand: two steps, an end (terminated, then truncated), the reset that follows, and on.
# Goes red when a truncation is not bootstrapped, an end is, or anything flows over a reset.
def test_advantages_over_ends_and_resets():
    gamma, trace = 0.5, 0.5
    rewards = torch.tensor([1.0, 2.0, 0.0, 4.0, 8.0])
    values = torch.tensor([10.0, 20.0, 30.0, 40.0, 50.0])
    final = torch.tensor([20.0, 25.0, 40.0, 50.0, 60.0])
    for is_truncation in (False, True):
        over = torch.tensor([False, True, False, False, False])
        terminated = over & (not is_truncation)
        valid = torch.tensor([True, True, False, True, True])
        columns = [part[:, None] for part in (rewards, values, final, terminated, over, valid)]
        got = ppo.advantages(*columns, gamma, trace)[:, 0]
        error = rewards + gamma * final * ~terminated - values
        expected = [
            error[0] + gamma * trace * error[1],
            2.0 - 20.0 + (gamma * 25.0 if is_truncation else 0.0),
            0.0,
            error[3] + gamma * trace * error[4],
            error[4],
        ]
        assert torch.allclose(got, torch.tensor([float(value) for value in expected]))


def test_ppo_in_one_file_learns():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    lines = []
    agent = ppo.train(STEER, 15_000, seed=1, report=lines.append)
    learned = ppo.evaluate(agent, STEER, {})
    torch.set_num_threads(before)
    assert learned.mean() > -120 and len(learned) == 20, learned.mean()
    assert "charts/episodic_return" in lines[-1]
    same = ppo.train(STEER, 1_000, seed=1, report=lines.append), ppo.train(STEER, 1_000, seed=1, report=lines.append)
    weights = [torch.nn.utils.parameters_to_vector(one.parameters()).detach().numpy() for one in same]
    assert np.array_equal(*weights)
