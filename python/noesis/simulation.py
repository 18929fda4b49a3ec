"""Simulations without an agent: the brains of `noesis simulate`, in this process.

    recording = noesis.simulate("worm.toml", duration_ms=500)    # arrays, with the command's bits

    brain = noesis.Simulation({"drive": {"mean": 1.25}})         # C. elegans, unless a connectome is named
    brain.inject(["AVAL", "AVAR"], 2.0)
    brain.advance_to(100)
    brain.rates                                                  # (environments, neurons)

The configuration has the keys of the command (docs/guides/simulate.md; `noesis simulate --keys`): a
dictionary, the name of a TOML file, or TOML text (with a line break in it), over which keyword
arguments go. `connectome="random"` is short for a source, `connectome="mine.h5"` for a file.
"""

import os
import pathlib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noesis import _core
from noesis.errors import ConfigError
from noesis.options import overrides

Configuration: TypeAlias = Mapping[str, Any] | str | os.PathLike[str] | None
Neurons: TypeAlias = str | int | Iterable[str | int]
Environments: TypeAlias = int | Iterable[int] | None

_CONNECTOME_FILES = (".h5", ".hdf5", ".csv", ".tsv", ".mtx", ".npz")


class Simulation:
    """Brains in time, with interventions at any moment.

    With fixed steps, the same configuration and interventions at the same times have the same bits, however
    time is cut into calls, and those of `noesis simulate` where the interventions are stimuli of the
    configuration. With `dopri5` a step ends wherever one advances to, so that inputs may change there, and
    at every 100th `integrator.dt_ms`. A stimulus that begins or ends sets anew what it acts on. `duration_ms`
    bounds `noesis.simulate` alone. One thread at a time may use a simulation; others go on while it
    advances, and Ctrl-C stops it where a step ends, from where it can go on.
    """

    def __init__(self, config: Configuration = None, /, **keys: Any) -> None:
        """Raises ConfigError for an unknown key, a wrong value, or a connectome that cannot be read."""
        self._core = _core.Simulation(*_configuration(config, keys))

    def __repr__(self) -> str:
        return f"<noesis.Simulation: {self.num_envs} x {self.num_neurons} neurons at {self.time_ms:g} ms>"

    @property
    def config(self) -> str:
        """The complete configuration as TOML, defaults included; the command takes it."""
        return self._core.config

    @property
    def num_envs(self) -> int:
        """Brains side by side (`num_envs`)."""
        return self._core.num_envs

    @property
    def num_neurons(self) -> int:
        """Neurons of each; with neurogenesis, places for those that are not yet born too."""
        return self._core.num_neurons

    @property
    def neuron_names(self) -> list[str]:
        """Names of the neurons by id, or the ids as text where the connectome has no names."""
        return self._core.neuron_names

    @property
    def components(self) -> list[str]:
        """Names of a neuron's state variables, as ["E", "I"]."""
        return self._core.components

    @property
    def backend(self) -> str:
        """What takes the steps: "cpu", or the name of a device."""
        return self._core.backend

    @property
    def time_ms(self) -> float:
        """The present time [ms]."""
        return self._core.time_ms

    @property
    def rates(self) -> NDArray[np.float64]:
        """What the neurons transmit now: E of Wilson-Cowan, phi(x) of a rate network. (num_envs,
        num_neurons), a copy."""
        return self._core.rates()

    @property
    def state(self) -> NDArray[np.float64]:
        """All state variables now: (num_envs, len(components), num_neurons), a copy. Assigning one sets
        them, and with delays the past."""
        return self._core.state()

    @state.setter
    def state(self, values: ArrayLike) -> None:
        array = np.ascontiguousarray(values, np.float64)
        shape = (self.num_envs, len(self.components), self.num_neurons)
        if array.shape != shape or not np.isfinite(array).all():
            raise ConfigError(what="not a state", where="state", got=f"shape {array.shape}",
                              allowed=f"finite numbers of the shape {shape}")  # fmt: skip
        self._core.set_state(array)

    def step(self, count: int = 1) -> None:
        """Advances by `count` times `integrator.dt_ms` (of an adaptive integrator: so much time)."""
        self._core.step(count)

    def advance_to(self, time_ms: float) -> None:
        """Advances to a time [ms]: with fixed steps a multiple of `integrator.dt_ms`.

        Raises ConfigError for any other, RunError when a state is not finite.
        """
        self._core.advance_to(time_ms)

    def inject(self, neurons: Neurons, current: float, environments: Environments = None) -> None:
        """A constant current into each of the neurons from now on, in place of the one before; 0 ends it.

        As all interventions: neurons by name or id, one or several; in all environments unless told;
        ConfigError for an unknown one, and then nothing has changed.
        """
        self._intervene(_core.Intervention.CURRENT, neurons, environments, current)

    def silence(self, neurons: Neurons, on: bool = True, environments: Environments = None) -> None:
        """Their targets hear nothing of them, their own state goes on; until `on=False`."""
        kind = _core.Intervention.SILENCE if on else _core.Intervention.UNSILENCE
        self._intervene(kind, neurons, environments)

    def clamp(self, neurons: Neurons, level: float, environments: Environments = None) -> None:
        """Holds the first state variable at a level from the next step on, until `release`."""
        self._intervene(_core.Intervention.CLAMP, neurons, environments, level)

    def release(self, neurons: Neurons, environments: Environments = None) -> None:
        """Ends a clamp."""
        self._intervene(_core.Intervention.RELEASE, neurons, environments)

    def lesion(self, neurons: Neurons, environments: Environments = None) -> None:
        """For good: no state, no output, no gap junctions."""
        self._intervene(_core.Intervention.LESION, neurons, environments)

    def clear(self, environments: Environments = None) -> None:
        """Ends currents, silences and clamps."""
        self._core.clear(self._environments(environments))

    def _intervene(self, kind: Any, neurons: Neurons, environments: Environments, value: float = 0.0) -> None:
        self._core.intervene(kind, _neurons(neurons), self._environments(environments), float(value))

    def _environments(self, environments: Environments) -> list[int]:
        if environments is None:
            return list(range(self.num_envs))
        return [int(e) for e in ([environments] if isinstance(environments, (int, np.integer)) else environments)]


