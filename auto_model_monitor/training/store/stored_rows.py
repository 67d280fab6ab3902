"""Convert between rows of the store and values."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from types import NoneType
from typing import Any

from ...log_parser import LogEntry, Number, Stage
from ..request import TrainingRequest
from ..tasks import MetricRow, Task, TaskState
from ..training_progress import COUNTERS
from .damaged_rows import is_time, require_sound

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_MAX_INTEGER = 2**63 - 1
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once, because it is slow

TASK_COLUMNS = (
    "id, trainer, request, state, device, total_epochs, created, updated, progress, current_epoch, latest, "
    "stage, reason, exit_code, cancel, last_seq, first_seq, started, finished, "
    # A text that is searched, so that a damaged one does no harm.
    """(SELECT instr(course, '"from_zero":true') FROM follows WHERE follows.task = tasks.number), """
    "tasks.number"
)


_NAMES = (*TASK_COLUMNS.split(", ")[:19], None, "number")


def to_stamp(time: datetime) -> int:
    """Return a time as microseconds since 1970 UTC."""
    return (time - _EPOCH) // _MICROSECOND


def to_time(stamp: int | None) -> Any:
    """Return the time of a stamp, None for None."""
    return None if stamp is None else _EPOCH + stamp * _MICROSECOND


def task_of(row: Sequence[Any]) -> Task:
    """Return the task of a row of :data:`TASK_COLUMNS`.

    Raises:
        DamagedRowError: it cannot be read.
    """
    require_sound(_NAMES, row)
    return Task(
        id=row[0],
        trainer=row[1],
        request=TrainingRequest.trusted(json.loads(row[2])),  # validated before it was stored
        state=TaskState(row[3]),
        device=row[4],
        total_epochs=row[5],
        created_at=to_time(row[6]),
        updated_at=to_time(row[7]),
        progress=row[8],
        current_epoch=row[9],
        latest_metrics=json.loads(row[10]),
        stage=None if row[11] is None else Stage(row[11]),
        reason=row[12],
        exit_code=row[13],
        cancelling=row[14] is not None and row[3] == TaskState.RUNNING.value,
        last_seq=row[15],
        first_seq=row[16],
        started_at=to_time(row[17]),
        finished_at=to_time(row[18]),
        first_epoch=0 if row[19] else 1,
    )


def metric_rows(number: int, seq: int, entry: LogEntry) -> list[tuple[Any, ...]]:
    """Return the rows of an entry's own metrics, without the epoch counters."""
    if not entry.own_metrics:
        return []
    epoch = entry.metrics.get("epoch")
    if not isinstance(epoch, int) or abs(epoch) > _MAX_INTEGER:
        epoch = None
    stamp = to_stamp(entry.timestamp)
    return [
        (number, seq, name, stamp, epoch, _storable(value))
        for name, value in entry.own_metrics.items()
        if name not in COUNTERS
    ]


def metric_of(row: Sequence[Any]) -> MetricRow | None:
    """Return the value of a row of the metrics, None if it cannot be read."""
    seq, stamp, epoch, name, value = row
    if not (isinstance(name, str) and is_time(stamp) and isinstance(epoch, (int, NoneType))):
        return None
    if not isinstance(value, (int, float, NoneType)):
        return None
    return MetricRow(seq, to_time(stamp), epoch, name, math.nan if value is None else value)


def entry_bytes(entry: LogEntry) -> bytes:
    """Return an entry's JSON in one line."""
    return to_json(entry.as_json()).encode("utf-8", "replace")


def _storable(value: Number) -> Number | None:
    """Return a number that SQLite can hold: it has no NaN, and no integer of more than 64 bits."""
    if isinstance(value, int):
        return value if abs(value) <= _MAX_INTEGER else float(value)
    return None if math.isnan(value) else value
