#!/usr/bin/env python3
"""The sparse product and whole rk4 steps on an NVIDIA GPU: noesis, PyTorch and cuSPARSE, on one machine
in one run. Equal results first, then times.

    python bench/peers/gpu.py --noesis build/release/noesis --json gpu.json

Needs PyTorch with CUDA, SciPy and, for cuSPARSE's other algorithms, CuPy. All in float; the product is
y = A x with x (neurons x environments) by rows, the step is a Wilson-Cowan brain's. Times are medians by
the device's clock after warming up; noesis' are its own (`noesis bench gpu`), on a brain of the same size.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse
import torch

sys.path.insert(0, str(Path(__file__).parent))
from compare import DT_MS, Noesis, difference, rk4, slopes  # noqa: E402

TURNS = 25


def random_matrix(neurons, in_degree):
    rng = np.random.default_rng(1)
    rows = np.repeat(np.arange(neurons, dtype=np.int64), in_degree)
    columns = rng.integers(0, neurons, rows.size)
    weights = rng.standard_normal(rows.size).astype(np.float32) / np.float32(np.sqrt(in_degree))
    return scipy.sparse.csr_matrix((weights, (rows, columns)), shape=(neurons, neurons))


def median_seconds(work):
    times = []
    for turn in range(TURNS + 3):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        work()
        end.record()
        torch.cuda.synchronize()
        if turn >= 3:
            times.append(1e-3 * begin.elapsed_time(end))
    return float(np.median(times))


def copy_bandwidth():
    a, b = (torch.zeros(1 << 28, device="cuda") for _ in range(2))
    return 2 * 4 * a.numel() / median_seconds(lambda: b.copy_(a))


def torch_weights(matrix):
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int32)),
        torch.from_numpy(matrix.indices.astype(np.int32)),
        torch.from_numpy(matrix.data),
        matrix.shape,
        device="cuda",
    )


def cusparse_seconds(matrix, envs):
    """cuSPARSE's SpMM by each of its algorithms for rows of dense x, the fastest of them."""
    try:
        import cupy
        from cupy.cuda.device import get_cusparse_handle
        from cupy_backends.cuda.libs import cusparse
    except ImportError:
        return {}
    indptr, indices = (cupy.asarray(a.astype(np.int32)) for a in (matrix.indptr, matrix.indices))
    data = cupy.asarray(matrix.data)
    x = cupy.random.random((matrix.shape[0], envs), dtype=cupy.float32)
    y = cupy.zeros_like(x)
    float32, row_order, int32 = 0, 2, 2
    handle = get_cusparse_handle()
    a = cusparse.createCsr(*matrix.shape, matrix.nnz, indptr.data.ptr, indices.data.ptr, data.data.ptr,
                           int32, int32, 0, float32)
    dense = [cusparse.createDnMat(*m.shape, envs, m.data.ptr, float32, row_order) for m in (x, y)]
    scalars = [np.ones(1, np.float32), np.zeros(1, np.float32)]
    times = {}
    for name, algorithm in {"ALG1": 4, "ALG2": 6, "ALG3": 12}.items():
        arguments = (handle, 0, 0, scalars[0].ctypes.data, a, dense[0], scalars[1].ctypes.data,
                     dense[1], float32, algorithm)
        try:
            room = cupy.zeros(max(cusparse.spMM_bufferSize(*arguments), 1), dtype=cupy.int8)
            seconds = []
            for turn in range(TURNS + 3):
                begin, end = cupy.cuda.Event(), cupy.cuda.Event()
                begin.record()
                cusparse.spMM(*arguments, room.data.ptr)
                end.record()
                end.synchronize()
                seconds.append(1e-3 * cupy.cuda.get_elapsed_time(begin, end))
            times[name] = float(np.median(seconds[3:]))
        except Exception as error:  # an algorithm that does not take this layout
            print(f"cuSPARSE {name}: {error}", file=sys.stderr)
    return times


def torch_step(weights, start, envs):
    x = [torch.from_numpy(a.astype(np.float32)).cuda()[:, None].repeat(1, envs) for a in start]

    def f(x):
        return slopes(x[0], x[1], weights @ x[0], torch.exp)

    def run(steps):
        with torch.inference_mode():
            return rk4(f, x, steps)

    return run


def noesis_rows(command):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        subprocess.run([command, "bench", "gpu", "--json", file], check=True)
        return json.loads(file.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--noesis", required=True, help="the command")
    parser.add_argument("--neurons", type=int, default=140_000)
    parser.add_argument("--in-degree", type=int, default=100)
    parser.add_argument("--json", help="write the rows to FILE")
    options = parser.parse_args()
    matrix = random_matrix(options.neurons, options.in_degree)
    weights = torch_weights(matrix)
    rows = []

    def add(what, value, unit, **more):
        rows.append({"what": what, "value": value, "unit": unit, **more})
        print(f"{what:58s} {value:12.4g} {unit}", flush=True)

    print(torch.cuda.get_device_name(0), "torch", torch.__version__)
    add("copy within the device, torch", copy_bandwidth() / 1e9, "GB/s")
    for envs in (1, 8, 16, 64):
        x = torch.rand(options.neurons, envs, device="cuda")
        add(f"product, {envs} env, torch CSR", 1e3 * median_seconds(lambda x=x: weights @ x), "ms")
        for name, seconds in cusparse_seconds(matrix, envs).items():
            add(f"product, {envs} env, cuSPARSE {name}", 1e3 * seconds, "ms")

    with tempfile.TemporaryDirectory() as folder:
        noesis = Noesis(options.noesis, folder, matrix, 8)
        start, end = noesis.states(10, "rk4")
    for envs in (1, 16, 64):
        run = torch_step(weights, start, envs)
        if envs == 1:
            got = [a[:, 0].cpu().numpy() for a in run(10)]
            add("largest difference after 10 steps, torch", difference(end, got), "")
        add(f"rk4 step, {envs} env, torch", 1e3 * median_seconds(lambda run=run: run(1)), "ms")
    rows += noesis_rows(options.noesis)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
