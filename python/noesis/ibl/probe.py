"""One probe: its spikes, checked, and of its clusters quality and region."""

from __future__ import annotations

import dataclasses

import numpy as np

from noesis.errors import ConfigError
from noesis.ibl.datasets import Dataset, Datasets, require_rows
from noesis.ibl.regions import name_regions

BLOCK = 1 << 21  # spikes looked at together


@dataclasses.dataclass
class Probe:
    """Spikes in order of time, and one row a cluster."""

    name: str
    source: str  # sorter and revision
    count: int  # clusters
    times: np.ndarray  # (spikes) [s], ascending; a memory map where the file was in order
    clusters: np.ndarray  # (spikes) rows of the arrays below
    label: np.ndarray | None  # (clusters) quality, 0 to 1
    region_id: np.ndarray | None  # (clusters)
    region: np.ndarray | None  # (clusters) acronyms
    dropped: int = 0  # spikes without a time
    unsorted: bool = False


def load_probe(
    datasets: Datasets, name: str, collection: str, *, mapping: str, need_label: bool, invalid_times: str
) -> Probe:
    """Raises ConfigError for files that are missing, malformed or do not go together."""
    times_file = datasets.require(collection, "spikes.times.npy")
    clusters_file = datasets.require(collection, "spikes.clusters.npy")
    channels_file = datasets.require(collection, "clusters.channels.npy")
    times, clusters = datasets.array(times_file, "f"), datasets.array(clusters_file, "iu")
    require_rows(datasets, times_file, len(times), clusters_file, len(clusters))
    channels = np.asarray(datasets.array(channels_file, "iu"), np.int64)
    invalid, unsorted = _look_through(datasets, times_file, times, clusters_file, clusters, len(channels))
    if invalid and invalid_times == "error":
        first = next(k for k in range(0, len(times), BLOCK) if not np.isfinite(times[k : k + BLOCK]).all())
        first += int(np.argmin(np.isfinite(times[first : first + BLOCK])))
        raise ConfigError(
            what="spikes without a time",
            where=f"{datasets.path(times_file)}[{first}]",
            got=f"{times[first]}, {invalid} of {len(times)} in all",
            allowed="finite numbers",
            next='leave such spikes out with invalid_times="drop" (--drop-invalid-times)',
        )
    if invalid:
        keep = np.isfinite(times)
        times, clusters = times[keep], clusters[keep]
    if unsorted:
        order = np.argsort(times, kind="stable")
        times, clusters = times[order], clusters[order]
    label = _labels(datasets, collection, channels_file, len(channels)) if need_label else None
    ids = region = None
    if mapping != "none":
        sites, where = _site_regions(datasets, name, collection, channels)
        ids, region = name_regions(sites, mapping, where)
    source = "/".join(filter(None, (collection.removeprefix("alf/"), times_file.revision)))
    return Probe(name, source, len(channels), times, clusters, label, ids, region, invalid, unsorted)


def _look_through(
    datasets: Datasets, times_file: Dataset, times: np.ndarray, clusters_file: Dataset, clusters: np.ndarray, count: int
) -> tuple[int, bool]:
    """(spikes without a time, whether the others are out of order); clusters that do not exist raise."""
    if len(times) == 0:
        raise ConfigError(what="a probe without spikes", where=str(datasets.path(times_file)), got="0 spikes")
    invalid, unsorted, latest = 0, False, -np.inf
    for k in range(0, len(times), BLOCK):
        cluster = clusters[k : k + BLOCK]
        if cluster.min() < 0 or cluster.max() >= count:
            worst = k + int(np.argmax((cluster < 0) | (cluster >= count)))
            raise ConfigError(
                what="a spike of a cluster that does not exist",
                where=f"{datasets.path(clusters_file)}[{worst}]",
                got=str(clusters[worst]),
                allowed=f"0 to {count - 1}, the rows of clusters.channels",
                next="spikes and clusters may be of different revisions or sorters",
            )
        block = times[k : k + BLOCK]
        finite = np.isfinite(block)
        if not finite.all():
            invalid += int((~finite).sum())
            block = block[finite]
        if len(block):
            unsorted = unsorted or block[0] < latest or bool((block[1:] < block[:-1]).any())
            latest = block[-1]
    if invalid == len(times):
        raise ConfigError(what="a probe without spikes", where=str(datasets.path(times_file)), got="no finite time")
    return invalid, unsorted


