"""Bins the spikes of a session into the file that noesis/Replay-v0 plays (docs/recording-format.md).

Bin b holds the spikes of [begin + b width, begin + (b + 1) width). Spikes are read through memory maps and
counted a block of bins at a time, so that memory does not grow with the length of a session.
"""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import numpy as np
from tqdm import tqdm

from noesis.errors import ConfigError
from noesis.ibl.options import BinOptions, bin_options
from noesis.ibl.probe import BLOCK, Probe, load_probe
from noesis.ibl.recording_file import MOST_COUNT, MOST_VALUES, RecordingFile
from noesis.ibl.sessions import Session, choose_probes, choose_sorter
from noesis.ibl.surrogates import make_surrogate
from noesis.ibl.trials import trial_times

BLOCK_VALUES = 1 << 22  # counts of a block: bins x columns


@dataclasses.dataclass
class Columns:
    """What the columns of the counts are."""

    of_cluster: list[np.ndarray]  # by probe: (clusters) column, -1 for those left out
    data: dict[str, Any]  # datasets of the file by name, one entry a column
    count: int


def bin_session(session: Session | str | pathlib.Path, out: str | pathlib.Path, **options: Any) -> dict[str, Any]:
    """Writes `out`, whole or not at all, and returns what there is in it.

    Args:
        session: or its folder.
        out: the file; one that is there is replaced.
        **options: of BinOptions.

    Raises ConfigError for wrong options and for data that are missing, malformed or do not go together,
    RunError where the file cannot be written.
    """
    started = time.monotonic()
    options = bin_options(options)
    session = session if isinstance(session, Session) else Session(session)
    probes = [
        load_probe(
            session.datasets,
            name,
            choose_sorter(session.folder, name, collections, options.sorter),
            mapping=options.mapping,
            need_label=options.min_label > 0,
            invalid_times=options.invalid_times,
        )
        for name, collections in _slow(choose_probes(session.datasets, options.probes).items(), "looking through")
    ]
    edges = _edges(session, probes, options)
    chosen = [_chosen(probe, options, edges) for probe in probes]
    columns = _columns(session, probes, chosen, options)
    if (len(edges) - 1) * columns.count > MOST_VALUES:
        raise ConfigError(
            what="more counts than a recording holds",
            where="bin_ms",
            got=f"{len(edges) - 1} bins of {columns.count} columns",
            allowed=f"{MOST_VALUES} counts",
            next="use longer bins, fewer units, or regions",
        )
    trains = [
        (probe.times, probe.clusters) if options.surrogate is None else _surrogate(probe, keep, edges, options, index)
        for index, (probe, keep) in enumerate(
            zip(_slow(probes, "surrogate" if options.surrogate else "reading"), chosen, strict=True)
        )
    ]
    trials = trial_times(session, options.trial_event)
    trial_begin = np.unique(np.searchsorted(edges, trials[(trials >= edges[0]) & (trials < edges[-1])], "right") - 1)
    spikes, most = 0, 0
    with RecordingFile(pathlib.Path(out), len(edges) - 1, columns.count) as file:
        for first, block in count_spikes(trains, columns, edges):
            spikes += int(block.sum())
            most = max(most, int(block.max()))
            if most > MOST_COUNT:
                raise ConfigError(
                    what="more spikes in a bin than a recording holds",
                    where="bin_ms",
                    got=f"{most} in bins of {options.bin_ms} ms",
                    allowed=f"{MOST_COUNT}",
                    next="use shorter bins, or units for regions",
                )
            file.write_rows(first, block)
        data = dict(columns.data)
        if len(trial_begin):
            data["trial_begin"] = trial_begin
        file.finish(data, _attributes(session, probes, options, edges))
    return {
        "file": str(out),
        "session": session.name,
        "probes": {probe.name: probe.source for probe in probes},
        "bins": len(edges) - 1,
        "bin_ms": float(options.bin_ms),
        "begin_s": float(edges[0]),
        "end_s": float(edges[-1]),
        "columns": columns.count,
        "units": int(sum(keep.sum() for keep in chosen)),
        "clusters": int(sum(map(len, chosen))),
        "spikes": spikes,
        "most_in_a_bin": most,
        "trials": len(trial_begin),
        "spikes_without_time": int(sum(probe.dropped for probe in probes)),
        "unsorted_probes": [probe.name for probe in probes if probe.unsorted],
        "seconds": round(time.monotonic() - started, 3),
    }


