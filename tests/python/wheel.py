"""Makes the sdist, builds a wheel from nothing but it, and uses that in a virtual environment with NumPy and
Gymnasium alone.

usage: wheel.py SOURCE WORK COMPILER WERROR

Goes red when the sdist or the wheel lacks a part, needs a package that it does not ask for, or holds what belongs to
the checkout only. Nothing is downloaded: the packages are those of the Python that runs this.
"""

import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

USE = """
import sys
import gymnasium, numpy
env = gymnasium.make("noesis:noesis/Steer-v0", render_mode="rgb_array")
observation, info = env.reset(seed=3)
observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
assert env.observation_space.contains(observation) and type(reward) is float
assert env.render().dtype == numpy.uint8
envs = gymnasium.make_vec("noesis/Steer-v0", num_envs=3)
assert envs.reset(seed=3)[0].shape == (3, 20)
import noesis
assert noesis.simulate(duration_ms=2)["E"].shape == (3, 1, 302)
assert noesis.Simulation(connectome="reference").rates.shape == (1, 50)
for module in ("torch", "plotly", "nanobind", "pygame", "zmq", "msgpack", "scipy", "stable_baselines3", "one", "h5py"):
    assert module not in sys.modules, module
print(noesis.__file__)
"""
WANTED = ["__init__.py", "_core.pyi", "env.py", "ibl/binning.py", "py.typed", "registration.py", "report/page.css", "simulation.py", "vector_env.py"]
STRANGERS = {"tests", "docs", "agent", "gpu", "runners", "server", "distributed", ".venv", "build", ".git", ".ci"}
NEEDED = ["gymnasium", "numpy", "cloudpickle", "farama-notifications", "typing_extensions"]


def unpacked_sdist(source: pathlib.Path, work: pathlib.Path) -> pathlib.Path:
    """A source tree that holds what the sdist holds."""
    script = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, str(work / "sdist")], cwd=source, check=True, stdout=sys.stderr)
    (archive,) = (work / "sdist").glob("noesis-*.tar.gz")
    tree = work / "tree"
    with tarfile.open(archive) as files:
        names = [pathlib.PurePath(*pathlib.PurePath(name).parts[1:]) for name in files.getnames()]
        strangers = [str(name) for name in names if name.parts[:1] and name.parts[0] in STRANGERS]
        assert not strangers, f"the sdist holds {strangers[:5]}"
        # Debian 12's Python 3.11.2 does not know the filter.
        files.extractall(work, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (folder,) = work.glob("noesis-*/")
    folder.rename(tree)
    return tree


def build(source: pathlib.Path, work: pathlib.Path, compiler: str, werror: str) -> pathlib.Path:
    # With the flags and the depth of the build around it, so that ccache has most of it already.
    settings = {
        "CMAKE_CXX_COMPILER": compiler,
        "CMAKE_CXX_COMPILER_LAUNCHER": "ccache" if shutil.which("ccache") else "",
        "NOESIS_WERROR": werror or "OFF",
    }
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command += [f"--config-settings=cmake.define.{key}={value}" for key, value in settings.items()]
    # As deep below the sources as the build around it.
    command += [f"--config-settings=build-dir={source / 'build/wheel'}", "--wheel-dir", str(work / "wheel"), str(source)]
    subprocess.run(command, check=True, env=os.environ | {"CMAKE_BUILD_PARALLEL_LEVEL": "2"})
    (wheel,) = (work / "wheel").glob("noesis-*.whl")
    return wheel


def check_contents(wheel: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    missing = [name for name in WANTED if f"noesis/{name}" not in names]
    assert not missing, f"the wheel lacks {missing}"
    assert any(name.startswith("noesis/_core.") and name.endswith(".so") for name in names), "no module"
    strangers = [name for name in names if not name.startswith(("noesis/", "noesis-"))]
    strangers += [name for name in names if "__pycache__" in name or name.endswith((".cpp", ".hpp", ".a"))]
    assert not strangers, f"the wheel holds {strangers}"


def use(wheel: pathlib.Path, work: pathlib.Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(work / "venv")], check=True)
    (site,) = (work / "venv").glob("lib/python3*/site-packages")
    for name in NEEDED:
        files = importlib.metadata.files(name)
        for top in {file.parts[0] for file in files if not file.parts[0].startswith("..")} | (
            {"numpy.libs"} if name == "numpy" else set()
        ):
            origin = pathlib.Path(importlib.metadata.distribution(name).locate_file(top))
            if origin.exists() and not (site / top).exists():
                (site / top).symlink_to(origin)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    python = str(work / "venv" / "bin" / "python")
    done = subprocess.run(
        [python, "-W", "error", "-c", USE], cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(str(site)), done.stdout


def main(source: str, work: str, compiler: str, werror: str) -> None:
    folder = pathlib.Path(work).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tree = unpacked_sdist(pathlib.Path(source), folder)
    wheel = build(tree, folder, compiler, werror)
    check_contents(wheel)
    use(wheel, folder)
    print(f"{wheel.name} works")


if __name__ == "__main__":
    main(*sys.argv[1:])
