"""One language: the words of docs/glossary.md in documents, `--help` and `--keys`, and no synonyms of them.

Goes red when a synonym comes in, or the glossary has a term twice."""

import re

import pytest
from pages import CODE_SPAN, ROOT, all_pages, read_page
from command_line import WITH_KEYS

# What is not said, and what is.
SYNONYMS = {
    r"\bnodes?\b": "neuron",
    r"\btime-?\s?steps?\b": "step",
    r"\bhyper-?parameters?\b": "key of the configuration, or parameter",
    r"\b(?:random|rng) seeds?\b": "seed",
    r"\bconnection strengths?\b|\bsynaptic strengths?\b": "weight",
    r"\bfiring rates?\b": "rate",
    r"\b(?:normaliz|initializ|randomiz|summariz|synchroniz|behavior|neighbor|color)\w*": "the British spelling",
}
DEFINITIONS = {"docs/glossary.md": ["a node of a connectome"]}  # where a synonym explains a term


def complaints(text):
    for pattern, word in SYNONYMS.items():
        for found in re.finditer(pattern, text, re.IGNORECASE):
            yield f"`{found[0]}`: say {word}"


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
def test_documents_speak_the_glossary(page):
    if page.name == "CHANGELOG.md":
        return
    for line, text in page.prose:
        text = CODE_SPAN.sub("", re.sub(r"\([^)\s]+\)", "", text))
        for allowed in DEFINITIONS.get(page.name, []):
            text = text.replace(allowed, "")
        for said in complaints(text):
            raise AssertionError(f"{page.name}:{line}: {said}")


def test_the_command_line_speaks_the_glossary(command_line):
    import subprocess

    for words in [(), *command_line.commands()]:
        text = command_line.help(*words)
        if words and words[0] in WITH_KEYS and len(words) == 1:
            text += subprocess.run([command_line.program, *words, "--keys"], capture_output=True, text=True, check=True).stdout
        for said in complaints(text):
            raise AssertionError(f"noesis {' '.join(words)}: {said}")


def test_a_term_is_defined_once():
    rows = [text for _, text in read_page(ROOT / "docs/glossary.md").prose if text.startswith("| ")]
    terms = [row.split("|")[1].strip() for row in rows if not row.startswith("| term")]
    assert len(terms) > 100
    assert not {term for term in terms if terms.count(term) > 1}


def test_the_guard_sees():
    assert list(complaints("each node takes a timestep")) == ["`node`: say neuron", "`timestep`: say step"]
    assert not list(complaints("a neuron takes a step"))
