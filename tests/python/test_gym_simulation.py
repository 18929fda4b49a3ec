"""noesis.Simulation and noesis.simulate: the bits of the command, a neuron whose course is known, interventions,
Ctrl-C, other threads, and what is refused."""

import pathlib
import signal
import subprocess
import sys
import threading
import time
import tomllib

import numpy as np
import pytest

import noesis

ROOT = pathlib.Path(__file__).resolve().parents[2]

WORM = {
    "duration_ms": 60, "num_envs": 2, "drive": {"mean": 1.25}, "noise": {"sigma": 0.01}, "integrator": {"name": "heun"},
    "record": {"all_components": True},
    "stimulus": [{"neurons": ["AVAL", "AVAR"], "value": 2, "start_ms": 10, "stop_ms": 30},
                 {"kind": "silence", "neurons": ["RIH"], "environments": [1], "start_ms": 20, "stop_ms": 40},
                 {"kind": "clamp", "neurons": ["17"], "value": 0.3, "start_ms": 0, "stop_ms": 25},
                 {"kind": "lesion", "neurons": ["ADAL"], "start_ms": 50}],
}  # fmt: skip
RATE = """
duration_ms = 80
seed = 3
precision = "float"
[connectome]
source = "random"
num_neurons = 40
seed = 7
[model]
name = "rate"
[integrator]
name = "dopri5"
dt_ms = 1
[record]
interval_ms = 0.7
sample_neurons = 9
[[stimulus]]
neurons = ["3"]
value = 1
start_ms = 20.3
stop_ms = 41
"""
# One neuron without inputs: tau x' = -x + u.
LEAK = {"connectome": {"source": "random", "num_neurons": 2, "density": 0.5}, "initial": {"low": 1, "high": 1},
        "model": {"name": "rate", "coupling": 0, "tau_ms": 10}, "integrator": {"name": "rk4", "dt_ms": 0.1}}  # fmt: skip


def equal(a, b):
    assert a.dtype == b.dtype and a.shape == b.shape
    assert a.tobytes() == b.tobytes()


# Red when a stimulus, the seeds or the limit of an adaptive step differ from the command's.
@pytest.mark.parametrize("config", [WORM, RATE], ids=["worm", "rate"])
def test_the_bits_are_the_command_s(command, tmp_path, config):
    recording = noesis.simulate(config)
    (tmp_path / "config.toml").write_text(str(recording["config"][0]))
    done = subprocess.run([command, "simulate", "config.toml", "--out", "a.npz"], cwd=tmp_path, check=False,
                          capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "a.npz") as arrays:
        wanted = {name: arrays[name] for name in arrays.files if not name.startswith("psd_")}
    assert set(recording) == set(wanted)
    for name, values in wanted.items():
        equal(recording[name], values)


# With an adaptive integrator a step ends wherever one advances to: the same numbers, and not the same bits.
@pytest.mark.parametrize("config", [WORM, RATE], ids=["worm", "rate"])
def test_calls_in_between_change_no_bit_of_fixed_steps(config):
    recording = noesis.simulate(config)
    brain = noesis.Simulation(config)
    name = brain.components[0]
    ids = recording["neuron_id"]
    for time_ms, values in zip(recording["time_ms"], recording[name], strict=True):
        brain.advance_to(time_ms)
        assert brain.time_ms == pytest.approx(time_ms)
        if config is WORM:
            equal(brain.state[:, 0, ids].copy(), values)
        else:
            np.testing.assert_allclose(brain.state[:, 0, ids], values, atol=1e-4)
        assert brain.rates.shape == (brain.num_envs, brain.num_neurons)


def test_a_neuron_decays_and_charges_as_it_must():
    brain = noesis.Simulation(LEAK)
    brain.advance_to(5)
    np.testing.assert_allclose(brain.state, np.exp(-0.5), rtol=1e-8)
    brain.inject(0, 2.0)
    brain.step(100)
    assert brain.time_ms == pytest.approx(15)
    at_5 = np.exp(-0.5)
    np.testing.assert_allclose(brain.state[0, 0], [2 + (at_5 - 2) * np.exp(-1), at_5 * np.exp(-1)], rtol=1e-8)
    np.testing.assert_allclose(brain.rates, np.tanh(brain.state[:, 0]), rtol=1e-12)


