"""Nothing in README.md or docs/ that does not run as written: blocks of shell and Python text are run in a
sandbox, configurations are given to the command that they are for, C++ is compiled, commands in running text
are held against the command line, links and anchors are followed.

Goes red where a document names an option, a key, a file, a page or a function that is not there, or leaves a
block unlabelled that it says nothing about."""

import importlib
import pathlib
import re
import signal
import subprocess
import time
import tomllib
import urllib.parse

import pytest
from command_line import PLACEHOLDER, WITH_KEYS, shell_commands
from pages import LANGUAGES, ROOT, all_pages, read_page

PAGES = all_pages()
IDS = [page.name for page in PAGES]
FOLDERS = [path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in {"build", "runs"}]
# The command that the configurations of a page are for; else `simulate`.
COMMANDS = {"docs/guides/loop.md": "loop", "docs/guides/fit.md": "fit"}
TEST_SCRIPT = (ROOT / "tests/run.sh").read_text()
RUN_PROGRAMS = {"noesis", "./noesis"}
PYTHON_PROGRAMS = {"python", "python3", ".venv/bin/python"}

pages = pytest.mark.parametrize("page", PAGES, ids=IDS)


@pages
def test_blocks_are_labelled(page):
    for block in page.blocks:
        assert block.language in LANGUAGES, f"{block}: label the block with one of {sorted(LANGUAGES)}"
        assert block.not_run is None or len(block.not_run) > 10, f"{block}: say why it is not run"
        if block.language == "text":
            first = block.text.split("\n")[0].split()
            assert not first or first[0] not in RUN_PROGRAMS | PYTHON_PROGRAMS, f"{block}: label commands `sh`"


@pages
def test_links_lead_somewhere(page):
    for line, target in page.links():
        if re.match(r"^[a-z]+:", target):
            continue
        path, _, anchor = urllib.parse.unquote(target).partition("#")
        file = (ROOT / page.name).parent / path if path else ROOT / page.name
        assert file.exists(), f"{page.name}:{line}: {target} does not exist"
        if anchor:
            assert anchor in set(read_page(file.resolve()).anchors()), f"{page.name}:{line}: no heading for {target}"


def complaint(command_line, words, folder):
    if words[0] in RUN_PROGRAMS:
        if words[1:2] == ["test"]:
            known = " ".join(re.findall(r"^(?:default|known)_labels=\((.*)\)", TEST_SCRIPT, re.MULTILINE)).split()
            given = [after for word, after in zip(words, words[1:], strict=False) if word == "--label"]
            return next((f"no label {one}" for one in given if one not in known), None)
        return None if words[1:2] == ["docs"] else command_line.complaint(words[1:], folder)
    if words[0] in PYTHON_PROGRAMS and words[1:2] and words[1] != "-m":
        if not PLACEHOLDER.match(words[1]) and not (ROOT / words[1]).exists():
            return f"{words[1]} does not exist"
    return None


HELP_OF_PROGRAMS = {}


def run_help(sandbox, words):
    """The help of a Python program with the subcommand that the words name."""
    key = tuple(words[1:4])
    if key not in HELP_OF_PROGRAMS:
        HELP_OF_PROGRAMS[key] = ask_for_help(sandbox, words)
    return HELP_OF_PROGRAMS[key]


