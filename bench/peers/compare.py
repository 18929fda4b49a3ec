#!/usr/bin/env python3
"""The same Wilson-Cowan work by noesis and by other packages: equal results first, then times.

    python bench/peers/compare.py --noesis build/release/noesis/noesis --threads 2

Weights and initial state are noesis' own, read from its files; the equations are written once more
here. A package that is not installed is left out. Times are of the steps alone: the difference of a
long and a short run for noesis (a command), and of repeated calls for the packages.
"""

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.sparse

TAU_MS, DRIVE, DT_MS = 10.0, 1.25, 1.0
C_EE, C_EI, C_IE, C_II = 16.0, 12.0, 15.0, 3.0
A_E, B_E, A_I, B_I = 1.3, 4.0, 2.0, 3.7


def slopes(e, i, coupling, exp):
    """Wilson & Cowan (1972): noesis' convention "reference"."""

    def sigmoid(z, a, b):
        return 1 / (1 + exp(-a * (z - b))) - 1 / (1 + np.exp(a * b))

    s_e = sigmoid(C_EE * e - C_EI * i + coupling + DRIVE, A_E, B_E)
    s_i = sigmoid(C_IE * e - C_II * i, A_I, B_I)
    return (s_e - e) / TAU_MS, (s_i - i) / TAU_MS


def rk4(f, x, steps, dt=DT_MS):
    """Classical Runge-Kutta on a tuple of arrays."""
    for _ in range(steps):
        k1 = f(x)
        k2 = f([a + dt / 2 * k for a, k in zip(x, k1)])
        k3 = f([a + dt / 2 * k for a, k in zip(x, k2)])
        k4 = f([a + dt * k for a, k in zip(x, k3)])
        x = [a + dt / 6 * (p + 2 * q + 2 * r + s) for a, p, q, r, s in zip(x, k1, k2, k3, k4)]
    return x


class Noesis:
    """The command, rk4 or euler; `envs` brains on one connectome."""

    def __init__(self, command, folder, matrix, threads, convention="reference", precision="float", dt=DT_MS):
        self.command, self.folder, self.threads = command, Path(folder), threads
        self.convention, self.precision, self.dt = convention, precision, dt
        n = matrix.shape[0]
        self.brain = f"{n // 1000}k" if n >= 1000 else f"{n}"
        self.brain += f" x {round(matrix.nnz / n)}"
        self.version = subprocess.run([command, "version"], capture_output=True, text=True, check=True)
        self.version = self.version.stdout.split()[1]
        scipy.sparse.save_npz(self.folder / "weights.npz", matrix, compressed=False)

    def run(self, steps, envs, integrator, neurons="[]"):
        duration = max(steps, 1) * self.dt
        config = self.folder / "config.toml"
        config.write_text(f"""
duration_ms = {duration}
num_envs = {envs}
precision = "{self.precision}"
threads = {self.threads}
connectome = {{ source = "file", path = "{self.folder / "weights.npz"}" }}
model = {{ name = "wilson_cowan", convention = "{self.convention}" }}
drive = {{ mean = {DRIVE} }}
integrator = {{ name = "{integrator}", dt_ms = {self.dt} }}
record = {{ interval_ms = {duration}, neurons = {neurons}, all_components = true }}
vitals = {{ enabled = false }}
""")
        out = self.folder / "out.npz"
        start = time.perf_counter()
        done = subprocess.run(
            [self.command, "simulate", config, "--out", out, "--overwrite"], capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(done.stderr)
        seconds = time.perf_counter() - start
        with np.load(out) as data:
            return seconds, np.asarray(data["E"]), np.asarray(data["I"])

    def states(self, steps, integrator):
        """(E, I) at the start and after the steps, of one environment."""
        _, e, i = self.run(steps, 1, integrator)
        return [e[0].ravel(), i[0].ravel()], [e[-1].ravel(), i[-1].ravel()]

    def seconds_a_step(self, envs, integrator):
        """By runs so long that starting the command, which both have, does not matter."""
        steps, difference = 4, 0
        while difference < 1:
            steps *= 2
            difference = self.difference(envs, integrator, steps)
        return float(np.median([self.difference(envs, integrator, steps) for _ in range(3)])) / steps

    def difference(self, envs, integrator, steps):
        short, _, _ = self.run(1, envs, integrator, '["0"]')
        long, _, _ = self.run(1 + steps, envs, integrator, '["0"]')
        return long - short


def seconds_a_step(run, steps):
    run(1)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run(steps)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) / steps


def with_scipy(matrix, start):
    def f(x):
        return slopes(x[0], x[1], matrix @ x[0], np.exp)

    return lambda steps: rk4(f, start, steps)


def with_torch(matrix, start, envs):
    import torch

    weights = torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)),
        torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data),
        matrix.shape,
    )
    x0 = [torch.from_numpy(a.astype(np.float32))[:, None].repeat(1, envs) for a in start]

    def f(x):
        return slopes(x[0], x[1], weights @ x[0], torch.exp)

    def run(steps):
        with torch.inference_mode():
            return [a[:, 0].numpy() for a in rk4(f, x0, steps)]

    return run


