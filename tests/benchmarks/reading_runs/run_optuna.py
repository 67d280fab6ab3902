"""Optuna: five trials of a study, and five of one with two objectives."""

import sys

import optuna
from truth import note

TWO = sys.argv[1] == "two"


def objective(trial):
    x = trial.suggest_float("x", -3, 3)
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    return (x * x + lr, abs(x)) if TWO else x * x + lr


def noter(study, trial):
    for number, value in enumerate(trial.values):
        note(
            "value",
            value,
            step=trial.number,
            also=["values", f"value_{number}", "objective", "trial_value"],
            optional=TWO,
        )
    if not TWO:
        note("best_value", study.best_value, step=trial.number, also=["best", "best_objective"])


sampler = optuna.samplers.RandomSampler(seed=0)
study = optuna.create_study(directions=["minimize"] * (2 if TWO else 1), sampler=sampler)
study.optimize(objective, n_trials=6, callbacks=[noter])
