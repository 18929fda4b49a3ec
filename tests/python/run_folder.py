"""The folder of a `loop` run, with synthetic numbers in the shape of real ones."""

import json
import math
import random

CONTROLS = [
    # name, expected, verdict, criterion that fails
    ("other start", "alive", "alive", None),
    ("white noise", "zombie", "zombie", "spectral distance"),
    ("verbatim replay", "zombie", "zombie", "touch response"),
    ("dead brain", "catatonic", "catatonic", "variance"),
]
HYPOTHESES = ["slow core", "+fast cache", "all"]


def interval(rng, middle, spread=0.03):
    return [middle, middle - spread * rng.random(), middle + spread * rng.random()]


def rates(rng, samples, units):
    """(units x samples), slow waves and noise, in [0, 1]."""
    phase = [rng.uniform(0, 6.28) for _ in range(units)]
    return [
        [0.5 + 0.3 * math.sin(0.05 * t * (1 + 0.1 * u) + phase[u]) + 0.05 * rng.random() for t in range(samples)]
        for u in range(units)
    ]


def spectrum(rng, exponent, with_band=True):
    frequency = [k / 102.4 for k in range(257)]
    density = [rng.uniform(0.8, 1.2) * 1e-3 / (0.01 + f**exponent) for f in frequency]
    psd = {"frequency": frequency, "density": density}
    if with_band:
        psd |= {"low": [0.6 * d for d in density], "high": [1.6 * d for d in density]}
        psd["fits"] = [{"low": 0.3, "high": 1.0, "exponent": exponent, "intercept": -3.0}]
    return psd


def attractor(rng, samples=800):
    points = [[math.sin(0.07 * t), math.cos(0.11 * t), rng.gauss(0, 0.2)] for t in range(samples)]
    return {"axes": ["PC1", "PC2", "PC3"], "points": points}


def raster(rng, samples, units):
    return {"time_tau": [0.2 * t for t in range(samples)], "rate": rates(rng, samples, units)}


def subject(rng, name):
    return {
        "name": name, "num_units": 302, "num_sites": 8, "tau_ms": 10.0, "interval_tau": 0.2,
        "lyapunov_per_tau": [0.1363, 0.0041], "kaplan_yorke_dimension": 8.72, "dynamics": "chaotic",
        "null": {"runs": 12, "pairs": 66, "samples": 5000, "d_h_q95": 0.0813, "d_del_q95": 0.5121,
                 "bands": [{"low": 0.02, "high": 0.12, "exponent": 1.234, "interval": [1.101, 1.377]}],
                 "family": "knee", "unit_deviation": 0.11},
    }  # fmt: skip


def control(rng, name, control_name, expected, verdict, failing):
    criteria = [
        {"name": c, "value": round(rng.uniform(0.1, 9), 4), "threshold": 2.125,
         "outcome": "fails" if c == failing else "passes"}
        for c in ("spectral distance", "touch response", "variance")
    ]  # fmt: skip
    criteria.append({"name": "fork exponent", "value": None, "threshold": 0.0, "outcome": "not applicable"})
    return {"subject": name, "name": control_name, "expected": expected, "verdict": verdict,
            "holds": expected == verdict, "must_fail": [failing] if failing else [], "bands_ok": 2, "criteria": criteria}  # fmt: skip


def phase1(rng, name, policy, estimator, budget):
    skill = 0.62 + 0.1 * (policy == "twin") + 0.12 * (estimator == "model form") + 0.02 * rng.random()
    return {"subject": name, "policy": policy, "estimator": estimator,
            "knows_equations": estimator == "model form", "budget": budget, "noise": 0.01, "seeds": 5,
            "base_rate": 0.0371, "auroc": interval(rng, skill), "auprc": interval(rng, skill / 3),
            "lift": interval(rng, 9 * skill), "auroc_with_gap": interval(rng, skill - 0.02),
            "auprc_with_gap": None, "sign_accuracy": interval(rng, 0.9), "shd": interval(rng, 1893.0, 90),
            "response_r2": interval(rng, -0.2)}  # fmt: skip


def phase2(rng, name, hypothesis, size):
    return {"hypothesis": hypothesis, "subject": name, "bottleneck": size, "state_size": size, "seeds": 5,
            "alive": 2, "catatonic": 0, "seizing": 1, "zombie": 2,
            "vpt_lyapunov": interval(rng, 1.0 + size / 16, 0.4), "d_stsp": interval(rng, 0.31),
            "d_h": interval(rng, 0.09), "d_del": interval(rng, 0.77), "w1": interval(rng, 0.05),
            "touch_r": interval(rng, 0.71), "touch_gain": None, "exponent_per_tau": interval(rng, 0.12),
            "failing": {"D_del": 2, "touch <r>": 1}, "stopped_by_time": 0}  # fmt: skip


