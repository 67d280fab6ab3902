"""Doubles for what cannot be had in a test: time itself, and parts that fail on demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import Event

from auto_model_monitor import Alert, Comparison, Message, NotificationError, Reading, ReadingBatch

NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=timezone(timedelta(hours=8)))


class FakeClock:
    """A clock that moves only when somebody waits on it; `on_wait` is called with each wait."""

    def __init__(self, on_wait: Callable[[float], None] | None = None) -> None:
        self.seconds = 1000.0
        self.wall = NOON
        self.waits: list[float] = []
        self._on_wait = on_wait

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall += timedelta(seconds=seconds)

    def wait(self, event: Event, seconds: float) -> bool:
        self.waits.append(seconds)
        if self._on_wait is not None:
            self._on_wait(seconds)
        self.advance(seconds)
        return event.is_set()


class StillClock(FakeClock):
    """A clock that moves only by `advance`: the threads that wait on it really wait for their event."""

    def wait(self, event: Event, seconds: float) -> bool:
        return event.wait(seconds)


class RecordingNotifier:
    """Keeps what it is given; fails with the errors in `failures`, one an attempt, first."""

    def __init__(self, name: str = "recorder", failures: list[Exception] | None = None) -> None:
        self.name = name
        self.failures = list(failures or [])
        self.sent: list[Message] = []
        self.attempts = 0
        self.arrived = Event()

    def send(self, message: Message) -> None:
        self.attempts += 1
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(message)
        self.arrived.set()


def transient(text: str = "451 try again") -> NotificationError:
    return NotificationError(text)


def permanent(text: str = "550 no such user") -> NotificationError:
    return NotificationError(text, permanent=True)


def reading(value: float, name: str = "a.pt", metric: str = "val_loss") -> Reading:
    return Reading(metric=metric, value=value, name=name)


def batch(*values: float, new_run: bool = False, metric: str = "val_loss") -> ReadingBatch:
    names = [f"epoch_{n}_{metric}_{value}.pt" for n, value in enumerate(values)]
    return ReadingBatch(
        time=NOON,
        names=names,
        values=list(values),
        build=lambda name, value: Reading(metric=metric, value=value, name=name),
        new_run=new_run,
    )


def alert(value: float = 0.003, threshold: float = 0.004) -> Alert:
    return Alert(
        rule="threshold",
        time=NOON,
        reading=reading(value),
        comparison=Comparison.LOWER,
        threshold=threshold,
    )


def message(subject: str = "hello", id: str = "a1") -> Message:
    return Message(id=id, time=NOON, subject=subject, text="text", html="<p>text</p>")
