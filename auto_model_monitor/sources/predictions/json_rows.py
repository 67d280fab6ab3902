"""A row as one line of JSON, whatever its values are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from ...text.cleaning import text_of

_LONGEST = 200  # characters of the text that stands for a value which JSON cannot hold
_MISSING = {"NAType", "NaTType"}  # of pandas, which is not imported for their sake


@runtime_checkable
class _Array(Protocol):
    """An array or a scalar of NumPy, PyTorch and their like."""

    def tolist(self) -> object:
        """Return it as Python's own numbers."""


@runtime_checkable
class _Series(Protocol):
    """A row of a table, such as pandas' ``Series``."""

    def to_dict(self) -> Mapping[object, object]:
        """Return its values by column."""


def named_features(features: object) -> dict[object, object]:
    """Return a copy of the features by name; those without names are ``x0``, ``x1``, ….

    Args:
        features: a mapping, a row of a table, a list or an array; None for none.
    """
    if type(features) is dict:
        return features.copy()
    if features is None:
        return {}
    if isinstance(features, Mapping):
        return dict(features)
    if isinstance(features, _Series):
        return dict(features.to_dict())
    values: Any = features.tolist() if isinstance(features, _Array) else features
    # A batch of one row is that row.
    while isinstance(values, list) and len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    return {f"x{number}": value for number, value in enumerate(values)}


def line_of(row: Mapping[str, object]) -> bytes:
    """Return a row as JSON in UTF-8, with a line end.

    NaN and infinities are written as ``NaN`` and ``Infinity``, which DuckDB and Python read as numbers. What
    JSON cannot hold becomes a short text; half a surrogate pair becomes ``?``, because DuckDB refuses the
    whole file for it.
    """
    try:
        text = _encode(row)
    except Exception:  # a circular list, a dictionary whose keys are tuples, an object whose methods raise
        text = _encode({key: _plain(value) for key, value in row.items()})
    return text.encode("utf-8", "replace") + b"\n"


def _json_value(value: object) -> object:
    """Return what stands for a value that JSON does not know."""
    if type(value).__name__ in _MISSING:
        return None
    if isinstance(value, _Array):
        return value.tolist()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (set, frozenset)):
        return list(value)
    return text_of(value)[:_LONGEST]


def _plain(value: object) -> object:
    """Return a value where JSON can hold it, else the beginning of its text."""
    try:
        _encode(value)
    except Exception:
        return text_of(value)[:_LONGEST]
    return value


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_json_value).encode
