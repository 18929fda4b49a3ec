"""`noesis connectome` against NetworkX and NumPy: measures of graphs that are read from its files."""

import json
import subprocess

import networkx
import numpy as np
import pytest
import scipy.sparse


def run(command, *arguments):
    return subprocess.run([command, "connectome", *arguments], capture_output=True, text=True, check=False)


def weights_of(command, tmp_path, *arguments):
    """Rows are targets."""
    file = tmp_path / "connectome.npz"
    done = run(command, "generate", *arguments, "--out", file)
    assert done.returncode == 0, done.stderr
    return scipy.sparse.load_npz(file)


CASES = [
    ("celegans",),
    ("smallworld", "--set", "num_neurons=300", "--set", "seed=4"),
    ("flylike", "--set", "num_neurons=900", "--set", "in_degree=8"),
    ("random", "--set", "num_neurons=400", "--set", "density=0.004"),
    ("modular", "--set", "num_neurons=200", "--set", "callosal_fraction=0"),
]


# Red when rows and columns are swapped in a file, or a measure counts autapses or pairs twice.
@pytest.mark.parametrize("arguments", CASES, ids=lambda a: a[0])
def test_measures_are_those_of_networkx(command, tmp_path, arguments):
    weights = weights_of(command, tmp_path, *arguments)
    facts = json.loads(run(command, "info", *arguments, "--json").stdout)
    graph = networkx.from_scipy_sparse_array(abs(weights).T, create_using=networkx.DiGraph)
    graph.remove_edges_from(list(networkx.selfloop_edges(graph)))
    assert facts["num_neurons"] == graph.number_of_nodes()
    assert facts["num_synapses"] - facts["num_autapses"] == graph.number_of_edges()
    assert facts["reciprocity"] == pytest.approx(networkx.overall_reciprocity(graph), abs=1e-12)
    assert facts["clustering"] == pytest.approx(networkx.transitivity(graph.to_undirected()), abs=1e-12)
    sizes = sorted(map(len, networkx.weakly_connected_components(graph)), reverse=True)
    assert (facts["num_components"], facts["largest_component"]) == (len(sizes), sizes[0])
    radius = max(abs(np.linalg.eigvals(weights.toarray().astype(float))))
    assert facts["spectral_radius"] == pytest.approx(radius, rel=1e-6)
    assert facts["max_in_degree"] == max(dict(graph.in_degree).values())
    assert facts["max_out_degree"] == max(dict(graph.out_degree).values())


def test_converting_keeps_every_bit(command, tmp_path):
    npz, csv, back = (tmp_path / name for name in ("a.npz", "b.csv", "c.mtx"))
    assert run(command, "generate", "smallworld", "--set", "seed=2", "--out", npz).returncode == 0
    assert run(command, "convert", npz, "--out", csv).returncode == 0
    assert run(command, "convert", csv, "--out", back).returncode == 0
    digests = {json.loads(run(command, "info", file, "--json").stdout)["digest"] for file in (npz, csv, back)}
    digests.add(json.loads(run(command, "info", "smallworld", "--set", "seed=2", "--json").stdout)["digest"])
    assert len(digests) == 1


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("info", "nosuch"), "allowed one of: celegans, random"),
        (("info", "random", "--set", "neurons=5"), "unknown key 'neurons'"),
        (("info", "missing.csv"), "missing.csv"),
        (("generate", "smallworld", "--set", "neighbours=3", "--out", "x.npz"), "even, 2 to 999"),
        (("generate", "random", "--out", "x.xls"), "x.xls"),
    ],
)
def test_errors_say_what_is_allowed(command, tmp_path, arguments, said):
    done = subprocess.run([command, "connectome", *arguments], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())