def test_an_adaptive_step_ends_where_an_intervention_begins():
    brain = noesis.Simulation(LEAK, integrator={"name": "dopri5", "rtol": 1e-10, "atol": 1e-12})
    brain.advance_to(5)
    brain.inject([0, 1], 2.0)
    brain.advance_to(15)
    np.testing.assert_allclose(brain.state, 2 + (np.exp(-0.5) - 2) * np.exp(-1), rtol=1e-8)


def test_interventions_are_the_stimuli_of_the_configuration():
    wanted = noesis.simulate(WORM)["E"]
    brain = noesis.Simulation({key: value for key, value in WORM.items() if key != "stimulus"})
    steps = {0: lambda: brain.clamp(17, 0.3), 10: lambda: brain.inject(["AVAL", "AVAR"], 2.0),
             20: lambda: brain.silence("RIH", environments=1), 25: lambda: brain.release("17"),
             30: lambda: brain.inject(["AVAL", "AVAR"], 0), 40: lambda: brain.silence("RIH", on=False, environments=[1]),
             50: lambda: brain.lesion("ADAL")}  # fmt: skip
    for time_ms in range(61):
        brain.advance_to(time_ms)
        if time_ms in steps:
            steps[time_ms]()
            brain.advance_to(time_ms)  # holds from now on
        equal(np.ascontiguousarray(brain.state[:, 0]), np.ascontiguousarray(wanted[time_ms]))


def test_arrays_are_copies_and_the_state_can_be_set():
    brain = noesis.Simulation(LEAK)
    state = brain.state
    state[:] = 0.25
    np.testing.assert_array_equal(brain.state, 1)
    brain.state = state
    np.testing.assert_array_equal(brain.state, 0.25)
    for wrong in (np.zeros(3), np.full_like(state, np.nan)):
        with pytest.raises(noesis.ConfigError, match="state"):
            brain.state = wrong


def test_clear_ends_all_but_lesions():
    brain = noesis.Simulation(LEAK)
    brain.inject([0, 1], 5)
    brain.lesion(1)
    brain.clear()
    brain.advance_to(10)
    np.testing.assert_allclose(brain.state[0, 0], [np.exp(-1), 0], rtol=1e-8)


def test_configurations_have_many_forms(tmp_path):
    text = noesis.Simulation(RATE).config
    file = tmp_path / "rate.toml"
    file.write_text(RATE)
    for config in (file, str(file), tomllib.loads(RATE), text):
        assert noesis.Simulation(config).config == text
    named = noesis.Simulation(RATE, seed=4, **{"model.coupling": 2}, connectome={"num_neurons": 12})
    assert (named.num_neurons, named.components, named.num_envs) == (12, ["x"], 1)
    assert tomllib.loads(named.config)["model"]["coupling"] == 2 and tomllib.loads(named.config)["seed"] == 4
    assert noesis.Simulation(connectome="reference").num_neurons == 50
    (tmp_path / "edges.csv").write_text("pre,post,weight\n0,1,1\n1,2,-1\n")
    mine = noesis.Simulation(connectome=str(tmp_path / "edges.csv"))
    assert mine.neuron_names == ["0", "1", "2"]
    assert noesis.Simulation().neuron_names[:2] == ["ADAL", "ADAR"]


@pytest.mark.parametrize("keys, said", [
    ({"drive": {"men": 1}}, ["drive.men", "'mean'"]), ({"duration_ms": -1}, ["duration_ms", "-1"]),
    ({"connectome": "celegan"}, ["connectome.source", "celegans"]), ({"seed": object()}, ["seed"]),
    ({"stimulus": [{"neurons": ["AVALL"], "stop_ms": 1}]}, ["stimulus.0.neurons", "AVAL"]),
    ({"stimulus": [{"kid": "current"}]}, ["kid"]), ({"backend": "abacus"}, ["backend"]),
    ({"record": {"neurons": ["nobody"]}}, ["record.neurons"]),
])  # fmt: skip
def test_what_is_wrong_with_a_configuration_is_named(keys, said):
    with pytest.raises(noesis.ConfigError) as error:
        noesis.Simulation(keys)
    assert all(part in str(error.value) for part in said) and "--set" not in str(error.value)
    with pytest.raises(noesis.ConfigError):
        noesis.simulate(**keys)


