"""The checkpoint files of a training: named by epoch and scores; the best and the last ones are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .weights import write

LAST = "last.pt"


class Checkpoints:
    """Writes checkpoints into a folder, and deletes its own except the best and the last ones.

    Attributes:
        best: the highest accuracy so far, in percent; None before the first checkpoint.

    Args:
        folder: an existing folder.
        keep_last: the number of checkpoints to keep, besides the best.
    """

    def __init__(self, folder: Path, *, keep_last: int) -> None:
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
            contents: the weights and their description.
            epoch: the number of the epoch, from 1.
            loss: on the validation images.
            accuracy: on the validation images, in percent.

        Raises:
            OSError: the file cannot be written.
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
        """Write the weights of a training that ends early, and return the path.

        Raises:
            OSError: the file cannot be written.
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
