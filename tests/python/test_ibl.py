"""noesis.ibl on ALF trees written by ONE-api: what is counted, what is chosen, and what is refused."""

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tracemalloc

import alf_tree
import h5py
import numpy as np
import pandas
import pytest
from alf_tree import CA1, CP, LP, REVISION, VISP5
from iblutil.io import parquet
from one.api import One

from noesis import ConfigError, RunError, ibl
from noesis.ibl import binning, probe, recording_file
from noesis.ibl.__main__ import main

ROOT = pathlib.Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.filterwarnings("ignore::one.alf.exceptions.ALFWarning")  # of ONE, which stands beside ours

ALL = {"min_label": 0.0, "exclude": (), "begin_s": 0.0, "end_s": 40.0}


@dataclasses.dataclass
class Tree:
    root: pathlib.Path
    session: pathlib.Path
    first: alf_tree.Sorting
    revised: alf_tree.Sorting
    second: alf_tree.Sorting
    other: alf_tree.Sorting


def build(root, seed=3):
    rng = np.random.default_rng(seed)
    sortings = [alf_tree.random_sorting(rng, spikes=count) for count in (3000, 4000, 5000, 2000)]
    sortings[2].region = np.array([CP, LP, VISP5])[np.arange(24) // 8].astype(np.int32)
    return Tree(root, alf_tree.write_session(root, *sortings, trials=[1.0, 9.5, np.nan, 20.0]), *sortings)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Not to be written to."""
    return build(tmp_path_factory.mktemp("tree"))


@pytest.fixture
def tree(shared, tmp_path):
    """A copy, to be spoilt."""
    root = tmp_path / "tree"
    shutil.copytree(shared.root, root)
    return dataclasses.replace(shared, root=root, session=root / shared.session.relative_to(shared.root))


def binned(session, out, **options):
    """(what bin_session returns, datasets, attributes)"""
    done = ibl.bin_session(session, out, **options)
    with h5py.File(out) as file:
        data = {name: file[name].asstr()[:] if file[name].dtype == object else file[name][:] for name in file}
        return done, data, dict(file.attrs)


def naive(sortings, edges):
    """(bins x clusters) of one sorting after the other: one histogram a cluster, the last edge left out."""
    columns = []
    for sorting in sortings:
        for cluster in range(len(sorting.channels)):
            times = sorting.times[(sorting.clusters == cluster) & np.isfinite(sorting.times)]
            columns.append(np.histogram(times[times < edges[-1]], edges)[0])
    return np.stack(columns, axis=1)


# Goes red when another sorter or revision is taken, a spike is lost or counted twice, a bin is closed on the
# right, or a unit gets another's region.
def test_units_of_all_probes(shared, tmp_path):
    done, data, attributes = binned(shared.session, tmp_path / "a.h5", **ALL)
    edges = np.arange(2001) * 20.0 / 1000
    expected = naive([shared.revised, shared.second], edges)
    fired = expected.sum(axis=0) > 0
    assert np.array_equal(data["counts"], expected[:, fired])
    assert (
        done["spikes"] == data["counts"].sum() == (shared.revised.times < 40).sum() + (shared.second.times < 40).sum()
    )
    assert done["probes"] == {"probe00": f"probe00/pykilosort/{REVISION}", "probe01": "probe01/iblsorter"}
    assert data["unit_id"].tolist() == [*range(7), *range(7)]
    assert data["unit_probe"].tolist() == ["probe00"] * 7 + ["probe01"] * 7
    names = {CA1: "CA1", CP: "CP", VISP5: "VISp5", LP: "LP", alf_tree.ROOT_REGION: "root"}
    regions = [s.region[s.channels[:7]].tolist() for s in (shared.revised, shared.second)]
    # The first probe's channels are those of the sorting without a revision.
    regions[0] = shared.first.region[shared.first.channels[:7]].tolist()
    assert data["unit_region_id"].tolist() == regions[0] + regions[1]
    assert data["unit_region"].tolist() == [names[i] for i in regions[0] + regions[1]]
    assert (attributes["format"], attributes["version"], attributes["bin_ms"]) == ("noesis-recording", 1, 20.0)
    assert attributes["synthetic"] == 0
    assert "International Brain Laboratory" in attributes["source"] and "CC BY 4.0" in attributes["source"]
    assert data["trial_begin"].tolist() == [50, 475, 1000]
    assert done["clusters"] == 16 and done["units"] == done["columns"] == 14


# Goes red when quality is not looked at, or a third is compared as if it were exact.
def test_quality(shared, tmp_path):
    for least, wanted in ((1.0, [1.0]), (2 / 3, [1.0, 2 / 3]), (0.66, [1.0, 2 / 3]), (0.0, [1.0, 2 / 3, 1 / 3, 0.0])):
        _, data, _ = binned(shared.session, tmp_path / "a.h5", probes=["probe00"], exclude=(), min_label=least)
        label = shared.first.label[:7]
        keep = np.isclose(label[:, None], wanted).any(axis=1)
        assert data["unit_id"].tolist() == np.flatnonzero(keep).tolist()
    assert "unit_label" not in data, "quality that nobody asked for is not read"


# Goes red when a region's units are not all counted in it, or root is not left out.
@pytest.mark.parametrize("mapping, regions", [
    ("allen", {CA1: "CA1", CP: "CP", VISP5: "VISp5", LP: "LP", 997: "root"}),
    ("beryl", {CA1: "CA1", CP: "CP", VISP5: "VISp", LP: "LP", 997: "root"}),
    ("cosmos", {CA1: "HPF", CP: "CNU", VISP5: "Isocortex", LP: "TH", 997: "root"}),
    ("id", {i: str(i) for i in (CA1, CP, VISP5, LP, 997)}),
])  # fmt: skip
def test_regions(shared, tmp_path, mapping, regions):
    skip = ("root", "997")
    options = ALL | {"exclude": skip}
    done, data, _ = binned(shared.session, tmp_path / "a.h5", level="region", mapping=mapping, bin_ms=50, **options)
    edges = np.arange(801) * 50.0 / 1000
    units = naive([shared.revised, shared.second], edges)
    names = np.array([
        regions[i]
        for s in (shared.first, shared.second)
        for i in s.region[s.channels].tolist()
    ])  # fmt: skip
    wanted = sorted({name for name, count in zip(names, units.sum(axis=0), strict=True) if count} - set(skip))
    assert data["unit_region"].tolist() == wanted
    for column, name in enumerate(wanted):
        assert np.array_equal(data["counts"][:, column], units[:, names == name].sum(axis=1))
        assert data["region_units"][column] == ((names == name) & (units.sum(axis=0) > 0)).sum()
    assert done["spikes"] == units[:, ~np.isin(names, skip)].sum() == data["counts"].sum()
    one, data, _ = binned(
        shared.session, tmp_path / "b.h5", level="region", mapping=mapping, bin_ms=50, regions=wanted[:1], **options
    )
    assert data["unit_region"].tolist() == wanted[:1]
    # Only good units, of which each region has its own.
    _, data, _ = binned(
        shared.session, tmp_path / "b.h5", level="region", mapping=mapping, bin_ms=50, **(options | {"min_label": 1})
    )
    good = np.concatenate([shared.first.label, shared.second.label]) == 1
    for column, name in enumerate(data["unit_region"]):
        assert np.array_equal(data["counts"][:, column], units[:, good & (names == name)].sum(axis=1))


# Goes red when an edge belongs to the bin on its left, or the end of the recording to the last bin.
def test_half_open_bins(tmp_path):
    edges = 3.0 + np.arange(6) * 10.0 / 1000
    sorting = alf_tree.Sorting(
        times=np.sort(np.concatenate([edges, np.nextafter(edges, -np.inf)])),
        clusters=np.zeros(12, np.int32),
        channels=np.array([0]),
        label=np.array([1.0]),
        region=np.array([CA1]),
    )
    session = tmp_path / "mouse/2020-01-02/001"
    alf_tree.write_sorting(session / "alf/probe00", sorting)
    _, data, _ = binned(session, tmp_path / "a.h5", bin_ms=10, begin_s=3.0, end_s=3.05)
    assert data["counts"][:, 0].tolist() == [2, 2, 2, 2, 2], "one spike on the edge, one just before the next"
    assert "trial_begin" not in data


# Goes red when blocks of bins or spikes leave something out at their seams, or order in time matters.
@pytest.mark.parametrize("seed", range(12))
def test_any_spikes_as_one_histogram_a_cluster(tmp_path, monkeypatch, seed):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(binning, "BLOCK", int(rng.integers(1, 400)))
    monkeypatch.setattr(binning, "BLOCK_VALUES", int(rng.integers(1, 2000)))
    monkeypatch.setattr(probe, "BLOCK", int(rng.integers(1, 400)))
    bin_ms = float(rng.choice([0.5, 7.0, 20.0, 333.0, 1000.0]))
    begin, bins = float(rng.uniform(-2, 2)), int(rng.integers(2, 60))
    edges = begin + np.arange(bins + 1) * bin_ms / 1000
    sortings = []
    for _ in range(int(rng.integers(1, 4))):
        sorting = alf_tree.random_sorting(rng, clusters=int(rng.integers(2, 9)), spikes=int(rng.integers(20, 900)))
        sorting.times = rng.uniform(begin - 0.2, edges[-1] + 0.2, len(sorting.times))
        on_edge = rng.random(len(sorting.times)) < 0.3
        sorting.times[on_edge] = rng.choice(edges, on_edge.sum())
        if rng.random() < 0.5:
            sorting.times.sort()
        sortings.append(sorting)
    session = tmp_path / "mouse/2020-01-02/001"
    for k, sorting in enumerate(sortings):
        alf_tree.write_sorting(session / f"alf/probe0{k}/pykilosort", sorting)
    expected = naive(sortings, edges)
    done, data, _ = binned(
        session, tmp_path / "a.h5", bin_ms=bin_ms, min_label=0.0, exclude=(), begin_s=begin, end_s=float(edges[-1])
    )
    assert np.array_equal(data["counts"], expected[:, expected.sum(axis=0) > 0])
    assert done["spikes"] == expected.sum()
    unsorted = [f"probe0{k}" for k, s in enumerate(sortings) if (np.diff(s.times) < 0).any()]
    assert done["unsorted_probes"] == unsorted


# Goes red when order is looked at within blocks only.
def test_spikes_in_order_but_for_one_seam(tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "BLOCK", 5)
    sorting = alf_tree.random_sorting(np.random.default_rng(0), spikes=10)
    sorting.times = np.array([5, 6, 7, 8, 9, 0, 1, 2, 3, 4]) + 0.5
    session = tmp_path / "mouse/2020-01-02/001"
    alf_tree.write_sorting(session / "alf/probe00", sorting)
    done, data, _ = binned(session, tmp_path / "a.h5", bin_ms=1000, min_label=0, exclude=(), begin_s=0, end_s=10)
    assert done["unsorted_probes"] == ["probe00"] and (data["counts"].sum(axis=1) == 1).all()


# Goes red when anything as long as the spikes is kept (memory maps are not counted here).
def test_memory_does_not_grow_with_the_spikes(tmp_path, monkeypatch):
    monkeypatch.setattr(binning, "BLOCK", 1 << 14)
    monkeypatch.setattr(binning, "BLOCK_VALUES", 1 << 14)
    monkeypatch.setattr(probe, "BLOCK", 1 << 14)
    peaks = []
    for spikes in (100_000, 800_000):
        sorting = alf_tree.random_sorting(np.random.default_rng(0), spikes=spikes)
        session = tmp_path / f"mouse/2020-01-02/{len(peaks) + 1:03d}"
        alf_tree.write_sorting(session / "alf/probe00", sorting)
        tracemalloc.start()
        done = ibl.bin_session(session, tmp_path / "a.h5", **ALL)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert done["spikes"] == spikes
    assert peaks[1] < 1.2 * peaks[0] + 2e5 < 800_000 * 8, peaks


def test_the_window_is_what_all_probes_cover(shared, tmp_path):
    done, data, attributes = binned(shared.session, tmp_path / "a.h5")
    begin = max(shared.revised.times[0], shared.second.times[0])
    end = min(shared.revised.times[-1], shared.second.times[-1])
    assert done["begin_s"] == attributes["begin_s"] == begin
    assert 0 <= end - done["end_s"] < 0.02 and len(data["counts"]) == int((end - begin) / 0.02)


# Goes red when a revision is taken by another rule than ONE's.
@pytest.mark.parametrize("asked, spikes", [(None, 4000), (REVISION, 4000), ("2025-01-01", 4000), ("2020-01-01", 3000)])
def test_revisions_as_one_chooses_them(shared, asked, spikes):
    session = ibl.Session(shared.session, revision=asked)
    found = session.datasets.require("alf/probe00/pykilosort", "spikes.times.npy")
    assert len(session.datasets.array(found, "f")) == spikes
    one = One(cache_dir=shared.root, mode="local")
    theirs = one.load_dataset(
        shared.session, "spikes.times.npy", collection="alf/probe00/pykilosort", revision=asked, download_only=True,
        check_hash=False,
    )  # fmt: skip
    assert theirs == session.datasets.path(found)


# Goes red when the tables' default revision is passed over for the last one.
def test_the_default_revision_of_the_tables(tree):
    table, metadata = parquet.load(tree.root / "datasets.pqt")
    table["default_revision"] = ~table["rel_path"].str.contains("#")
    parquet.save(tree.root / "datasets.pqt", table, metadata)
    session = ibl.Session(tree.session)
    found = session.datasets.require("alf/probe00/pykilosort", "spikes.times.npy")
    assert found.revision == ""
    asked = ibl.Session(tree.session, revision=REVISION).datasets.require("alf/probe00/pykilosort", "spikes.times.npy")
    assert asked.revision == REVISION


def test_tables_that_do_not_know_the_session_or_are_broken(tree, tmp_path):
    other = tree.session.parent / "002"
    shutil.copytree(tree.session, other)
    assert (
        ibl.bin_session(other, tmp_path / "a.h5")["spikes"]
        == ibl.bin_session(tree.session, tmp_path / "b.h5")["spikes"]
    )
    (tree.root / "datasets.pqt").write_bytes(b"PAR1xx")
    with pytest.raises(ConfigError, match="datasets.pqt.*cannot be read"):
        ibl.bin_session(tree.session, tmp_path / "a.h5")
    for table in tree.root.glob("*.pqt"):
        table.unlink()
    assert ibl.bin_session(tree.session, tmp_path / "a.h5")["spikes"] > 0


def test_sorters(shared, tmp_path):
    for sorter, spikes in ((None, shared.second), ("ks2", shared.other)):
        done, _, _ = binned(shared.session, tmp_path / "a.h5", probes=["probe01"], sorter=sorter, **ALL)
        assert done["spikes"] == (spikes.times < 40).sum()
    from noesis.ibl.sessions import choose_sorter

    def choose(*names):
        return choose_sorter(
            pathlib.Path("."), "probe00", [f"alf/probe00/{n}" if n else "alf/probe00" for n in names], None
        )

    assert choose("", "ks2", "iblsorter", "pykilosort") == "alf/probe00/pykilosort"
    assert choose("", "iblsorter") == "alf/probe00/iblsorter"
    assert choose("ks2_preproc_tests", "ks2") == "alf/probe00/ks2"
    assert choose("ks2", "") == "alf/probe00"


def test_events_of_trials(shared, tmp_path):
    for event, begins in (
        ("intervals_1", [150, 575, 1100]),
        ("stimOn_times", [70, 495, 1020]),
        ("goCue_times", [75, 500, 1025]),
    ):
        _, data, _ = binned(shared.session, tmp_path / "a.h5", trial_event=event, **ALL)
        assert data["trial_begin"].tolist() == begins
    _, data, _ = binned(shared.session, tmp_path / "a.h5", bin_ms=10_000, **ALL)
    assert data["trial_begin"].tolist() == [0, 2], "two trials begin in the first bin"
    _, data, _ = binned(shared.session, tmp_path / "a.h5", **(ALL | {"begin_s": 9.5, "end_s": 20.0}))
    assert data["trial_begin"].tolist() == [0], "the one at the end is not in it"


# Goes red when rows of other lengths, spikes without a time or clusters that do not exist are counted.
BAD = "alf/probe01/iblsorter"


def rewrite(tree, name, change):
    path = tree.session / BAD / name
    np.save(path, change(np.load(path)))


def nan_times(tree):
    rewrite(tree, "spikes.times.npy", lambda t: np.where(np.arange(len(t)) % 1000 == 7, np.nan, t))


@pytest.mark.parametrize("spoil, words", [
    (lambda t: nan_times(t), ["spikes.times.npy[7]", "5 of 5000", "--drop-invalid-times"]),
    (lambda t: rewrite(t, "spikes.times.npy", lambda a: np.where(np.arange(len(a)) == 9, np.inf, a)), ["[9]", "inf"]),
    (lambda t: rewrite(t, "spikes.times.npy", lambda a: a[:-3]), ["spikes.times.npy: 4997", "spikes.clusters.npy: 5000"]),
    (lambda t: rewrite(t, "spikes.times.npy", lambda a: a[:0]), ["different lengths"]),
    (lambda t: [rewrite(t, f"spikes.{n}.npy", lambda a: a[:0]) for n in ("times", "clusters")], ["without spikes"]),
    (lambda t: rewrite(t, "spikes.times.npy", lambda a: a * np.nan), ["no finite time"]),
    (lambda t: rewrite(t, "spikes.times.npy", lambda a: (a * 30_000).astype(np.int64)), ["floating-point numbers", "int64"]),
    (lambda t: rewrite(t, "spikes.times.npy", lambda a: a.reshape(-1, 2)), ["1 dimension"]),
    (lambda t: rewrite(t, "spikes.clusters.npy", lambda a: np.where(np.arange(len(a)) == 4, 8, a).astype(np.int32)),
     ["spikes.clusters.npy[4]", "got 8", "0 to 7"]),
    (lambda t: rewrite(t, "spikes.clusters.npy", lambda a: np.where(np.arange(len(a)) == 4, -1, a.astype(np.int32))),
     ["spikes.clusters.npy[4]", "got -1"]),
    (lambda t: rewrite(t, "spikes.clusters.npy", lambda a: a.astype(np.float64)), ["integers"]),
    (lambda t: rewrite(t, "clusters.channels.npy", lambda a: np.where(np.arange(len(a)) == 2, 99, a)),
     ["clusters.channels.npy[2]", "got 99", "0 to 23"]),
    (lambda t: rewrite(t, "clusters.channels.npy", lambda a: a[:5]), ["cluster that does not exist", "0 to 4"]),
    (lambda t: (t.session / BAD / "clusters.channels.npy").unlink(), ["clusters.channels.npy", "missing"]),
    (lambda t: (t.session / BAD / "spikes.clusters.npy").unlink(), ["spikes.clusters.npy", "missing"]),
    (lambda t: (t.session / BAD / "clusters.metrics.pqt").unlink(), ["no quality", "--min-label 0"]),
    (lambda t: (t.session / BAD / "clusters.metrics.pqt").write_bytes(b"PAR1"), ["not a parquet table"]),
    (lambda t: (t.session / BAD / "spikes.times.npy").write_bytes(b"\x93NUMPY"), ["spikes.times.npy", "not a NumPy array"]),
    (lambda t: (t.session / BAD / "spikes.times.npy").write_bytes(b""), ["spikes.times.npy", "not a NumPy array"]),
    (lambda t: [p.unlink() for p in (t.session / "alf/probe01").glob("electrodeSites.*")], ["no regions", "--mapping none"]),
    (lambda t: np.save(t.session / "alf/probe01/electrodeSites.brainLocationIds_ccf_2017.npy", np.full(48, 123456789)),
     ["no region of the Allen atlas", "123456789"]),
    (lambda t: np.save(t.session / "alf/probe01/electrodeSites.localCoordinates.npy", np.zeros((5, 2))), ["different lengths"]),
    (lambda t: pandas.DataFrame({"cluster_id": [0, 1, 9], "label": [1.0] * 3}).to_parquet(
        t.session / BAD / "clusters.metrics.pqt"), ["cluster_id", "got 9"]),
    (lambda t: pandas.DataFrame({"cluster_id": [0, 0], "label": [1.0] * 2}).to_parquet(
        t.session / BAD / "clusters.metrics.pqt"), ["cluster_id", "distinct"]),
    (lambda t: pandas.DataFrame({"label": [1.0] * 3}).to_parquet(t.session / BAD / "clusters.metrics.pqt"), ["different lengths"]),
    (lambda t: pandas.DataFrame({"quality": [1.0] * 8}).to_parquet(t.session / BAD / "clusters.metrics.pqt"), ["label"]),
])  # fmt: skip
def test_bad_data_are_named(tree, tmp_path, spoil, words):
    spoil(tree)
    out = tmp_path / "a.h5"
    with pytest.raises(ConfigError) as caught:
        ibl.bin_session(tree.session, out)
    for word in words:
        assert word in str(caught.value), caught.value
    assert caught.value.what and caught.value.where
    assert not out.exists() and not list(tmp_path.glob(".*")), "nothing is left behind"


def test_spikes_without_a_time_can_be_left_out(tree, tmp_path):
    nan_times(tree)
    done, data, _ = binned(tree.session, tmp_path / "a.h5", probes=["probe01"], invalid_times="drop", **ALL)
    times = np.where(np.arange(5000) % 1000 == 7, np.nan, tree.second.times)
    expected = naive([dataclasses.replace(tree.second, times=times)], np.arange(2001) * 20.0 / 1000)
    assert np.array_equal(data["counts"], expected[:, :7]) and done["spikes_without_time"] == 5


def test_a_cluster_without_metrics_is_not_good(tree, tmp_path):
    path = tree.session / BAD / "clusters.metrics.pqt"
    pandas.DataFrame({"cluster_id": [6, 2], "label": [1.0, np.nan]}).to_parquet(path)
    _, data, _ = binned(tree.session, tmp_path / "a.h5", probes=["probe01"], exclude=())
    assert data["unit_id"].tolist() == [6]


def test_without_regions(tree, tmp_path):
    for path in (tree.session / "alf/probe01").glob("electrodeSites.*"):
        path.unlink()
    _, data, _ = binned(tree.session, tmp_path / "a.h5", mapping="none", **ALL)
    assert "unit_region" not in data and data["counts"].shape == (2000, 14)


# Sites by row where there are no coordinates; channels of the probe where there are no electrodeSites; the left
# hemisphere's minus signs. Goes red when the wrong place is looked at.
def test_regions_by_row_and_from_the_probes_channels(tree, tmp_path):
    folder = tree.session / "alf/probe01"
    (folder / "iblsorter/channels.localCoordinates.npy").unlink()
    for path in folder.glob("electrodeSites.*"):
        path.unlink()
    alf_tree.save_regions(folder, -tree.second.region[::-1], "channels")
    _, data, _ = binned(tree.session, tmp_path / "a.h5", probes=["probe01"], mapping="id", **ALL)
    assert data["unit_region_id"].tolist() == tree.second.region[::-1][tree.second.channels[:7]].tolist()


@pytest.mark.parametrize("options, words", [
    ({"bin_ms": 0}, ["bin_ms", "above 0"]),
    ({"bin_ms": float("nan")}, ["bin_ms"]),
    ({"level": "area"}, ["level", "'region'"]),
    ({"mapping": "swanson"}, ["mapping", "'beryl'"]),
    ({"min_label": 2}, ["min_label"]),
    ({"surrogate": "phase"}, ["surrogate", "'isi'"]),
    ({"begin_s": float("nan")}, ["begin_s"]),
    ({"binms": 3}, ["binms", "bin_ms"]),
    ({"level": "region", "mapping": "none"}, ["mapping"]),
    ({"probes": ["probe02"]}, ["probe02", "probe00, probe01"]),
    ({"sorter": "pykilosort"}, ["probe01", "'iblsorter', 'ks2'"]),
    ({"regions": ["MOp"]}, ["no unit is left", "MOp", "CA1"]),
    ({"begin_s": 100.0}, ["too short"]),
    ({"begin_s": 5.0, "end_s": 5.03}, ["too short", "two bins"]),
    ({"bin_ms": 1e-6}, ["bin_ms", "more"]),
    ({"trial_event": "bad_times"}, ["bad_times", "stimOn_times"]),
    ({"trial_event": "../x"}, ["../x"]),
])  # fmt: skip
def test_wrong_options(shared, tmp_path, options, words):
    with pytest.raises(ConfigError) as caught:
        ibl.bin_session(shared.session, tmp_path / "a.h5", **options)
    for word in words:
        assert word in str(caught.value), caught.value
    assert not list(tmp_path.iterdir())


def test_what_is_no_session(shared, tmp_path):
    for folder in (tmp_path, tmp_path / "mouse/2020-01-02/001"):
        with pytest.raises(ConfigError, match="not the folder of a session"):
            ibl.Session(folder)
    empty = tmp_path / "mouse/2020-01-02/001"
    (empty / "alf").mkdir(parents=True)
    with pytest.raises(ConfigError, match="no probe with sorted spikes"):
        ibl.bin_session(empty, tmp_path / "a.h5")
    with pytest.raises(ConfigError, match="no such revision|missing"):
        shutil.copytree(shared.session / f"alf/probe00/pykilosort/#{REVISION}#", empty / f"alf/probe00/#{REVISION}#")
        ibl.bin_session(ibl.Session(empty, revision="2000-01-01"), tmp_path / "a.h5")


# Goes red when a failure while the file is written leaves half of one, or takes the one that was there.
def test_all_of_the_file_or_none(shared, tmp_path, monkeypatch):
    out = tmp_path / "a.h5"
    out.write_bytes(b"before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording_file.os, "replace", full)
    with pytest.raises(RunError, match="No space left"):
        ibl.bin_session(shared.session, out)
    monkeypatch.undo()
    monkeypatch.setattr(binning, "MOST_COUNT", 3)
    with pytest.raises(ConfigError, match="more spikes in a bin"):
        ibl.bin_session(shared.session, out, bin_ms=5000)
    assert out.read_bytes() == b"before" and [p.name for p in tmp_path.iterdir()] == ["a.h5"]
    with pytest.raises(RunError, match="cannot be written"):
        ibl.bin_session(shared.session, tmp_path / "missing/a.h5")


# Goes red when spikes of a unit get lost, an interval changes, or a shift is no circle.
def test_surrogates():
    rng = np.random.default_rng(1)
    times, units = np.sort(rng.uniform(5, 25, 3000)), rng.integers(0, 7, 3000)
    shuffled, of = ibl.shuffle_intervals(times, units, np.random.default_rng(2))
    assert (np.diff(shuffled) >= 0).all()
    moved = 0
    for unit in range(7):
        before, after = times[units == unit], shuffled[of == unit]
        assert np.allclose(np.sort(np.diff(before)), np.sort(np.diff(after)), atol=1e-9)
        assert np.isclose(before[0], after[0]) and np.isclose(before[-1], after[-1]) and after[-1] <= before[-1]
        moved += (~np.isclose(before, after)).sum()
    assert moved > 2500
    shifted, of = ibl.shift_circularly(times, units, 5, 25, np.random.default_rng(2))
    assert (np.diff(shifted) >= 0).all() and shifted.min() >= 5 and shifted.max() < 25
    offsets = set()
    for unit in range(7):
        before, after = np.sort(times[units == unit] - 5), np.sort(shifted[of == unit] - 5)
        gaps = np.diff(np.concatenate([before, before[:1] + 20])), np.diff(np.concatenate([after, after[:1] + 20]))
        assert np.allclose(np.sort(gaps[0]), np.sort(gaps[1]))
        turn = [k for k in range(len(before)) if np.allclose(np.roll(gaps[0], k), gaps[1])]
        assert len(turn) == 1, "the same circle of gaps"
        offsets.add(round(float(after[turn[0]] - before[0]) % 20, 6))
    assert len(offsets) == 7
    one = ibl.shuffle_intervals(np.array([1.0]), np.array([3]), rng)
    assert one[0].tolist() == [1.0] and ibl.shuffle_intervals(np.empty(0), np.empty(0, int), rng)[0].size == 0


# The window that is taken without being told begins with a spike: it must not round out of it.
@pytest.mark.parametrize("window", [ALL, {"min_label": 0.0, "exclude": ()}])
def test_surrogate_files(shared, tmp_path, window):
    _, real, _ = binned(shared.session, tmp_path / "a.h5", **window)
    for name in ("isi", "shift"):
        done, null, attributes = binned(shared.session, tmp_path / "b.h5", surrogate=name, seed=5, **window)
        assert (
            np.array_equal(null["counts"].sum(axis=0), real["counts"].sum(axis=0))
            and null["unit_id"].tolist() == real["unit_id"].tolist()
        )
        assert (null["counts"] != real["counts"]).mean() > 0.02
        assert attributes["synthetic"] == 1 and f"surrogate {name} of seed 5" in attributes["source"]
        _, again, _ = binned(shared.session, tmp_path / "c.h5", surrogate=name, seed=5, **window)
        _, other, _ = binned(shared.session, tmp_path / "c.h5", surrogate=name, seed=6, **window)
        assert np.array_equal(again["counts"], null["counts"]) and not np.array_equal(other["counts"], null["counts"])


@pytest.fixture
def home(tmp_path, monkeypatch):
    """ONE keeps its settings in the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_command(shared, tmp_path, home, capsys):
    out = tmp_path / "a.h5"

    def run(*arguments):
        code = main([str(one) for one in arguments])
        return code, *capsys.readouterr()

    (session,) = json.loads(run("list", "--root", shared.root, "--json")[1])
    assert session["subject"] == "KS014" and session["trials"] == 4
    assert session["probes"] == {"probe00": ["probe00/pykilosort"], "probe01": ["probe01/iblsorter", "probe01/ks2"]}
    assert session["folder"] in run("list", "--root", shared.root, "--from-date", "2019-12-03")[1]
    assert json.loads(run("list", "--root", shared.root, "--json", "--subject", "X")[1]) == []
    code, text, _ = run(
        "bin", session["folder"], "--out", out, "--level", "region", "--mapping", "beryl", "--exclude", "LP", "--bin-ms", 50,
        "--min-label", 0.5, "--probe", "probe01", "--begin-s", 2, "--end-s", 30, "--surrogate", "shift", "--seed", 3, "--json",
    )  # fmt: skip
    _, data, _ = binned(
        shared.session, tmp_path / "b.h5", level="region", mapping="beryl", exclude=("LP",), bin_ms=50, min_label=0.5,
        probes=["probe01"], begin_s=2, end_s=30, surrogate="shift", seed=3,
    )  # fmt: skip
    with h5py.File(out) as file:
        assert np.array_equal(file["counts"][:], data["counts"]) and file["unit_region"].asstr()[:].tolist() == [
            "CP",
            "VISp",
        ]
    assert code == 0 and json.loads(text)["spikes"] == data["counts"].sum()
    words = "--level region --mapping cosmos --min-label 0 --drop-invalid-times".split()
    done = ibl.bin_session(shared.session, out, level="region", mapping="cosmos", min_label=0)
    assert f"{done['spikes']} spikes" in run("bin", session["folder"], "--out", out, *words)[1]
    code, _, wrong = run("bin", shared.root, "--out", out)
    assert code == 2 and wrong.count("\n") == 1 and "SUBJECT" in wrong
    code, _, wrong = run("bin", session["folder"], "--out", tmp_path / "missing/a.h5")
    assert code == 1 and wrong.count("\n") == 1 and "missing/a.h5" in wrong
    code, _, wrong = run("list", "--remote", "--root", home / "data", "--server", "http://127.0.0.1:9")
    assert code == 2 and "login" in wrong
    environment = os.environ | {"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT / "python"))}
    helped = subprocess.run(
        [sys.executable, "-m", "noesis.ibl", "--help"], env=environment, capture_output=True, text=True, check=True
    )
    assert "python -m noesis.ibl bin" in helped.stdout and "CC BY 4.0" in helped.stdout