def summary(rng, subjects=("worm", "brain<10>")):
    result = {
        "subjects": [subject(rng, name) for name in subjects],
        "controls": [control(rng, name, *c) for name in subjects for c in CONTROLS]
        + [{"subject": subjects[1], "name": "limit cycle", "not_applicable": "it has no uncoupled units"}],
        "phase1": [phase1(rng, name, p, e, 4000) for name in subjects
                   for p in ("passive", "twin") for e in ("lagged correlation", "model form")],
        "phase1_paired": [
            {"subject": subjects[0], "estimator": "lagged correlation", "budget": 4000, "noise": 0.01,
             "policy": "twin", "against": "passive", "metric": metric, "difference": difference,
             "p_value": p, "seeds": 5}
            for metric, difference, p in (("auroc", [0.0971, 0.061, 0.133], 0.0079), ("auprc", [0.01, 0.002, 0.04], 0.55),
                                          ("shd", [-312.0, -401.0, -203.0], 0.0079))],
        "phase2": [phase2(rng, name, h, size) for name in subjects for h in HYPOTHESES for size in (4, 16, 64)],
        "conclusions": ["Twin interventions find more connections than watching (<b>AUROC</b> +0.097).",
                        "No copy below 16 numbers of state lives."],
        "warnings": ["2 seeds were stopped by time."],
    }  # fmt: skip
    return {"command": "loop", "version": "0.1.0", "seed": 7, "config_digest": "0f1e2d3c", "wall_s": 754.25,
            "ok": True, "result": result}  # fmt: skip


def graph(rng, name, n):
    true = [[s, t, rng.gauss(0, 1)] for s in range(n) for t in range(n) if s != t and rng.random() < min(0.3, 9 / n)]
    known = {(s, t) for s, t, _ in true}
    scores = [[rng.random() + 0.6 * ((s, t) in known) for s in range(n)] for t in range(n)]
    return {"kind": "graph", "subject": name, "policy": "twin", "estimator": "model form", "seed": 1,
            "num_neurons": n, "true_edges": true, "scores": scores,
            "positions": [[rng.random(), rng.random() / 9, 0.0] for _ in range(n)],
            "names": [f"N{k}" for k in range(n)]}  # fmt: skip


def emulation(rng, name, hypothesis, seed, units):
    truth, copy = rates(rng, 400, units), rates(rng, 400, units)
    steps = [10.0 * k for k in range(300)]
    return {
        "kind": "emulation", "subject": name, "hypothesis": hypothesis, "seed": seed, "verdict": "zombie",
        "free_run": {"time_tau": [0.2 * t for t in range(400)], "truth": truth, "emulator": copy},
        "psd": spectrum(rng, 1.2), "attractor": attractor(rng),
        "learning_curve": {"update": list(range(500)), "loss": [math.exp(-k / 99) + 0.01 for k in range(500)]},
        "telemetry": {"step": steps, "surprise": [rng.random() for _ in steps],
                      "fast_norm": [rng.random() for _ in steps], "entropy": [1.0 for _ in steps],
                      "decision": [rng.choice(["learn", "hold", "decay"]) for _ in steps]},
        "touch": {"lag_tau": [0.2 * k for k in range(60)], "subject": [math.exp(-k / 9) for k in range(60)],
                  "emulator": [math.exp(-k / 7) for k in range(60)]},
    }  # fmt: skip


def parts(rng, subjects=("worm", "brain<10>"), units=20, neurons=(60, 10)):
    found = {}
    for name, n in zip(subjects, neurons, strict=True):
        found[f"subject-{n}"] = {
            "kind": "subject", "subject": name, "raster": raster(rng, 500, units), "psd": spectrum(rng, 1.2),
            "attractor": attractor(rng), "null_d_h": [abs(rng.gauss(0.05, 0.02)) for _ in range(66)],
            "null_d_del": [abs(rng.gauss(0.3, 0.1)) for _ in range(66)]}  # fmt: skip
        for c in CONTROLS:
            found[f"control-{n}-{c[0].replace(' ', '-')}"] = {
                "kind": "control", "subject": name, "name": c[0], "raster": raster(rng, 500, units),
                "psd": spectrum(rng, 0.1, with_band=False), "attractor": attractor(rng)}  # fmt: skip
        found[f"graph-{n}"] = graph(rng, name, n)
        for hypothesis in HYPOTHESES:
            found[f"emulation-{n}-{hypothesis.replace(' ', '-')}"] = emulation(rng, name, hypothesis, 0, units)
    return found


def write(folder, summary_value=None, part_values=None, metrics=None):
    """Puts what is given into `folder`, as a run would."""
    if summary_value is not None:
        (folder / "summary.json").write_text(json.dumps(summary_value))
    for name, value in (part_values or {}).items():
        (folder / "parts").mkdir(exist_ok=True)
        (folder / "parts" / f"{name}.plot.json").write_text(json.dumps(value))
    if metrics is not None:
        (folder / "metrics.jsonl").write_text("".join(json.dumps(event) + "\n" for event in metrics))
    return folder


def loop_run(folder, seed=1, **sizes):
    rng = random.Random(seed)
    return write(folder, summary(rng), parts(rng, **sizes))