def test_a_file_is_named_with_its_line(tmp_path):
    (tmp_path / "a.toml").write_text("seed = 1\nsead = 2\n")
    with pytest.raises(noesis.ConfigError, match=r"a\.toml:2"):
        noesis.Simulation(tmp_path / "a.toml")
    with pytest.raises(noesis.ConfigError, match="missing.toml"):
        noesis.Simulation("missing.toml")


@pytest.mark.parametrize("call, said", [
    (lambda b: b.advance_to(0.05), "multiple of integrator.dt_ms"), (lambda b: b.advance_to(-1), "past"),
    (lambda b: b.advance_to(float("nan")), "past"), (lambda b: b.step(-1), "count"),
    (lambda b: b.inject(2, 1), "0 to 1"), (lambda b: b.inject("AVAL", 1), "neurons"),
    (lambda b: b.clamp([0, 1], float("inf")), "value"), (lambda b: b.lesion(0, environments=1), "environments"),
    (lambda b: b.clear(-1), "environments"),
])  # fmt: skip
def test_what_is_wrong_with_a_call_is_named_and_changes_nothing(call, said):
    brain = noesis.Simulation(LEAK)
    with pytest.raises(noesis.ConfigError, match=said):
        call(brain)
    assert brain.time_ms == 0
    brain.advance_to(10)
    np.testing.assert_allclose(brain.state, np.exp(-1), rtol=1e-8)


def test_a_state_that_is_not_finite_is_a_run_error():
    brain = noesis.Simulation(LEAK, model={"activation": "relu_power", "power": 3, "coupling": 1e6},
                              connectome={"density": 1, "autapses": True, "gain": 100})  # fmt: skip
    with pytest.raises(noesis.RunError, match="finite"):
        brain.advance_to(1000)


def test_a_stimulus_after_the_end_is_told():
    late = {"stimulus": [{"start_ms": 200, "stop_ms": 300}], "duration_ms": 10}
    with pytest.warns(UserWarning, match="stimulus.0"):
        noesis.simulate(LEAK | late)


LONG = {"connectome": {"source": "random", "num_neurons": 300}, "model": {"name": "rate"}, "threads": 1}

# Interrupts itself after a while; prints when it has stopped, and goes on.
INTERRUPTED = f"""
import noesis, os, signal, sys, threading, time
brain = noesis.Simulation({LONG!r}, integrator={{"name": sys.argv[1]}})
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
start = time.monotonic()
try:
    brain.advance_to(1e8)
except KeyboardInterrupt:
    stopped = brain.time_ms
    assert 0 < stopped < 1e8 and time.monotonic() - start < 10
    brain.inject(0, 1)
    brain.step()
    assert brain.time_ms == stopped + 0.5
    print("stopped")
"""


# Red when signals are not asked for.
@pytest.mark.parametrize("integrator", ["rk4", "dopri5"])
def test_ctrl_c_stops_it_where_it_can_go_on(integrator):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, integrator], capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip
    assert done.stdout == "stopped\n", done.stderr


# Red when Python's lock is kept.
def test_other_threads_go_on_and_are_told():
    brain = noesis.Simulation(LONG)
    done = threading.Event()
    seen = []

    def watch():
        while not done.is_set():
            time.sleep(0.005)
            try:
                seen.append(brain.time_ms)
            except noesis.ConfigError as error:
                seen.append(str(error))

    thread = threading.Thread(target=watch)
    thread.start()
    start = time.monotonic()
    while time.monotonic() - start < 0.5:
        brain.step(500)
    done.set()
    thread.join()
    assert any("two threads" in str(one) for one in seen)


def test_signals_of_this_process_are_as_they_were():
    noesis.Simulation(LEAK).advance_to(10)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
