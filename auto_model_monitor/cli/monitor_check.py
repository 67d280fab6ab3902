"""Checks what the file of ``monitor`` leads to: reads sources, verifies accounts, and sends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..core.errors import MonitorError
from ..core.readings import Reading, is_of_every_group
from ..monitor.loop import Monitor
from ..notifiers import Notifier, Verifies
from ..rules import MetricRule, Rule
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
        readings: list[Reading] = []
        for part, problem in _parts(monitor, verified, readings):
            line = file.variables.hide(f"{table.name}: {part}")
            if problem is None:
                screen.say(f"{line}: {screen.paint('ok', 'green')}")
            else:
                status = WRONG_USAGE
                errors.say(errors.paint(f"{line}: {file.variables.hide(problem)}", "red"))
        for note in _sparse_groups(monitor.rules, readings):
            errors.say(errors.paint(file.variables.hide(f"{table.name}: warning: {note}"), "yellow"))
    return status


def _sparse_groups(rules: Sequence[Rule], readings: Sequence[Reading]) -> Iterator[str]:
    """Yield what rules about groups miss where most windows of a group hold too few labelled rows."""
    windows = Counter(reading.metric for reading in readings)
    for rule in rules:
        metric = rule.metric if isinstance(rule, MetricRule) and rule.metric else ""
        whole, of_all = metric.partition("@")[0], is_of_every_group(metric)
        groups = [name for name in windows if name.startswith(metric[:-1])] if of_all else [metric]
        fewest = min((windows[name] for name in groups), default=0)
        if metric != whole and fewest < windows[whole] / 2:
            advice = "smaller ones alert nobody: lower min_rows, or take a longer window"
            got = f"min_rows labelled rows in {fewest} of {windows[whole]} windows"
            yield for_terminal(f"rule {rule.name}: a group has {got}; {advice}")


def _parts(monitor: Monitor, verified: set[str], readings: list[Reading]) -> Iterator[tuple[str, str | None]]:
    """Yield each part of a monitor, with its problem or None, and add what its source reads."""
    yield _source(monitor, readings)
    if not monitor.rules:
        yield "rules", "expected at least one, such as 'accuracy < 90% for 2', got none: it alerts nobody"
    unknown = monitor.metric_check.never_offered()
    if unknown is not None:
        yield "rules", for_terminal(unknown)
    for notifier in monitor.notifiers:
        if notifier.name not in verified:
            verified.add(notifier.name)
            yield _channel(notifier)


def _source(monitor: Monitor, readings: list[Reading]) -> tuple[str, str | None]:
    name = for_terminal(monitor.source.name)
    try:
        readings += monitor.source.read()
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
