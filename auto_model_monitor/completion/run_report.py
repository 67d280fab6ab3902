"""The alert about the end of a wrapped command: how it ended, why, and what it reached."""

from __future__ import annotations

import logging
import math
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..core.alerts import Alert, AlertKind, Detail, Level
from ..core.comparison import usual_direction
from ..core.metric_history import MetricHistory, Point
from ..core.readings import Reading
from ..diagnosis import Diagnosis, EndFacts
from ..i18n import Language, cause_text, number_text
from ..rendering.run_message import BEST, BEST_EPOCH, LAST
from ..running import CommandEnd
from ..text.cleaning import for_header, for_shell, from_terminal, without_secrets
from .ending import log_end

logger = logging.getLogger(__name__)

RULE = "end"  # the name under which the outbox keeps the alert
_LOSSES = 20  # last readings of the loss that a diagnosis is given
_LONGEST_EVIDENCE = 1000  # characters
_LONGEST_COMMAND = 300
_KINDS = {
    "interrupted": AlertKind.INTERRUPTED,
    "hangup": AlertKind.INTERRUPTED,
    "terminated": AlertKind.PREEMPTED,
    "time_limit": AlertKind.TIMED_OUT,
}
_ASKED = {"SIGINT": AlertKind.INTERRUPTED, "SIGHUP": AlertKind.INTERRUPTED, "SIGTERM": AlertKind.PREEMPTED}
_OF_SIGNALS = frozenset({*_KINDS, "none", "unknown", "killed"})
_WARNINGS = frozenset({AlertKind.INTERRUPTED, AlertKind.PREEMPTED, AlertKind.TIMED_OUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCourse:
    """What a training reached.

    Attributes:
        history: its metrics.
        score: the metric that matters most; empty where there is none.
        checkpoint: the path of the checkpoint written last, and when, in seconds since 1970 UTC.
        stopped_by: the alert of the rule that stopped it.
        limit: the seconds that it had.
        cards: the use and the memory of its graphics cards, where a rule has read them.
    """

    history: MetricHistory
    score: str = ""
    checkpoint: tuple[str, float] | None = None
    stopped_by: Alert | None = None
    limit: float | None = None
    cards: str = ""


def end_alert(
    end: CommandEnd,
    course: RunCourse,
    *,
    name: str,
    command: Sequence[str],
    time: datetime,
    language: Language,
) -> Alert:
    """Return the alert about the end of a command.

    Args:
        end: how it ended.
        course: what it reached.
        name: what messages call it.
        command: its words.
        time: now, with its zone.
        language: of the cause and the remedy.
    """
    found = _diagnosed(end, course, language)
    kind = _kind(end, found)
    details: dict[str, Detail] = {
        "name": name,
        "command": for_header(without_secrets(for_shell(command)), _LONGEST_COMMAND),
        "ran_seconds": round((end.ended - end.started).total_seconds(), 3),
        "exit_status": _status(end),
        **_stopped(end, course),
        **_why(kind, end, found, language),
        **_metrics(course),
        **_checkpoint(end, course),
        "gpus": course.cards,
    }
    if end.folder is not None:
        details["log_file"] = _short(end.folder.log_file)
        if kind is not AlertKind.FINISHED:
            details["log"] = _last_lines(end)
    best = _best(course)
    return Alert(
        rule=RULE,
        time=time,
        kind=kind,
        level=_level(kind, course),
        reading=best,
        comparison=usual_direction(course.score),
        previous_best=None if best is None else best.value,
        details={key: value for key, value in details.items() if value not in (None, "")},
    )


def _diagnosed(end: CommandEnd, course: RunCourse, language: Language) -> Diagnosis:
    """Return why it ended; also where the output cannot be read, or our code is at fault."""
    losses = [p.value for metric in ("loss", "train_loss") for p in course.history.points(metric)]
    points = course.history.points(course.score)
    facts = EndFacts(
        exit_code=end.status if end.status is not None else end.exit_code,
        signal=end.signal,
        signal_sender=end.signal_sender or None,
        peak_memory=end.peak_memory or None,
        oom_kills=end.oom_kills,
        shm_full=end.shm_full,
        disk_full=end.disk_full or None,
        last_step=points[-1].step if points else None,
        losses=tuple(losses[-_LOSSES:]),
    )
    if end.status == 0 and all(map(math.isfinite, facts.losses)):
        return _by_status("none")
    try:
        from ..diagnosis import diagnose  # compiling its patterns takes a tenth of a second

        output = end.problem if end.folder is None else end.output()
        return diagnose(output or end.problem, facts.exit_code, facts=facts, language=language)
    except Exception:  # the end is reported whatever the output holds
        logger.exception("the cause could not be looked for")
    return _by_status("none" if end.status == 0 else "unknown")


def _by_status(cause: str) -> Diagnosis:
    return Diagnosis(
        cause=cause, confidence="exit code", evidence="", line=None, rank=None, frame=None, remedy=""
    )


def _kind(end: CommandEnd, found: Diagnosis) -> AlertKind:
    if end.requested:
        return AlertKind.STOPPED if end.requested == "stopped" else AlertKind.TIMED_OUT
    asked = _ASKED.get(_signal_name(end.sent_signal))
    if asked is not None and (found.cause in _OF_SIGNALS or found.confidence != "proof"):
        return asked  # also where it saved what it had, and exited with 0
    if end.status == 0:
        return AlertKind.FINISHED if found.cause == "none" else AlertKind.CRASHED
    return _KINDS.get(found.cause, AlertKind.CRASHED)


def _level(kind: AlertKind, course: RunCourse) -> Level:
    if kind is AlertKind.STOPPED:
        return Level.INFO if course.stopped_by is None else course.stopped_by.level
    if kind is AlertKind.FINISHED:
        return Level.INFO
    return Level.WARNING if kind in _WARNINGS else Level.CRITICAL


def _status(end: CommandEnd) -> str:
    number = end.status if end.status is not None and end.status >= 0 else end.exit_code
    if end.requested and end.status is not None:
        number = end.status if end.status >= 0 else 128 - end.status
    name = _signal_name(end.signal or 0)
    return f"{number} ({name})" if name else str(number)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # none, or a real-time signal
        return ""


def _stopped(end: CommandEnd, course: RunCourse) -> dict[str, Detail]:
    if end.requested == "timeout":
        return {"limit_seconds": course.limit}
    return {"stopped_by": end.reason} if end.requested else {}


def _why(kind: AlertKind, end: CommandEnd, found: Diagnosis, language: Language) -> dict[str, Detail]:
    sent: dict[str, Detail] = {"signal": _signal_name(end.sent_signal), "signal_sender": end.signal_sender}
    if kind in _ASKED.values() and found.cause in ("none", "unknown"):
        return sent
    if kind in (AlertKind.FINISHED, AlertKind.STOPPED) or end.requested:
        return {}
    known = cause_details(found, language)
    if end.status is None:
        known |= {"error": end.problem, "evidence": ""}
    return {**known, **sent}


def cause_details(found: Diagnosis, language: Language) -> dict[str, Detail]:
    """Return what a diagnosis says, as details of an alert, without secrets."""
    evidence = without_secrets(found.evidence)[:_LONGEST_EVIDENCE].rstrip()
    error = cause_text(found.cause, language)
    if found.cause == "code_error" and evidence:
        error = evidence.splitlines()[0].strip()
    return {
        "cause": found.cause,
        "confidence": found.confidence,
        "error": error,
        "evidence": "" if found.cause == "unknown" else evidence,
        "line": found.line,
        "rank": found.rank,
        "frame": None if found.frame is None else without_secrets(found.frame),
        "remedy": found.remedy,
        "also_seen": ", ".join(cause_text(cause, language) for cause in found.also_seen),
    }


def _metrics(course: RunCourse) -> dict[str, Detail]:
    """Return the last and the best value of each metric, the score first."""
    names = sorted(
        course.history.metrics, key=lambda name: (name != course.score, not name.startswith("val"))
    )
    details: dict[str, Detail] = {}
    for name in names:
        points = course.history.points(name)
        details[f"{LAST}{name}"] = _finite(points[-1].value)
        best = _best_point(name, points)
        if best is not None:
            details[f"{BEST}{name}"] = _finite(best.value)
            details[f"{BEST_EPOCH}{name}"] = best.epoch
    latest = max((course.history.points(name)[-1] for name in names), key=_count, default=None)
    if latest is not None:
        details |= {"epoch": latest.epoch, "step": latest.step}
    return details


def _checkpoint(end: CommandEnd, course: RunCourse) -> dict[str, Detail]:
    if course.checkpoint is None:
        return {}
    path, written = course.checkpoint
    path = _short(path)
    return {"checkpoint": path, "checkpoint_seconds": max(0.0, round(end.ended.timestamp() - written, 3))}


def _best(course: RunCourse) -> Reading | None:
    points = course.history.points(course.score)
    best = _best_point(course.score, points) or (points[-1] if points else None)
    if best is None:
        return None
    return Reading(
        metric=course.score,
        value=best.value,
        name=best.name,
        epoch=best.epoch,
        step=best.step,
        in_log=True,
    )


def _best_point(metric: str, points: Sequence[Point]) -> Point | None:
    comparison = usual_direction(metric)
    if comparison is None:
        return None
    value = comparison.best(point.value for point in points)
    return next((point for point in points if point.value == value), None)


def _count(point: Point) -> tuple[int, int]:
    return (-1 if point.epoch is None else point.epoch, -1 if point.step is None else point.step)


def _finite(value: float) -> Detail:
    return value if math.isfinite(value) else number_text(value)


def _short(path: str) -> str:
    """Return a path relative to the working directory where it is below it."""
    below = os.path.relpath(path)
    return path if below.startswith(os.pardir) else below


def _last_lines(end: CommandEnd) -> str:
    assert end.folder is not None
    try:
        lines = log_end(Path(end.folder.log_file)).split("\n")
        # The markers below code point nowhere on a phone that wraps lines.
        shown = [line for line in map(from_terminal, lines) if line.strip("~^ ")]
        return without_secrets("\n".join(shown))
    except (OSError, ValueError):
        return ""
