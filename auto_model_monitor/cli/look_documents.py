"""What a look found, as a JSON document for programs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core.alerts import Alert
from ..core.readings import Reading, ReadingBatch

OK, ALERT, ERROR = "ok", "alert", "error"


def look_document(
    name: str,
    source: str,
    readings: ReadingBatch | None,
    alerts: Sequence[Alert],
    failures: Mapping[str, str],
) -> dict[str, Any]:
    """Return the document of one look of one monitor.

    Args:
        name: the table of the monitor, such as ``monitor 1``.
        source: what it reads.
        readings: what is new; None where nothing could be read.
        alerts: what the rules found.
        failures: the parts that failed, each with its error.
    """
    return {
        "name": name,
        "source": source,
        "status": status_of(alerts, failures),
        "alerts": [_alert(alert) for alert in alerts],
        "errors": [f"{part}: {error}" for part, error in failures.items()],
        "readings": [] if readings is None else [_reading(reading) for reading in readings],
    }


def hidden(document: Any, hide: Callable[[str], str]) -> Any:
    """Return a document with each of its texts as ``hide`` returns it."""
    if isinstance(document, str):
        return hide(document)
    if isinstance(document, dict):
        return {key: hidden(value, hide) for key, value in document.items()}
    return [hidden(one, hide) for one in document] if isinstance(document, list) else document


def status_of(alerts: Sequence[Alert], failures: Mapping[str, str]) -> str:
    """Return ``error`` where a part failed, else ``alert`` where a rule began to alert, else ``ok``."""
    if failures:
        return ERROR
    return ALERT if any(not alert.resolved for alert in alerts) else OK


def lines_of(document: Mapping[str, Any]) -> list[str]:
    """Return a document as lines for a person: what alerted, or that nothing did."""
    name, found = document["name"], len(document["readings"])
    if document["alerts"] or document["errors"]:
        return [f"{name}: {_alert_line(alert)}" for alert in document["alerts"]]
    return [f"{name}: {document['source']}: {found} new readings, nothing to alert"]


def errors_of(document: Mapping[str, Any]) -> list[str]:
    """Return what failed as lines for a person."""
    return [f"{document['name']}: error: {error}" for error in document["errors"]]


def _alert_line(alert: Mapping[str, Any]) -> str:
    reading = alert["reading"] or {}
    what = [alert["model"], reading.get("metric"), reading.get("value"), reading.get("name")]
    shown = " ".join(f"{part:.6g}" if isinstance(part, float) else part for part in what if part is not None)
    return f"{'resolved' if alert['resolved'] else alert['level']}: {alert['rule']}: {shown}"


def _alert(alert: Alert) -> dict[str, Any]:
    reading = None if alert.reading is None else _reading(alert.reading)
    return {
        "id": alert.id,
        "time": alert.time.isoformat(timespec="seconds"),
        "rule": alert.rule,
        "kind": alert.kind.value,
        "level": alert.level.value,
        "resolved": alert.resolved,
        "model": alert.model,
        "group": alert.group,
        "threshold": _number(alert.threshold),
        "reading": reading,
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "metric": reading.metric,
        "value": _number(reading.value),
        "model": reading.model,
        "group": reading.group,
        "name": reading.name,
        "time": _time(reading.time),
        "rows": reading.rows,
        "low": _number(reading.low),
        "high": _number(reading.high),
    }


def _number(value: float | None) -> float | str | None:
    """Return a number as JSON can hold it: it has no NaN and no infinity."""
    return value if value is None or math.isfinite(value) else repr(value)


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="seconds")
