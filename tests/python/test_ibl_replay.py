"""A binned session in noesis/Replay-v0: the environment plays what was binned, and an agent learns it."""

import pathlib
import shutil
import sys

import alf_tree
import h5py
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "examples"))

import noesis  # noqa: E402
from noesis import ibl  # noqa: E402

if not hasattr(noesis, "env_ids"):
    pytest.skip("noesis was built without its Python module", allow_module_level=True)

import gymnasium  # noqa: E402
import train_replay  # noqa: E402

SECONDS, UNITS = 240.0, 16


def structured(rng, delay_s):
    """Poisson units of one probe whose rates follow three slow processes, which other probes hear later."""
    steps = int(SECONDS / 0.005)
    hidden = np.zeros((3, steps))
    noise = np.random.default_rng(7).standard_normal((3, steps))  # the same for all probes
    for k, seconds in enumerate((0.15, 0.3, 0.6)):
        keep = np.exp(-0.005 / seconds)
        for t in range(1, steps):
            hidden[k, t] = keep * hidden[k, t - 1] + np.sqrt(1 - keep**2) * noise[k, t]
    hidden = np.roll(hidden, int(delay_s / 0.005), axis=1)
    loading = rng.choice([-0.5, 0.5], (UNITS, 3)) * rng.uniform(0.3, 1, (UNITS, 3))
    rate = rng.uniform(4, 12, (UNITS, 1)) * np.exp(loading @ hidden - 0.5 * (loading**2).sum(axis=1, keepdims=True))
    unit, step = np.nonzero(rng.random(rate.shape) < rate * 0.005)
    times = (step + rng.random(len(step))) * 0.005
    order = np.argsort(times)
    return alf_tree.Sorting(
        times=times[order],
        clusters=unit[order].astype(np.int32),
        channels=2 * np.arange(UNITS),
        label=np.ones(UNITS),
        region=np.repeat([alf_tree.CA1, alf_tree.VISP5], UNITS).astype(np.int32),
    )


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Files by name: the session, its two surrogates, and its bins in a random order."""
    root = tmp_path_factory.mktemp("structured")
    rng = np.random.default_rng(11)
    first, second = structured(rng, 0.0), structured(rng, 0.06)
    session = alf_tree.write_session(root, first, first, second, second, np.arange(2, SECONDS - 4, 3.7))
    files = {name: root / f"{name}.h5" for name in ("session", "isi", "shift")}
    for name, out in files.items():
        ibl.bin_session(session, out, synthetic=True, begin_s=0, end_s=SECONDS - 1, seed=2,
                        surrogate=None if name == "session" else name)  # fmt: skip
    files["bins"] = root / "bins.h5"
    shutil.copy(files["session"], files["bins"])
    with h5py.File(files["bins"], "r+") as file:
        file["counts"][:] = rng.permutation(file["counts"][:])
    return {name: str(out) for name, out in files.items()}


# Goes red when C++ reads another array than Python wrote: scale, order of units, bins or parts.
def test_replay_plays_what_was_binned(recordings):
    with h5py.File(recordings["session"]) as file:
        counts = file["counts"][:].astype(np.float64)
        trials, regions = file["trial_begin"][:], file["unit_region"].asstr()[:]
    assert len(trials) > 50 and set(regions) == {"CA1", "VISp5"} and counts.shape[1] == 2 * UNITS
    split = int(0.8 * len(counts))
    mean = np.maximum(counts[:split].sum(axis=0), 1) / split
    env = gymnasium.make("noesis/Replay-v0", recording=recordings["session"], part="test")
    observation, info = env.reset(seed=1)
    assert info["synthetic"] == 1
    for _ in range(20):
        here = counts[int(info["bin"])]
        with np.errstate(divide="ignore"):
            expected = np.clip(np.log(here / mean) / np.log(8), -1, 1)
        assert int(info["bin"]) >= split
        assert np.allclose(observation[: 2 * UNITS], expected, atol=1e-5)
        action = np.full(2 * UNITS, 0.25, np.float32)
        observation, reward, _, _, info = env.step(action)
        heard = counts[int(info["bin"])]
        gain = (heard * 0.25 * np.log(8) - mean * (8**0.25 - 1)).sum() / np.log(2) / mean.sum()
        assert np.isclose(reward, gain, atol=1e-5)


# Trials that were not heard. Goes red when the agent learns nothing, or as much from what has no structure: a
# surrogate that leaves the structure in, or a score that does not need it.
def test_an_agent_learns_the_recording_and_not_its_nulls(recordings):
    agents = {name: train_replay.train(recording, 9_600) for name, recording in recordings.items()}
    zero = train_replay.score(lambda o: np.zeros((len(o), 2 * UNITS), np.float32), recordings["session"])
    assert np.allclose(zero, 0, atol=1e-6)
    learned = train_replay.score(agents["session"], recordings["session"])
    assert len(learned) == 16 and learned.mean() > 0.05 and (learned > 0.02).all(), learned
    for name in ("isi", "shift", "bins"):
        on_null = train_replay.score(agents[name], recordings[name])
        elsewhere = train_replay.score(agents[name], recordings["session"])
        assert learned.mean() > 3 * on_null.mean(), (name, learned, on_null)
        assert learned.mean() > 3 * elsewhere.mean() and (learned > elsewhere).all(), (name, learned, elsewhere)
    assert abs(on_null.mean()) < 0.005 and abs(elsewhere.mean()) < 0.005, "bins in a random order have no order"
