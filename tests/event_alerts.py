"""One alert of every kind, as a watch would raise it, for the tests of what a person receives."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from auto_model_monitor import Alert, AlertKind, Comparison, Level, Reading

TIME = datetime(2026, 11, 20, 20, 34, 12, tzinfo=timezone(timedelta(hours=8)))
CHECKPOINT = Reading(metric="val_loss", value=0.0052, name="epoch_41_val_loss_0.0052.pt", epoch=41)
TRACEBACK = """  File "train.py", line 88, in step
    loss.backward()
RuntimeError: CUDA out of memory"""


def occasion(
    kind: AlertKind, level: Level = Level.WARNING, *, resolved: bool = False, **fields: object
) -> Alert:
    return Alert(
        rule=kind.value,
        time=TIME,
        kind=kind,
        level=level,
        resolved=resolved,
        **{"reading": CHECKPOINT, "comparison": Comparison.LOWER, **fields},  # type: ignore[arg-type]
    )


def not_finite(value: float = float("nan")) -> Alert:
    reading = Reading(metric="val_loss", value=value, name=f"epoch_42_val_loss_{value}.pt", epoch=42)
    return occasion(AlertKind.NOT_FINITE, Level.CRITICAL, reading=reading)


def stalled(*, resolved: bool = False) -> Alert:
    limit = None if resolved else 2040.0
    details = {"silent_seconds": 7500.0, "usual_gap_seconds": 610.0, "limit_seconds": limit}
    return occasion(AlertKind.STALLED, resolved=resolved, details=details)


def plateau() -> Alert:
    details = {"patience": 10, "checkpoints_since_best": 10}
    return occasion(AlertKind.PLATEAU, previous_best=0.0041, details=details)


def diverged(*, resolved: bool = False) -> Alert:
    details = {"recent_median": 0.0043 if resolved else 0.0163, "factor": 3.0, "window": 5}
    return occasion(
        AlertKind.DIVERGED, Level.CRITICAL, resolved=resolved, previous_best=0.0041, details=details
    )


def disk(*, resolved: bool = False, hours: float | None = 3.1) -> Alert:
    details = {
        "path": "/data/runs/exp1",
        "free_bytes": 61_500_000_000 if resolved else 4_210_000_000,
        "total_bytes": 2_000_000_000_000,
        "limit_bytes": 5_000_000_000,
        "hours_left": None if resolved else hours,
    }
    return occasion(AlertKind.DISK, resolved=resolved, reading=None, comparison=None, details=details)


def fallen_back() -> Alert:
    return occasion(AlertKind.HIT, Level.INFO, resolved=True, threshold=0.004)


def ended(kind: AlertKind, level: Level) -> Alert:
    details: dict[str, str | float] = {"name": "train.py", "ran_seconds": 12_345.6}
    if kind is AlertKind.CRASHED:
        details |= {
            "error": "RuntimeError: CUDA out of memory",
            "traceback": TRACEBACK,
            "log": "epoch 41 loss 0.0052\nepoch 42 …",
        }
    return occasion(kind, level, previous_best=0.0041, details=details)


def undelivered() -> Alert:
    details = {
        "channel": "dingtalk",
        "subject": "模型监控通知：val_loss 0.003 低于阈值 0.004",
        "error": "310000 keywords not in content",
    }
    return occasion(AlertKind.UNDELIVERED, reading=None, comparison=None, details=details)


def card(kind: AlertKind, *, resolved: bool = False, **details: float) -> Alert:
    details = {"card": 3, **details}
    return occasion(kind, resolved=resolved, reading=None, comparison=None, details=details)


ALL = {
    "not_finite": not_finite(),
    "stalled": stalled(),
    "stalled_resolved": stalled(resolved=True),
    "plateau": plateau(),
    "diverged": diverged(),
    "diverged_resolved": diverged(resolved=True),
    "disk": disk(),
    "disk_resolved": disk(resolved=True),
    "hit_resolved": fallen_back(),
    "finished": ended(AlertKind.FINISHED, Level.INFO),
    "crashed": ended(AlertKind.CRASHED, Level.CRITICAL),
    "interrupted": ended(AlertKind.INTERRUPTED, Level.WARNING),
    "undelivered": undelivered(),
    "gpu_idle": card(AlertKind.GPU_IDLE, idle_seconds=1810.0, limit_seconds=1800.0),
    "gpu_idle_resolved": card(AlertKind.GPU_IDLE, resolved=True, idle_seconds=0.0, limit_seconds=1800.0),
    "gpu_memory": card(AlertKind.GPU_MEMORY, used_percent=96.3, limit_percent=95.0),
    "gpu_memory_resolved": card(AlertKind.GPU_MEMORY, resolved=True, used_percent=80.0, limit_percent=95.0),
    "gpu_temperature": card(AlertKind.GPU_TEMPERATURE, celsius=88.0, limit_celsius=85.0),
    "gpu_temperature_resolved": card(
        AlertKind.GPU_TEMPERATURE, resolved=True, celsius=70.0, limit_celsius=85.0
    ),
}
