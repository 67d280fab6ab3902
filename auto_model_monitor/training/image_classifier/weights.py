"""Files of weights: written completely or not at all, and read without running code in them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from ...core.extras import extra
from ._torch import Tensor, torch

_IN_FOLDER = ("model.safetensors", "pytorch_model.bin")
_WRAPPERS = ("state_dict", "model_state_dict", "model")  # keys under which programs store weights


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors in a file, or in the weights file of a folder.

    Raises:
        ConfigError: there is no such file, or it does not hold weights.
    """
    file = _file_at(path)
    try:
        found = _read(file)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"--weights-path: expected weights, got {str(file)!r}: {reason}") from None
    except Exception as error:  # the readers raise errors of any kind on broken files
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
    """Write a file atomically, so that even after a power cut it is complete or absent.

    Raises:
        OSError: the file cannot be written; no partial file is left.
    """
    part = path.with_name(f"{path.name}.tmp")
    try:
        with part.open("wb") as file:
            torch.save(dict(contents), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, RuntimeError) as error:  # PyTorch raises RuntimeError for a full disk
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
