"""Windows of a model in production, and a watch that evaluates a rule on the whole series at each look."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from auto_model_monitor import Alert, Reading, ReadingBatch

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 2, tzinfo=timezone.utc)


def window(
    number: int, value: float, *, metric: str = "accuracy", length: timedelta = DAY, **facts: Any
) -> Reading:
    """Return the reading of the window with a number, which ends at the beginning of the next one."""
    end = MONDAY + (number + 1) * length
    return Reading(metric=metric, value=value, name=f"{end - length:%m-%d %H:%M}", time=end, **facts)


def windows(*values: float | None, length: timedelta = DAY, **facts: Any) -> list[Reading]:
    """Return one window for each value; None is a window without a reading."""
    return [window(n, v, length=length, **facts) for n, v in enumerate(values) if v is not None]


def look(readings: Sequence[Reading] = (), at: float = 0.0, **arguments: Any) -> ReadingBatch:
    """Return what a look `at` seconds after the first Monday finds."""
    return ReadingBatch(time=MONDAY + timedelta(seconds=at), seconds=at, others=list(readings), **arguments)


def watch(
    make: Callable[[], Any],
    looks: Sequence[Collection[Reading]],
    *,
    every: float = 86_400.0,
    extra: int = 0,
    since: datetime | None = None,
) -> list[tuple[int, Alert]]:
    """Return the alerts with the number of their look; `extra` looks find nothing.

    A window replaces the one of the same time; where any is new, a fresh rule resumes from the last alert and
    sees the whole series.
    """
    rule, found, series = make(), [], {}
    for number, readings in enumerate([*looks, *[[]] * extra]):
        series |= {reading.time: reading for reading in readings}
        if readings:
            rule = make()
            rule.resume(found[-1][1] if found else None)
        batch = look(
            [series[time] for time in sorted(series)] if readings else [], number * every, since=since
        )
        alert = rule.evaluate(batch)
        if alert is not None:
            found.append((number, alert))
    return found


def daily(make: Callable[[], Any], *values: float | None, **arguments: Any) -> list[tuple[int, str, float]]:
    """Return what a rule reports of one daily window a look: the look, what, and the value."""
    looks = [[] if value is None else [window(n, value)] for n, value in enumerate(values)]
    return gist(watch(make, looks, **arguments))


def gist(alerts: Sequence[tuple[int, Alert]]) -> list[tuple[int, str, float]]:
    """Return what a person would notice of the alerts."""
    return [(n, "over" if a.resolved else "alert", a.reading.value) for n, a in alerts if a.reading]
