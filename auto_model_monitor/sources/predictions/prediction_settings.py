"""Checks of what a source of predictions is given."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta, timezone, tzinfo
from numbers import Real
from pathlib import Path
from typing import TypeGuard

from ...core.durations import to_seconds
from ...core.errors import ConfigError
from ...tables import canonical
from .row_quality import ExpectedValues

_LATEST = 3650 * 86_400.0  # seconds; datetime has no year beyond 9999
_PREDICTION_FILES, _LABEL_FILES = "predictions-*.jsonl", "labels-*.jsonl"  # of a PredictionLog


def column_names(setting: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return a list of columns."""
    if isinstance(given, str):
        raise ConfigError(f"{setting}: expected a list of columns, such as [{given!r}], got {given!r}")
    return tuple(given)


def lateness(late: str) -> timedelta:
    """Return how long labels are awaited."""
    seconds = to_seconds(late) if isinstance(late, str) else None
    if seconds is None or not 0 <= seconds <= _LATEST:
        raise ConfigError(f"late: expected a duration such as '14d', of at most 3650d, got {late!r}")
    return timedelta(seconds=seconds)


def fewest_rows(number: int) -> int:
    """Return the fewest rows of which a metric is computed."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ConfigError(f"min_rows: expected a whole number of at least 1, got {number!r}")
    return number


def is_regression_task(task: str | None) -> bool | None:
    """Return whether the task is a regression; None where the labels decide."""
    if task not in (None, "classification", "regression"):
        raise ConfigError(f"task: expected 'classification' or 'regression', got {task!r}")
    return None if task is None else task == "regression"


def log_files(predictions: object, labels: object | None) -> tuple[str, str] | None:
    """Return the files of predictions and of labels in the folder of a ``PredictionLog``; else None."""
    if labels is None and isinstance(predictions, (str, os.PathLike)) and "://" not in str(predictions):
        folder = Path(predictions).expanduser()
        if folder.is_dir() and any(folder.glob(_PREDICTION_FILES)):
            return str(folder / _PREDICTION_FILES), str(folder / _LABEL_FILES)
    return None


def expected_values(
    ranges: Mapping[str, tuple[float, float]] | None, categories: Mapping[str, Collection[str]] | None
) -> ExpectedValues:
    """Return the values that features may have.

    Raises:
        ConfigError: a range is no pair of numbers, or the categories are no list.
    """
    for column, ends in (ranges or {}).items():
        if not (
            isinstance(ends, Sequence)
            and len(ends) == 2
            and all(map(_is_number, ends))
            and ends[0] <= ends[1]
        ):
            raise ConfigError(f"ranges: expected two numbers such as (0, 120) for {column!r}, got {ends!r}")
    known: dict[str, list[str]] = {}
    for column, values in (categories or {}).items():
        if isinstance(values, str) or not isinstance(values, Collection):
            raise ConfigError(f"categories: expected a list for {column!r}, got {values!r}")
        known[column] = [text for text in map(canonical, values) if text is not None]
    return ExpectedValues(
        ranges={c: (ends[0], ends[1]) for c, ends in (ranges or {}).items()}, categories=known
    )


def reference_values(given: Mapping[object, object]) -> dict[tuple[str | None, str], float]:
    """Return the metrics of a reference.

    Raises:
        ConfigError: one of them is no number.
    """
    found: dict[tuple[str | None, str], float] = {}
    for name, value in given.items():
        if not (_is_number(value) and math.isfinite(value)):
            raise ConfigError(
                f"reference: expected a finite number for {name!r}, such as 0.93, got {value!r}"
            )
        found[None, str(name)] = float(value)
    return found


def _is_number(value: object) -> TypeGuard[Real]:
    return isinstance(value, Real) and not isinstance(value, bool)


def zone_name(zone: tzinfo) -> str:
    """Return the name under which an engine knows a zone.

    Raises:
        ConfigError: it has none.
    """
    from zoneinfo import ZoneInfo  # it imports sysconfig

    if isinstance(zone, ZoneInfo):
        return zone.key
    offset = zone.utcoffset(None)
    if zone is timezone.utc or offset == timedelta(0):
        return "UTC"
    if offset is None or offset % timedelta(hours=1):
        raise ConfigError(f"timezone: expected a name such as 'Asia/Shanghai', got {zone}")
    hours = offset // timedelta(hours=1)
    return f"Etc/GMT{-hours:+d}"  # its sign is that of POSIX
