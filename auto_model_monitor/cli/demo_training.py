"""The training of the demo: a logistic regression, fitted by stochastic gradient descent in plain Python.

A program of its own, as a user's training is: it only writes checkpoints into a folder. It runs an epoch for
each line that it reads, and prints the results as JSON.
"""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path

Point = tuple[tuple[float, float, float], int]

_SEED = 89
_RATE = 0.3
_DRAWN = 16  # points an epoch: few enough that the loss sometimes rises, as in real trainings
_BATCH = 2


def main() -> None:
    """Train into the given folder, one epoch for each line of standard input."""
    folder = Path(sys.argv[1])
    chance = random.Random(_SEED)
    training, validation = _points(chance, 300), _points(chance, 200)
    weights = [0.0, 0.0, 0.0]
    for epoch, _ in enumerate(sys.stdin, start=1):
        _descend(weights, chance.sample(training, _DRAWN))
        loss, accuracy = _evaluate(weights, validation)
        name = f"epoch_{epoch:02d}_val_loss_{loss:.4f}_acc_{accuracy:.2f}.pt"
        _save(folder / name, weights)
        results = {"epoch": epoch, "loss": loss, "accuracy": accuracy, "name": name}
        sys.stdout.write(f"{json.dumps(results)}\n")
        sys.stdout.flush()


def _points(chance: random.Random, count: int) -> list[Point]:
    """Draw points of two classes around two centres; the first coordinate is the constant 1."""
    points = []
    for number in range(count):
        label = number % 2
        centre = 1.9 if label else -1.9
        points.append(((1.0, chance.gauss(centre, 1.0), chance.gauss(centre, 1.4)), label))
    return points


def _descend(weights: list[float], points: list[Point]) -> None:
    """Take the steps of one epoch, each down the gradient of a small batch."""
    for start in range(0, len(points), _BATCH):
        batch = points[start : start + _BATCH]
        errors = [_probability(weights, x) - label for x, label in batch]
        for place in range(len(weights)):
            slope = sum(error * x[place] for error, (x, _) in zip(errors, batch, strict=True)) / len(batch)
            weights[place] -= _RATE * slope


def _probability(weights: list[float], x: tuple[float, ...]) -> float:
    """Return the probability of class 1."""
    return 1 / (1 + math.exp(-sum(w * value for w, value in zip(weights, x, strict=True))))


def _evaluate(weights: list[float], points: list[Point]) -> tuple[float, float]:
    """Return the mean cross-entropy and the share of correctly classified points."""
    chances = [(_probability(weights, x), label) for x, label in points]
    loss = -sum(math.log(max(p if label else 1 - p, 1e-12)) for p, label in chances) / len(points)
    return loss, sum((p > 0.5) == bool(label) for p, label in chances) / len(points)


def _save(path: Path, weights: list[float]) -> None:
    """Write a checkpoint atomically, under another name first, as careful trainings do."""
    part = path.with_name(f"{path.name}.tmp")
    part.write_text(json.dumps({"weights": weights}), encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    main()
