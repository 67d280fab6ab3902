"""Optional packages: imported where they are needed, with an error that names the command to run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import MissingExtraError

# What is not installed on Python 3.10.
_NEWER = ("production",)


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Raise a :class:`MissingExtraError` for the extra ``name`` when an import in the block fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        if name in _NEWER and sys.version_info < (3, 11):
            python = ".".join(map(str, sys.version_info[:3]))
            raise MissingExtraError(f"this needs Python 3.11 or newer, got {python}") from None
        command = f'pip install "auto-model-monitor[{name}]"'
        message = f"this needs the package {error.name!r}: run  {command}"
        raise MissingExtraError(message) from None
