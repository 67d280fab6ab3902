"""One pass over the images, for training or validation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ...core.errors import MonitorError
from ._torch import Tensor, functional, torch
from .images import Pictures
from .interruption import Interruption
from .log_lines import Progress
from .metrics import Scores, scores
from .optimisation import Optimisation
from .views import mirrored, moved, normalised


class DivergedError(MonitorError, ArithmeticError):
    """The loss is NaN or infinite."""


class NoImagesError(MonitorError, OSError):
    """No image of an epoch could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Trains and validates a network.

    Attributes:
        network: the network, on its device.
        device: the network's device.
        optimisation: updates the weights.
        interruption: may end the training between two steps.
        batch_size: images per step.
        least_batch: smaller batches, from which unreadable images are missing, are skipped.
        mirror: also trains on mirrored images.
        seed: determines the order of the images and their random changes.
        progress_every: seconds between two progress lines within a pass.
    """

    network: Any
    device: Any
    optimisation: Optimisation
    interruption: Interruption
    batch_size: int
    least_batch: int
    mirror: bool
    seed: int
    progress_every: float

    def train(self, pictures: Pictures, epoch: int) -> tuple[float, float]:
        """Train on each image once, and return the mean loss and the accuracy in percent.

        Raises:
            NoImagesError: no image could be read.
        """
        chance = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
        order = torch.randperm(len(pictures.labels), generator=chance)
        progress = Progress("trained on", len(order), every=self.progress_every)
        # The sums stay on the device, because reading them makes it wait.
        loss_sum = torch.zeros((), dtype=torch.float64, device=self.device)
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        seen = 0
        self.network.train()
        for images, labels in pictures.batches(self.batch_size, order):
            if len(labels) < self.least_batch:
                continue
            truth = labels.to(self.device)
            loss, guesses = self._learn(self._augmented(images, chance), truth)
            loss_sum += loss.double() * len(truth)
            right += (guesses == truth).sum()
            seen += len(truth)
            if progress.tick(seen) and not math.isfinite(float(loss_sum)):
                break
        _check_seen(seen)
        return float(loss_sum) / seen, 100.0 * int(right) / seen

    def validate(self, pictures: Pictures) -> tuple[float, Scores]:
        """Validate on each image once, and return the mean loss and the scores.

        Raises:
            NoImagesError: no image could be read.
        """
        progress = Progress("validated on", len(pictures.labels), every=self.progress_every)
        logits_of_batches: list[Tensor] = []
        truth: list[Tensor] = []
        seen = 0
        self.network.eval()
        with torch.inference_mode():
            for images, labels in pictures.batches(self.batch_size):
                if len(labels):
                    logits_of_batches.append(self._logits(normalised(images.to(self.device))).cpu())
                    truth.append(labels)
                    seen += len(labels)
                    progress.tick(seen)
        _check_seen(seen)
        logits, labels = torch.cat(logits_of_batches), torch.cat(truth)
        loss = functional.cross_entropy(logits.double(), labels)
        return float(loss), scores(logits.double().softmax(1), labels)

    def _learn(self, images: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        logits = self._logits(images)
        loss = functional.cross_entropy(logits, truth)
        self.optimisation.follow(loss)
        with self.interruption.put_off():
            self.optimisation.step()
        return loss.detach(), logits.detach().argmax(1)

    def _logits(self, images: Tensor) -> Tensor:
        with self.optimisation.computing():
            return self.network(pixel_values=images).logits.float()

    def _augmented(self, images: Tensor, chance: torch.Generator) -> Tensor:
        images = moved(images.to(self.device), chance)
        return normalised(mirrored(images, chance) if self.mirror else images)


def check_finite(what: str, loss: float, epoch: int) -> None:
    """Check that a loss is finite.

    Raises:
        DivergedError: it is not.
    """
    if not math.isfinite(loss):
        raise DivergedError(
            f"the {what} loss is {loss!r} in epoch {epoch}: continuing cannot repair it; "
            "try a lower --learning-rate"
        )


def _check_seen(seen: int) -> None:
    if not seen:
        raise NoImagesError("not one batch of images could be read in a whole epoch: see the warnings above")