def simulate(config: Configuration = None, /, **keys: Any) -> dict[str, NDArray[Any]]:
    """Runs a configuration to its `duration_ms` and returns what `noesis simulate --out FILE.npz` would hold.

    "time_ms" (samples), an array (samples, environments, neurons) for each recorded state variable by its
    name, "neuron_id", "neuron_name", and "config", the complete configuration. The bits are the command's;
    vitals are not measured, and nothing is written. Raises as `Simulation` does.
    """
    core = _core.Simulation(*_configuration(config, keys))
    for key in core.unreached:
        warnings.warn(f"{key} begins after duration_ms: it does nothing", stacklevel=2)
    time_ms, values = core.record()
    return {
        "time_ms": time_ms,
        "neuron_id": np.array(core.recorded_ids, np.int64),
        "neuron_name": np.array(core.recorded_names),
        **dict(zip(core.recorded_components, values, strict=True)),
        "config": np.array([core.config]),
    }


def _neurons(neurons: Neurons) -> list[str]:
    if isinstance(neurons, (str, int, np.integer)):
        neurons = [neurons]
    return [one if isinstance(one, str) else str(int(one)) for one in neurons]


def _configuration(config: Configuration, keys: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    """Text, what it is called in errors, and overrides."""
    text, source, given = "", "config", {}
    if isinstance(config, Mapping):
        given = _flat(config)
    elif isinstance(config, str) and "\n" in config:
        text = config
    elif config is not None:
        source = os.fspath(config)
        try:
            text = pathlib.Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(what="the configuration cannot be read", where=source, got=str(error),
                              next="TOML text needs a line break, or it is taken for a file's name") from None  # fmt: skip
    return text, source, overrides(given | _flat(keys))


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted keys: {"a": {"b": 1}} is {"a.b": 1}."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        name = prefix + key
        if name == "connectome" and isinstance(value, (str, os.PathLike)):
            place = os.fspath(value)
            is_file = place.endswith(_CONNECTOME_FILES) or os.sep in place
            value = {"source": "file", "path": place} if is_file else {"source": place}
        flat |= _flat(value, name + ".") if isinstance(value, Mapping) else {name: value}
    return flat
