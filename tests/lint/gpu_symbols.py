"""cuda* and hip* calls stand in gpu/gpu_api.hpp and nowhere else.

usage: gpu_symbols.py ROOT, prints one line for each other place, exits 1.
"""

import pathlib
import re
import sys

SYMBOL = re.compile(r"\b(cuda|hip)[A-Z]\w*")
FOLDERS = ["core", "data", "physics", "gpu", "env", "agent", "runners"]
SUFFIXES = {".hpp", ".cpp", ".cu", ".inl"}
ALLOWED = "gpu/gpu_api.hpp"


def violations(root: pathlib.Path):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            relative = path.relative_to(root).as_posix()
            if path.suffix not in SUFFIXES or relative == ALLOWED:
                continue
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                if match := SYMBOL.search(line):
                    yield f"{relative}:{number}: {match[0]} belongs into {ALLOWED}"


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)
