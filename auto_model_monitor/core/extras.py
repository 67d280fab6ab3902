"""Optional packages: imported where they are needed, with an error that names the line to type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .errors import MissingExtraError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Turn a missing package inside the block into a :class:`MissingExtraError` for the extra ``name``."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"this needs the package {error.name!r}: run  pip install 'auto-model-monitor[{name}]'"
        raise MissingExtraError(message) from None
