"""The parameters of a training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..core.errors import ConfigError
from .devices import device_name

LONGEST_NAME = 200  # characters of a model's or a trainer's name
LONGEST_PATH = 4096  # bytes, the limit of Linux
_PATHS = ("train_path", "val_path", "save_path", "weights_path")
_COUNTS = {"num_classes": 1_000_000, "batch_size": 1_000_000, "num_epochs": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """A request to train a model.

    Attributes:
        model: the model's name, such as ``resnet18``; the trainer interprets it.
        num_classes: the number of classes.
        train_path: the training images.
        val_path: the validation images.
        save_path: the directory for checkpoints.
        batch_size: images per step.
        num_epochs: passes over the images.
        learning_rate: the initial rate.
        device: ``cpu``, ``cuda``, ``cuda:1`` …; stored by its full name.
        priority: 0 to 10; of two tasks for one device the higher one starts first.
        trainer: the name of a configured trainer; empty for the first.
        weights_path: initial weights, None for none.

    Raises:
        ConfigError: a value is invalid; names every problem.
    """

    model: str
    num_classes: int
    train_path: str
    val_path: str
    save_path: str
    batch_size: int = 8
    num_epochs: int = 10
    learning_rate: float = 1e-4
    device: str = "cpu"
    priority: int = 5
    trainer: str = ""
    weights_path: str | None = None

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ConfigError(problems)
        object.__setattr__(self, "device", device_name(self.device))
        object.__setattr__(self, "learning_rate", float(self.learning_rate))

    @classmethod
    def trusted(cls, values: Mapping[str, Any]) -> TrainingRequest:
        """Return a request of values that were validated before: by a schema, or before they were stored.

        Args:
            values: a value for every field, the device by its full name.
        """
        request = object.__new__(cls)
        for name in cls.__slots__:
            object.__setattr__(request, name, values[name])
        return request

    def values(self) -> dict[str, Any]:
        """Return the parameters that the trainer receives: all but ``trainer`` and ``priority``."""
        values = asdict(self)
        del values["trainer"], values["priority"]
        if self.weights_path is None:
            del values["weights_path"]
        return values

    def arguments(self) -> list[str]:
        """Return command-line arguments: ``--model=resnet18``, ``--num-classes=37`` and so on.

        Each value is in its option's own argument, so that no value can pass for an option.
        """
        return [f"--{name.replace('_', '-')}={value}" for name, value in self.values().items()]


def _problems(request: TrainingRequest) -> Iterator[str]:
    yield from _text_problems("model", request.model, LONGEST_NAME)
    yield from _text_problems("trainer", request.trainer or "default", LONGEST_NAME)
    for name in _PATHS:
        value = getattr(request, name)
        if value is not None or name != "weights_path":
            yield from _text_problems(name, value, LONGEST_PATH)
    for name, most in _COUNTS.items():
        yield from _count_problems(name, getattr(request, name), 1, most)
    yield from _count_problems("priority", request.priority, 0, 10)
    rate = request.learning_rate
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not _is_rate(rate):
        yield f"learning_rate: expected a finite number above 0, at most 1000, got {_shown(rate)}"
    if device_name(request.device) is None:
        yield f"device: expected 'cpu', 'cuda', 'cuda:1' or the like, got {_shown(request.device)}"


def _is_rate(value: float) -> bool:
    return 0 < value <= 1000  # a NaN is neither


def _text_problems(name: str, value: object, most: int) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield f"{name}: expected a non-empty text, got {_shown(value)}"
        return
    try:
        length = len(value.encode())
    except UnicodeEncodeError:
        yield f"{name}: expected valid Unicode, got {_shown(value)}, which cannot be encoded"
        return
    if length > most:
        yield f"{name}: expected at most {most} bytes, got {length}"
    elif value.startswith("-"):
        yield f"{name}: expected a text that does not begin with '-', got {_shown(value)}"
    elif any(ord(character) < 32 or ord(character) == 127 for character in value):
        yield f"{name}: expected a text without control characters, got {_shown(value)}"


def _count_problems(name: str, value: object, least: int, most: int) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        yield f"{name}: expected a whole number from {least} to {most}, got {_shown(value)}"


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 100 else f"{text[:100]}…"
