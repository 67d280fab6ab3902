"""Tasks and metrics as JSON objects, their keys in the order of the specification."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ...core.comparison import Comparison, usual_direction
from ...training import Extremes, MetricRow, Task, Transition
from ..web.json_response import utc_text


def started(task: Task) -> dict[str, Any]:
    """Return the response to a start."""
    document = status(task)
    return {key: document[key] for key in document if key not in ("current_epoch", "latest_metrics")}


def status(task: Task) -> dict[str, Any]:
    """Return the response to a poll."""
    return {
        "task_id": task.id,
        "task_type": task.task_type,
        "status": task.state.value,
        "progress": task.progress,
        "device": task.device,
        "current_epoch": task.current_epoch,
        "total_epochs": task.total_epochs,
        "latest_metrics": dict(task.latest_metrics),
        "created_at": utc_text(task.created_at),
        "updated_at": utc_text(task.updated_at),
    }


def item(task: Task) -> dict[str, Any]:
    """Return a row of the list."""
    return {
        **status(task),
        "model": task.request.model,
        "trainer": task.trainer,
        "priority": task.request.priority,
        "stage": None if task.stage is None else task.stage.value,
        "reason": task.reason,
        "first_epoch": task.first_epoch,
    }


def details(
    task: Task, transitions: Iterable[Transition], extremes: Mapping[str, Extremes]
) -> dict[str, Any]:
    """Return everything about a task."""
    return {
        **item(task),
        "request": {**asdict(task.request), "trainer": task.trainer},
        "exit_code": task.exit_code,
        "cancelling": task.cancelling,
        "started_at": utc_text(task.started_at),
        "finished_at": utc_text(task.finished_at),
        "first_seq": task.first_seq,
        "last_seq": task.last_seq,
        "transitions": [
            {"status": change.state.value, "time": utc_text(change.time), "reason": change.reason}
            for change in transitions
        ],
        "best": _best(extremes),
    }


def metric(row: MetricRow) -> dict[str, Any]:
    """Return one value of the metric history."""
    return {
        "seq": row.seq,
        "timestamp": utc_text(row.time, "milliseconds"),
        "epoch": row.epoch,
        "metric": row.metric,
        "value": row.value,
    }


def _best(extremes: Mapping[str, Extremes]) -> dict[str, Any]:
    """Return the best value of each metric whose name implies a direction."""
    best: dict[str, Any] = {}
    for name, found in extremes.items():
        direction = usual_direction(name)
        if direction is Comparison.LOWER:
            best[name] = {"value": found.smallest, "epoch": found.smallest_epoch}
        elif direction is Comparison.HIGHER:
            best[name] = {"value": found.largest, "epoch": found.largest_epoch}
    return best
