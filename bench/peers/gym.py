#!/usr/bin/env python3
"""noesis/Steer-v0 on C. elegans against the same environment written in NumPy and SciPy: equal first, then times.

    python bench/peers/gym.py --noesis build/release/noesis [--json FILE]

The other side is a gymnasium.Env with one sparse product (CSR: synapses and gap junctions together) a
stage, under SyncVectorEnv and AsyncVectorEnv, and once more with its inner loop compiled by Numba where
that is installed. Both sides take the same steps of the same integrator (classical Runge-Kutta, 1 ms,
two a step of the environment), in double precision; noesis once more in single. Rounds alternate, and
figures are the best of them: whatever else the machine does only adds to a time. On a busy machine,
processor time is the fairer measure. Also measured: what Python adds to a step of a batch.
"""

import argparse
import json
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import gymnasium
import noesis
import numpy as np
import scipy.sparse
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv

try:
    import numba
except ImportError:
    numba = None

ENV_ID, OPTIONS = "noesis/Steer-v0", {"subject": "celegans"}
NUM_NEURONS, AMPLITUDE, ENERGY_WEIGHT, DISTANCE_UNIT, EPISODE = 302, 4.0, 0.1, 0.1, 100
TAU_MS, DT_MS, SUBSTEPS, G, GAP = 10.0, 1.0, 2, 1.0, 0.5
C_EE, C_EI, C_IE, C_II = 16.0, 12.0, 15.0, 3.0
A_E, B_E, A_I, B_I = 1.3, 4.0, 2.0, 3.7
SHIFT_E, SHIFT_I = 1 / (1 + np.exp(A_E * B_E)), 1 / (1 + np.exp(A_I * B_I))


def worm(command: str) -> scipy.sparse.csr_array:
    """G W + g (A - diag(sum A)): all that comes from other neurons, by one product with E."""
    with tempfile.TemporaryDirectory() as folder:
        synapses, neurons, gaps = (Path(folder, f"{name}.csv") for name in ("synapses", "neurons", "gaps"))
        subprocess.run(
            [command, "connectome", "convert", "celegans", "--out", synapses]
            + ["--out-neurons", neurons, "--out-gap-junctions", gaps],
            check=True,
            capture_output=True,
        )
        pre, post, weight = np.loadtxt(synapses, delimiter=",", skiprows=1, unpack=True)
        a, b, gap = np.loadtxt(gaps, delimiter=",", skiprows=1, unpack=True)
    shape = (NUM_NEURONS, NUM_NEURONS)
    chemical = scipy.sparse.coo_array((weight.astype(np.float32), (post.astype(int), pre.astype(int))), shape)
    junctions = scipy.sparse.coo_array((gap.astype(np.float32), (a.astype(int), b.astype(int))), shape)
    junctions = (junctions + junctions.T).astype(float)
    laplacian = junctions - scipy.sparse.diags_array(junctions.sum(axis=1))
    return scipy.sparse.csr_array(G * chemical.astype(float) + GAP * laplacian)


def start_of(snapshot: bytes) -> dict:
    """Target, state and drive of an episode of Steer, from a snapshot of noesis (env/bytes.hpp)."""
    place = 0

    def take(form):
        nonlocal place
        values = struct.unpack_from("<" + form, snapshot, place)
        place += struct.calcsize("<" + form)
        return values

    def numbers(dtype):
        nonlocal place
        (count,) = take("Q")
        values = np.frombuffer(snapshot, dtype, count, place)
        place += values.nbytes
        return values

    take("QQ"), take("B"), take("d"), take("BB"), take("d"), take("q")  # of the batch
    numbers(np.float32)  # the observation
    numbers(np.uint8)  # the name of the task
    target = numbers(np.float64)
    take("Qq"), numbers(np.float64), numbers(np.float64)  # seed, step, charge, amplitude
    take("Qq")
    e, i = numbers(np.float64).reshape(2, NUM_NEURONS)
    drive = numbers(np.float64).reshape(-1, NUM_NEURONS)[0]
    return {"target": target, "e": e, "i": i, "drive": drive}


def slopes(matrix, e, i, drive):
    s_e = 1 / (1 + np.exp(-A_E * (C_EE * e - C_EI * i + matrix @ e + drive - B_E))) - SHIFT_E
    s_i = 1 / (1 + np.exp(-A_I * (C_IE * e - C_II * i - B_I))) - SHIFT_I
    return (s_e - e) / TAU_MS, (s_i - i) / TAU_MS


