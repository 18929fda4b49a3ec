"""Markdown as the tests see it: fenced blocks, code spans, links and anchors, each with its line.

A comment before a block says what a test is to do with it, and why:

    <!-- not run: REASON -->       the block's commands are only checked against the command line
    <!-- smaller: OLD -> NEW -->   run with NEW in place of OLD, which is too long for a test
    <!-- frame: PARAMETERS -->     C++ inside of a function with these parameters
    <!-- file PATH -->             the block is that file, for who follows the page (or `from PATH`: a copy, without block)
    <!-- into PATH after TEXT -->  the block goes into a file, behind the line that has the text
    <!-- into PATH for TEXT -->    the block takes the text's place
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
LANGUAGES = {"sh", "python", "toml", "cpp", "cmake", "json", "mermaid", "text"}

FENCE = re.compile(r"^( *)```(\w*)\s*$")
COMMENT = re.compile(r"^<!-- (not run:|smaller:|frame:|file|into) (.+) -->$")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`]+)`")


@dataclasses.dataclass
class Block:
    page: str
    line: int  # of its first line
    language: str
    text: str
    not_run: str | None
    smaller: list[tuple[str, str]]
    frame: str | None = None
    edit: tuple[str, str] | None = None  # ("file" or "into", what the comment says)

    def __str__(self):
        return f"{self.page}:{self.line}"

    def shortened(self):
        text = self.text
        for old, new in self.smaller:
            assert old in text, f"{self}: `smaller` names what is not there: {old}"
            text = text.replace(old, new)
        return text


@dataclasses.dataclass
class Page:
    name: str  # relative to the root
    blocks: list[Block]
    prose: list[tuple[int, str]]  # lines outside of blocks
    copies: list[tuple[str, str]] = dataclasses.field(default_factory=list)  # (path, of which file)

    def links(self):
        for number, line in self.prose:
            for target in LINK.findall(CODE_SPAN.sub("", line)):
                yield number, target

    def code_spans(self):
        """Code in the running text, over ends of lines, without that in links' targets."""
        text = "\n".join(line for _, line in self.prose)
        for found in CODE_SPAN.finditer(text):
            yield self.prose[text[: found.start()].count("\n")][0], " ".join(found[1].split())

    def anchors(self):
        """Names of headings as GitHub makes them; a repeated one is numbered."""
        seen = {}
        for _, line in self.prose:
            heading = re.match(r"^#{1,6} +(.*?) *#*$", line)
            if not heading:
                continue
            name = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).lower()
            name = re.sub(r"[^\w\- ]", "", name).replace(" ", "-")
            seen[name] = seen.get(name, -1) + 1
            yield name if seen[name] == 0 else f"{name}-{seen[name]}"


def read_page(path, root=ROOT):
    name = str(path.relative_to(root))
    page = Page(name, [], [])
    lines = path.read_text(encoding="utf-8").split("\n")
    said, number = {}, 0
    while number < len(lines):
        line = lines[number]
        fence = FENCE.match(line)
        if fence:
            begin = number + 1
            end = next((n for n in range(begin, len(lines)) if lines[n].strip() == "```"), None)
            assert end is not None, f"{name}:{begin}: the block does not end"
            text = "\n".join(one[len(fence[1]) :] for one in lines[begin:end]) + "\n"
            page.blocks.append(Block(name, begin + 1, fence[2], text, said.get("not run:"), said.get("smaller:", []),
                                     said.get("frame:"), said.get("edit")))
            said, number = {}, end + 1
            continue
        comment = COMMENT.match(line)
        if comment and comment[1] == "file" and " from " in comment[2]:
            page.copies.append(tuple(comment[2].split(" from ")))
        elif comment and comment[1] in ("file", "into"):
            said["edit"] = (comment[1], comment[2])
        elif comment and comment[1] == "smaller:":
            old, arrow, new = comment[2].partition(" -> ")
            assert arrow, f"{name}:{number + 1}: `smaller` needs OLD -> NEW"
            said.setdefault("smaller:", []).append((old, new))
        elif comment:
            said[comment[1]] = comment[2]
        elif line.strip():
            assert not said, f"{name}:{number + 1}: a comment that no block follows"
        page.prose.append((number + 1, line))
        number += 1
    return page


def all_pages(root=ROOT):
    files = [root / "README.md", root / "CONTRIBUTING.md", root / "CHANGELOG.md", *sorted((root / "docs").rglob("*.md"))]
    return [read_page(path, root) for path in files]
