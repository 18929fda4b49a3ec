"""Spaces and errors as they cross from C++; the texts are those of tests/env/space_json_test.cpp."""

import warnings

import numpy as np
import pytest
from gymnasium import spaces

from noesis.errors import ConfigError, RemoteError, RunError
from noesis.spaces import space_from_json

BOX = '{"type": "Box", "dtype": "float32", "shape": [2, 1], "low": [[-1], [0.10000000149011612]], "high": [[1], [Infinity]]}'


# Broken by bounds that stay float64: Box then warns.
def test_box_has_its_bounds_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        box = space_from_json(BOX)
    low, high = np.array([[-1], [0.1]], np.float32), np.array([[1], [np.inf]], np.float32)
    assert box == spaces.Box(low, high, dtype=np.float32)
    assert box.low.tobytes() == low.tobytes()


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ('{"type": "Box", "dtype": "int64", "shape": [], "low": -2, "high": 3}', spaces.Box(-2, 3, (), np.int64)),
        ('{"type": "Discrete", "dtype": "int64", "start": -1, "n": 3}', spaces.Discrete(3, start=-1)),
        ('{"type": "MultiDiscrete", "dtype": "int64", "nvec": [2, 5]}', spaces.MultiDiscrete([2, 5])),
        ('{"type": "MultiBinary", "n": [4]}', spaces.MultiBinary(4)),
        ('{"type": "MultiBinary", "n": [4, 2]}', spaces.MultiBinary([4, 2])),
        (
            '{"type": "Dict", "subspaces": {"a\\"\\u000a": {"type": "Discrete", "dtype": "int64", "start": 0, "n": 2},'
            ' "b": {"type": "Tuple", "subspaces": [{"type": "MultiBinary", "n": [1]}]}}}',
            spaces.Dict({'a"\n': spaces.Discrete(2), "b": spaces.Tuple([spaces.MultiBinary(1)])}),
        ),
    ],
)
def test_other_spaces(text, space):
    assert space_from_json(text) == space


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"type": "Text"}', '{"type": "Box"}', '{"type": "Discrete", "n": 0, "start": 0}', "[" * 100_000],
)
def test_other_texts_are_refused(text):
    with pytest.raises(ConfigError):
        space_from_json(text)


def test_errors_are_python_errors_with_parts():
    error = ConfigError(what="unknown key", where="options", got="'a'", allowed="b", next="did you mean 'b'?")
    assert str(error) == "options: unknown key: got 'a', allowed b; did you mean 'b'?"
    assert error.got == "'a'"
    assert isinstance(error, ValueError)
    assert isinstance(RunError("it failed"), RuntimeError)
    assert isinstance(RemoteError("gone"), ConnectionError) and str(RemoteError("gone")) == "gone"
