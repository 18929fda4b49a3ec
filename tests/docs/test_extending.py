"""The guides for those who add a model, a task or a rule, followed to the letter: what they say is to be written
into files is written into copies, and what is then different is compiled. Goes red when a guide says what is not
so, when its code does not compile, when it takes more than five files, or when it cannot be followed again in a tree
where somebody has followed it."""

import os
import shutil
import subprocess

import pytest
from pages import ROOT, read_page

# What is compiled of each: where the new code is used.
GUIDES = {
    "add-a-model": ["physics/models/models.cpp", "physics/kernels/kernels_baseline.cpp", "tests/physics/backend_test.cpp"],
    "add-a-task": ["env/registry.cpp", "tests/env/conformance_test.cpp"],
    "add-a-plasticity-rule": ["physics/plasticity/plastic_brain.cpp"],
}


# Names of what the guides add -> those that somebody else has chosen.
OTHERS = {
    "add-a-model": {"linear_threshold": "leaky", "LinearThreshold": "Leaky"},
    "add-a-task": {"hold": "band", "Hold": "Band"},
    "add-a-plasticity-rule": {"normalisation": "balance", "Normalisation": "Balance"},
}


def follow(page, tree, followed=None):
    """Does what the page says in `tree`; gives the files. Those in `followed` stand in the place of this
    repository's."""
    files = {}

    def text_of(path):
        source = followed / path if followed and (followed / path).exists() else ROOT / path
        return files.setdefault(path, source.read_text(encoding="utf-8"))

    for path, origin in page.copies:
        assert not (ROOT / path).exists(), f"{path} is there already"
        files[path] = (ROOT / origin).read_text(encoding="utf-8")
    for block in page.blocks:
        if block.edit is None:
            continue
        kind, said = block.edit
        if kind == "file":
            assert not (ROOT / said).exists(), f"{said} is there already"
            files[said] = block.text
            continue
        path, how, anchor = said.split(" ", 2)
        text = text_of(path)
        assert text.count(anchor) == 1, f"{block}: {path} has `{anchor}` {text.count(anchor)} times"
        if how == "for":
            files[path] = text.replace(anchor, block.text.rstrip("\n"))
        else:
            assert how == "after", said
            end = text.index("\n", text.index(anchor)) + 1
            files[path] = text[:end] + block.text + text[end:]
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, encoding="utf-8")
    return files


@pytest.mark.parametrize("guide", GUIDES)
def test_guide_is_true(guide, tmp_path):
    page = read_page(ROOT / f"docs/guides/{guide}.md")
    files = follow(page, tmp_path)
    assert len(files) >= 3, f"{guide} edits nothing"
    numbered = sum(line.startswith("**") and line[2:3].isdigit() for _, line in page.prose)
    assert numbered == 5, f"{guide} takes {numbered} files"
    compiler = os.environ.get("NOESIS_CXX") or shutil.which("c++")
    for source in GUIDES[guide]:
        path = tmp_path / source if source in files else ROOT / source
        done = subprocess.run(
            [compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", f"-I{tmp_path}", f"-I{ROOT}", str(path)],
            capture_output=True, text=True, timeout=600, check=False,
        )
        assert done.returncode == 0, f"{guide}: {source}:\n{done.stderr[:3000]}"


def test_guide_can_be_followed_where_it_was_followed(tmp_path):
    for guide, others in OTHERS.items():
        first, second = tmp_path / guide / "first", tmp_path / guide / "second"
        page = read_page(ROOT / f"docs/guides/{guide}.md")
        for block in page.blocks:
            if block.edit is not None:
                for name, other in others.items():
                    block.text = block.text.replace(name, other)
        follow(page, first)
        follow(read_page(ROOT / f"docs/guides/{guide}.md"), second, first)  # which asserts that every place is there
