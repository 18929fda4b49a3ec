"""Values of spaces in flat form, float32 numbers in a row, as env/space.hpp describes it.

`lead` is () for one environment and (num_envs,) for a batch, whose values are in the form that
`gymnasium.vector.utils.batch_space` gives them. For one environment the flat form is that of
`gymnasium.spaces.flatten`, as float32.
"""

from typing import Any

import numpy as np
from gymnasium import spaces

from noesis.errors import ConfigError


def is_flat(space: spaces.Space) -> bool:
    """Whether the values of the space are their own flat form."""
    return isinstance(space, spaces.Box) and space.dtype == np.float32 and len(space.shape) == 1


def flatten(space: spaces.Space, value: Any, lead: tuple[int, ...] = (), where: str = "action") -> np.ndarray:
    """(*lead, flat size). Raises ConfigError for a value of another form; bounds are not checked."""
    if isinstance(space, (spaces.Box, spaces.MultiBinary)):
        array = _shaped(value, lead + space.shape, np.float32, where)
        return array.reshape(*lead, -1)
    if isinstance(space, spaces.Discrete):
        index = _shaped(value, lead, np.int64, where) - space.start
        return _one_hot(index, int(space.n), where)
    if isinstance(space, spaces.MultiDiscrete):
        index = _shaped(value, lead + space.shape, np.int64, where).reshape(*lead, -1)
        counts = np.ravel(space.nvec)
        return np.concatenate([_one_hot(index[..., i], int(n), where) for i, n in enumerate(counts)], axis=-1)
    if isinstance(space, spaces.Dict):
        if not isinstance(value, dict) or set(value) != set(space.spaces):
            got = sorted(map(str, value)) if isinstance(value, dict) else type(value).__name__
            raise ConfigError(what="other keys than the space's", where=where, got=str(got), allowed=str(list(space)))
        parts = [flatten(part, value[key], lead, f"{where}[{key!r}]") for key, part in space.spaces.items()]
        return np.concatenate(parts, axis=-1)
    if isinstance(space, spaces.Tuple):
        if not isinstance(value, (tuple, list)) or len(value) != len(space):
            raise ConfigError(what="not a tuple of the space's length", where=where, allowed=str(len(space)))
        parts = [flatten(p, v, lead, f"{where}[{i}]") for i, (p, v) in enumerate(zip(space, value, strict=True))]
        return np.concatenate(parts, axis=-1)
    raise ConfigError(what="a space without a flat form", where=where, got=str(space))


def unflatten(space: spaces.Space, flat: np.ndarray) -> Any:
    """The value, or the batch of values, whose flat form is `flat` (*lead, flat size); a copy, in the
    space's dtype. One-hot parts are read by their largest element."""
    lead = flat.shape[:-1]
    if isinstance(space, (spaces.Box, spaces.MultiBinary)):
        return flat.reshape(lead + space.shape).astype(space.dtype)
    if isinstance(space, spaces.Discrete):
        return flat.argmax(axis=-1) + space.start
    if isinstance(space, spaces.MultiDiscrete):
        parts = np.split(flat, np.cumsum(np.ravel(space.nvec))[:-1], axis=-1)
        chosen = np.stack([part.argmax(axis=-1) for part in parts], axis=-1)
        return chosen.reshape(lead + space.shape).astype(space.dtype)
    inner = list(space.spaces.values()) if isinstance(space, spaces.Dict) else list(space)
    sizes = [spaces.flatdim(part) for part in inner]
    pieces = np.split(flat, np.cumsum(sizes)[:-1], axis=-1)
    values = [unflatten(part, piece) for part, piece in zip(inner, pieces, strict=True)]
    return dict(zip(space.spaces, values, strict=True)) if isinstance(space, spaces.Dict) else tuple(values)


def _shaped(value: Any, shape: tuple[int, ...], dtype: type, where: str) -> np.ndarray:
    try:
        array = np.asarray(value, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigError(what="not numbers", where=where, got=repr(value)[:80], allowed=f"shape {shape}") from error
    if array.shape != shape:
        raise ConfigError(what="another shape", where=where, got=str(array.shape), allowed=str(shape))
    return array


def _one_hot(index: np.ndarray, n: int, where: str) -> np.ndarray:
    if np.any((index < 0) | (index >= n)):
        raise ConfigError(what="out of the space", where=where, got=str(index.tolist()), allowed=f"{n} values")
    return (index[..., None] == np.arange(n)).astype(np.float32)
