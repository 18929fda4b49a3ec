"""What a run left in its folder, read with errors that name file and key.

`Node` wraps a JSON value with its place. Every reader below takes null as "not known" and turns it
into None (NaN in arrays), since JSON has no NaN; keys that nobody asks for are ignored.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
from collections.abc import Iterator
from typing import Any, NoReturn

NAN = float("nan")
# How non-finite scalars are written in metrics.jsonl (the JSON mapping of Protocol Buffers).
NON_FINITE = {"NaN": NAN, "Infinity": math.inf, "-Infinity": -math.inf}


class ReportError(Exception):
    """Something in the run's folder that no report can be made of."""


def shorten(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@dataclasses.dataclass(frozen=True)
class Node:
    """A JSON value and where it stands. `x[...]` must be there, `x.get(...)` may be missing."""

    value: Any
    file: pathlib.Path
    key: str = ""

    def fail(self, allowed: str) -> NoReturn:
        place = f"{self.file}: {self.key or 'the whole file'}"
        raise ReportError(f"{place}: got {shorten(self.value)}, allowed {allowed}")

    def child(self, key: str | int, value: Any) -> Node:
        if isinstance(key, int):
            return Node(value, self.file, f"{self.key}[{key}]")
        return Node(value, self.file, f"{self.key}.{key}" if self.key else key)

    def keys(self) -> list[str]:
        if not isinstance(self.value, dict):
            self.fail("an object")
        return list(self.value)

    def __contains__(self, key: str) -> bool:
        """Whether the key is there and known."""
        return key in self.keys() and self.value[key] is not None

    def __getitem__(self, key: str) -> Node:
        if key not in self.keys():
            raise ReportError(f"{self.file}: {self.child(key, None).key}: the key is missing")
        return self.child(key, self.value[key])

    def get(self, key: str) -> Node:
        return self.child(key, self.value[key] if key in self else None)

    def without(self, key: str) -> Node:
        return dataclasses.replace(self, value={k: self.value[k] for k in self.keys() if k != key})

    def items(self) -> Iterator[Node]:
        """The elements of a list; none where it is missing."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.fail("a list")
        for k, value in enumerate(self.value):
            yield self.child(k, value)

    def text(self) -> str:
        if not isinstance(self.value, str):
            self.fail("a string")
        return self.value

    def label(self) -> str:
        """A name, whether it was written as a string, a number or true/false; "" where missing."""
        if self.value is None:
            return ""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if not isinstance(self.value, str) and not is_number(self.value):
            self.fail("a string or a number")
        return f"{self.value:g}" if isinstance(self.value, float) else str(self.value)

    def truth(self) -> bool | None:
        if self.value is not None and not isinstance(self.value, bool):
            self.fail("true or false")
        return self.value

    def number(self) -> float | None:
        if self.value is None:
            return None
        if not is_number(self.value):
            self.fail("a number")
        return self.value

    def interval(self) -> list[float] | None:
        """[middle, low, high], from that or from a number alone."""
        if self.value is None:
            return None
        values = [self.value] if is_number(self.value) else self.value
        if not isinstance(values, list) or len(values) not in (1, 3):
            self.fail("a number or [mean, low, high]")
        if not all(v is None or is_number(v) for v in values):
            self.fail("a number or [mean, low, high]")
        return [NAN if v is None else v for v in values] if values[0] is not None else None

    def numbers(self) -> list[float]:
        """A list of numbers; empty where it is missing."""
        if self.value is None:
            return []
        if not isinstance(self.value, list):
            self.fail("a list of numbers")
        for k, v in enumerate(self.value):
            if v is not None and not is_number(v):
                self.child(k, v).fail("a number")
        return [NAN if v is None else v for v in self.value]

    def rows(self, width: int | None = None) -> list[list[float]]:
        """A list of equally long rows of numbers, each of `width` where that is given."""
        rows = [row.numbers() for row in self.items()]
        wanted = width if width is not None else len(rows[0]) if rows else 0
        for k, row in enumerate(rows):
            if len(row) != wanted:
                self.child(k, self.value[k]).fail(f"{wanted} numbers")
        return rows


def read_json(file: pathlib.Path) -> Node:
    try:
        return Node(json.loads(file.read_bytes()), file)
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{file}: not JSON: {error}") from None


@dataclasses.dataclass(frozen=True)
class Curve:
    """One scalar of metrics.jsonl."""

    steps: list[int]
    values: list[float]


def read_metrics(file: pathlib.Path) -> dict[str, Curve]:
    """Curves by name. A last line that was cut off by a crash is left out."""
    curves: dict[str, Curve] = {}
    if not file.exists():
        return curves
    lines = file.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{file}:{number}"
        try:
            event = json.loads(line)
        except (ValueError, RecursionError) as error:
            if number == len(lines):
                break
            raise ReportError(f"{where}: not JSON: {error}") from None
        if not isinstance(event, dict) or not isinstance(event.get("step"), int):
            raise ReportError(f"{where}: step: an event needs an integer step, got {shorten(event)}")
        for name, value in event.items():
            if name == "step" or value is None:
                continue
            if isinstance(value, str):
                value = NON_FINITE.get(value, value)
            if not is_number(value):
                raise ReportError(f"{where}: {name}: got {shorten(value)}, allowed a number")
            curve = curves.setdefault(name, Curve([], []))
            curve.steps.append(event["step"])
            curve.values.append(value)
    return curves


@dataclasses.dataclass(frozen=True)
class Run:
    folder: pathlib.Path  # or the recording, of a run that has none
    summary: Node  # an empty object where the run has not finished
    finished: bool
    parts: dict[str, list[Node]]  # plots by kind, in the order of their files' names
    metrics: dict[str, dict[str, Curve]]  # by scalar, then by the folder of a seed ("" where there is one alone)
    config: str  # the resolved configuration as TOML, "" if there is none

    @property
    def result(self) -> Node:
        return self.summary.get("result") if "result" in self.summary else self.summary.child("result", {})


# What `simulate --out` names its recordings; the run's other files are named after them.
RECORDINGS = {".h5", ".hdf5", ".npz", ".csv"}


def beside(recording: pathlib.Path, ending: str) -> pathlib.Path:
    return recording.with_name(recording.stem + ending)


def report_path(place: pathlib.Path) -> pathlib.Path:
    """Where the report of a run's folder, or of a recording, goes."""
    return place / "report.html" if place.is_dir() else beside(place, ".report.html")


def read_recording(recording: pathlib.Path) -> Run:
    """The run of a recording in a folder that is not the run's own."""
    summary_file, plot = beside(recording, ".summary.json"), beside(recording, ".plot.json")
    if not summary_file.exists():
        raise ReportError(f"{recording}: not the recording of a run that has finished: there is no {summary_file.name}")
    summary = read_json(summary_file)
    summary.keys()
    parts = {}
    if plot.exists():
        part = read_json(plot)
        parts[part["kind"].text()] = [part]
    return Run(recording, summary, True, parts, {}, read_config(beside(recording, ".config.toml")))


def read_config(file: pathlib.Path) -> str:
    return file.read_text(errors="replace") if file.exists() else ""


def read_run(folder: pathlib.Path) -> Run:
    """Of a run's folder, or of a recording. @raises ReportError for what is malformed, or where there is
    nothing to report on."""
    if folder.suffix in RECORDINGS and not folder.is_dir():
        return read_recording(folder)
    if not folder.is_dir():
        raise ReportError(f"{folder}: there is no such folder, and it is not named as a recording is")
    summary_file = folder / "summary.json"
    part_files = sorted(folder.glob("parts/*.plot.json"))
    metrics: dict[str, dict[str, Curve]] = {}
    seeds = sorted(folder.glob("seed-*/metrics.jsonl"), key=lambda file: (len(file.parent.name), file.parent.name))
    for file in [folder / "metrics.jsonl", *seeds]:
        for name, curve in read_metrics(file).items():
            metrics.setdefault(name, {})[file.parent.name if file in seeds else ""] = curve
    finished = summary_file.exists()
    if not finished and not part_files and not metrics:
        raise ReportError(
            f"{folder}: not the folder of a run: it has no summary.json, parts/*.plot.json or metrics.jsonl"
        )
    summary = read_json(summary_file) if finished else Node({}, summary_file)
    summary.keys()
    parts: dict[str, list[Node]] = {}
    for file in part_files:
        part = read_json(file)
        parts.setdefault(part["kind"].text(), []).append(part)
    return Run(folder, summary, finished, parts, metrics, read_config(folder / "config.toml"))
