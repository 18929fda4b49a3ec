"""Goes red when a file of the tree is too long, and when the check would not see it."""

import pathlib
import subprocess
import sys

import file_length

assert file_length.check({"a.cpp": 401, "b.cpp": 400}, {}) != [], "a long file passes"
assert len(file_length.check({"a.cpp": 401}, {"a.cpp": "why"})) == 0
assert len(file_length.check({"a.cpp": 400}, {"a.cpp": "why"})) == 1, "a reason outlives its file"
root = pathlib.Path(__file__).resolve().parents[2]
if not (root / ".git").exists():
    sys.exit(0)  # a tree without history, such as in the Docker image
sys.exit(subprocess.run([sys.executable, str(root / "tests/lint/file_length.py"), str(root)], check=False).returncode)
