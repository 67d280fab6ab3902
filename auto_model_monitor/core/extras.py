"""Optional packages: imported where they are needed, with an error that names the command to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import MissingExtraError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Raise a :class:`MissingExtraError` for the extra ``name`` when an import in the block fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        command = f'pip install "auto-model-monitor[{name}]"'
        message = f"this needs the package {error.name!r}: run  {command}"
        raise MissingExtraError(message) from None
