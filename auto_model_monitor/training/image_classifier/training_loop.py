"""A training, from reading the images to the last checkpoint."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from . import log_lines
from ._torch import torch
from .architectures import least_batch
from .arguments import Recipe
from .checkpoint_files import Checkpoints
from .class_folders import ClassFolders, check_classes, read_class_folders
from .device_choice import device_named, explain_out_of_memory
from .images import Pictures, usual_size
from .interruption import Interruption
from .learning import Learner, check_finite
from .optimisation import Optimisation

logger = logging.getLogger(__name__)

_MOST_THREADS = 8


class TrainingLoop:
    """One training, ready to start.

    Args:
        recipe: the options.
        interruption: ends the training on a signal.

    Raises:
        ConfigError: the options do not fit the data, the device or the weights.
    """

    def __init__(self, recipe: Recipe, interruption: Interruption) -> None:
        self._recipe = recipe
        self._interruption = interruption
        device = device_named(recipe.device)
        training, validation = _folders(recipe)
        self._classes = training.classes
        self._size = recipe.image_size or usual_size(training)
        self._checkpoints = Checkpoints(_made(recipe.save_path), keep_last=recipe.keep_last)
        threads = recipe.workers or min(_MOST_THREADS, os.cpu_count() or 1)
        self._training = Pictures(training, self._size, threads=threads)
        self._validation = Pictures(validation, self._size, threads=threads)
        torch.manual_seed(recipe.seed)
        self._network = self._built(device)
        self._learner = self._learning(device)

    def train(self) -> None:
        """Train to the last epoch.

        Raises:
            MonitorError: the training failed.
            OSError: a checkpoint could not be written.
        """
        self._introduce()
        self._interruption.saves_with(lambda: self._checkpoints.save_last(self._contents({})))
        with explain_out_of_memory(self._recipe.batch_size):
            self._load_images()
            for epoch in range(1, self._recipe.num_epochs + 1):
                self._go_through(epoch)
        log_lines.completed()

    def _go_through(self, epoch: int) -> None:
        log_lines.epoch_started(epoch, self._recipe.num_epochs, self._learner.optimisation.rate)
        loss, accuracy = self._learner.train(self._training, epoch)
        log_lines.trained(loss, accuracy)
        check_finite("training", loss, epoch)
        loss, scores = self._learner.validate(self._validation)
        log_lines.validated(loss, scores)
        check_finite("validation", loss, epoch)
        contents = self._contents({"epoch": epoch, "val_loss": loss, **asdict(scores)})
        with self._interruption.put_off():
            path, is_best = self._checkpoints.save(contents, epoch=epoch, loss=loss, accuracy=scores.accuracy)
        logger.info("Saved %s", path.name)
        if is_best:
            log_lines.best_saved(scores.accuracy)

    def _load_images(self) -> None:
        for pictures in (self._training, self._validation):
            progress = log_lines.Progress("read", len(pictures), every=self._recipe.progress_every)
            pictures.load(progress.tick)
            pictures.report()

    def _built(self, device: Any) -> Any:
        # transformers takes seconds to import: report earlier problems first.
        from .networks import build, load

        recipe = self._recipe
        network = build(recipe.model, classes=len(self._classes), size=self._size)
        if recipe.weights_path is not None:
            new = load(network, recipe.weights_path)
            logger.info("Took the weights in %r", str(recipe.weights_path))
            if new:
                logger.warning("Randomly initialised, because the file has other classes: %s", ", ".join(new))
        with explain_out_of_memory(recipe.batch_size):
            return network.to(device)

    def _learning(self, device: Any) -> Learner:
        recipe = self._recipe
        batches = -(-len(self._training) // recipe.batch_size)
        optimisation = Optimisation(
            self._network,
            rate=recipe.learning_rate,
            steps=batches * recipe.num_epochs,
            mixed=recipe.precision == "auto",
        )
        return Learner(
            network=self._network,
            device=device,
            optimisation=optimisation,
            interruption=self._interruption,
            batch_size=recipe.batch_size,
            least_batch=least_batch(recipe.model),
            mirror=recipe.mirror,
            seed=recipe.seed,
            progress_every=recipe.progress_every,
        )

    def _introduce(self) -> None:
        """Log the network, the device and the images."""
        weights = sum(weight.numel() for weight in self._network.parameters())
        logger.info(
            "Training %s with %d weights on %s in %s",
            self._recipe.model,
            weights,
            self._recipe.device,
            self._learner.optimisation.precision,
        )
        logger.info(
            "%d images of %d classes to train on and %d to validate on, scaled to %d x %d pixels",
            len(self._training),
            len(self._classes),
            len(self._validation),
            self._size,
            self._size,
        )

    def _contents(self, scores: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a checkpoint holds: plain values and tensors, so that reading it runs no code."""
        weights = {name: tensor.detach().cpu() for name, tensor in self._network.state_dict().items()}
        return {
            "model": self._recipe.model,
            "classes": list(self._classes),
            "image_size": self._size,
            "scores": dict(scores),
            "state_dict": weights,
        }


def _folders(recipe: Recipe) -> tuple[ClassFolders, ClassFolders]:
    training = read_class_folders(recipe.train_path, "--train-path")
    validation = read_class_folders(recipe.val_path, "--val-path")
    check_classes(training, validation, recipe.num_classes)
    return training, validation


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError("it may not be written to")
    except OSError as error:
        reason = error.strerror or error
        message = f"--save-path: expected a folder to write to, got {str(folder)!r}: {reason}"
        raise ConfigError(message) from None
    return folder
