"""The device to train on, and a clear error when its memory is full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...core.errors import ConfigError, MonitorError
from ._torch import torch

_FULL = ("can't allocate memory", "not enough memory")  # PyTorch's messages about the CPU's memory


class NoMemoryError(MonitorError, MemoryError):
    """The training does not fit into the device's memory."""


def device_named(name: str) -> Any:
    """Return the device with a name.

    Raises:
        ConfigError: there is no such device.
    """
    device = torch.device(name)
    if device.type != "cuda":
        return device
    if not torch.cuda.is_available():
        raise ConfigError(
            f"--device: expected a CUDA device for {name!r}, got none: PyTorch {torch.__version__} sees no "
            "card; check nvidia-smi and CUDA_VISIBLE_DEVICES, or use --device=cpu"
        )
    cards = torch.cuda.device_count()
    if (device.index or 0) >= cards:
        raise ConfigError(f"--device: expected one of the {cards} cards from cuda:0 on, got {name!r}")
    torch.cuda.set_device(device.index or 0)  # otherwise PyTorch also takes memory on the first card
    return device


@contextmanager
def explain_out_of_memory(batch_size: int) -> Iterator[None]:
    """Turn PyTorch's out-of-memory errors into one line of advice."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        full = isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError))
        if not full and not any(text in str(error) for text in _FULL):
            raise
        raise NoMemoryError(
            f"out of memory with --batch-size={batch_size}: try a smaller --batch-size, --image-size or "
            f"--model ({str(error).partition('. ')[0].strip()})"
        ) from None
