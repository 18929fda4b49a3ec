"""stable-baselines3 on environments of noesis."""

import warnings

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.env_checker import check_env

from test_gym import IDS, STEER


# Goes red for any assertion and any warning of stable-baselines3's checker.
@pytest.mark.parametrize("env_id", IDS)
def test_stable_baselines3_finds_nothing_to_say(env_id, route):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(env_id, **route).unwrapped, warn=True)
