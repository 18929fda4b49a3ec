"""Spaces from the JSON text that noesis writes (Minari's form, with MultiDiscrete and MultiBinary)."""

import json

import numpy as np
from gymnasium import spaces

from noesis.errors import ConfigError


def space_from_json(text):
    """The Gymnasium space that `text` describes. Raises ConfigError for any other text."""
    try:
        return _space(json.loads(text))
    except ConfigError:
        raise
    except (AssertionError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            what="not the JSON form of a space", where="space_from_json", got=f"{type(error).__name__}: {error}"
        ) from error


def _space(form):
    kind = form["type"]
    if kind == "Box":
        dtype, shape = np.dtype(form["dtype"]), tuple(form["shape"])
        # Bounds get the dtype here, because Box warns when it has to convert them.
        low, high = (np.array(form[bound], dtype).reshape(shape) for bound in ("low", "high"))
        return spaces.Box(low, high, shape, dtype)
    if kind == "Discrete":
        return spaces.Discrete(form["n"], start=form["start"])
    if kind == "MultiDiscrete":
        return spaces.MultiDiscrete(form["nvec"], dtype=np.dtype(form["dtype"]))
    if kind == "MultiBinary":
        return spaces.MultiBinary(form["n"][0] if len(form["n"]) == 1 else form["n"])
    if kind == "Dict":
        return spaces.Dict({key: _space(part) for key, part in form["subspaces"].items()})
    if kind == "Tuple":
        return spaces.Tuple([_space(part) for part in form["subspaces"]])
    raise ConfigError(
        what="unknown kind of space",
        where="type",
        got=repr(kind),
        allowed="Box, Discrete, MultiDiscrete, MultiBinary, Dict, Tuple",
    )
