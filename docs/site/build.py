"""Builds the documentation site, which opens from its folder without a server or a network:

    ./noesis docs                     # build/site/index.html

Pages are those of docs/, README.md as the first, pages made from the program (command line, configuration,
environments), the Python reference from docstrings and the C++ reference by Doxygen. Any warning ends it."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import generate

SITE = pathlib.Path(__file__).resolve().parent
DOCS = SITE.parent
ROOT = DOCS.parent
LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")


def say(text):
    print(f"noesis docs: {text}", file=sys.stderr, flush=True)


def python_with_mkdocs():
    """The Python of build/docs-env, which is made where it is missing or of other requirements."""
    folder = ROOT / "build" / "docs-env"
    wanted = (SITE / "requirements.txt").read_text(encoding="utf-8")
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        if os.environ.get("NOESIS_OFFLINE") == "1":
            sys.exit(f"noesis docs: NOESIS_OFFLINE=1, and {folder} lacks the packages of {SITE / 'requirements.txt'}")
        say(f"installing mkdocs into {folder} (about 170 MB)")
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "-qq", "--disable-pip-version-check",
                        "-r", SITE / "requirements.txt"], check=True, stdout=sys.stderr)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin" / "python"


def place_of(file):
    """Where a file of the repository stands in the site's pages."""
    if file == ROOT / "README.md":
        return "index.md"
    if file.is_relative_to(DOCS):
        return str(file.relative_to(DOCS))
    place = f"repository/{file.relative_to(ROOT)}"
    return place if file.suffix == ".md" else place + ".txt"  # shown, not downloaded


def stage_page(page, stage):
    """Copies a page of the repository to its place; what it links to outside of docs/ comes along."""
    place = place_of(page)
    to = stage / place

    def link(found):
        target, hash_, anchor = found[2].partition("#")
        if not target or re.match(r"^[a-z]+:", target):
            return found[0]
        file = (page.parent / target).resolve()
        inside = place_of(file)
        if inside.startswith("repository/") and not (stage / inside).exists():
            (stage / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, stage / inside)
            if file.suffix == ".md":
                stage_page(file, stage)
        return f"{found[1]}{os.path.relpath(inside, pathlib.PurePath(place).parent)}{hash_}{anchor}{found[3]}"

    # Links inside of blocks are none.
    parts = re.split(r"(^```.*?^```)", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text("".join(part if part.startswith("```") else LINK.sub(link, part) for part in parts), encoding="utf-8")


def environments(python, package):
    script = "import json, noesis; print(json.dumps({one: noesis.env_options(one) for one in noesis.env_ids()}))"
    done = subprocess.run([python, "-c", script], env=os.environ | {"PYTHONPATH": str(package)}, capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)


def stage_pages(stage, program, python, package):
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(DOCS, stage, ignore=shutil.ignore_patterns("site", "*.py"))
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md"]:
        stage_page(page, stage)
    page = stage / "reference" / "cpp.md"  # which Doxygen makes, so that mkdocs cannot see it
    page.write_text(page.read_text(encoding="utf-8").replace("`cpp/index.html`", '<a href="../cpp/index.html">here</a>'))
    (stage / "assets").mkdir()
    shutil.copyfile(SITE / "iframe-worker.js", stage / "assets" / "iframe-worker.js")
    reference = stage / "reference"
    reference.mkdir(exist_ok=True)
    made = {
        "command-line.md": generate.command_line_page(program),
        "configuration.md": generate.configuration_page(program),
        "environment-options.md": generate.options_page(environments(python, package)),
    }
    for name, text in made.items():
        (reference / name).write_text(text, encoding="utf-8")


def build_cpp(out):
    out.mkdir(parents=True, exist_ok=True)
    text = (SITE / "Doxyfile").read_text(encoding="utf-8") + f"OUTPUT_DIRECTORY = {out}\nPROJECT_NUMBER = {version()}\n"
    done = subprocess.run(["doxygen", "-"], input=text, cwd=ROOT, text=True, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"noesis docs: Doxygen is not content with the comments of the headers:\n{done.stderr}")


def version():
    return re.search(r"project\(noesis VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"))[1]


def check_offline(site):
    """Nothing that a page loads comes from elsewhere."""
    for page in site.rglob("*.html"):
        loaded = re.search(r'<(?:script|img|iframe|link rel="stylesheet")[^>]*(?:src|href)="?(https?:[^" >]*)', page.read_text(encoding="utf-8"))
        if loaded:
            sys.exit(f"noesis docs: {page} loads {loaded[1]}, which is not there without a network")


def main():
    options = argparse.ArgumentParser(prog="noesis docs", description=__doc__.split("\n")[0])
    options.add_argument("--noesis", type=pathlib.Path, default=ROOT / "build/release/noesis", help="the program")
    options.add_argument("--python", default=ROOT / ".venv/bin/python", help="a Python with what noesis needs")
    options.add_argument("--out", type=pathlib.Path, default=ROOT / "build/site", help="folder of the site")
    given = options.parse_args()
    given.out = given.out.resolve()
    if not given.noesis.exists():
        sys.exit(f"noesis docs: {given.noesis} is not built; ./noesis docs builds it")
    if shutil.which("doxygen") is None:
        sys.exit("noesis docs: doxygen was not found; install it (apt-get install doxygen)")
    stage = given.out.with_name(given.out.name + "-pages")
    say("pages from the program")
    stage_pages(stage, str(given.noesis.resolve()), given.python, given.noesis.resolve().parent / "python")
    say("site")
    config = given.out.with_name("mkdocs.yml")
    config.write_text(
        (SITE / "mkdocs.yml").read_text(encoding="utf-8")
        .replace("@DOCS@", str(stage)).replace("@SITE@", str(given.out)).replace("@PYTHON@", str(ROOT / "python")),
        encoding="utf-8",
    )
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    # Not --quiet, under which mkdocs does not count its warnings.
    done = subprocess.run([python_with_mkdocs(), "-m", "mkdocs", "build", "--strict", "--clean", "-f", config],
                          env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"noesis docs: mkdocs is not content:\n{done.stdout}")
    check_offline(given.out)
    say("C++ reference")
    build_cpp(given.out / "cpp")
    print(given.out / "index.html")


if __name__ == "__main__":
    main()
