"""Pages of the site that are made from the program itself: command line, configuration, environments' options."""

import json
import re
import subprocess

# Commands with a configuration, and what a reader finds there.
CONFIGURED = {
    "simulate": "One simulation. `large-scale` and `hemisphere master` have the same keys, `large-scale` with other defaults.",
    "train": "Training of agents.",
    "loop": "The main job. The defaults of lists are in [the guide](../guides/loop.md#configuration).",
    "fit": "Fitting weights to activity.",
    "seed-and-tape": "[Grow, break, cure](../guides/experiments.md).",
    "grow": "[Grow, break, cure](../guides/experiments.md).",
    "flaw": "[Grow, break, cure](../guides/experiments.md).",
    "cure": "[Grow, break, cure](../guides/experiments.md).",
}
# Sections of `simulate` whose keys depend on a choice: the key that chooses, and how its value is given.
CHOICES = {"connectome": "connectome.source", "model": "model.name", "integrator": "integrator.name", "plasticity": "plasticity.rules"}

SUBCOMMANDS = re.compile(r"^Subcommands:\n((?: {2,}.*\n)+)", re.MULTILINE)


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True, timeout=60).stdout


def subcommands(program, words=()):
    """Every command below `words`, in the order of the help."""
    found = SUBCOMMANDS.search(run(program, *words, "--help"))
    for line in found[1].splitlines() if found else []:
        if line[2] == " ":  # the description of the line above goes on
            continue
        for name in re.split(r" {2,}", line.strip())[0].split(","):
            if name.strip() not in {"help", "version"}:
                yield (*words, name.strip())
                yield from subcommands(program, (*words, name.strip()))


def command_line_page(program):
    """`--help` of every command."""
    text = "# Command line\n\nWhat `noesis COMMAND --help` says, made from the program itself.\n"
    for words in [(), *subcommands(program)]:
        title = " ".join(["noesis", *words])
        text += f"\n## {title}\n\n```text\n{run(program, *words, '--help').strip()}\n```\n"
    return text


def keys(program, command, *overrides):
    sets = [part for one in overrides for part in ("--set", one)]
    return json.loads(run(program, command, "--keys", "--json", *sets))


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def table(rows):
    text = "| key | type | default | meaning | allowed |\n|---|---|---|---|---|\n"
    for key in rows:
        default = f"`{cell(key['default'])}`" if key["default"] else ""
        text += f"| `{key['key']}` | {key['type']} | {default} | {cell(key['doc'])} | {cell(key['allowed'])} |\n"
    return text


def choices(key):
    return key["allowed"].removeprefix("one of: ").split(", ")


def simulate_section(program):
    base = keys(program, "simulate")
    by_name = {key["key"]: key for key in base}
    sections = dict.fromkeys(key["key"].split(".")[0].split("[")[0] if "." in key["key"] or "[" in key["key"] else "" for key in base)
    text = ""
    for section in sections:
        rows = [key for key in base if in_section(key["key"], section)]
        if section in CHOICES:
            chooser = CHOICES[section]
            text += f"\n### `[{section}]`\n\n" + chosen(program, section, by_name[chooser], rows)
        else:
            text += f"\n### `[{section}]`\n\n" if section else "\n### Top level\n\n"
            text += table(rows)
    return text


def in_section(key, section):
    if not section:
        return "." not in key and "[" not in key and key != "stimulus"
    return key == section or key.startswith((section + ".", section + "[]."))


def chosen(program, section, chooser, rows):
    """What all choices have, then what each adds."""
    is_list = chooser["type"].startswith("list")
    variants = {}
    for choice in choices(chooser):
        value = f'["{choice}"]' if is_list else choice
        variants[choice] = [key for key in keys(program, "simulate", f"{chooser['key']}={value}") if in_section(key["key"], section)]
    common = [key for key in rows if all(key["key"] in {one["key"] for one in have} for have in variants.values())]
    names = {key["key"] for key in common}
    text = table(common)
    for choice, have in variants.items():
        own = [key for key in have if key["key"] not in names]
        if own:
            text += f"\n#### `{chooser['key']}`: `{choice}`\n\n" + table(own)
    return text


def configuration_page(program):
    """Every key of every configuration, by `--keys --json`."""
    text = (
        "# Configuration\n\nEvery key of every command's configuration, made from the program itself; `noesis COMMAND "
        "--keys` says the same. A configuration is a TOML file; `--set KEY=VALUE` overrides a key. `[]` in a key stands for "
        "an entry of a list of tables.\n"
    )
    for command, about in CONFIGURED.items():
        text += f"\n## noesis {command}\n\n{about}\n"
        text += simulate_section(program) if command == "simulate" else "\n" + table(keys(program, command))
    return text


def options_page(environments):
    """Options of every environment, from `noesis.env_options`: {id: {name: (default, text)}}."""
    text = (
        "# Options of environments\n\nWhat `noesis.env_options(ID)` lists, made from the program itself. They are keyword "
        "arguments of `gymnasium.make`, and `env_options` of [`noesis train`](configuration.md#noesis-train).\n"
    )
    for name, options in environments.items():
        text += f"\n## {name}\n\n| option | default | meaning |\n|---|---|---|\n"
        for option, (default, about) in options.items():
            text += f"| `{option}` | `{cell(default)}` | {cell(about)} |\n"
    return text