def with_torchdiffeq(matrix, start):
    """Its "rk4" is the 3/8 rule: as many evaluations, but not the same rounding or error."""
    import torch
    from torchdiffeq import odeint

    weights = torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)),
        torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data),
        matrix.shape,
    )
    x0 = tuple(torch.from_numpy(a.astype(np.float32)) for a in start)

    def f(_, x):
        return slopes(x[0], x[1], weights @ x[0], torch.exp)

    def run(steps):
        times = torch.tensor([0.0, steps * DT_MS])
        with torch.inference_mode():
            out = odeint(f, x0, times, method="rk4", options={"step_size": DT_MS})
        return [a[-1].numpy() for a in out]

    return run


def with_brian2(matrix, start):
    """Forward Euler: its summed inputs are taken once a step, not once a stage."""
    import brian2

    brian2.prefs.codegen.target = "cython"
    brian2.prefs.core.default_float_dtype = np.float32
    brian2.defaultclock.dt = DT_MS * brian2.ms
    equations = """
    dE/dt = (1 / (1 + exp(-1.3 * (16 * E - 12 * I + coupling + 1.25 - 4))) - s_e - E) / (10 * ms) : 1
    dI/dt = (1 / (1 + exp(-2 * (15 * E - 3 * I - 3.7))) - s_i - I) / (10 * ms) : 1
    coupling : 1
    """
    constants = {"s_e": 1 / (1 + np.exp(A_E * B_E)), "s_i": 1 / (1 + np.exp(A_I * B_I))}
    neurons = brian2.NeuronGroup(
        matrix.shape[0], equations, method="euler", namespace=constants
    )
    synapses = brian2.Synapses(
        neurons, neurons, "w : 1\n coupling_post = w * E_pre : 1 (summed)", order=-1
    )
    coo = matrix.tocoo()
    synapses.connect(i=coo.col, j=coo.row)
    synapses.w = coo.data
    network = brian2.Network(neurons, synapses)

    def run(steps):
        neurons.E, neurons.I = start
        network.run(steps * DT_MS * brian2.ms)
        return [np.asarray(neurons.E[:]), np.asarray(neurons.I[:])]

    return run


SMALL_DT_MS = 0.1


def with_neurolib(matrix, start):
    """A network of regions: dense weights, one thread (Numba)."""
    from neurolib.models.wc import WCModel

    n = matrix.shape[0]
    model = WCModel(Cmat=matrix.toarray().astype(float), Dmat=np.zeros((n, n)))
    model.params.update(
        {
            "signalV": 0.0, "K_gl": 1.0, "sigma_ou": 0.0, "dt": SMALL_DT_MS, "exc_ext": DRIVE,
            "exc_init": np.asarray(start[0], float)[:, None],
            "inh_init": np.asarray(start[1], float)[:, None],
        }
    )

    def run(steps):
        model.params["duration"] = steps * SMALL_DT_MS
        model.run()
        return [model.exc[:, -1], model.inh[:, -1]]

    return run


def with_tvb(matrix, start):
    """A network of regions: dense weights; the coupling is taken once a step."""
    import logging

    logging.disable(logging.CRITICAL)
    from tvb.simulator.lab import connectivity, coupling, integrators, models, monitors, simulator

    n = matrix.shape[0]
    regions = connectivity.Connectivity(
        weights=matrix.toarray().astype(float), tract_lengths=np.zeros((n, n)),
        region_labels=np.array([str(i) for i in range(n)]), centres=np.zeros((n, 3)), speed=np.array([1e9]),
    )
    begin = np.stack([np.asarray(a, float) for a in start])[None, :, :, None]

    def run(steps):
        sim = simulator.Simulator(
            model=models.WilsonCowan(P=np.array([DRIVE]), variables_of_interest=("E", "I")),
            connectivity=regions,
            coupling=coupling.Linear(a=np.array([1.0]), b=np.array([0.0])),
            integrator=integrators.EulerDeterministic(dt=SMALL_DT_MS),
            monitors=(monitors.SubSample(period=steps * SMALL_DT_MS),),
            initial_conditions=begin,
            simulation_length=steps * SMALL_DT_MS,
        ).configure()
        (_, data), = sim.run()
        return [data[-1, 0, :, 0], data[-1, 1, :, 0]]

    return run


def random_matrix(n, k, scale=1.0, positive=False):
    random = np.random.default_rng(1)
    indices = np.sort(random.integers(0, n, (n, k), dtype=np.int32), axis=1).ravel()
    weights = (scale * random.standard_normal(n * k) / np.sqrt(k)).astype(np.float32)
    if positive:
        weights = np.abs(weights)
    matrix = scipy.sparse.csr_matrix((weights, indices, np.arange(n + 1) * k), shape=(n, n))
    matrix.sum_duplicates()
    if positive:  # between regions only
        matrix.setdiag(0)
        matrix.eliminate_zeros()
    return matrix


