"""How a session is binned."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from noesis.errors import ConfigError
from noesis.ibl.regions import MAPPINGS
from noesis.ibl.surrogates import SURROGATES


@dataclasses.dataclass(frozen=True)
class BinOptions:
    """How to bin a session.

    bin_ms: width of a bin [ms], above 0.
    level: "unit" gives a column a cluster, "region" one a region, over all probes.
    min_label: least quality of a cluster, 0 to 1; 1 is what the IBL calls good, 0 takes all and does not
        look at it.
    mapping: names of regions: "allen", "beryl", "cosmos" (acronyms), "id" (numbers of the Allen atlas), or
        "none", which needs no alignment to the atlas.
    probes: their names; None takes all.
    sorter: a folder of the probe; None takes pykilosort, iblsorter, or the shortest name; "" is the probe's
        own folder.
    regions: only these, in the names of the mapping; None takes all.
    exclude: regions that are left out.
    begin_s, end_s: [s] of the session's clock. None: the time that all probes have spikes in. Only whole
        bins are kept.
    trial_event: column of the trials whose times begin trials, such as "intervals_0" (the start),
        "stimOn_times", "feedback_times". None: the start, where there are trials.
    invalid_times: "error", or "drop" to leave out spikes whose time is not finite.
    surrogate: None, or a null without the structure between units: "isi" shuffles the intervals between the
        spikes of each unit, "shift" shifts each unit's spikes in a circle.
    seed: of the surrogate.
    synthetic: the tree holds spikes that were made, not recorded.
    """

    bin_ms: float = 20.0
    level: str = "unit"
    min_label: float = 1.0
    mapping: str = "allen"
    probes: list[str] | None = None
    sorter: str | None = None
    regions: list[str] | None = None
    exclude: tuple[str, ...] = ("void", "root")
    begin_s: float | None = None
    end_s: float | None = None
    trial_event: str | None = None
    invalid_times: str = "error"
    surrogate: str | None = None
    seed: int = 0
    synthetic: bool = False

    def __post_init__(self):
        def check(holds: bool, name: str, allowed: str) -> None:
            if not holds:
                raise ConfigError(
                    what="not a value of an option", where=name, got=repr(getattr(self, name)), allowed=allowed
                )

        def choice(name: str, among: tuple) -> None:
            check(getattr(self, name) in among, name, ", ".join(map(repr, among)))

        check(0 < self.bin_ms < 1e9, "bin_ms", "above 0, below 1e9 ms")
        check(0 <= self.min_label <= 1, "min_label", "0 to 1")
        choice("level", ("unit", "region"))
        choice("mapping", MAPPINGS)
        choice("invalid_times", ("error", "drop"))
        choice("surrogate", (None, *SURROGATES))
        for name in ("begin_s", "end_s"):
            value = getattr(self, name)
            check(value is None or abs(value) < 1e9, name, "seconds of the session's clock")
        if self.mapping == "none" and (self.level == "region" or self.regions):
            raise ConfigError(
                what="regions without a mapping",
                where="mapping",
                got="'none'",
                allowed=", ".join(map(repr, MAPPINGS[:-1])),
                next='level="region" and regions=... need one',
            )


def bin_options(given: Mapping[str, Any]) -> BinOptions:
    """Raises ConfigError for an unknown name or a value that is not allowed."""
    names = [field.name for field in dataclasses.fields(BinOptions)]
    for name in given:
        if name not in names:
            raise ConfigError(what="unknown option", where="bin_session", got=name, allowed=", ".join(names))
    return BinOptions(**given)
