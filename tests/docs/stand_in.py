"""The `./noesis` that commands of the documents meet: the real program, with less to do where a reader's run
takes minutes, a folder of a real run in the place of `runs/FOLDER`, a free port in the place of the documents',
and servers in the background. Every call is written down in `calls.jsonl`."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

QUICK_LOOP = ["--quick", "--set", "phase1=[]", "--set", "phase2=[]", "--set", "controls=['reference-10']"]
# Too little to recover anything, so nothing is asked for.
SMALL_FIT = ["--set", "brains.0.samples=[26]", "--set", "brains.0.recovered_error=1000", "--set", "controls=false"]

# First arguments -> what is added to them. The first that fits counts; None runs the command as it stands.
SMALLER = [
    (["simulate", "configs/rate.toml"], ["--set", "duration_ms=100"]),
    (["hemisphere", "master"], ["--set", "duration_ms=100"]),
    (["large-scale"], ["--neurons", "2000", "--synapses-per-neuron", "20", "--set", "duration_ms=20"]),
    (["loop", "--resume"], None),
    (["loop"], QUICK_LOOP),
    (["train", "--resume"], None),
    (["train"], ["--set", "seeds=2", "--set", "ppo.total_steps=3200", "--set", "eval_episodes=2"]),
    (["fit", "--resume"], None),
    (["fit", "configs/fit.toml"], [*SMALL_FIT, "--set", "brains.0.fit.max_iterations=10"]),
    (["fit"], [*SMALL_FIT, "--set", "brains.0.fit.max_iterations=5"]),
    (["seed-and-tape"], ["--quick", "--set", "num_seeds=1"]),
    (["grow"], ["--quick", "--set", "num_seeds=1"]),
    (["flaw"], ["--quick", "--set", "num_seeds=1", "--set", "learners=['hebbian', 'none']"]),
    (["cure"], ["--quick", "--set", "num_seeds=1", "--set", "conditions=['load', 'no sleep']"]),
    (["bench"], ["--list"]),
]
PLANS_ONLY = {"--plan", "--keys", "--help", "--list", "--make-keys"}


def smaller(arguments):
    if PLANS_ONLY & set(arguments):
        return arguments
    if arguments[:2] == ["loop", "--quick"] and os.environ["NOESIS_DOCS_WHOLE"]:
        return arguments
    for first, more in SMALLER:
        if arguments[: len(first)] == first:
            given = set(arguments)
            return arguments if more is None else arguments + [one for one in more if one != "--quick" or one not in given]
    return arguments


def last_run(command):
    """The newest folder of a run of `command`, in the place of runs/FOLDER."""
    kind = {"eval": "train", "report": "loop"}.get(command, command)
    folders = sorted(pathlib.Path("runs").glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime)
    if not folders:  # the page speaks of a run that the reader has
        subprocess.run([os.environ["NOESIS_COMMAND"], kind, *QUICK_LOOP], check=True)
        return last_run(command)
    link = pathlib.Path("runs/FOLDER")  # for programs other than noesis
    link.unlink(missing_ok=True)
    link.symlink_to(folders[-1].name)
    return str(folders[-1])


def placed(arguments):
    arguments = [re.sub(r"^runs/FOLDER", last_run(arguments[0]), one) if "runs/FOLDER" in one else one for one in arguments]
    for shown, here in json.loads(os.environ["NOESIS_DOCS_PLACES"]).items():
        arguments = [one.replace(shown, here) for one in arguments]
    return arguments


def in_background(command, arguments):
    """A server, or a master that waits for its workers: the documents have another terminal for it."""
    with open("background.log", "ab") as log:
        process = subprocess.Popen([command, *arguments], stdout=log, stderr=log, start_new_session=True)
    with open("background.pids", "a", encoding="ascii") as pids:
        pids.write(f"{process.pid}\n")
    time.sleep(0.5)
    if process.poll():
        print(pathlib.Path("background.log").read_text(encoding="utf-8"), file=sys.stderr)
    return process.poll() or 0


def main():
    command, arguments = os.environ["NOESIS_COMMAND"], sys.argv[1:]
    if arguments[:1] in (["test"], ["docs"]):  # the launcher's, which has a test of its own; they ask for a build
        return 0
    arguments = smaller(placed(arguments))
    with open("calls.jsonl", "a", encoding="utf-8") as calls:
        calls.write(json.dumps(arguments) + "\n")
    if arguments[0] == "serve" and not PLANS_ONLY & set(arguments):
        if "--bind" not in arguments:
            arguments += ["--bind", "tcp://127.0.0.1:0"]
        return in_background(command, arguments)
    if arguments[:2] == ["hemisphere", "master"] and "--workers" in arguments:
        return in_background(command, arguments)
    if arguments[:2] == ["hemisphere", "worker"]:  # "on each worker"
        workers = [subprocess.Popen([command, *arguments]) for _ in range(2)]
        return max(worker.wait(60) for worker in workers)
    os.execv(command, [command, *arguments])


if __name__ == "__main__":
    sys.exit(main())
