"""Modules and public names that are imported at their first use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module


class LazyModule:
    """A module that is imported when its first attribute is asked for, such as an annotation's.

    Args:
        name: the module's full name.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        """Return the module's attribute."""
        value: object = getattr(import_module(self._name), attribute)
        return value


def lazy_names(
    package: str, homes: dict[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of a package whose names live in modules below it (PEP 562).

    Args:
        package: the package's ``__name__``.
        homes: the module of each public name, relative to the package.
    """

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(f".{homes[name]}", package), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted({*vars(sys.modules[package]), *homes})
