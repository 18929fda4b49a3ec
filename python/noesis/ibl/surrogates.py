"""Nulls for the structure of spike trains: what is left when units no longer know of each other.

Both keep each unit's number of spikes. A recording has structure between its units, or in time, only as far
as a predictor does better on it than on these.
"""

from __future__ import annotations

import numpy as np

from noesis.errors import ConfigError

SURROGATES = ("isi", "shift")


def shuffle_intervals(times: np.ndarray, units: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(times ascending, units): the intervals between the spikes of each unit in a random order.

    Keeps each unit's first and last spike and its distribution of intervals; order in time is gone, its own
    and that with others.
    """
    order = np.lexsort((times, units))
    times, units = np.asarray(times, np.float64)[order], np.asarray(units)[order]
    if len(times) == 0:
        return times, units
    first = np.concatenate(([True], units[1:] != units[:-1]))
    intervals = np.diff(times, prepend=times[0])
    intervals[first] = 0
    key = rng.random(len(times))
    key[first] = -1
    intervals = intervals[np.lexsort((key, units))]
    starts = np.flatnonzero(first)
    lengths = np.diff(starts, append=len(times))
    elapsed = np.cumsum(intervals)
    shuffled = elapsed + np.repeat(times[starts] - elapsed[starts], lengths)
    # Sums in another order round otherwise.
    shuffled = np.clip(shuffled, np.repeat(times[starts], lengths), np.repeat(times[starts + lengths - 1], lengths))
    return _in_order(shuffled, units)


def shift_circularly(
    times: np.ndarray, units: np.ndarray, begin: float, end: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(times ascending, units): the spikes of each unit shifted by a random time, in a circle over [begin, end).

    Keeps each unit's order in time but for one seam; that with others is gone. Times must lie in [begin, end).
    """
    length = end - begin
    names, index = np.unique(units, return_inverse=True)
    offset = rng.uniform(0, length, len(names))
    shifted = begin + np.mod(np.asarray(times, np.float64) - begin + offset[index], length)
    return _in_order(np.minimum(shifted, np.nextafter(end, -np.inf)), np.asarray(units))


def make_surrogate(
    name: str, times: np.ndarray, units: np.ndarray, begin: float, end: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    if name == "isi":
        return shuffle_intervals(times, units, rng)
    if name == "shift":
        return shift_circularly(times, units, begin, end, rng)
    raise ConfigError(what="no such surrogate", where="surrogate", got=repr(name), allowed=", ".join(SURROGATES))


def _in_order(times: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(times, kind="stable")
    return times[order], units[order]
