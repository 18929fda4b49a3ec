"""A folder in which a page's blocks run as in a reader's checkout."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

from pages import ROOT

HERE = pathlib.Path(__file__).resolve().parent

# Files that the documents take for the reader's own.
OWN_FILES = {
    "big.toml": '[connectome]\nsource = "random"\nnum_neurons = 40\n[model]\nname = "rate"\n',
    "my.toml": 'controls = ["reference-10"]\nphase1 = []\nphase2 = []\n',
    "controls.toml": "",
    "edges.csv": "pre,post,weight\na,b,1.5\nb,a,-0.5\n",
    "neurons.csv": "id,name\n0,a\n1,b\n",
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Sandbox:
    def __init__(self, folder, command, whole):
        self.folder = folder
        for name in ("configs", "docs", "examples", "bench", "tests", "python"):
            (folder / name).symlink_to(ROOT / name)
        for name, text in OWN_FILES.items():
            (folder / name).write_text(text, encoding="utf-8")
        programs = folder / "programs"
        programs.mkdir()
        stand_in = f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "stand_in.py"}" "$@"\n'
        for path in (folder / "noesis", programs / "noesis"):
            path.write_text(stand_in, encoding="utf-8")
            path.chmod(0o755)
        for name in ("python", "python3"):
            path = programs / name
            path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
            path.chmod(0o755)
        # Ports and hosts of the documents -> what there is here.
        self.places = {":5555": f":{free_port()}", ":5556": f":{free_port()}", ":5560": f":{free_port()}",
                       "://brains:": "://127.0.0.1:",
                       "://master.lan:": "://127.0.0.1:"}
        self.environment = os.environ | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "NOESIS_COMMAND": command,
            "NOESIS_PYTHON": sys.executable,
            "NOESIS_CACHE": str(folder / "cache"),
            "NOESIS_DOCS_PLACES": json.dumps(self.places),
            "NOESIS_DOCS_WHOLE": "1" if whole else "",
            "BROWSER": "true",
            "SDL_VIDEODRIVER": "dummy",
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_rmaps_base_oversubscribe": "1",
        }
        self.interpreter = None

    def shell(self, text):
        """Runs a block of shell text, stopping at the first command that fails; gives what went wrong, or None."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=170, check=False,
        )
        return None if done.returncode == 0 else f"exit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"

    def python(self, name, text):
        if self.interpreter is None:
            self.interpreter = subprocess.Popen(
                [sys.executable, "-W", "error::DeprecationWarning:__main__", str(HERE / "interpreter.py")],
                cwd=self.folder, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
        for shown, here in self.places.items():
            text = text.replace(shown, here)
        self.interpreter.stdin.write(json.dumps({"name": name, "text": text}) + "\n")
        self.interpreter.stdin.flush()
        answer = self.interpreter.stdout.readline()
        return json.loads(answer) if answer else "the interpreter died"

    def calls(self):
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def close(self):
        if self.interpreter is not None:
            self.interpreter.stdin.close()
            self.interpreter.wait(30)
        pids = self.folder / "background.pids"
        for pid in pids.read_text().split() if pids.exists() else []:
            try:
                os.kill(int(pid), signal.SIGTERM)
            except ProcessLookupError:
                pass