def advance_numpy(matrix, e, i, drive):
    for _ in range(SUBSTEPS):
        k1, l1 = slopes(matrix, e, i, drive)
        k2, l2 = slopes(matrix, e + DT_MS / 2 * k1, i + DT_MS / 2 * l1, drive)
        k3, l3 = slopes(matrix, e + DT_MS / 2 * k2, i + DT_MS / 2 * l2, drive)
        k4, l4 = slopes(matrix, e + DT_MS * k3, i + DT_MS * l3, drive)
        e = e + DT_MS / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        i = i + DT_MS / 6 * (l1 + 2 * l2 + 2 * l3 + l4)
    return e, i


def make_advance_numba():
    @numba.njit(cache=True)
    def slope(indptr, indices, data, e, i, drive, de, di):
        for n in range(len(e)):
            total = 0.0
            for s in range(indptr[n], indptr[n + 1]):
                total += data[s] * e[indices[s]]
            s_e = 1 / (1 + np.exp(-A_E * (C_EE * e[n] - C_EI * i[n] + total + drive[n] - B_E))) - SHIFT_E
            s_i = 1 / (1 + np.exp(-A_I * (C_IE * e[n] - C_II * i[n] - B_I))) - SHIFT_I
            de[n] = (s_e - e[n]) / TAU_MS
            di[n] = (s_i - i[n]) / TAU_MS

    @numba.njit(cache=True)
    def advance(indptr, indices, data, e, i, drive):
        e, i = e.copy(), i.copy()
        size = len(e)
        k, stage_e, stage_i = np.empty((2, 4, size)), np.empty(size), np.empty(size)
        for _ in range(SUBSTEPS):
            slope(indptr, indices, data, e, i, drive, k[0, 0], k[1, 0])
            for stage in range(1, 4):
                h = DT_MS if stage == 3 else DT_MS / 2
                for n in range(size):
                    stage_e[n] = e[n] + h * k[0, stage - 1, n]
                    stage_i[n] = i[n] + h * k[1, stage - 1, n]
                slope(indptr, indices, data, stage_e, stage_i, drive, k[0, stage], k[1, stage])
            for n in range(size):
                e[n] += DT_MS / 6 * (k[0, 0, n] + 2 * k[0, 1, n] + 2 * k[0, 2, n] + k[0, 3, n])
                i[n] += DT_MS / 6 * (k[1, 0, n] + 2 * k[1, 1, n] + 2 * k[1, 2, n] + k[1, 3, n])
        return e, i

    return lambda matrix, e, i, drive: advance(matrix.indptr, matrix.indices, matrix.data, e, i, drive)


