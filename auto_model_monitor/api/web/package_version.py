"""The version of this package."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def package_version() -> str:
    """Return the package's version."""
    try:
        return version("auto-model-monitor")
    except PackageNotFoundError:
        return "unknown"
