"""Sessions on this machine: the folders LAB/Subjects/SUBJECT/DATE/NUMBER of an ALF tree."""

from __future__ import annotations

import functools
import pathlib
import re

from noesis.errors import ConfigError
from noesis.ibl.datasets import Dataset, Datasets

from one.alf.io import iter_sessions  # isort: skip (datasets explains where it is missing)
from one.alf.path import session_path_parts  # isort: skip

PREFERRED_SORTERS = ("pykilosort", "iblsorter")
PROBE = re.compile(r"alf/(probe[^/]*)(?:/(.+))?")


class Session:
    """A session's folder.

    Args:
        folder: .../SUBJECT/DATE/NUMBER.
        revision: of the datasets: that or the last before it. None: the default of the tables
            (datasets.pqt) where they say so, else the last.

    Raises ConfigError for a folder that is none.
    """

    def __init__(self, folder: str | pathlib.Path, *, revision: str | None = None):
        self.folder = pathlib.Path(folder).absolute()
        parts = session_path_parts(self.folder.as_posix(), as_dict=True, assert_valid=False)
        if not parts.get("subject") or not self.folder.is_dir():
            raise ConfigError(
                what="not the folder of a session",
                where=str(folder),
                got="a folder of another name" if self.folder.is_dir() else "no folder",
                allowed="[LAB/Subjects/]SUBJECT/YYYY-MM-DD/NUMBER",
                next="`python -m noesis.ibl list --root DIR` lists sessions",
            )
        self.lab, self.subject = parts["lab"] or "", parts["subject"]
        self.date, self.number = str(parts["date"]), parts["number"]
        self.revision = revision

    @property
    def name(self) -> str:
        return "/".join(filter(None, (self.lab, self.subject, self.date, self.number)))

    @functools.cached_property
    def datasets(self) -> Datasets:
        files = (path for path in sorted(self.folder.rglob("*.*")) if path.is_file())
        relative = [path.relative_to(self.folder).as_posix() for path in files]
        return Datasets(self.folder, relative, revision=self.revision, defaults=self._defaults())

    @property
    def probes(self) -> dict[str, list[str]]:
        """Collections with sorted spikes by the name of the probe."""
        return probes_of(self.datasets)

    @property
    def trials(self) -> int:
        """How many; 0 where there are none."""
        table = self.datasets.find("alf", "_ibl_trials.table.pqt")
        if table is not None:
            return len(self.datasets.table(table))
        intervals = self.datasets.find("alf", "_ibl_trials.intervals.npy")
        return 0 if intervals is None else len(self.datasets.array(intervals, "fiu", 2))

    def _defaults(self) -> dict[str, bool]:
        """Which revisions the tables of a cache around the session call the default."""
        root = next((folder for folder in self.folder.parents if (folder / "datasets.pqt").is_file()), None)
        if root is None:
            return {}
        from one.api import One

        try:
            table = One(cache_dir=root, mode="local").list_datasets(self.folder, details=True)
        except (ValueError, OSError, KeyError) as error:
            raise ConfigError(
                what="the tables of the tree cannot be read",
                where=str(root / "datasets.pqt"),
                got=" ".join(str(error).split())[:160],
                next="move datasets.pqt and sessions.pqt away, or make them anew (one.alf.cache.make_parquet_db)",
            ) from None
        if "default_revision" not in table:
            return {}
        return dict(zip(table["rel_path"], table["default_revision"].astype(bool), strict=True))


def probes_of(datasets: Datasets) -> dict[str, list[str]]:
    probes: dict[str, list[str]] = {}
    for collection in datasets.collections("spikes.times.npy"):
        if match := PROBE.fullmatch(collection):
            probes.setdefault(match[1], []).append(collection)
    return probes


def choose_probes(datasets: Datasets, wanted: list[str] | None) -> dict[str, list[str]]:
    """The probes asked for, or all. Raises ConfigError for one without sorted spikes."""
    probes = probes_of(datasets)
    if not probes:
        raise ConfigError(
            what="no probe with sorted spikes",
            where=str(datasets.folder),
            got="no alf/probe*/.../spikes.times.npy",
            next="download the session's spikes (`python -m noesis.ibl download`)",
        )
    for name in wanted or []:
        if name not in probes:
            raise ConfigError(what="no such probe", where=str(datasets.folder), got=name, allowed=", ".join(probes))
    return {name: probes[name] for name in wanted} if wanted else probes


def choose_sorter(folder: pathlib.Path, probe: str, collections: list[str], sorter: str | None) -> str:
    """The collection of one sorter: the one asked for, else pykilosort, iblsorter, the shortest name."""
    names = {PROBE.fullmatch(collection)[2] or "": collection for collection in collections}
    if sorter is not None:
        if sorter not in names:
            raise ConfigError(
                what="the probe was not sorted so",
                where=f"{folder}: {probe}",
                got=f"sorter {sorter!r}",
                allowed=", ".join(repr(name) for name in names),
            )
        return names[sorter]
    for name in PREFERRED_SORTERS:
        if name in names:
            return names[name]
    return min(collections, key=lambda collection: (len(collection), collection))


def list_sessions(root: str | pathlib.Path) -> list[Session]:
    """All sessions below a folder, in order of their paths. Raises ConfigError where there is no folder."""
    root = pathlib.Path(root)
    if not root.is_dir():
        raise ConfigError(what="no such folder", where=str(root), next="give the root of an ALF tree")
    return [Session(path) for path in iter_sessions(root)]


__all__ = ["Dataset", "Session", "choose_probes", "choose_sorter", "list_sessions", "probes_of"]
