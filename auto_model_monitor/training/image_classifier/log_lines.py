"""The lines that are read by programs: the metrics at full precision, and progress that is no metric."""

from __future__ import annotations

import logging
import time

from .metrics import Scores

logger = logging.getLogger(__name__)


def epoch_started(epoch: int, epochs: int, rate: float) -> None:
    """Log that an epoch begins, with the learning rate of its first step."""
    logger.info("Epoch [%d/%d] started", epoch, epochs)
    logger.info("Learning Rate: %r", rate)


def trained(loss: float, accuracy: float) -> None:
    """Log how an epoch's training went; the accuracy is in percent."""
    logger.info("Train Loss: %r, Train Accuracy: %r%%", loss, accuracy)


def validated(loss: float, scores: Scores) -> None:
    """Log how good the network is on the validation images."""
    logger.info("Validation Loss: %r, Validation Accuracy: %r%%", loss, scores.accuracy)
    logger.info("Validation macro_F1: %r", scores.macro_f1)
    logger.info("Validation micro_F1: %r", scores.micro_f1)
    logger.info("Validation mAP: %r", scores.mean_average_precision)
    logger.info("Validation Precision: %r", scores.precision)
    logger.info("Validation Recall: %r", scores.recall)
    logger.info("Validation Top-k Accuracy: %r", {f"top{k}": value for k, value in scores.top.items()})


def best_saved(accuracy: float) -> None:
    """Log that a checkpoint was written that is better than those before; the accuracy is in percent."""
    logger.info("New best model saved with Accuracy: %r%%", accuracy)


def completed() -> None:
    """Log that all epochs are done."""
    logger.info("Training completed")


class Progress:
    """Says every few seconds how far a piece of work is that takes longer."""

    def __init__(self, doing: str, total: int, *, every: float) -> None:
        """Take what is being done, to how many images, and the seconds between two lines."""
        self._doing = doing
        self._total = total
        self._every = every
        self._begun = self._said = time.monotonic()

    def tick(self, done: int) -> bool:
        """Say it where it is time to, and tell whether it was."""
        now = time.monotonic()
        if now - self._said < self._every:
            return False
        self._said = now
        logger.info("%s %d of %d images, %d s so far", self._doing, done, self._total, now - self._begun)
        return True
