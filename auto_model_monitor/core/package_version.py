"""The version of this package, as it is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("auto-model-monitor")
except PackageNotFoundError:  # a copy of the sources that was never installed
    __version__ = "unknown"
