"""Checks what the file of ``monitor`` leads to: reads sources, verifies accounts, and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.errors import MonitorError
from ..monitor.loop import Monitor
from ..notifiers import Notifier, Verifies
from ..settings import MonitorFile, monitors_of
from ..text.cleaning import describe_error, for_terminal
from ..text.terminal import Terminal
from .command import SUCCESS, WRONG_USAGE

_MOST_METRICS = 12


def check(file: MonitorFile, screen: Terminal, errors: Terminal) -> int:
    """Read each source once, verify each account, and show what works and what does not."""
    status = SUCCESS
    verified: set[str] = set()
    for table, monitor in zip(file.tables, monitors_of(file, errors), strict=True):
        for part, problem in _parts(monitor, verified):
            line = file.variables.hide(f"{table.name}: {part}")
            if problem is None:
                screen.say(f"{line}: {screen.paint('ok', 'green')}")
            else:
                status = WRONG_USAGE
                errors.say(errors.paint(f"{line}: {file.variables.hide(problem)}", "red"))
    return status


def _parts(monitor: Monitor, verified: set[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each part of a monitor, with its problem or None."""
    yield _source(monitor)
    if not monitor.rules:
        yield "rules", "expected at least one, such as 'accuracy < 90% for 2', got none: it alerts nobody"
    unknown = monitor.metric_check.never_offered()
    if unknown is not None:
        yield "rules", for_terminal(unknown)
    for notifier in monitor.notifiers:
        if notifier.name not in verified:
            verified.add(notifier.name)
            yield _channel(notifier)


def _source(monitor: Monitor) -> tuple[str, str | None]:
    name = for_terminal(monitor.source.name)
    try:
        readings = monitor.source.read()
    except Exception as error:
        return name, _problem(error)
    metrics = sorted({reading.metric for reading in readings})
    more = f" and {len(metrics) - _MOST_METRICS} more" if len(metrics) > _MOST_METRICS else ""
    listed = for_terminal(", ".join(metrics[:_MOST_METRICS])) + more
    return f"{name}: {len(readings)} readings{f' of {listed}' if metrics else ''}", None


def _channel(notifier: Notifier) -> tuple[str, str | None]:
    name = for_terminal(notifier.name)
    if not isinstance(notifier, Verifies):
        return f"{name}: cannot be verified without a message", None
    try:
        notifier.verify()
    except Exception as error:
        return name, _problem(error)
    return name, None


def _problem(error: Exception) -> str:
    return for_terminal(str(error) if isinstance(error, MonitorError) else describe_error(error))
