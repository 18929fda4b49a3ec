"""One version: CMake's, in all that states it. Goes red when one of them was forgotten."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def find(file, pattern):
    found = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{file} does not state a version"
    return found[1]


version = find("CMakeLists.txt", r"project\(noesis VERSION (\d+\.\d+\.\d+)")
assert find("CITATION.cff", r"^version: (\S+)$") == version, "CITATION.cff"
assert find("CHANGELOG.md", r"^## \[(\d[^\]]*)\]") == version, "CHANGELOG.md: the first release"
minor = version.rsplit(".", 1)[0]
for file in ("README.md", "tests/consumer/CMakeLists.txt"):
    assert find(file, r"find_package\(noesis (\S+) REQUIRED") == minor, file
metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
assert 'dynamic = ["version"]' in metadata and "\nversion = " not in metadata, "pyproject.toml has a version of its own"
pattern = re.search(r"regex = '(.*)'", metadata)[1]
assert re.search(pattern, (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))["value"] == version
print(f"one version: {version}")