def difference(a, b):
    return max(float(np.max(np.abs(np.asarray(x, float) - np.asarray(y, float)))) for x, y in zip(a, b))


def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--noesis", required=True, help="the command")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--neurons", type=int, default=140_000)
    parser.add_argument("--in-degree", type=int, default=100)
    parser.add_argument("--steps", type=int, default=10, help="timed steps of one environment")
    parser.add_argument("--json", help="write the rows to FILE")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(arguments.threads)

    n, k = arguments.neurons, arguments.in_degree
    rows = []

    def add(package, label, noesis, ours, ends, envs, integrator, tolerance, make, check_steps, timed, goal=None):
        found = version(package)
        if found is None:
            print(f"{label}: not installed", file=sys.stderr)
            return
        run = make()
        gap = difference(run(check_steps), ends[integrator])
        if not gap <= tolerance:
            sys.exit(f"{label}: results differ by {gap:.2g} after {check_steps} steps: not the same work")
        seconds = seconds_a_step(run, timed)
        key = (envs, integrator)
        if key not in ours:
            ours[key] = noesis.seconds_a_step(envs, integrator)
        row = {
            "package": package,
            "version": found,
            "case": f"{noesis.brain}, {label}, {integrator}, {envs} env",
            "difference": gap,
            "env_steps_a_second": envs / seconds,
            "noesis_env_steps_a_second": envs / ours[key],
            "ratio": seconds / ours[key],
            "goal": goal,
        }
        rows.append(row)
        print(
            f"{row['case']:55s} {found:10s} {row['env_steps_a_second']:9.2f} env steps/s   "
            f"noesis {row['noesis_env_steps_a_second']:9.2f}   {row['ratio']:6.2f} x   "
            f"differ by {gap:.1e}",
            flush=True,
        )

    def large(folder):
        matrix = random_matrix(n, k)
        noesis = Noesis(arguments.noesis, folder, matrix, arguments.threads)
        print(f"noesis {noesis.version}, {n:,} neurons x {k}, float, {arguments.threads} threads")
        check_steps, steps = 3, arguments.steps
        ends, ours = {}, {}
        for integrator in ("rk4", "euler"):
            start, ends[integrator] = noesis.states(check_steps, integrator)

        def peer(package, label, envs, integrator, tolerance, make, timed=steps, goal=None):
            add(package, label, noesis, ours, ends, envs, integrator, tolerance, make, check_steps, timed, goal)

        peer("scipy", "SciPy CSR (1 thread)", 1, "rk4", 1e-5, lambda: with_scipy(matrix, start))
        if version("torch"):
            import torch

            torch.set_num_threads(arguments.threads)
            for envs in (1, 16, 64):
                peer(
                    "torch", "LibTorch sparse CSR", envs, "rk4", 1e-5,
                    lambda envs=envs: with_torch(matrix, start, envs), max(2, steps // envs), {1: 1.3, 16: 10}.get(envs),
                )
            peer("torchdiffeq", "torchdiffeq (3/8 rule)", 1, "rk4", 1e-3, lambda: with_torchdiffeq(matrix, start))
        peer("brian2", "Brian 2 (Cython)", 1, "euler", 1e-5, lambda: with_brian2(matrix, start))

    def worm(folder):
        """The worm's size, where LibTorch's calls cost more than its arithmetic."""
        matrix = random_matrix(302, 12)
        noesis = Noesis(arguments.noesis, folder, matrix, arguments.threads)
        print(f"noesis {noesis.version}, 302 neurons x 12, float, {arguments.threads} threads")
        start, end = noesis.states(3, "rk4")
        ours = {}
        for envs in (1, 64):
            add(
                "torch", "LibTorch sparse CSR", noesis, ours, {"rk4": end}, envs, "rk4", 1e-5,
                lambda envs=envs: with_torch(matrix, start, envs), 3, 300, {1: 20}.get(envs),
            )

    def regions(folder):
        """What packages for whole-brain models are made for: few regions, one simulation."""
        matrix = random_matrix(302, 12, 0.2, positive=True)
        print(f"302 regions x 12 (dense in the packages), double, dt {SMALL_DT_MS} ms")
        for package, label, make in [
            ("neurolib", "neurolib (Numba)", with_neurolib), ("tvb-library", "The Virtual Brain", with_tvb),
        ]:
            noesis = Noesis(
                arguments.noesis, folder, matrix, arguments.threads,
                "tvb" if package == "tvb-library" else package, "double", SMALL_DT_MS,
            )
            start, end = noesis.states(50, "euler")
            add(
                package, label, noesis, {}, {"euler": end}, 1, "euler", 1e-9,
                lambda make=make, start=start: make(matrix, start), 50, 2000,
            )

    for work in (large, worm, regions):
        with tempfile.TemporaryDirectory() as folder:
            work(folder)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
