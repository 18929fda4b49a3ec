"""The models' equations in NumPy, each written from its own source and sharing nothing with the C++."""

import numpy as np


def _gap_current(gaps, x):
    """sum_j a_ij (x_j - x_i) by the graph Laplacian."""
    return gaps @ x - gaps.sum(axis=1) * x


def wilson_cowan_1972(t, y, w, gaps, drive, coupling, gap_coupling):
    """Wilson & Cowan, Biophys. J. 12, 1972: limit-cycle set, no refractory term, tau = 10 ms."""

    def s(z, a, theta):
        return 1 / (1 + np.exp(-a * (z - theta))) - 1 / (1 + np.exp(a * theta))

    e, i = np.split(y, 2)
    external = coupling * (w @ e) + gap_coupling * _gap_current(gaps, e) + drive
    return np.concatenate(
        [(-e + s(16 * e - 12 * i + external, 1.3, 4.0)) / 10, (-i + s(15 * e - 3 * i, 2.0, 3.7)) / 10]
    )


def wilson_cowan_neurolib(t, y, w, gaps, drive, coupling, gap_coupling):
    """Cakan, Jajcay & Obermayer, Cogn. Comput. 2021: WCModel, refractory term, plain sigmoid."""

    def s(x):
        return 1 / (1 + np.exp(-1.5 * (x - 3.0)))

    e, i = np.split(y, 2)
    external = coupling * (w @ e) + gap_coupling * _gap_current(gaps, e) + drive
    de = (-e + (1 - e) * s(16 * e - 12 * i + external)) / 2.5
    di = (-i + (1 - i) * s(15 * e - 3 * i)) / 3.75
    return np.concatenate([de, di])


def wilson_cowan_tvb(t, y, w, gaps, drive, coupling, gap_coupling):
    """Sanz-Leon et al., NeuroImage 111, 2015: defaults, shifted sigmoid, tau = 10 ms."""

    def s(x, a, b):
        return 1 / (1 + np.exp(-a * (x - b))) - 1 / (1 + np.exp(a * b))

    e, i = np.split(y, 2)
    external = coupling * (w @ e) + gap_coupling * _gap_current(gaps, e) + drive
    de = (-e + (1 - e) * s(12 * e - 4 * i + external, 1.2, 2.8)) / 10
    di = (-i + (1 - i) * s(13 * e - 11 * i, 1.0, 4.0)) / 10
    return np.concatenate([de, di])


def rate_network(activation):
    """tau x' = -x + g W phi(x) + drive + g_gap gap, tau = 10 ms."""

    def field(t, x, w, gaps, drive, coupling, gap_coupling):
        gap = gap_coupling * _gap_current(gaps, x)
        return (-x + coupling * (w @ activation(x)) + drive + gap) / 10

    return field
