"""What the command line of `noesis` knows: subcommands and options from `--help`, keys from `--keys`."""

import functools
import re
import shlex
import subprocess

OPTION = re.compile(r"^ {2}(?:-\w,)?(--[\w-]+)", re.MULTILINE)
SUBCOMMANDS = re.compile(r"^Subcommands:\n((?: {2,}.*\n)+)", re.MULTILINE)
PLACEHOLDER = re.compile(r"^[A-Z][A-Z_]*$|^\.\.\.$|\.\.\.$")
WITH_KEYS = {"simulate", "large-scale", "train", "loop", "fit", "seed-and-tape", "grow", "flaw", "cure"}


class CommandLine:
    def __init__(self, program):
        self.program = program

    @functools.cache  # noqa: B019: one object a session
    def help(self, *words):
        done = subprocess.run([self.program, *words, "--help"], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"noesis {' '.join(words)} --help: {done.stderr}"
        return done.stdout

    @functools.cache  # noqa: B019
    def options(self, *words):
        return set(OPTION.findall(self.help(*words)))

    @functools.cache  # noqa: B019
    def subcommands(self, *words):
        found = SUBCOMMANDS.search(self.help(*words))
        names = []
        for line in found[1].splitlines() if found else []:
            if line[2] != " ":  # else it goes on with the description above
                names += [name.strip() for name in re.split(r" {2,}", line.strip())[0].split(",")]
        return names

    def commands(self, *words):
        """Every command, such as ("connectome", "info"), groups included."""
        for name in self.subcommands(*words):
            yield (*words, name)
            yield from self.commands(*words, name)

    def split(self, arguments):
        """(words of the subcommand, the other arguments)."""
        words = []
        while arguments and not arguments[0].startswith("-") and arguments[0] in self.subcommands(*words):
            words.append(arguments[0])
            arguments = arguments[1:]
        return tuple(words), arguments

    def complaint(self, arguments, folder):
        """What is wrong with a command line that is not run; None where nothing is. Arguments in capitals stand
        for whatever the reader has; files that exist in `folder` are read for their keys."""
        words, rest = self.split(arguments)
        if arguments == ["--help"]:
            return None
        if not words:
            return f"no such command: {' '.join(arguments[:1]) or '(none)'}"
        if self.subcommands(*words):
            if rest and not rest[0].startswith("-"):
                return f"no such command: {' '.join([*words, rest[0]])}"
        overrides, files = [], []
        known = self.options(*words)
        while rest:
            argument, *rest = rest
            if argument.startswith("--"):
                name, equals, value = argument.partition("=")
                if name not in known:
                    return f"noesis {' '.join(words)} has no option {name}"
                if name == "--set":
                    if not equals:
                        value, *rest = rest or [""]
                    overrides.append(value)
            elif argument.endswith(".toml"):
                files.append(argument)
        if words[0] in WITH_KEYS and "--keys" in known:
            read = [name for name in files[:1] if (folder / name).exists()]
            sets = [part for value in overrides for part in ("--set", value)]
            quick = ["--quick"] if "--quick" in arguments else []
            done = subprocess.run(
                [self.program, *words, *read, *quick, *sets, "--keys"],
                cwd=folder, capture_output=True, text=True, timeout=60, check=False,
            )
            if done.returncode != 0 and "there is no such file" not in done.stderr:
                return done.stderr.strip()
        return None


def shell_commands(text):
    """The commands in a block of shell text, words split, comments and environment left out."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        for part in re.split(r"&&|\|\||[;|]", re.sub(r"^\$ ", "", line)):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:  # a quoted text of several lines
                words = part.split()
            while words and re.match(r"^\w+=", words[0]):
                words = words[1:]
            if words and words[0] == "mpirun":
                words = words[3:]
            if words:
                yield words
