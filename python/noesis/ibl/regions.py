"""Names of brain regions, from the ids of the Allen atlas that recordings have."""

from __future__ import annotations

import functools

import numpy as np

from noesis.errors import ConfigError

MAPPINGS = ("allen", "beryl", "cosmos", "id", "none")


@functools.cache
def _atlas():
    try:
        from iblatlas.regions import BrainRegions
    except ModuleNotFoundError as error:
        raise ConfigError(
            what="acronyms of regions need iblatlas",
            where="mapping",
            next='run `pip install noesis[ibl]`, or choose mapping "id"',
        ) from error
    return BrainRegions()


def name_regions(ids: np.ndarray, mapping: str, where: str) -> tuple[np.ndarray, np.ndarray]:
    """(ids, names) of the regions that a mapping gives for ids of the Allen atlas (2017).

    The IBL writes ids of the left hemisphere with a minus sign in some places; both hemispheres have one
    name here. Raises ConfigError for an id that the atlas does not have.
    """
    ids = np.abs(np.asarray(ids, np.int64))
    if mapping == "id":
        return ids, ids.astype(str)
    atlas = _atlas()
    known = {int(i): index for index, i in enumerate(atlas.id) if i >= 0}
    unknown = sorted(set(ids.tolist()) - known.keys())
    if unknown:
        raise ConfigError(
            what="no region of the Allen atlas",
            where=where,
            got=", ".join(map(str, unknown[:5])),
            allowed="ids of the CCF of 2017",
            next='choose mapping "id" to keep the numbers',
        )
    index = np.array([known[i] for i in ids.tolist()], np.int64)
    index = atlas.mappings[mapping.capitalize()][index]
    return np.abs(atlas.id[index]).astype(np.int64), atlas.acronym[index].astype(str)
