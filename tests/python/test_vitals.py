"""The vitals that `noesis simulate` reports, computed once more from its recording by NumPy and SciPy."""

import numpy as np
import pytest
from scipy.signal import hilbert, welch

CONFIG = """
seed = 2
duration_ms = 4000
[connectome]
source = "reference"
num_neurons = 30
seed = 4
[model]
name = "wilson_cowan"
coupling = 2
[drive]
mean = 1.25
sd = 0.1
[integrator]
name = "rk4"
dt_ms = 0.5
[record]
start_ms = 1000
"""


@pytest.fixture
def brain(simulate):
    recording, result = simulate(CONFIG)
    return recording["E"][:, 0, :], result["vitals"]


def test_activity(brain):
    """Goes red when deviations divide by n - 1, or over units before time."""
    x, vitals = brain
    unit_sd = x.std(axis=0)
    assert vitals["mean_rate"] == pytest.approx(x.mean(), rel=1e-12)
    assert vitals["unit_deviation"] == pytest.approx(unit_sd.mean(), rel=1e-9)
    assert vitals["population_deviation"] == pytest.approx(x.mean(axis=1).std(), rel=1e-9)
    assert vitals["active_fraction"] == (unit_sd > 1e-3).mean()
    assert vitals["saturated_fraction"] == (x > 0.9).mean()
    eigenvalues = np.linalg.eigvalsh(np.cov(x.T))
    expected = eigenvalues.sum() ** 2 / (eigenvalues**2).sum()
    assert vitals["participation_ratio"] == pytest.approx(expected, rel=1e-9)


def test_synchrony(brain):
    """Goes red when phases are taken of the raw signal, or chi is not the root of Golomb's ratio."""
    x, vitals = brain
    phase = np.angle(hilbert(x - x.mean(axis=0), axis=0))
    expected = np.abs(np.exp(1j * phase).mean(axis=1)).mean()
    assert vitals["kuramoto_order"] == pytest.approx(expected, rel=1e-9)
    chi = np.sqrt(x.mean(axis=1).var() / x.var(axis=0).mean())
    assert vitals["golomb_chi"] == pytest.approx(chi, rel=1e-9)


def test_spectrum(simulate):
    """Goes red with another window, overlap, detrending or scaling, or a mean over logarithms."""
    recording, _ = simulate(CONFIG)
    x = recording["E"][:, 0, :]
    segment = 2 * (len(recording["psd_density"]) - 1)
    f, density = welch(x, fs=1000, nperseg=segment, axis=0)
    assert np.allclose(recording["psd_frequency_hz"], f, rtol=1e-12)
    assert np.allclose(recording["psd_density"], density.mean(axis=1), rtol=1e-9, atol=1e-18)
