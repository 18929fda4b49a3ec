"""The datasets of a session: which file of which revision an ALF name means, and what is in it."""

from __future__ import annotations

import dataclasses
import pathlib
import uuid
from collections.abc import Iterable, Mapping

import numpy as np

from noesis.errors import ConfigError

try:
    from one.alf.path import rel_path_parts
    from one.util import index_last_before
except ModuleNotFoundError as error:
    if error.name not in ("one", "pandas", "iblutil"):
        raise
    raise ConfigError(
        what="recordings of the IBL need ONE-api", where="noesis.ibl", next="run `pip install noesis[ibl]`"
    ) from error


@dataclasses.dataclass(frozen=True)
class Dataset:
    """One file, by its path from the session's folder."""

    relative: str
    collection: str
    revision: str  # "" for the one without
    key: tuple  # object, attribute, timescale, extension


def parse(relative: str) -> Dataset | None:
    """None for what is no ALF file; a UUID that a download left in the name does not count."""
    parts = rel_path_parts(relative, as_dict=True, assert_valid=False)
    if not parts.get("object") or not all(map(_is_uuid, (parts["extra"] or "").split("."))):
        return None
    key = (parts["object"], parts["attribute"], parts["timescale"], parts["extension"])
    return Dataset(relative, parts["collection"] or "", parts["revision"] or "", key)


def _is_uuid(text: str) -> bool:
    try:
        return not text or bool(uuid.UUID(text))
    except ValueError:
        return False


class Datasets:
    """Finds datasets among the relative paths of a session as ONE does.

    Revisions are ordered as text. `revision` asks for that one or the last before it; without it the
    default of the tables counts where they name one, and else the last.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        relative_paths: Iterable[str],
        *,
        revision: str | None = None,
        defaults: Mapping[str, bool] | None = None,
    ):
        self.folder = folder
        self.revision = revision
        self._defaults = defaults or {}
        self._found: dict[tuple, dict[str, Dataset]] = {}
        for relative in relative_paths:
            dataset = parse(relative)
            if dataset is not None:
                self._found.setdefault((dataset.collection, dataset.key), {})[dataset.revision] = dataset

    def collections(self, name: str) -> list[str]:
        """Collections that hold a dataset of this name, in any revision."""
        wanted = parse(name).key
        return sorted({collection for collection, key in self._found if key == wanted})

    def find(self, collection: str, name: str) -> Dataset | None:
        revisions = self._found.get((collection, parse(name).key), {})
        if self.revision is None:
            for dataset in revisions.values():
                if self._defaults.get(dataset.relative):
                    return dataset
        names = list(revisions)
        index = index_last_before(names, self.revision)
        return None if index is None else revisions[names[index]]

    def require(self, collection: str, name: str) -> Dataset:
        dataset = self.find(collection, name)
        if dataset is None:
            revisions = self._found.get((collection, parse(name).key), {})
            raise ConfigError(
                what="a dataset is missing",
                where=str(self.folder / collection / name),
                got=f"revisions {sorted(revisions)}" if revisions else "no such file",
                allowed=f"revision {self.revision} or one before it" if revisions else "",
                next="choose another revision" if revisions else "download the session again, or choose another sorter",
            )
        return dataset

    def path(self, dataset: Dataset) -> pathlib.Path:
        return self.folder / dataset.relative

    def array(self, dataset: Dataset, kinds: str, dimensions: int = 1) -> np.ndarray:
        """A memory map, of a type in `kinds` (as in numpy.dtype.kind) and so many dimensions."""
        path = self.path(dataset)
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ConfigError(
                what="not a NumPy array", where=str(path), got=str(error), next="download it again"
            ) from None
        if array.ndim == dimensions + 1 and array.shape[-1] == 1:  # a column
            array = array[..., 0]
        if array.dtype.kind not in kinds or array.ndim != dimensions:
            names = {"f": "floating-point numbers", "i": "integers", "iu": "integers", "fiu": "numbers"}
            raise ConfigError(
                what="an array of the wrong type or shape",
                where=str(path),
                got=f"{array.dtype} of shape {array.shape}",
                allowed=f"{names[kinds]} in {dimensions} dimension{'s' if dimensions > 1 else ''}",
            )
        return array

    def table(self, dataset: Dataset):
        """A parquet table as a pandas.DataFrame."""
        import pandas

        path = self.path(dataset)
        try:
            return pandas.read_parquet(path)
        except (ValueError, OSError) as error:
            raise ConfigError(
                what="not a parquet table", where=str(path), got=str(error)[:120], next="download it again"
            ) from None


def require_rows(datasets: Datasets, first: Dataset, rows: int, other: Dataset, other_rows: int) -> None:
    """All files of an object have as many rows."""
    if rows != other_rows:
        raise ConfigError(
            what="files that go together have different lengths",
            where=str(datasets.folder),
            got=f"{first.relative}: {rows} rows, {other.relative}: {other_rows}",
            allowed="equal lengths",
            next="they may be of different revisions: choose one with `revision`, or download the session again",
        )
