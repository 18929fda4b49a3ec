"""When the trials of a session begin."""

from __future__ import annotations

import numpy as np

from noesis.errors import ConfigError
from noesis.ibl.sessions import Session

START = "intervals_0"
TABLE = "_ibl_trials.table.pqt"


def trial_times(session: Session, event: str | None) -> np.ndarray:
    """[s], without those that did not happen (NaN); empty where there are no trials and no event is asked for.

    Looks into the table of trials, then for a file of the event's own. Raises ConfigError for an event that
    neither has.
    """
    datasets = session.datasets
    wanted = START if event is None else event
    table = datasets.find("alf", TABLE)
    names: list[str] = []
    if table is not None:
        frame = datasets.table(table)
        names = [str(name) for name in frame.columns]
        if wanted in names:
            return _finite(frame[wanted].to_numpy(np.float64))
    own = "intervals" if wanted in ("intervals_0", "intervals_1") else wanted
    file = datasets.find("alf", f"_ibl_trials.{own}.npy") if own.isidentifier() else None
    if file is not None:
        if own == "intervals":
            intervals = datasets.array(file, "fiu", 2)
            if intervals.shape[1] != 2:
                raise ConfigError(
                    what="an array of the wrong type or shape",
                    where=str(datasets.path(file)),
                    got=f"shape {intervals.shape}",
                    allowed="two columns",
                )
            return _finite(np.asarray(intervals[:, int(wanted[-1])], np.float64))
        return _finite(np.asarray(datasets.array(file, "fiu"), np.float64))
    if event is None:
        return np.empty(0)
    raise ConfigError(
        what="no such event of the trials",
        where=str(datasets.folder / "alf"),
        got=event,
        allowed=", ".join(name for name in names if name.startswith("intervals_") or name.endswith("_times"))
        or "the session has no table of trials",
        next="download the trials again, or choose another event",
    )


def _finite(times: np.ndarray) -> np.ndarray:
    return times[np.isfinite(times)]