def ask_for_help(sandbox, words):
    begin = 3 if words[1] == "-m" else 2
    sub = words[begin : begin + 1] if words[begin : begin + 1] and not words[begin].startswith("-") else []
    for attempt in (sub, []):
        done = subprocess.run(["python", *words[1:begin], *attempt, "--help"], cwd=sandbox.folder, env=sandbox.environment,
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 0:
            return done.stdout
    return done.stderr


@pages
def test_commands_in_the_text_are_understood(page, command_line, sandbox):
    spans = [(line, text) for line, text in page.code_spans() if text.split()[0] in RUN_PROGRAMS | {"mpirun"}]
    if page.name == "CHANGELOG.md":
        spans = []  # of the past too
    for line, text in spans:
        for words in shell_commands(text):
            if len(words) == 1 or words[1].startswith("<") or PLACEHOLDER.match(words[1]):
                continue
            said = complaint(command_line, words, sandbox.folder)
            assert said is None, f"{page.name}:{line}: `{text}`: {said}"


# Of other programs that the pages speak of, and of the launcher.
PROGRAMS = "".join(path.read_text(encoding="utf-8") for one in ("bench", "examples") for path in (ROOT / one).rglob("*.py"))
OTHER_OPTIONS = {"--install", "--preset", "--write", "--root", "--yes", "--label"}

MADE_BY_READERS = re.compile("linear.threshold|hold|normalisation")  # of the files that a guide makes


@pages
def test_what_the_text_names_exists(page, command_line, sandbox):
    """Options by themselves, files of this repository, names of the Python package."""
    if page.name == "CHANGELOG.md":
        return
    options = {option for words in command_line.commands() for option in command_line.options(*words)} | OTHER_OPTIONS
    for line, text in page.code_spans():
        where = f"{page.name}:{line}: `{text}`"
        option = re.match(r"--[a-z][\w-]*", text)
        if option and option[0] not in options:
            programs = PROGRAMS + "".join(run_help(sandbox, ["python", "-m", "noesis.ibl", one]) for one in ("list", "bin", "download"))
            assert option[0] in programs, f"{where} is no option of any command"
        if re.fullmatch(rf"(?:{'|'.join(FOLDERS)})/[\w./-]*\w\.(?:hpp|cpp|py|toml|csv|md|sh|h5|txt)", text):
            assert (ROOT / text).exists() or MADE_BY_READERS.search(text), f"{where} does not exist"
        name = re.match(r"noesis(?:\.[a-z_]\w*)+", text, re.IGNORECASE)
        if name and not name[0].endswith(".pth"):
            assert resolves(name[0]), f"{where} is not in the Python package"


def resolves(name):
    """Whether a dotted name is a module, or something in one."""
    parts, found, k = name.split("."), None, 0
    for k in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
            break
        except ModuleNotFoundError:
            continue
    for part in parts[k:]:
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return found is not None


@pages
def test_blocks_that_are_not_run_are_understood(page, command_line, sandbox):
    for block in page.blocks:
        if block.language != "sh" or block.not_run is None:
            continue
        for words in shell_commands(block.text):
            said = complaint(command_line, words, sandbox.folder)
            assert said is None, f"{block}: `{' '.join(words)}`: {said}"
            if words[0] in PYTHON_PROGRAMS and len(words) > 1:
                known = run_help(sandbox, words)
                for option in (word.split("=")[0] for word in words if word.startswith("--")):
                    assert option in known, f"{block}: `{' '.join(words)}` has no option {option}"


RUNNABLE = [page for page in PAGES if any(block.language in {"sh", "python"} for block in page.blocks)]


@pytest.mark.parametrize("page", RUNNABLE, ids=[page.name for page in RUNNABLE])
def test_blocks_run_as_written(page, sandbox):
    expected = 0
    for block in page.blocks:
        if block.not_run is not None:
            if block.language == "python":
                compile(block.text, str(block), "exec")
            continue
        if block.language == "sh":
            expected += sum(words[0] in RUN_PROGRAMS and words[1:2] not in (["test"], ["docs"]) for words in shell_commands(block.shortened()))
            wrong = sandbox.shell(block.shortened())
        elif block.language == "python":
            wrong = sandbox.python(str(block), block.shortened())
        else:
            continue
        assert wrong is None, f"{block}:\n{block.text}\n{wrong}"
    assert len(sandbox.calls()) >= expected, f"{page.name}: {expected} commands, of which only these ran: {sandbox.calls()}"


CONFIGURATIONS = [block for page in PAGES for block in page.blocks if block.language == "toml"]


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=str)
def test_configurations_are_accepted(block, command, sandbox):
    tomllib.loads(block.text)
    if block.not_run is not None:
        return
    name = COMMANDS.get(block.page, "simulate")
    file = sandbox.folder / "block.toml"
    file.write_text(block.text, encoding="utf-8")
    if name == "simulate":
        last = max([0, *map(float, re.findall(r"start_ms = (\d+)", block.text))])  # of its stimuli, which must begin
        arguments = ["--out", "block.npz", "--set", f"duration_ms={last + 20:g}", "--set", "record.start_ms=0"]
        if "environments = [1]" in block.text:
            arguments += ["--set", "num_envs=2"]
        done = subprocess.run([command, name, file.name, *arguments], cwd=sandbox.folder, env=sandbox.environment,
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{block}: {done.stderr}"
        return
    # The long ones are stopped once they have accepted their configuration.
    process = subprocess.Popen([command, name, file.name, "--out", "block"], cwd=sandbox.folder, env=sandbox.environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while process.poll() is None and not (sandbox.folder / "block/config.toml").exists() and time.monotonic() < until:
        time.sleep(0.05)
    accepted = process.poll() is None
    process.kill() if accepted else None
    errors = process.communicate(timeout=60)[1]
    assert accepted or process.returncode in (0, -signal.SIGKILL), f"{block}: {errors}"


def test_the_guards_see(command_line, tmp_path):
    """Goes red when the checks above let a misspelt option, key, command or file pass."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    for bad, said in [
        (["simulate", "configs/rate.toml", "--ot", "x.npz"], "--ot"),
        (["simulate", "configs/rate.toml", "--set", "model.copling=2"], "copling"),
        (["simulate", "configs/rate.toml", "--set", "model.convention=tvb"], "convention"),
        (["connectome", "inf", "celegans"], "inf"),
        (["simulat", "configs/rate.toml"], "simulat"),
        (["loop", "--quick", "--set", "phase2.0.num_seds=1"], "num_seds"),
    ]:
        assert said in (command_line.complaint(bad, tmp_path) or ""), bad
    assert command_line.complaint(["simulate", "configs/rate.toml", "--set", "model.coupling=2"], tmp_path) is None
    page = tmp_path / "page.md"
    page.write_text("# A page\n[x](nowhere.md) `noesis simulate --ot`\n```\n./noesis version\n```\n", encoding="utf-8")
    read = read_page(page, tmp_path)
    assert list(read.links()) == [(2, "nowhere.md")]
    assert list(read.code_spans()) == [(2, "noesis simulate --ot")]
    assert read.blocks[0].language == "" and read.blocks[0].line == 4
    assert list(read.anchors()) == ["a-page"]
    assert WITH_KEYS <= set(command_line.subcommands())


def test_quick_start_in_cpp_is_the_example():
    blocks = [block for block in read_page(ROOT / "README.md").blocks if block.language == "cpp"]
    assert [block.text for block in blocks] == [pathlib.Path(ROOT / "examples/quick_start.cpp").read_text()]
