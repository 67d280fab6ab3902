"""Evaluates rules, one after the other, whatever one of them does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...core.alerts import Alert
from ...core.readings import ReadingBatch
from ...rules import Rule
from .boundary import ErrorBoundary


def alerts_of(rules: Iterable[Rule], readings: ReadingBatch, boundary: ErrorBoundary) -> Iterator[Alert]:
    """Yield the alerts of the rules; what one of them raises is logged, and the others are evaluated."""
    for rule in rules:
        alert = None
        with boundary(f"rule {rule.name}"):
            alert = checked_alert(rule.evaluate(readings))
        if alert is not None:
            yield alert


def checked_alert(found: object) -> Alert | None:
    """Return what a rule returned, if it may return that."""
    if not (found is None or isinstance(found, Alert)):
        raise TypeError(f"expected an Alert or None, got a {type(found).__name__}")
    return found
