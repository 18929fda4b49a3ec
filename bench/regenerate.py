#!/usr/bin/env python3
"""Makes the tables of docs/benchmarks.md anew, in one run:

    .venv/bin/python bench/regenerate.py                    # all, three times each, about half an hour
    .venv/bin/python bench/regenerate.py --repeats 1 --only spmm step
    .venv/bin/python bench/regenerate.py --folder runs/bench-mine    # goes on with what that folder lacks
    .venv/bin/python bench/regenerate.py --peers-python PEERS/bin/python    # that has bench/peers/requirements.txt

Every benchmark of `noesis bench` runs by itself and leaves its rows in the folder; those of other packages
(bench/peers) run where their packages are. What is between the marks `figures` of the document is then written
from all rows: median and range over the repeats, goals, which were missed and, by bench/reasons.toml, why, with
machine, load, commit and command. A row that no longer comes loses its line; a miss without a reason says so.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs/benchmarks.md"
REASONS = ROOT / "bench/reasons.toml"
BEGIN, END = "<!-- figures: written by bench/regenerate.py -->\n", "<!-- figures: end -->\n"


def peers_compare(found):
    for row in found:
        yield {"name": "peers", "case": row["case"], "value": row["noesis_env_steps_a_second"], "unit": "env steps/s",
               "baseline": f"{row['package']} {row['version']}", "baseline_value": row["env_steps_a_second"],
               "ratio": row["ratio"], "goal": row["goal"]}


# Of one environment a process; those of several processes have both processors, as two threads have.
GYM_GOALS = {("NumPy and SciPy, SyncVectorEnv", "1 thread"): 50, ("Numba, SyncVectorEnv", "1 thread"): 5,
             ("NumPy and SciPy, AsyncVectorEnv", "2 threads"): 10}


def peers_gym(found):
    for name, (rate, _) in found["steps_a_second"].items():
        if not name.startswith("noesis"):
            for label in ("1 thread", "1 thread, float", "2 threads", "2 threads, float"):
                ours = found["steps_a_second"][f"noesis, {label}"][0]
                yield {"name": "gym", "case": f"Steer on C. elegans, 64 env, {label}", "value": ours,
                       "unit": "env steps/s", "baseline": name, "baseline_value": rate, "ratio": ours / rate,
                       "goal": GYM_GOALS.get((name.partition(" of ")[0], label))}
    allowed = 10 + 0.05 * found["cpp_us"]
    more = found["python_us"] - found["cpp_us"]
    yield {"name": "gym", "case": "what Python adds to a step of 64 environments", "value": more, "unit": "us",
           "baseline": "what is allowed", "baseline_value": allowed, "ratio": allowed / more, "goal": 1}


def steps(program, python, peers_python):
    """{name: (command that takes --json FILE, what makes rows of the file)}."""
    listed = subprocess.run([program, "bench", "--list"], capture_output=True, text=True, check=True).stdout
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]
    work = {name: ([program, "bench", name], list) for name in names}
    work["peers"] = ([peers_python, ROOT / "bench/peers/compare.py", "--noesis", program], lambda found: list(peers_compare(found)))
    work["gym"] = ([python, ROOT / "bench/peers/gym.py", "--noesis", program], lambda found: list(peers_gym(found)))
    return work


def git(*arguments):
    """What git says; nothing where there is none, or no repository, as in an sdist or an image."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def machine(program):
    """What the figures belong to."""
    cpu = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)$", cpu, re.MULTILINE)
    memory = int(re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8"))[1])
    version = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "processor": f"{model[1] if model else platform.processor()}, {os.cpu_count()} logical, {memory / 2**20:.0f} GiB",
        "system": platform.platform(),
        "program": version,
        "commit": (git("rev-parse", "--short", "HEAD") or "unknown") + (" and changes" if git("status", "--porcelain", "-uno") else ""),
    }


def run(folder, work, program, wanted, repeats):
    """Runs what the folder lacks. A benchmark that fails is named, and the others go on."""
    failed = {}
    for turn in range(repeats):
        for name, (command, _) in work.items():
            file = folder / f"{name}-{turn}.json"
            if (wanted and name not in wanted) or file.exists() or name in failed:
                continue
            print(f"regenerate: {name}, {turn + 1} of {repeats}", file=sys.stderr, flush=True)
            load = os.getloadavg()[0]
            part = file.with_suffix(".part")
            done = subprocess.run([*command, "--json", part], capture_output=True, text=True, check=False)
            if done.returncode != 0 or not part.exists():
                failed[name] = (done.stderr.strip().splitlines() or ["it left no rows"])[-1]
                continue
            rows = json.loads(part.read_text(encoding="utf-8"))
            at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M")
            file.write_text(json.dumps({"rows": rows, "load": load, "at": at, **machine(program)}, indent=1), encoding="utf-8")
            part.unlink()
    return failed


