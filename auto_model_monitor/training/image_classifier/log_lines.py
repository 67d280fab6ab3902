"""The log lines: metrics with at most six digits, and progress lines, which contain no metric."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .metrics import Scores

logger = logging.getLogger(__name__)


def epoch_started(epoch: int, epochs: int, rate: float) -> None:
    """Log the start of an epoch, with the learning rate of its first step."""
    logger.info("Epoch [%d/%d] started", epoch, epochs)
    logger.info("Learning Rate: %r", _short(rate))


def trained(loss: float, accuracy: float) -> None:
    """Log the training metrics of an epoch; the accuracy is in percent."""
    logger.info("Train Loss: %r, Train Accuracy: %r%%", _short(loss), _short(accuracy))


def validated(loss: float, scores: Scores) -> None:
    """Log the validation metrics of an epoch."""
    logger.info("Validation Loss: %r, Validation Accuracy: %r%%", _short(loss), _short(scores.accuracy))
    logger.info("Validation macro_F1: %r", _short(scores.macro_f1))
    logger.info("Validation micro_F1: %r", _short(scores.micro_f1))
    logger.info("Validation mAP: %r", _short(scores.mean_average_precision))
    logger.info("Validation Precision: %r", _short(scores.precision))
    logger.info("Validation Recall: %r", _short(scores.recall))
    logger.info(
        "Validation Top-k Accuracy: %r", {f"top{k}": _short(value) for k, value in scores.top.items()}
    )


def best_saved(accuracy: float) -> None:
    """Log that the best checkpoint so far was written; the accuracy is in percent."""
    logger.info("New best model saved with Accuracy: %r%%", _short(accuracy))


def completed() -> None:
    """Log that all epochs are done."""
    logger.info("Training completed")


def _short(value: float) -> float:
    return float(f"{value:.6g}")  # it keeps its point, by which a reader knows that it counts nothing


class Progress:
    """Logs the progress of long work every few seconds.

    Args:
        doing: the work, as in ``trained on 8 of 64 images``.
        total: the number of images.
        every: seconds between two lines.
    """

    def __init__(self, doing: str, total: int, *, every: float) -> None:
        self._doing = doing
        self._total = total
        self._every = every
        self._started_at = self._logged_at = time.monotonic()

    def tick(self, done: int) -> bool:
        """Log the progress if a line is due; return whether it was."""
        now = time.monotonic()
        if now - self._logged_at < self._every:
            return False
        self._logged_at = now
        logger.info("%s %d of %d images, %d s so far", self._doing, done, self._total, now - self._started_at)
        return True
