"""Checks at construction that a part handed in by a user has every member that its contract asks for."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Iterable
from typing import Any

from .errors import ConfigError

_CO_COROUTINE = 0x80  # inspect.CO_COROUTINE, without the import
_MOST_LISTED = 3  # members that an error lists besides those that are missing


def require(setting: str, part: object, contract: ABCMeta, such_as: str = "") -> None:
    """Check one part.

    Args:
        setting: the argument's name, for the error.
        part: what was handed in.
        contract: the Protocol or ABC whose abstract members the part must have.
        such_as: an example, for the error.

    Raises:
        ConfigError: a member is missing; the error names it, and of the part its type alone, for the repr
            of a notifier may hold a secret.
    """
    _require(setting, part, contract, "an object", such_as)


def require_all(setting: str, given: object, contract: ABCMeta, such_as: str) -> None:
    """Check a list of parts.

    Raises:
        ConfigError: it is no list, or a part misses a member.
    """
    for part in listed(setting, given, such_as):
        _require(setting, part, contract, "objects", such_as)


def listed(setting: str, given: object, such_as: str) -> list[object]:
    """Return what was given as a list.

    Raises:
        ConfigError: it is a text, or nothing that can be iterated over.
    """
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        kind = type(given).__name__
        raise ConfigError(f"{setting}: expected a list, such as {such_as}, got one of type {kind}")
    return list(given)


def require_callables(setting: str, given: object, such_as: str) -> list[Any]:
    """Return a list of functions.

    Raises:
        ConfigError: it is no list, or a part of it cannot be called.
    """
    functions = listed(setting, given, such_as)
    for function in functions:
        if not callable(function):
            kind = type(function).__name__
            raise ConfigError(f"{setting}: expected functions, such as {such_as}, got one of type {kind}")
    return functions


def _require(setting: str, part: object, contract: ABCMeta, what: str, such_as: str) -> None:
    members = [name for name in vars(contract) if name in contract.__abstractmethods__]
    missing = [name for name in members if not _has(part, name, contract)]
    is_class = isinstance(part, type)
    if not missing and not is_class:
        return
    expected = members if len(members) <= _MOST_LISTED else missing or members[:_MOST_LISTED]
    example = f", such as {such_as}" if such_as else ""
    got = f"the class {part.__name__}" if isinstance(part, type) else f"one of type {type(part).__name__}"
    if len(missing) < len(members) and not is_class:
        is_async = any(_is_async(_member(part, name)) for name in missing)
        got += f" {'with an async' if is_async else 'without'} {_joined(missing, contract)}"
    raise ConfigError(f"{setting}: expected {what} with {_joined(expected, contract)}{example}, got {got}")


def _has(part: object, name: str, contract: ABCMeta) -> bool:
    member = _member(part, name)
    if not isinstance(vars(contract)[name], property):
        return callable(member) and not _is_async(member)
    return isinstance(member, str) if name == "name" else member is not None


def _member(part: object, name: str) -> object:
    """Return a member, None where it is missing or cannot be read."""
    try:
        return getattr(part, name, None)
    except Exception:  # a property of a user's part may raise anything
        return None


def _is_async(member: object) -> bool:
    """Return whether a call only creates a coroutine, which is never awaited here."""
    code = getattr(getattr(member, "__func__", member), "__code__", None)
    return bool(getattr(code, "co_flags", 0) & _CO_COROUTINE)


def _joined(members: list[str], contract: ABCMeta) -> str:
    shown = [_shown(name, contract) for name in members]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _shown(name: str, contract: ABCMeta) -> str:
    if name == "name":
        return "a name"
    return name if isinstance(vars(contract)[name], property) else f"{name}()"
