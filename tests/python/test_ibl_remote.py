"""noesis.ibl and a server: what is asked for, what comes, and what is said where nothing does."""

import numpy as np
import pytest
from alyx_server import EID, LOGIN, AlyxServer
from noesis import ConfigError, RunError, ibl
from test_ibl import binned, build

pytestmark = [
    pytest.mark.filterwarnings("ignore::one.alf.exceptions.ALFWarning"),
    pytest.mark.filterwarnings("ignore:No password"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return build(tmp_path_factory.mktemp("tree"))


@pytest.fixture
def server(tree):
    with AlyxServer(tree.root, tree.session) as one:
        yield one


@pytest.fixture
def home(tmp_path, monkeypatch):
    """ONE keeps its settings in the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def connect(server, home):
    client = ibl.connect(home / "data", base_url=server.url, **LOGIN)
    client.alyx._par = client.alyx._par.set("HTTP_DATA_SERVER", f"{server.url}/data")  # files come from there
    return client


# Goes red when a term of the search is not the server's, or a field is not as the folders have it.
def test_list(server, home):
    client = connect(server, home)
    (session,) = ibl.list_remote(
        client, subject="KS014", lab="cortexlab", atlas_acronym="CA1", tag="T", date_range=["2019-12-01", "2020-01-01"]
    )
    assert session == {"eid": str(EID), "lab": "cortexlab", "subject": "KS014", "date": "2019-12-03", "number": "001"}
    asked = server.asked[-1]
    for term in (
        "datasets=spikes.times.npy",
        "subject=KS014",
        "lab=cortexlab",
        "atlas_acronym=CA1",
        "tag=T",
        "date_range=2019-12-01,2020-01-01",
    ):
        assert term in asked
    assert ibl.list_remote(client, subject="nobody") == []
    with pytest.raises(ConfigError, match="does not understand.*colour"):
        ibl.list_remote(client, colour="blue")


# Goes red when a file that binning reads is not asked for: the copy would bin to something else, or not at all.
def test_download_brings_all_that_is_binned(server, home, tree):
    client = connect(server, home)
    session = ibl.download(client, str(EID))
    assert session.folder == home / "data" / tree.session.relative_to(tree.root)
    for options in ({}, {"level": "region", "trial_event": "stimOn_times"}):
        done, here, _ = binned(session, home / "a.h5", **options)
        _, there, _ = binned(tree.session, home / "b.h5", **options)
        assert all(np.array_equal(here[name], there[name]) for name in there) and here.keys() == there.keys()
    assert len(done["probes"]) == 2 and done["trials"] == 3
    assert not list(session.folder.rglob("spikes.amps*")) and not list(session.folder.rglob("ks2/*"))
    files = [path for path in server.asked if path.startswith("/data/")]
    assert len(files) == len(set(files)) == 14
    ibl.download(client, str(EID))
    assert len([path for path in server.asked if path.startswith("/data/")]) == 14, "what is here stays"


def test_download_of_a_part(server, home, tree):
    session = ibl.download(connect(server, home), str(EID), probes=["probe01"], sorter="ks2")
    assert session.probes == {"probe01": ["alf/probe01/ks2"]}
    session = ibl.download(connect(server, home), str(EID), probes=["probe00"], revision="2020-01-01")
    _, here, _ = binned(session, home / "a.h5", probes=["probe00"])
    _, there, _ = binned(ibl.Session(tree.session, revision="2020-01-01"), home / "b.h5", probes=["probe00"])
    assert np.array_equal(here["counts"], there["counts"])
    with pytest.raises(ConfigError, match="probe09.*probe00, probe01"):
        ibl.download(connect(server, home), str(EID), probes=["probe09"])


@pytest.mark.parametrize("eid", ["00000000-0000-0000-0000-000000000001", "cortexlab/2019-12-03/001_nobody"])
def test_a_session_that_is_not_there(server, home, eid):
    with pytest.raises((ConfigError, RunError)) as caught:
        ibl.download(connect(server, home), eid)
    assert eid in str(caught.value) or server.url in str(caught.value)


def test_a_file_that_is_not_there(server, home, tree):
    lost = next(path for path in server.ids if path.endswith("iblsorter/spikes.clusters.npy"))
    datasets = server.datasets
    server.ids.pop(lost)
    type(server).datasets, kept = property(lambda _: datasets), type(server).datasets
    try:
        with pytest.raises(RunError) as caught:
            ibl.download(connect(server, home), str(EID))
    finally:
        type(server).datasets = kept
    assert "404" in str(caught.value) or "not found" in str(caught.value).lower()


def test_a_login_that_is_wrong(server, home):
    with pytest.raises(RunError) as caught:
        ibl.connect(home / "data", base_url=server.url, username="reader", password="of secrets")
    assert server.url in str(caught.value) and "of secrets" not in str(caught.value)


def test_a_server_that_is_not_there(home):
    from iblutil.io import params

    assert str(home) in str(params.getfile("one"))
    with pytest.raises(RunError, match="127.0.0.1:9.*not reached"):
        ibl.connect(home / "data", base_url="http://127.0.0.1:9", username="nobody", password="none")
    client = ibl.connect(home / "data", base_url="http://127.0.0.1:8")  # of which no login is kept
    for ask in (lambda: ibl.list_remote(client, subject="KS014"), lambda: ibl.download(client, str(EID))):
        with pytest.raises(ConfigError, match="no login.*--username") as caught:
            ask()
        assert "127.0.0.1:8" in str(caught.value)
