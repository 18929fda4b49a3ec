"""Every subcommand's `--help` has examples of its own, and they are understood; what the launcher tells before
there is a program is what the program tells."""

import re
import shutil
import subprocess


def test_every_help_has_examples_that_are_understood(command_line, tmp_path):
    from pages import ROOT
    from command_line import shell_commands

    (tmp_path / "configs").symlink_to(ROOT / "configs")
    commands = [(), *command_line.commands()]
    assert ("connectome", "info") in commands and len(commands) > 15, commands
    for words in commands:
        text = command_line.help(*words)
        found = re.search(r"^Examples?:\n((?:  .*\n)+)", text, re.MULTILINE)
        assert found, f"noesis {' '.join(words)} --help has no examples"
        lines = [line.strip() for line in found[1].splitlines()]
        own = " ".join(["noesis", *words])
        assert any(own in line for line in lines), f"{own} --help: no example of it: {lines}"
        for line in lines:
            for example in shell_commands(line):
                said = command_line.complaint(example[1:], tmp_path)
                assert said is None, f"{own} --help: `{line}`: {said}"


def test_help_without_a_build_names_the_commands(command_line, tmp_path):
    from command_line import SUBCOMMANDS
    from pages import ROOT

    shutil.copy(ROOT / "noesis", tmp_path / "noesis")
    said = subprocess.run([tmp_path / "noesis", "--help"], capture_output=True, text=True, timeout=60, check=True)
    told = re.search(r"^Commands:\n((?:  .*\n)+)", said.stdout, re.MULTILINE)[1]
    own = {"test", "docs"}  # of the launcher itself
    commands = [line.split(maxsplit=1) for line in told.splitlines() if line.split()[0] not in own]
    real = [line.split(maxsplit=1) for line in SUBCOMMANDS.search(command_line.help())[1].splitlines()]
    assert commands == real
