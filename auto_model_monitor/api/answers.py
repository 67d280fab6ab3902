"""Tasks as the answers show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ..core.comparison import Comparison, usual_direction
from ..training import Extremes, MetricRow, Task, Transition
from .json_text import milliseconds, seconds


def started(task: Task) -> dict[str, Any]:
    """Return what the start of a task is answered with: the keys of the specification, in its order."""
    answer = status(task)
    return {key: answer[key] for key in answer if key not in ("current_epoch", "latest_metrics")}


def status(task: Task) -> dict[str, Any]:
    """Return what is polled: the keys of the specification, in its order."""
    return {
        "task_id": task.id,
        "task_type": task.task_type,
        "status": task.state.value,
        "progress": task.progress,
        "device": task.device,
        "current_epoch": task.current_epoch,
        "total_epochs": task.total_epochs,
        "latest_metrics": dict(task.latest_metrics),
        "created_at": seconds(task.created_at),
        "updated_at": seconds(task.updated_at),
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
    }


def details(
    task: Task, transitions: Iterable[Transition], extremes: Mapping[str, Extremes]
) -> dict[str, Any]:
    """Return all that is known of a task."""
    return {
        **item(task),
        "request": {**asdict(task.request), "trainer": task.trainer},
        "exit_code": task.exit_code,
        "cancelling": task.cancelling,
        "started_at": seconds(task.started_at),
        "finished_at": seconds(task.finished_at),
        "first_seq": task.first_seq,
        "last_seq": task.last_seq,
        "transitions": [
            {"status": change.state.value, "time": seconds(change.time), "reason": change.reason}
            for change in transitions
        ],
        "best": _best(extremes),
    }


def metric(row: MetricRow) -> dict[str, Any]:
    """Return one number of the history."""
    return {
        "seq": row.seq,
        "timestamp": milliseconds(row.time),
        "epoch": row.epoch,
        "metric": row.metric,
        "value": row.value,
    }


def _best(extremes: Mapping[str, Extremes]) -> dict[str, Any]:
    """Return the best value of each metric whose name says which way is up."""
    best: dict[str, Any] = {}
    for name, found in extremes.items():
        direction = usual_direction(name)
        if direction is Comparison.LOWER:
            best[name] = {"value": found.smallest, "epoch": found.smallest_epoch}
        elif direction is Comparison.HIGHER:
            best[name] = {"value": found.largest, "epoch": found.largest_epoch}
    return best
