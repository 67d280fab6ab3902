"""Polls of a training: batches of numbered checkpoints, and a watch that restarts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any

from auto_model_monitor import Alert, Reading, ReadingBatch
from tests.fakes import NOON

LOOK = 60.0  # seconds between polls


def checkpoint(epoch: int, value: float, metric: str = "val_loss") -> Reading:
    return Reading(metric=metric, value=value, name=f"epoch_{epoch}_{metric}_{value}.pt", epoch=epoch)


def look(
    readings: Sequence[Reading], at: float = 0.0, *, new_run: bool = False, boot: float = 1000.0
) -> ReadingBatch:
    """Return a batch `at` seconds after noon, on a monotonic clock that started at `boot`."""
    found = {reading.name: reading for reading in readings}
    return ReadingBatch(
        time=NOON + timedelta(seconds=at),
        seconds=boot + at,
        names=list(found),
        values=[reading.value for reading in found.values()],
        build=lambda name, value: found[name],
        new_run=new_run,
    )


def watch(
    make: Callable[[], Any],
    looks: Sequence[Sequence[float]],
    restarts: Collection[int] = (),
    every: float = LOOK,
) -> list[tuple[int, Alert]]:
    """Return the alerts of a rule, each with the number of its poll.

    Before each of the polls in `restarts` the watch restarts: a new rule resumes from the last alert, and
    the poll finds everything that is there, on a new monotonic clock.
    """
    rule, alerts, seen, boot = make(), [], [], 1000.0
    for number, values in enumerate(looks):
        new = [checkpoint(len(seen) + n, value) for n, value in enumerate(values)]
        seen += new
        if number in restarts:
            rule, new, boot = make(), seen, 77.0 + number
            if alerts:
                rule.resume(alerts[-1][1])
        alert = rule.evaluate(look(new, number * every, boot=boot))
        if alert is not None:
            alerts.append((number, alert))
    return alerts


def gist(alerts: Sequence[tuple[int, Alert]]) -> list[tuple[Any, ...]]:
    """Return what a person would notice of the alerts; a NaN as text, because it equals nothing."""
    return [
        (number, a.kind, a.resolved, repr(a.reading and a.reading.value), a.previous_best)
        for number, a in alerts
    ]