def _labels(datasets: Datasets, collection: str, channels_file: Dataset, count: int) -> np.ndarray:
    """Quality by cluster; a cluster without a row in the metrics has 0."""
    file = datasets.find(collection, "clusters.metrics.pqt")
    where = str(datasets.folder / collection / "clusters.metrics.pqt")
    if file is None:
        raise ConfigError(
            what="no quality of the clusters",
            where=where,
            got="no such file",
            next="min_label=0 (--min-label 0) takes all clusters without looking at their quality",
        )
    table = datasets.table(file)
    if "label" not in table:
        raise ConfigError(
            what="a column is missing", where=where, got=", ".join(map(str, table.columns)), allowed="label"
        )
    values = table["label"].to_numpy(np.float64)
    if "cluster_id" not in table:
        require_rows(datasets, channels_file, count, file, len(table))
        return values
    rows = table["cluster_id"].to_numpy()
    if rows.dtype.kind not in "iu" or len(set(rows.tolist())) < len(rows) or rows.min(initial=0) < 0:
        raise ConfigError(
            what="numbers of clusters that cannot be", where=f"{where}: cluster_id", allowed="distinct integers from 0"
        )
    if rows.max(initial=-1) >= count:
        raise ConfigError(
            what="quality of a cluster that does not exist",
            where=f"{where}: cluster_id",
            got=str(rows.max()),
            allowed=f"0 to {count - 1}, the rows of clusters.channels",
        )
    label = np.zeros(count)
    label[rows] = values
    return label


def _site_regions(datasets: Datasets, probe: str, collection: str, channels: np.ndarray) -> tuple[np.ndarray, str]:
    """(Allen ids by cluster, file they come from): those of each cluster's channel.

    Where the sorter's own channels have none, the sites of the probe do (electrodeSites, else channels, of
    alf/PROBE): each channel has the region of the site nearest in depth.
    """
    places = ((collection, "channels"), (f"alf/{probe}", "electrodeSites"), (f"alf/{probe}", "channels"))
    for place, name in places:
        file = datasets.find(place, f"{name}.brainLocationIds_ccf_2017.npy")
        if file is not None:
            break
    else:
        raise ConfigError(
            what="no regions",
            where=str(datasets.folder / collection / "channels.brainLocationIds_ccf_2017.npy"),
            got="neither this nor electrodeSites of the probe",
            next='the probe has not been aligned yet; mapping="none" (--mapping none) leaves regions out',
        )
    where = str(datasets.path(file))
    ids = np.asarray(datasets.array(file, "iu"), np.int64)
    if (place, name) != places[0]:
        own = datasets.find(collection, "channels.localCoordinates.npy")
        site = datasets.find(place, f"{name}.localCoordinates.npy")
        if own is not None and site is not None:
            depth = np.asarray(datasets.array(own, "fiu", 2)[:, 1], np.float64)
            site_depth = np.asarray(datasets.array(site, "fiu", 2)[:, 1], np.float64)
            require_rows(datasets, file, len(ids), site, len(site_depth))
            ids = ids[np.argmin(np.abs(depth[:, None] - site_depth[None, :]), axis=1)]
        # Without coordinates rows are taken to be the same sites, which the check below can deny.
    if len(channels) and (channels.min() < 0 or channels.max() >= len(ids)):
        bad = int(np.argmax((channels < 0) | (channels >= len(ids))))
        raise ConfigError(
            what="a cluster on a channel that does not exist",
            where=f"{datasets.folder / collection}/clusters.channels.npy[{bad}]",
            got=str(channels[bad]),
            allowed=f"0 to {len(ids) - 1}, the rows of {file.relative}",
        )
    return ids[channels], where