def gathered(folder, work):
    """(rows in the order of the benchmarks, each with the values of its repeats; facts of the runs)."""
    rows, facts = {}, []
    for name, (_, make) in work.items():
        for file in sorted(folder.glob(f"{name}-*.json")):
            found = json.loads(file.read_text(encoding="utf-8"))
            facts.append({key: value for key, value in found.items() if key != "rows"})
            met = set()
            for row in make(found["rows"]):
                key = (row["name"], row["case"], row["baseline"])
                if key in met:
                    sys.exit(f"{file}: two rows are called {key}: give what differs a place in the case")
                met.add(key)
                kept = rows.setdefault(key, row | {"values": [], "ratios": [], "baselines": []})
                kept["values"].append(row["value"])
                kept["ratios"].append(row["ratio"])
                kept["baselines"].append(row["baseline_value"])
    return list(rows.values()), facts


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def spread(values):
    middle = number(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))} to {number(max(values))})"


def outcome(row):
    if row["goal"] is None:
        return ""
    held = sum(ratio >= row["goal"] for ratio in row["ratios"])
    if held in (0, len(row["ratios"])):
        return f"{row['goal']:g}: {'holds' if held else 'missed'}"
    return f"{row['goal']:g}: holds in {held} of {len(row['ratios'])}"


def section(rows, facts, failed, reasons, command):
    """The text between the marks."""
    loads = [fact["load"] for fact in facts]
    text = "| | |\n|---|---|\n"
    for key in ("processor", "system", "program", "commit"):
        text += f"| {key} | {' · '.join(dict.fromkeys(fact[key] for fact in facts))} |\n"
    text += f"| when | {min(fact['at'] for fact in facts)} to {max(fact['at'] for fact in facts)} UTC |\n"
    text += f"| load before each run | {min(loads):.1f} to {max(loads):.1f} |\n| command | `{command}` |\n\n"
    text += "Medians, and in brackets the least and the most, over the repeats.\n\n"
    text += "| name | case | value | unit | baseline (value) | ratio | goal |\n|---|---|---|---|---|---|---|\n"
    for row in rows:
        text += (f"| {row['name']} | {row['case']} | {spread(row['values'])} | {row['unit']} | {row['baseline']} "
                 f"({number(statistics.median(row['baselines']))}) | {spread(row['ratios'])} | {outcome(row)} |\n")
    missed = [row for row in rows if row["goal"] is not None and min(row["ratios"]) < row["goal"]]
    text += "\n**What was missed, and why.**\n\n" if missed or failed else "\nNo goal was missed.\n"
    for row in missed:
        of_case = reasons.get(row["name"], {})
        why = of_case.get(f"{row['case']}, {row['baseline']}") or of_case.get(row["case"], "Its cause was not looked for.")
        text += f"- `{row['name']}`, {row['case'].strip()}, against {row['baseline']}: "
        text += f"{spread(row['ratios'])} of {row['goal']:g}. {why}\n"
    for name, why in failed.items():
        text += f"- `{name}` did not run: {why}\n"
    return text


def written(document, text):
    begin, end = document.find(BEGIN), document.find(END)
    if not 0 <= begin < end:
        sys.exit(f"{DOCUMENT} lacks the marks {BEGIN.strip()} and {END.strip()}")
    return document[: begin + len(BEGIN)] + text + document[end:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noesis", default=ROOT / "build/release/noesis", type=pathlib.Path, help="the program")
    parser.add_argument("--python", default=sys.executable, help="that imports noesis, where not this one")
    parser.add_argument("--peers-python", help="that has bench/peers/requirements.txt; default: --python, and what it has")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[], help="benchmarks to run; the table has all of the folder")
    parser.add_argument("--folder", type=pathlib.Path, help="rows so far; default: a new one in runs/")
    parser.add_argument("--document", type=pathlib.Path, default=DOCUMENT)
    given = parser.parse_args()
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%d-%H%M%S")
    folder = given.folder or ROOT / "runs" / f"bench-{stamp}"
    folder.mkdir(parents=True, exist_ok=True)
    work = steps(str(given.noesis), given.python, given.peers_python or given.python)
    failed = run(folder, work, str(given.noesis), set(given.only), given.repeats)
    rows, facts = gathered(folder, work)
    if not rows:
        sys.exit(f"no benchmark left a row: {failed}")
    command = ".venv/bin/python bench/regenerate.py" + (f" --repeats {given.repeats}" if given.repeats != 3 else "")
    command += " --peers-python PEERS/bin/python" if given.peers_python else ""
    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8"))
    text = section(rows, facts, failed, reasons, command)
    given.document.write_text(written(given.document.read_text(encoding="utf-8"), text), encoding="utf-8")
    print(f"{given.document}: {len(rows)} rows, from {folder}")


if __name__ == "__main__":
    main()
