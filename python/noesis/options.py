"""Options of an environment and of a reset, in the forms that noesis reads."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from noesis.errors import ConfigError

SEED_LIMIT = 2**64


def overrides(options: Mapping[str, Any]) -> list[str]:
    """["key=value"], values as TOML. Raises ConfigError for a value that TOML does not have."""
    return [f"{key}={_toml(value, key)}" for key, value in options.items()]


def _toml(value: Any, key: str) -> str:
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item, key) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v, f'{key}.{k}')}" for k, v in value.items()) + "}"
    raise ConfigError(
        what="not a value of an option", where=key, got=repr(value), allowed="bool, int, float, str, a list or a dictionary of them"
    )


def reset_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options of a reset as arrays: numbers become float64, integers int64, flags bool."""
    return {key: _array(value, key) for key, value in (options or {}).items()}


def _array(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return reset_options(value)
    try:
        array = np.asarray(value)
    except ValueError:  # of unequal lengths
        array = np.asarray(None)
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, np.float64).reshape(array.shape)
    if array.dtype.kind in "iu":
        return np.ascontiguousarray(array, np.int64).reshape(array.shape)
    if array.dtype.kind == "b":
        return np.ascontiguousarray(array).reshape(array.shape)
    raise ConfigError(
        what="not a value of a reset option", where=key, got=repr(value)[:80], allowed="numbers and arrays of numbers"
    )


def check_seed(seed: Any, count: int = 1) -> int:
    """The seed as an int. Raises ConfigError unless seed .. seed + count - 1 fit 64 bits."""
    is_integer = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
    if is_integer and 0 <= seed <= SEED_LIMIT - count:
        return int(seed)
    raise ConfigError(
        what="not a seed", where="seed", got=repr(seed), allowed=f"an integer from 0 to {SEED_LIMIT - count}"
    )
