"""An ALF tree of a session with two probes, written with ONE-api's own functions.

probe00 was sorted by pykilosort, with a revision of its spikes, and has regions by channel. probe01 was
sorted twice, and its regions are those of the probe's sites.
"""

import dataclasses
import pathlib

import numpy as np
import pandas
from one.alf.cache import make_parquet_db
from one.alf.io import save_object_npy

SESSION = "cortexlab/Subjects/KS014/2019-12-03/001"
REVISION = "2024-05-06"
CA1, CP, VISP5, LP, ROOT_REGION = 382, 672, 778, 218, 997
MICROMETRES = 20.0  # between channels


@dataclasses.dataclass
class Sorting:
    """What a probe's sorter gives, one row a spike, cluster or channel."""

    times: np.ndarray  # [s]
    clusters: np.ndarray
    channels: np.ndarray  # of each cluster
    label: np.ndarray  # of each cluster
    region: np.ndarray  # of each channel


def random_sorting(rng, *, clusters=8, channels=24, spikes=4000, seconds=40.0):
    """Poisson spikes; a third of the clusters is good, one has no spike, and one sits in root."""
    which = rng.integers(0, clusters - 1, spikes)  # none of the last cluster
    return Sorting(
        times=np.sort(rng.uniform(0.5, seconds, spikes)),
        clusters=which.astype(np.uint32),
        channels=rng.permutation(channels)[:clusters],
        label=np.array([1, 2 / 3, 1, 1 / 3, 1, 0, 1, 1])[np.arange(clusters) % 8],
        region=np.array([CA1, CA1, VISP5, ROOT_REGION])[np.arange(channels) * 4 // channels].astype(np.int32),
    )


def write_sorting(folder, sorting, *, regions=True, coordinates=True, revision=None):
    """The files of a collection; with a revision, only those of the spikes."""
    spikes = {"times": sorting.times, "clusters": sorting.clusters}
    spikes["amps"] = np.full(len(sorting.times), 1e-4)
    if revision:
        folder = folder / f"#{revision}#"
    folder.mkdir(parents=True, exist_ok=True)
    save_object_npy(folder, spikes, "spikes")
    if revision:
        return
    save_object_npy(folder, {"channels": sorting.channels.astype(np.int32)}, "clusters")
    metrics = pandas.DataFrame({"cluster_id": np.arange(len(sorting.label)), "label": sorting.label})
    metrics.to_parquet(folder / "clusters.metrics.pqt")
    channels = {"rawInd": np.arange(len(sorting.region))}
    if coordinates:
        channels["localCoordinates"] = coordinates_of(len(sorting.region))
    save_object_npy(folder, channels, "channels")
    if regions:
        save_regions(folder, sorting.region, "channels")


def save_regions(folder, ids, name):
    """NAME.brainLocationIds_ccf_2017.npy"""
    save_object_npy(folder, {"brainLocationIds": ids}, name, timescale=("ccf", "2017"))


def coordinates_of(count):
    """(channels x 2) [um], the deepest first."""
    return np.stack([np.tile([16.0, 48.0], count)[:count], MICROMETRES * np.arange(count)], axis=1)


def write_trials(alf, starts):
    starts = np.asarray(starts, np.float64)
    table = pandas.DataFrame(
        {"intervals_0": starts, "intervals_1": starts + 2.0, "stimOn_times": starts + 0.4, "contrastLeft": 0.25}
    )
    alf.mkdir(parents=True, exist_ok=True)
    table.to_parquet(alf / "_ibl_trials.table.pqt")
    save_object_npy(alf, {"goCue_times": starts + 0.5}, "trials", namespace="ibl")


def write_session(root, first, revised, second, other, trials, *, tables=True):
    """Sortings of probe00 (as it was, and revised) and of probe01 (by iblsorter, and another one)."""
    session = pathlib.Path(root) / SESSION
    alf = session / "alf"
    write_sorting(alf / "probe00/pykilosort", first)
    write_sorting(alf / "probe00/pykilosort", revised, revision=REVISION)
    write_sorting(alf / "probe01/iblsorter", second, regions=False)
    write_sorting(alf / "probe01/ks2", other, regions=False)
    # Sites are twice as many as channels: each channel has a site at its depth.
    count = 2 * len(second.region)
    sites = coordinates_of(count) * [1.0, 0.5] + [0.0, 1.0]
    save_object_npy(alf / "probe01", {"localCoordinates": sites}, "electrodeSites")
    save_regions(alf / "probe01", np.repeat(second.region, 2), "electrodeSites")
    (alf / "probes.description.json").write_text('[{"label": "probe00"}, {"label": "probe01"}]')
    write_trials(alf, trials)
    if tables:
        make_parquet_db(root)
    return session
