"""Data flows one way: a folder includes only itself and folders to its left.

core -> data -> physics -> env -> agent -> runners; server stands beside agent, and only runners
includes it; gpu and distributed implement interfaces of physics and are included by nothing but
themselves and the composition root, runners/factory.cpp and runners/distributed_factory.cpp.

usage: include_direction.py ROOT, prints one line for each include that breaks the rule, exits 1.
"""

import pathlib
import re
import sys

ORDER = ["core", "data", "physics", "env", "agent", "runners"]
BESIDE_AGENT = "server"
PLUGINS = ["gpu", "distributed"]
FOLDERS = [*ORDER, BESIDE_AGENT, *PLUGINS]
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([a-z_]+)/')
ROOT = {"runners/factory.cpp", "runners/distributed_factory.cpp"}
SUFFIXES = {".hpp", ".cpp", ".cu", ".inl"}


def allowed(path: pathlib.PurePath) -> set[str]:
    """The folders that the file at `path` (relative to the root) may include."""
    folder = path.parts[0]
    if path.as_posix() in ROOT:
        return set(FOLDERS)
    if folder in PLUGINS:
        return {"core", "data", "physics", folder}
    if folder == BESIDE_AGENT:
        return {"core", "data", "physics", "env", folder}
    if folder == "runners":
        return {*ORDER, BESIDE_AGENT}
    return set(ORDER[: ORDER.index(folder) + 1])


def violations(root: pathlib.Path):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in SUFFIXES:
                continue
            relative = path.relative_to(root)
            right = allowed(relative)
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                match = INCLUDE.match(line)
                if match and match[1] in FOLDERS and match[1] not in right:
                    yield f"{relative}:{number}: {folder} must not include {match[1]}: {line.strip()}"


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)
