"""Weights on disk: written so that they are there whole or not at all, read without running their code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from ...core.extras import extra
from ._torch import Tensor, torch

_IN_FOLDER = ("model.safetensors", "pytorch_model.bin")
_WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which programs put their weights


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors in a file, or in the file of that kind in a folder.

    Raises:
        ConfigError: there is no such file, or it holds anything but weights.
    """
    file = _file_at(path)
    try:
        found = _read(file)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"--weights-path: expected weights, got {str(file)!r}: {reason}") from None
    except Exception as error:  # broken files raise whatever the reader stumbled over
        raise ConfigError(
            f"--weights-path: expected safetensors, or a file that torch.load reads with weights_only=True, "
            f"got {str(file)!r}: {_first_line(error)}"
        ) from None
    for key in _WRAPPERS:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        raise ConfigError(
            f"--weights-path: expected tensors by name, or a dictionary with them under 'state_dict', "
            f"got something else in {str(file)!r}"
        )
    return {str(name): tensor for name, tensor in found.items()}


def write(path: Path, contents: Mapping[str, Any]) -> None:
    """Write a file at once: whoever looks finds it whole or not at all, after a power cut, too.

    Raises:
        OSError: the disk does not take it; nothing is left behind.
    """
    part = path.with_name(f"{path.name}.tmp")
    try:
        with part.open("wb") as file:
            torch.save(dict(contents), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, RuntimeError) as error:  # PyTorch makes the latter of a full disk
        part.unlink(missing_ok=True)
        raise OSError(f"{str(path)!r} could not be written: {_first_line(error)}") from None


def _file_at(path: Path) -> Path:
    if not path.is_dir():
        return path
    for name in _IN_FOLDER:
        if (path / name).is_file():
            return path / name
    raise ConfigError(f"--weights-path: expected {' or '.join(_IN_FOLDER)} in {str(path)!r}, got neither")


def _read(file: Path) -> Any:
    if file.suffix == ".safetensors":
        with extra("trainer"):
            from safetensors.torch import load_file
        return load_file(file)
    return torch.load(file, map_location="cpu", weights_only=True)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
