"""noesis: connectomes as RL environments.

`import noesis` registers every environment with Gymnasium:

    import gymnasium, noesis
    env = gymnasium.make("noesis/Steer-v0", amplitude=3)
    envs = gymnasium.make_vec("noesis/Steer-v0", num_envs=64)

`gymnasium.make("noesis:noesis/Steer-v0")` imports by itself. Options are keyword arguments;
`noesis.env_options(env_id)` lists them. With `address="tcp://..."` the environment lives on a server.

`noesis.simulate` and `noesis.Simulation` run brains without an agent.
"""

from noesis.errors import ConfigError, RemoteError, RunError

try:
    import noesis._core as _core
except ModuleNotFoundError as error:
    # The source tree without a build: noesis.report works there, and needs nothing else.
    if error.name != "noesis._core":
        raise
else:
    from noesis.baselines import Baseline, baseline_names
    from noesis.registration import env_ids, env_options, make_env, make_vec_env, register_all
    from noesis.simulation import Simulation, simulate

    __version__ = _core.__version__
    register_all()

    __all__ = [
        "Baseline",
        "ConfigError",
        "RemoteError",
        "RunError",
        "Simulation",
        "__version__",
        "baseline_names",
        "env_ids",
        "env_options",
        "make_env",
        "make_vec_env",
        "simulate",
    ]
