"""Writes a binned recording in HDF5, there whole or not at all."""

from __future__ import annotations

import os
import pathlib
from typing import Any

import h5py
import numpy as np

from noesis.errors import RunError

MOST_COUNT = 65535  # in a bin of a column
MOST_VALUES = 1 << 32  # bins x columns


class RecordingFile:
    """Takes the counts in blocks of rows. Without `finish`, or after an error, nothing is left behind.

    Raises RunError where the disk does not take it.
    """

    def __init__(self, path: pathlib.Path, bins: int, columns: int):
        self._path = path
        self._temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
        self._finished = False
        try:
            self._file = h5py.File(self._temporary, "w")
        except OSError as error:
            raise self._error(error) from None
        self._counts = self._file.create_dataset(
            "counts",
            shape=(bins, columns),
            dtype=np.uint16,
            chunks=(min(bins, max(1, (1 << 18) // columns)), columns),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
        )

    def write_rows(self, first: int, rows: np.ndarray) -> None:
        try:
            self._counts[first : first + len(rows)] = rows
        except OSError as error:
            raise self._error(error) from None

    def finish(self, data: dict[str, Any], attributes: dict[str, Any]) -> None:
        """The other datasets and the attributes; then the file takes its name."""
        try:
            for name, values in data.items():
                text = len(values) and isinstance(values[0], str)
                self._file.create_dataset(name, data=values, dtype=h5py.string_dtype() if text else None)
            self._file.attrs.update(format="noesis-recording", version=1, **attributes)
            self._file.close()
            with open(self._temporary, "rb") as file:
                os.fsync(file.fileno())
            os.replace(self._temporary, self._path)
        except OSError as error:
            raise self._error(error) from None
        self._finished = True

    def __enter__(self) -> RecordingFile:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            self._file.close()
            self._temporary.unlink(missing_ok=True)

    def _error(self, error: OSError) -> RunError:
        self._temporary.unlink(missing_ok=True)
        return RunError(
            what="the recording cannot be written",
            where=str(self._path),
            got=str(error.strerror or error),
            next="look at the folder, its permissions and the space on the disk",
        )