def count_spikes(
    trains: list[tuple[np.ndarray, np.ndarray]], columns: Columns, edges: np.ndarray
) -> Iterator[tuple[int, np.ndarray]]:
    """(first bin, counts (bins x columns)) of each block in turn; times ascend within a probe."""
    bounds = [np.searchsorted(times, edges, "left") for times, _ in trains]
    heard = np.sum(bounds, axis=0)  # spikes of all probes before each edge
    total, first = len(edges) - 1, 0
    most_bins = max(1, BLOCK_VALUES // columns.count)
    with tqdm(total=total, unit="bin", desc="counting", delay=2, disable=None, leave=False) as bar:
        while first < total:
            last = int(np.searchsorted(heard, heard[first] + BLOCK, "right")) - 1
            last = min(max(last, first + 1), first + most_bins, total)
            size = (last - first) * columns.count
            counts = np.zeros(size, np.int64)
            for (_, clusters), bound, of_cluster in zip(trains, bounds, columns.of_cluster, strict=True):
                column = of_cluster[clusters[bound[first] : bound[last]]]
                row = np.repeat(np.arange(last - first), np.diff(bound[first : last + 1]))
                kept = column >= 0
                counts += np.bincount(row[kept] * columns.count + column[kept], minlength=size)
            yield first, counts.reshape(last - first, columns.count)
            bar.update(last - first)
            first = last


def _slow(probes: Collection, what: str) -> Iterable:
    """A bar where it takes more than two seconds."""
    return tqdm(probes, unit="probe", desc=what, delay=2, disable=None, leave=False)


def _edges(session: Session, probes: list[Probe], options: BinOptions) -> np.ndarray:
    """(bins + 1) [s]"""
    begin = max(float(probe.times[0]) for probe in probes) if options.begin_s is None else float(options.begin_s)
    end = min(float(probe.times[-1]) for probe in probes) if options.end_s is None else float(options.end_s)
    bins = int((end - begin) / (options.bin_ms / 1000) * (1 + 1e-12) + 1e-9)
    if bins < 2:
        raise ConfigError(
            what="too short for a recording",
            where=session.name,
            got=f"{begin:g} s to {end:g} s in bins of {options.bin_ms:g} ms",
            allowed="at least two bins",
            next="look at begin_s, end_s and bin_ms, and at whether the probes were on at the same time",
        )
    if bins > MOST_VALUES:
        raise ConfigError(
            what="more bins than a recording holds", where="bin_ms", got=str(bins), allowed=str(MOST_VALUES)
        )
    return begin + np.arange(bins + 1) * options.bin_ms / 1000


def _chosen(probe: Probe, options: BinOptions, edges: np.ndarray) -> np.ndarray:
    """(clusters) whether a cluster is good enough, in a region that is wanted, and fires at all."""
    first, last = np.searchsorted(probe.times, (edges[0], edges[-1]), "left")
    fired = np.zeros(probe.count, np.int64)
    for k in range(first, last, BLOCK):
        fired += np.bincount(probe.clusters[k : min(k + BLOCK, last)], minlength=probe.count)
    keep = fired > 0
    if probe.label is not None:
        keep &= probe.label >= options.min_label - 1e-6  # thirds are not exact; NaN is not good
    if probe.region is not None:
        keep &= ~np.isin(probe.region, list(options.exclude))
        if options.regions is not None:
            keep &= np.isin(probe.region, list(options.regions))
    return keep


def _columns(session: Session, probes: list[Probe], chosen: list[np.ndarray], options: BinOptions) -> Columns:
    if not any(keep.any() for keep in chosen):
        found = sorted({str(name) for probe in probes if probe.region is not None for name in probe.region})
        raise ConfigError(
            what="no unit is left",
            where=session.name,
            got=f"quality of at least {options.min_label:g}"
            + (f", regions {', '.join(options.regions)}" if options.regions else "")
            + f" of {sum(map(len, chosen))} clusters",
            allowed=f"regions of the probes: {', '.join(found[:40])}" if found else "",
            next="ask for less quality, or other regions",
        )
    if options.level == "region":
        return _region_columns(probes, chosen)
    of_cluster, data, count = [], {"unit_id": [], "unit_probe": []}, 0
    for probe, keep in zip(probes, chosen, strict=True):
        rows = np.flatnonzero(keep)
        column = np.full(len(keep), -1, np.int64)
        column[rows] = count + np.arange(len(rows))
        count += len(rows)
        of_cluster.append(column)
        data["unit_id"] += rows.tolist()
        data["unit_probe"] += [probe.name] * len(rows)
        for name, values in (
            ("unit_region", probe.region),
            ("unit_region_id", probe.region_id),
            ("unit_label", probe.label),
        ):
            if values is not None:
                data.setdefault(name, []).extend(values[rows].tolist())
    return Columns(of_cluster, data, count)


def _region_columns(probes: list[Probe], chosen: list[np.ndarray]) -> Columns:
    ids: dict[str, int] = {}
    for probe, keep in zip(probes, chosen, strict=True):
        ids.update(zip(probe.region[keep].tolist(), probe.region_id[keep].tolist(), strict=True))
    names = sorted(ids)
    place = {name: k for k, name in enumerate(names)}
    of_cluster, units = [], np.zeros(len(names), np.int64)
    for probe, keep in zip(probes, chosen, strict=True):
        column = np.array([place.get(name, -1) for name in probe.region.tolist()], np.int64)
        column[~keep] = -1
        units += np.bincount(column[keep], minlength=len(names))
        of_cluster.append(column)
    data = {"unit_id": [ids[name] for name in names], "unit_region": names, "region_units": units}
    return Columns(of_cluster, data, len(names))


def _surrogate(
    probe: Probe, keep: np.ndarray, edges: np.ndarray, options: BinOptions, index: int
) -> tuple[np.ndarray, np.ndarray]:
    first, last = np.searchsorted(probe.times, (edges[0], edges[-1]), "left")
    times, clusters = np.asarray(probe.times[first:last]), np.asarray(probe.clusters[first:last])
    kept = keep[clusters]
    rng = np.random.default_rng([options.seed, index])
    return make_surrogate(options.surrogate, times[kept], clusters[kept], edges[0], edges[-1], rng)


def _attributes(session: Session, probes: list[Probe], options: BinOptions, edges: np.ndarray) -> dict[str, Any]:
    quality = f"quality >= {options.min_label:g}" if options.min_label > 0 else "any quality"
    source = f"{session.name}; {', '.join(f'{probe.name} {probe.source}' for probe in probes)}; {quality}"
    if not options.synthetic:
        source = f"International Brain Laboratory, {source}; CC BY 4.0"
    if options.surrogate is not None:
        source += f"; surrogate {options.surrogate} of seed {options.seed}"
    return {
        "bin_ms": float(options.bin_ms),
        "source": source,
        "synthetic": int(options.synthetic or options.surrogate is not None),
        "begin_s": float(edges[0]),
        "level": options.level,
        "mapping": options.mapping,
    }
