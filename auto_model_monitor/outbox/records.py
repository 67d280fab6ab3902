"""Alerts and messages as JSON, and back: what an outbox on disk keeps of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ..alerts import Alert, Level
from ..comparison import Comparison
from ..messages import Message
from ..readings import Reading


def alert_to_json(alert: Alert) -> str:
    """Return the alert as JSON; NaN and infinities as JavaScript spells them."""
    record = asdict(alert)
    record |= {
        "time": alert.time.isoformat(),
        "comparison": alert.comparison.value,
        "level": alert.level.value,
    }
    return json.dumps(record)


def alert_from_json(text: str) -> Alert:
    """Return the alert that :func:`alert_to_json` wrote."""
    record: dict[str, Any] = json.loads(text)
    record |= {
        "time": datetime.fromisoformat(record["time"]),
        "comparison": Comparison(record["comparison"]),
        "level": Level(record["level"]),
        "reading": Reading(**record["reading"]),
    }
    return Alert(**record)


def message_to_json(message: Message) -> str:
    """Return the message as JSON."""
    record = asdict(message)
    record |= {"time": message.time.isoformat(), "level": message.level.value}
    return json.dumps(record)


def message_from_json(text: str) -> Message:
    """Return the message that :func:`message_to_json` wrote."""
    record: dict[str, Any] = json.loads(text)
    record |= {"time": datetime.fromisoformat(record["time"]), "level": Level(record["level"])}
    return Message(**record)
