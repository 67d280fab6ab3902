"""The command line of the trainer, parsed without PyTorch so that mistakes are reported immediately."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from .architectures import ARCHITECTURES, ViT, least_batch, patch_for

_DEVICE = re.compile(r"cpu|cuda(?::[0-9]{1,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The options of a training; ``--help`` explains each under the same name."""

    model: str
    num_classes: int
    train_path: Path
    val_path: Path
    save_path: Path
    batch_size: int
    num_epochs: int
    learning_rate: float
    device: str
    weights_path: Path | None
    seed: int
    image_size: int | None
    workers: int
    precision: str
    mirror: bool
    keep_last: int
    progress_every: float


def read_arguments(argv: Sequence[str] | None = None) -> Recipe:
    """Return the options on the command line.

    Raises:
        SystemExit: with status 2 and a line on standard error, if an option is invalid.
    """
    parser = _parser()
    given = parser.parse_args(argv)
    recipe = Recipe(**{field.name: getattr(given, field.name) for field in fields(Recipe)})
    problem = _problem(recipe)
    if problem:
        parser.error(problem)
    return recipe


def _problem(recipe: Recipe) -> str:
    """Return why the options contradict each other; empty if they do not."""
    least = least_batch(recipe.model)
    if recipe.batch_size < least:
        return f"--batch-size: expected at least {least}, as {recipe.model} normalises over a batch, got 1"
    size = recipe.image_size
    if size and isinstance(ARCHITECTURES[recipe.model], ViT) and size % patch_for(size):
        patch = patch_for(size)
        return f"--image-size: expected a multiple of {patch} for {recipe.model}, got {size}"
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="image_classifier",
        description="Train an image classifier on a folder of class folders.",
        allow_abbrev=False,
    )
    _add_task(parser)
    _add_choices(parser)
    return parser


def _add_task(parser: argparse.ArgumentParser) -> None:
    """Add the options that a training task sets."""
    add = parser.add_argument
    add("--model", required=True, choices=ARCHITECTURES, help="the network, with random weights")
    add("--num-classes", required=True, type=_whole(2), help="the number of class folders")
    add("--train-path", required=True, type=_path, help="a folder with a folder of images for each class")
    add("--val-path", required=True, type=_path, help="a folder with the same classes, for validation")
    add("--save-path", required=True, type=_path, help="the folder for checkpoints; created if needed")
    add("--batch-size", type=_whole(1), default=8, help="images per step (default: %(default)s)")
    add("--num-epochs", type=_whole(1), default=10, help="passes over the images (default: %(default)s)")
    add("--learning-rate", type=_positive, default=1e-4, help="the highest rate (default: %(default)s)")
    add("--device", type=_device, default="cpu", help="cpu, cuda or cuda:<n> (default: %(default)s)")
    add("--weights-path", type=_path, help="initial weights: a .safetensors or .pt file, or a folder")


def _add_choices(parser: argparse.ArgumentParser) -> None:
    """Add the options whose defaults suit most trainings."""
    add = parser.add_argument
    add("--seed", type=_whole(0), default=0, help="same seed, same training on a CPU (default: %(default)s)")
    add("--image-size", type=_whole(8), help="pixels per side; by default that of the images, at most 224")
    add("--workers", type=_whole(0), default=0, help="threads that read images; 0: by the machine's cores")
    add("--precision", choices=("auto", "float32"), default="auto", help="auto: mixed precision on CUDA")
    add(
        "--mirror", action="store_true", help="also train on mirrored images, if left and right mean the same"
    )
    add("--keep-last", type=_whole(1), default=2, help="checkpoints kept beside the best (default: 2)")
    add("--progress-every", type=_positive, default=10.0, help="seconds between lines within an epoch")


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")
        return int(text)

    return read


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a finite number above 0, got {text!r}")
    return value


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"expected a path, got {text!r}")
    return Path(text)


def _device(text: str) -> str:
    if not _DEVICE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"expected cpu, cuda or cuda:<number>, got {text!r}")
    return text