class NumpySteer(gymnasium.Env):
    """Steer-v0 on the worm, by hand. Episodes begin as given, one after another."""

    def __init__(self, matrix, starts, advance):
        self.matrix, self.starts, self.advance, self.episode = matrix, starts, advance, 0
        self.observation_space = gymnasium.spaces.Box(-1, 1, (2 * NUM_NEURONS,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1, 1, (NUM_NEURONS,), np.float32)

    def _observation(self):
        return np.concatenate([np.clip(self.e, -1, 1), self.target]).astype(np.float32)

    def reset(self, *, seed=None, options=None):
        start = self.starts[self.episode % len(self.starts)]
        self.episode += 1
        self.target, self.e, self.i, self.drive = (start[key] for key in ("target", "e", "i", "drive"))
        self.steps = 0
        return self._observation(), {"distance": float(np.sqrt(np.mean((self.e - self.target) ** 2)))}

    def step(self, action):
        share = np.clip(action.astype(float), -1, 1)
        self.e, self.i = self.advance(self.matrix, self.e, self.i, self.drive + AMPLITUDE * share)
        self.steps += 1
        distance = float(np.sqrt(np.mean((self.e - self.target) ** 2)))
        energy = float(np.mean(share**2))
        reward = -distance / DISTANCE_UNIT - ENERGY_WEIGHT * energy
        info = {"distance": distance, "energy": energy, "is_success": float(distance < 0.05)}
        return self._observation(), reward, False, self.steps >= EPISODE, info


def check_equal(matrix, advance, starts, tolerance=1e-9):
    """The rewards of a whole episode, to rounding. Returns the largest difference."""
    ours = gymnasium.make(ENV_ID, **OPTIONS).unwrapped
    theirs = NumpySteer(matrix, starts, advance)
    first, again = ours.reset(seed=0)[0], theirs.reset()[0]
    assert np.array_equal(first, again), "the starts differ"
    ours.action_space.seed(0)
    worst = 0.0
    for _ in range(20):  # chaotic: rounding grows later
        action = ours.action_space.sample()
        (a, reward, *_), (b, other, *_) = ours.step(action), theirs.step(action)
        worst = max(worst, abs(reward - other), float(np.abs(a - b).max()) - 1e-7)
    assert worst < tolerance, f"the two sides differ by {worst}"
    return worst


def measure(envs, seconds):
    """(steps a second of all environments together, processor time of this process in microseconds a step),
    after a burn-in of a tenth of the time."""
    actions = envs.action_space.sample()
    for burn_in in (True, False):
        count, start, cpu = 0, time.perf_counter(), time.process_time()
        while (taken := time.perf_counter() - start) < (seconds / 10 if burn_in else seconds):
            envs.step(actions)
            count += 1
    steps = count * envs.num_envs
    return steps / taken, 1e6 * (time.process_time() - cpu) / steps


def compare(makers, rounds, seconds):
    """{name: (most steps a second, least processor time)}; each round measures all, one after another."""
    figures = {name: [] for name in makers}
    for _ in range(rounds):
        for name, make in makers.items():
            envs = make()
            envs.reset(seed=0)
            figures[name].append(measure(envs, seconds))
            envs.close()
    return {name: (max(v[0] for v in values), min(v[1] for v in values)) for name, values in figures.items()}


def python_overhead(num_envs, rounds):
    """(microseconds of a step in C++, and with Python around it), least of alternating rounds."""
    envs = gymnasium.make_vec(ENV_ID, num_envs)
    envs.reset(seed=0)
    actions = envs.action_space.sample()
    count, alone, whole = 20, [], []
    core = envs.unwrapped._core
    for _ in range(rounds):
        alone.append(core.time_steps(actions, count) / count)
        start = time.perf_counter()
        for _ in range(count):
            envs.step(actions)
        whole.append((time.perf_counter() - start) / count)
    return 1e6 * min(alone), 1e6 * min(whole)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noesis", default="build/release/noesis", help="the command")
    parser.add_argument("--num-envs", type=int, default=64)
    parser.add_argument("--processes", type=int, default=8, help="of AsyncVectorEnv")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    n, processes = arguments.num_envs, arguments.processes

    matrix = worm(arguments.noesis)
    envs = gymnasium.make_vec(ENV_ID, 16, **OPTIONS)
    envs.reset(seed=0)
    starts = [start_of(envs.unwrapped.snapshot(k)) for k in range(16)]
    print(f"largest difference over 20 steps, NumPy: {check_equal(matrix, advance_numpy, starts):.1e}")

    makers = {
        "noesis, 1 thread": lambda: gymnasium.make_vec(ENV_ID, n, num_threads=1, **OPTIONS),
        "noesis, 2 threads": lambda: gymnasium.make_vec(ENV_ID, n, num_threads=2, **OPTIONS),
        "noesis, 1 thread, float": lambda: gymnasium.make_vec(ENV_ID, n, num_threads=1, precision="float", **OPTIONS),
        "noesis, 2 threads, float": lambda: gymnasium.make_vec(ENV_ID, n, num_threads=2, precision="float", **OPTIONS),
        "NumPy and SciPy, SyncVectorEnv": lambda: SyncVectorEnv([lambda: NumpySteer(matrix, starts, advance_numpy)] * n),
        f"NumPy and SciPy, AsyncVectorEnv of {processes}": lambda: AsyncVectorEnv(
            [lambda: NumpySteer(matrix, starts, advance_numpy)] * processes
        ),
    }
    if numba is not None:
        advance_numba = make_advance_numba()
        print(f"largest difference over 20 steps, Numba: {check_equal(matrix, advance_numba, starts):.1e}")
        makers["Numba, SyncVectorEnv"] = lambda: SyncVectorEnv([lambda: NumpySteer(matrix, starts, advance_numba)] * n)
        makers[f"Numba, AsyncVectorEnv of {processes}"] = lambda: AsyncVectorEnv(
            [lambda: NumpySteer(matrix, starts, advance_numba)] * processes
        )
    figures = compare(makers, arguments.rounds, arguments.seconds)
    one, one_cpu = figures["noesis, 1 thread"]
    two, _ = figures["noesis, 2 threads"]
    for name, (rate, cpu) in figures.items():
        ratios = f"1 thread {one / rate:6.2f}, 2 threads {two / rate:6.2f} times that"
        ratios += "" if "Async" in name else f"; {cpu:6.1f} us of processor time, {cpu / one_cpu:5.2f} times that of 1 thread"
        print(f"{name:40} {rate:8.0f} steps/s; {ratios}")

    cpp, python = python_overhead(n, 60 * arguments.rounds)
    allowed = 10 + 0.05 * cpp
    print(f"a step of {n} environments of the default: {cpp:.1f} us in C++, {python:.1f} us with Python; "
          f"{python - cpp:.1f} us more, {allowed:.1f} allowed")  # fmt: skip
    if arguments.json:
        results = {"steps_a_second": figures, "cpp_us": cpp, "python_us": python}
        Path(arguments.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
