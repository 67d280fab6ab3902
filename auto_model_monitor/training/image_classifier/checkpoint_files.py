"""The checkpoints of a training: named by epoch and scores, the best and the last ones kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .weights import write

LAST = "last.pt"


class Checkpoints:
    """Writes checkpoints into a folder, and deletes its own that are neither the best nor among the last.

    Attributes:
        best: the highest accuracy so far, in percent; None before the first checkpoint.
    """

    def __init__(self, folder: Path, *, keep_last: int) -> None:
        """Take the folder, which is there, and how many checkpoints are kept beside the best."""
        self.best: float | None = None
        self._folder = folder
        self._keep_last = keep_last
        self._written: list[Path] = []
        self._best_path: Path | None = None

    def save(
        self, contents: Mapping[str, Any], *, epoch: int, loss: float, accuracy: float
    ) -> tuple[Path, bool]:
        """Write a checkpoint, and return its path and whether it is the best so far.

        Args:
            contents: the weights and what is to be known of them.
            epoch: from 1 on.
            loss: on the validation images.
            accuracy: on the validation images, in percent.

        Raises:
            OSError: the disk does not take it.
        """
        path = self._folder / f"epoch_{epoch}_val_loss_{loss:.4f}_val_acc_{accuracy:.2f}.pt"
        write(path, contents)
        is_best = self.best is None or accuracy > self.best
        if is_best:
            self.best, self._best_path = accuracy, path
        self._written.append(path)
        self._delete_stale()
        return path, is_best

    def save_last(self, contents: Mapping[str, Any]) -> Path:
        """Write the weights as they are when a training ends early, and return the path.

        Raises:
            OSError: the disk does not take it.
        """
        path = self._folder / LAST
        write(path, contents)
        return path

    def _delete_stale(self) -> None:
        kept = {self._best_path, *self._written[-self._keep_last :]}
        for path in self._written:
            if path not in kept:
                path.unlink(missing_ok=True)
        self._written = [path for path in self._written if path in kept]
