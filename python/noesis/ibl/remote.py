"""Sessions on a server of the IBL: which there are, and their datasets onto this machine."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

import requests

from noesis.errors import ConfigError, RunError, UserError
from noesis.ibl.datasets import Dataset, Datasets
from noesis.ibl.sessions import Session, choose_probes, choose_sorter

PUBLIC_SERVER = "https://openalyx.internationalbrainlab.org"

PROBE_DATASETS = ("spikes.times.npy", "spikes.clusters.npy", "clusters.channels.npy")
OPTIONAL_PROBE_DATASETS = (
    "clusters.metrics.pqt",
    "channels.brainLocationIds_ccf_2017.npy",
    "channels.localCoordinates.npy",
)
SITE_DATASETS = (
    "electrodeSites.brainLocationIds_ccf_2017.npy",
    "electrodeSites.localCoordinates.npy",
    "channels.brainLocationIds_ccf_2017.npy",
    "channels.localCoordinates.npy",
)
TRIAL_DATASETS = ("_ibl_trials.table.pqt", "_ibl_trials.intervals.npy", "_ibl_trials.stimOn_times.npy")


def connect(root: str | pathlib.Path, *, base_url: str = PUBLIC_SERVER, silent: bool = True, **login: Any) -> Any:
    """A client of the server that keeps what it downloads below `root`.

    The public server is free and wants an account of one's own. `login` is ONE's: username and password, or
    token; without it the login that ONE has kept from an earlier time counts. Unless `silent`, ONE asks for what
    it lacks. Raises ConfigError without a login, RunError where the server is not reached or refuses it.
    """
    from one.api import ONE

    root = pathlib.Path(root)
    with _asking(base_url):
        root.mkdir(parents=True, exist_ok=True)
        return ONE(base_url=base_url, cache_dir=root, silent=silent, **login)


def list_remote(client: Any, **terms: Any) -> list[dict[str, Any]]:
    """Sessions on the server: eid, lab, subject, date, number.

    `terms` are those of ONE's search, such as subject="KS014", lab="cortexlab", atlas_acronym="CA1",
    date_range=["2019-12-01", "2020-01-01"], tag="2022_Q4_IBL_et_al_BWM". Only sessions with sorted spikes.
    """
    with _asking(_address(client)):
        eids, details = client.search(details=True, datasets="spikes.times.npy", **terms)
    return [
        {
            "eid": str(eid),
            **{key: str(row[key]) for key in ("lab", "subject", "date")},
            "number": f"{int(row['number']):03d}",
        }
        for eid, row in zip(eids, details, strict=True)
    ]


def download(
    client: Any, eid: Any, *, probes: list[str] | None = None, sorter: str | None = None, revision: str | None = None
) -> Session:
    """What `bin_session` reads of a session, about 150 MB a probe, and the session as it is here then.

    Files that are here already stay. Raises ConfigError for a session, probe, sorter or revision that the
    server does not have, RunError where the server fails.
    """
    with _asking(_address(client)):
        table = client.list_datasets(eid, details=True)
        if len(table) == 0:
            raise ConfigError(what="no such session on the server", where="eid", got=str(eid), next="list the sessions")
        defaults = table["default_revision"].astype(bool) if "default_revision" in table else [False] * len(table)
        datasets = Datasets(
            pathlib.Path(str(eid)),
            table["rel_path"],
            revision=revision,
            defaults=dict(zip(table["rel_path"], defaults, strict=True)),
        )
        paths = [
            pathlib.Path(client.load_dataset(eid, dataset.relative, download_only=True))
            for dataset in needed(datasets, probes, sorter)
        ]
    folder = next(parent for parent in paths[0].parents if parent.name == "alf").parent
    return Session(folder, revision=revision)


def needed(datasets: Datasets, probes: list[str] | None, sorter: str | None) -> list[Dataset]:
    """All that `bin_session` may read."""
    found: list[Dataset | None] = []
    for probe, collections in choose_probes(datasets, probes).items():
        collection = choose_sorter(datasets.folder, probe, collections, sorter)
        found += [datasets.require(collection, name) for name in PROBE_DATASETS]
        found += [datasets.find(collection, name) for name in OPTIONAL_PROBE_DATASETS]
        found += [datasets.find(f"alf/{probe}", name) for name in SITE_DATASETS]
    found += [datasets.find("alf", name) for name in TRIAL_DATASETS]
    return list(dict.fromkeys(dataset for dataset in found if dataset is not None))


def _address(client: Any) -> str:
    return str(getattr(getattr(client, "alyx", None), "base_url", "the server"))


@contextlib.contextmanager
def _asking(address: str) -> Iterator[None]:
    """What goes wrong with a server, as errors of noesis."""
    try:
        yield
    except UserError:
        raise
    except (OSError, requests.RequestException) as error:
        raise RunError(
            what="the server of recordings is not reached, or refuses",
            where=address,
            got=f"{type(error).__name__}: {_one_line(error)}",
            next="look at the network; sessions that are on this machine need none (list --root DIR, bin FOLDER)",
        ) from None
    except ValueError as error:
        if "username" in str(error):
            raise ConfigError(
                what="no login of the server",
                where=address,
                got=_one_line(error),
                next="make an account there and run the command in a terminal with --username NAME, which asks for "
                "its password or token and keeps it",
            ) from None
        raise ConfigError(what="the server does not understand", where=address, got=_one_line(error)) from None
    except Exception as error:
        if type(error).__module__ != "one.alf.exceptions":
            raise
        raise RunError(
            what="a dataset could not be downloaded", where=address, got=_one_line(error), next="try again"
        ) from None


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
