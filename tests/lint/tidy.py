"""clang-tidy on the sources of core and data in a build, those of the last commit first.

usage: tidy.py CLANG_TIDY BUILD SECONDS; prints the findings and how many files were reached, exits 1
when a file has a finding or was not reached in time.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINTED = ("core/", "data/")


def sources(build: str) -> list[str]:
    """Paths relative to the root, the last commit's first."""
    entries = json.loads(pathlib.Path(build, "compile_commands.json").read_text())
    paths = {os.path.relpath(entry["file"], ROOT) for entry in entries}
    changed = subprocess.run(
        ["git", "diff", "--name-only", "HEAD~1"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    wanted = (p for p in paths if p.endswith(".cpp") and p.startswith(LINTED))
    return sorted(wanted, key=lambda path: (path not in changed, path))


def main(clang_tidy: str, build: str, seconds: float) -> int:
    deadline = time.monotonic() + seconds

    def check(path: str) -> str | None:
        """The findings ("" if none); None when the time was up."""
        remaining = deadline - time.monotonic()
        if remaining < 0:
            return None
        command = [clang_tidy, "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", path]
        try:
            run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=remaining + 60)
        except subprocess.TimeoutExpired:
            return None
        return "" if run.returncode == 0 else run.stdout + run.stderr

    files = sources(build)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        findings = list(pool.map(check, files))
    print("".join(f for f in findings if f), end="")
    reached = sum(f is not None for f in findings)
    print(f"clang-tidy: {reached} of {len(files)} files reached, {sum(map(bool, findings))} with findings")
    return 1 if any(findings) or reached < len(files) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], os.path.abspath(sys.argv[2]), float(sys.argv[3])))
