"""Writes the truth of a run beside its log: one JSON line for each number that the framework computed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_TRUTH = Path(os.environ.get("TRUTH", "truth.jsonl"))


def note(metric: str, value: Any, epoch: int | None = None, *, optional: bool = False, **more: Any) -> None:
    """Add one number.

    Args:
        metric: the name, beginning with its split where it has one: ``val_loss``.
        value: the number with all its digits, or what ``float`` takes.
        epoch: the epoch as the log counts it.
        optional: it may be read, but need not: a running mean, a learning rate.
        more: ``also``: a list of other right names.
    """
    row = {"metric": metric, "value": float(value), "epoch": epoch, "optional": optional, **more}
    with _TRUTH.open("a", encoding="utf-8") as file:
        file.write(
            json.dumps({key: cell for key, cell in row.items() if cell is not None and cell is not False})
            + "\n"
        )


def data(rows: int = 400, columns: int = 8, seed: int = 0) -> tuple[Any, Any]:
    """Return the rows and classes of a small problem that can be learned."""
    import numpy as np

    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, columns)).astype("float32")
    y = (x[:, 0] + 0.5 * x[:, 1] ** 2 + 0.3 * random.normal(size=rows) > 0.4).astype("int64")
    return x, y
