"""Convert alerts and messages to the JSON that an outbox on disk stores, and back."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ...core.alerts import Alert, AlertKind, Level
from ...core.comparison import Comparison
from ...core.messages import Message, Picture
from ...core.readings import Reading


def alert_to_json(alert: Alert) -> str:
    """Return the alert as JSON; NaN and infinities are written as in JavaScript."""
    record = {
        "id": alert.id,
        "rule": alert.rule,
        "time": alert.time.isoformat(),
        "kind": alert.kind.value,
        "level": alert.level.value,
        "resolved": alert.resolved,
        "reading": None if alert.reading is None else _reading_record(alert.reading),
        "comparison": None if alert.comparison is None else alert.comparison.value,
        "threshold": alert.threshold,
        "previous_best": alert.previous_best,
        "details": dict(alert.details),
        "model": alert.model,
        "group": alert.group,
    }
    return json.dumps(record)


def alert_from_json(text: str) -> Alert:
    """Return the alert that :func:`alert_to_json` wrote, in this version or any since 0.3."""
    record: dict[str, Any] = json.loads(text)
    readers: dict[str, Callable[[Any], Any]] = {
        "time": datetime.fromisoformat,
        "kind": AlertKind,
        "level": Level,
        "reading": _reading_from,
        "comparison": Comparison,
    }
    for key, read in readers.items():
        if record.get(key) is not None:
            record[key] = read(record[key])
    return Alert(**record)


def _reading_record(reading: Reading) -> dict[str, Any]:
    # Not asdict(), which copies every value: a look may have a thousand alerts.
    record = {name: getattr(reading, name) for name in Reading.__slots__}
    return {**record, "time": None if reading.time is None else reading.time.isoformat()}


def _reading_from(record: dict[str, Any]) -> Reading:
    time = record.get("time")
    return Reading(**{**record, "time": None if time is None else datetime.fromisoformat(time)})


def message_to_json(message: Message) -> str:
    """Return the message as JSON."""
    record = asdict(message)
    for picture in record["pictures"]:
        picture["png"] = b64encode(picture["png"]).decode("ascii")
    record |= {"time": message.time.isoformat(), "level": message.level.value}
    return json.dumps(record)


def message_from_json(text: str) -> Message:
    """Return the message that :func:`message_to_json` wrote, in this version or any since 0.3."""
    record: dict[str, Any] = json.loads(text)
    pictures = record.get("pictures", ())
    record["pictures"] = tuple(
        Picture(**{**picture, "png": b64decode(picture["png"])}) for picture in pictures
    )
    record |= {"time": datetime.fromisoformat(record["time"]), "level": Level(record["level"])}
    return Message(**record)
