"""Make deliveries of the rows of an outbox; a row that cannot be read is a damaged delivery."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

from ...core.messages import Message
from . import Delivery, DeliveryState
from .outbox_json import message_from_json

_TYPES: tuple[type | tuple[type, ...], ...] = (int, str, str, (int, float), (int, float), int, str, str)


def delivery_of(row: tuple[Any, ...]) -> Delivery:
    """Return the delivery of a row; it is ``damaged`` if it is unreadable, or of a newer version."""
    number, channel, text, added, due, attempts, state, error, settled = row
    try:
        _check_types(row)
        return Delivery(
            id=number,
            channel=channel,
            message=_checked(message_from_json(text)),
            added=added,
            due=due,
            attempts=attempts,
            state=DeliveryState(state),
            error=error,
            settled=settled,
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as problem:
        return _damaged(row, f"{type(problem).__name__}: {problem}"[:200])


def _check_types(row: tuple[Any, ...]) -> None:
    for value, kind in zip(row, _TYPES, strict=False):
        if not isinstance(value, kind):
            raise TypeError(f"expected {kind}, got {value!r}"[:120])
    settled = row[8]
    if not (settled is None or isinstance(settled, (int, float))):
        raise TypeError(f"expected a time, got {settled!r}"[:120])
    for time in (row[3], row[4], settled or 0):
        datetime.fromtimestamp(time, timezone.utc)  # raises for one beyond the calendar


def _checked(message: Message) -> Message:
    texts = (message.id, message.subject, message.text, message.html)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("expected a message of texts")
    dict(message.facts)
    return message


def _damaged(row: tuple[Any, ...], problem: str) -> Delivery:
    number, channel, _, added, due, attempts, state, _, _ = row
    settled = state in (DeliveryState.DELIVERED.value, DeliveryState.DROPPED.value)
    found = _time_or_zero(added)
    subject = "(unreadable)"
    return Delivery(
        id=number,
        channel=channel if isinstance(channel, str) else repr(channel),
        message=Message(
            id=str(number),
            time=datetime.fromtimestamp(found, timezone.utc),
            subject=subject,
            text="",
            html="",
        ),
        added=found,
        due=_time_or_zero(due),
        attempts=attempts if isinstance(attempts, int) else 0,
        state=DeliveryState(state) if settled else DeliveryState.DAMAGED,
        error=f"the row cannot be read, or a newer release wrote it ({problem})",
    )


def _time_or_zero(value: object) -> float:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or abs(value) > 4e9:
        return 0.0
    return float(value)
