"""Folders of the experiments' runs, with synthetic numbers in the shape of real ones."""

import copy
import math
import random

import run_folder


def interval(rng, middle, spread=0.1):
    return [middle, middle - spread * (0.2 + rng.random()), middle + spread * (0.2 + rng.random())]


def band(rng, values, spread=0.05):
    """{"mean", "low", "high"} around values; null where one is not known."""
    ends = [(None, None, None) if v is None else tuple(interval(rng, v, spread * abs(v) + 1e-3)) for v in values]
    return {name: [end[k] for end in ends] for k, name in enumerate(("mean", "low", "high"))}


def switch(key, base, value):
    return [{"key": key, "base": base, "value": value}]


def life(rng, grows, sleeps):
    steps = [1000 * (k + 1) for k in range(60)]
    growth = [math.exp(0.05 * k * grows) for k in range(60)]
    return {
        "step": steps, "loss": band(rng, [0.3 * g for g in growth[:-1]] + [None]), "norm": band(rng, growth),
        "effective_rank": band(rng, [8 / (1 + 0.01 * k * grows) for k in range(60)]), "dead": band(rng, [0.0] * 60),
        "capacity": band(rng, [12 - 0.1 * k * grows for k in range(60)]), "sleeps": band(rng, [k // 5 * sleeps for k in range(60)]),
    }  # fmt: skip


FIGURES = ["first_loss", "last_loss", "ratio", "norm_first", "norm_last", "norm_slope", "rank_first", "rank_last", "dead_last",
           "capacity_last", "forgetting", "recent_forgetting", "sleeps", "sleep_loss_change"]  # fmt: skip


def figures(rng, *more):
    return {name: interval(rng, 2 * rng.random()) for name in (*FIGURES, *more)}


def criteria(rng, *names):
    return [{"name": name, "asks": f"{name}: at least <3>", "holds": rng.random() < 0.5} for name in names]


def flaw(rng):
    rows = []
    for k, learner in enumerate(("hebbian", "hebbian-decay", "delta", "none")):
        row = {
            "learner": learner, "seeds": 10, "differs": [] if k == 0 else switch("learner", "hebbian", learner),
            "figures": figures(rng, "fresh_loss", "fresh_ratio"), "curves": life(rng, k == 0, 0),
            "criteria": criteria(rng, "ratio", "norm_slope", "fresh"), "flaw": k == 0,
        }  # fmt: skip
        row["figures"]["sleep_loss_change"] = None
        rows.append(row)
    control = {
        "name": "a brain that learns nothing",
        "expected": "does not explode",
        "found": "does not explode",
        "holds": True,
    }
    return {
        "life_steps": 60000,
        "rows": rows,
        "controls": [control],
        "conclusions": ["The flaw <b>holds</b> for hebbian."],
    }


CONDITIONS = [
    "load",
    "schedule",
    "random pruning",
    "no replay",
    "decay only",
    "prune only",
    "replay only",
    "constant decay",
    "no sleep",
]


def cure(rng):
    rows = []
    for condition in CONDITIONS:
        curves = life(rng, condition == "no sleep", condition not in ("no sleep", "constant decay"))
        part = [max(0.0, 1 - 0.1 * (k // 10)) if condition == "no sleep" else 1.0 for k in range(60)]
        compared = {"difference": interval(rng, -0.5), "p_value": 0.002 if condition == "load" else 0.2}
        rows.append({
            "condition": condition, "seeds": 10, "differs": [] if condition == "load" else switch("sleep.trigger", "load", condition),
            "figures": figures(rng), "against_no_sleep": None if condition == "no sleep" else compared,
            "against_load": None if condition == "load" else copy.deepcopy(compared), "curves": curves,
            "survival": {"step": curves["step"], "mean": part, "low": [0.7 * p for p in part], "high": part},
            "criteria": criteria(rng, "ratio", "norm_slope", "recent_forgetting", "against_no_sleep"), "cures": condition == "load",
        })  # fmt: skip
    control = {"name": "a brain that never sleeps", "expected": "is not cured", "found": "is not cured", "holds": True}
    return {
        "life_steps": 60000,
        "deadly_loss": 1.0,
        "rows": rows,
        "controls": [control],
        "conclusions": ["Sleep cures."],
    }


def seed_and_tape(rng):
    rows = []
    for tape in ("sines", "chaotic"):
        for condition in ("grown", "frozen", "seed", "fixed", "echo state"):
            grows = condition in ("grown", "frozen")
            steps = [200 * (k + 1) for k in range(100)]
            row = {
                "tape": tape, "condition": condition, "seeds": 10,
                "differs": switch("brain.recurrent_rate", "0.01", "0") if condition == "frozen" else [],
                "figures": {"error": interval(rng, 0.3), "neurons": interval(rng, 40 if condition != "seed" else 2),
                            "births": interval(rng, 38.0) if grows else [0.0, 0.0, 0.0], "last_birth": [9000.0] * 3},
                "curves": {"step": steps, "error": band(rng, [0.9 * math.exp(-k / 40) for k in range(100)]),
                           "neurons": band(rng, [2 + 0.38 * k * grows for k in range(100)])},
            }  # fmt: skip
            if condition != "grown":
                row["grown_less_this"] = {
                    "difference": interval(rng, -0.2),
                    "p_value": 0.001 if condition == "seed" else 0.3,
                }
            if grows:
                row["stopped"] = {"error below threshold": 7, "max_neurons": 3}
            rows.append(row)
    control = {"name": "a brain that hears silence", "expected": "0 births", "found": "2 births", "holds": False}
    return {"num_steps": 20000, "rows": rows, "controls": [control], "conclusions": ["Growth pays."]}


VERDICTS = ["Seizing", "Catatonic", "Ordered", "Edge", "Chaotic"]
LOOK = ["mean_rate", "unit_deviation", "active_fraction", "saturated_fraction", "participation", "synchrony",
        "exponent_per_tau", "exponent_error"]  # fmt: skip


def grow(rng):
    rows = []
    for model in ("wilson-cowan", "rate"):
        for condition in ("trinity", "no homeostasis", "global noise", "no arousal"):
            sizes = []
            for neurons in (5, 20, 100):
                counts = dict.fromkeys(VERDICTS, 0)
                for _ in range(10):
                    counts[rng.choice(VERDICTS)] += 1
                look = {name: interval(rng, rng.random(), 0.02) for name in (*LOOK, "seizing_fraction")}
                sizes.append({"neurons": neurons, "verdicts": counts, "figures": look})
            sizes[0]["figures"]["exponent_per_tau"] = None
            if condition == "trinity":
                sizes[-1]["spectrum"] = {
                    "frequency_hz": [0.5 * (k + 1) for k in range(20)],
                    "density": band(rng, [1 / (1 + k) for k in range(20)]),
                }
            rows.append({
                "model": model, "condition": condition, "seeds": 10,
                "differs": [] if condition == "trinity" else switch("homeostasis", "true", "false"),
                "seizing_rate": [0.1, 0.02, 0.2], "catatonia_rate": [0.3, 0.2, 0.4], "sizes": sizes,
            })  # fmt: skip
    look = {name: rng.random() for name in LOOK}
    controls = [{"name": f"{name} reference brain", "expected": verdict, "found": verdict, "holds": True, "look": look}
                for name, verdict in (("healthy", "Chaotic"), ("seized", "Seizing"))]  # fmt: skip
    return {"target_rate": 0.1, "rows": rows, "controls": controls, "conclusions": ["Homeostasis holds."]}


RESULTS = {"flaw": flaw, "cure": cure, "seed-and-tape": seed_and_tape, "grow": grow}


def summary(name, seed=1):
    result = RESULTS[name](random.Random(seed))
    return {"command": name, "version": "0.1.0", "seed": 3, "ok": all(c["holds"] for c in result["controls"]), "wall_s": 61.5,
            "result": result}  # fmt: skip


def write(folder, name, changed=None):
    """The folder of a run; `changed` is a summary in place of the usual one."""
    return run_folder.write(folder, changed or summary(name))
