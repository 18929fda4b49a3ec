"""Source files have at most 400 lines, or a reason here. usage: file_length.py ROOT

A file that has become short again, or is gone, loses its line."""

import pathlib
import subprocess
import sys

MOST = 400
ENDINGS = {".cpp", ".hpp", ".cu", ".inl", ".py", ".sh"}
REASONS = {
    "agent/hybrid_agent.cpp": "one agent: its parts are files of their own, this is the order of their steps",
    "distributed/zmq_crew.cpp": "one class: seats, heartbeats and replacement share the sockets' single thread",
    "gpu/gpu_backend.cpp": "one class, the host's side of every kernel; structure, adaptive steps and memory are apart",
    "physics/connectome.cpp": "every check of a connectome's edges, and the counting sort that they guard",
    "physics/kernels/kernels.inl": "every kernel, written once and compiled for each instruction set",
    "physics/plasticity/plastic_brain.cpp": "the order in which rules run, and their snapshot in the same order",
    "physics/simulation.cpp": "one class behind a pointer; plasticity and checkpoints are apart",
    "runners/simulate.cpp": "one run from configuration to files; recording, stimulus and vitals are apart",
    "server/dispatcher.cpp": "one state machine without clock or socket; sessions, jobs, clients in this order",
    "tests/agent/differentiable_physics_test.cpp": "one operator against finite differences, a case a model and method",
    "tests/gpu/backend_suite.hpp": "one suite, run by the emulated device and by a real one",
    "tests/python/test_ibl.py": "one made session and every way in which a dataset can be wrong",
    "tests/python/test_report.py": "one made run and every section of its page",
}


def check(lengths, reasons):
    """What is wrong, a sentence each; `lengths` are {path: lines}."""
    wrong = [f"{path} has {lines} lines of {MOST}: split it, or say in tests/lint/file_length.py why not"
             for path, lines in sorted(lengths.items()) if lines > MOST and path not in reasons]
    wrong += [f"{path} needs no reason any more" for path in sorted(reasons) if lengths.get(path, 0) <= MOST]
    return wrong


def lengths_of(root):
    names = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split("\n")
    files = [name for name in names if pathlib.PurePath(name).suffix in ENDINGS and (root / name).is_file()]
    return {name: (root / name).read_text(encoding="utf-8").count("\n") for name in files}


def main():
    wrong = check(lengths_of(pathlib.Path(sys.argv[1])), REASONS)
    print("\n".join(wrong) or f"no file above {MOST} lines without a reason; {len(REASONS)} with one")
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
