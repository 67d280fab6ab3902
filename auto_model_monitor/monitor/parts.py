"""The parts of a monitor, made of what people write: texts of rules, URLs of channels, a directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.alerts import Alert, AlertKind
from ..core.clocks import Clock
from ..core.contracts import listed, require, require_all
from ..core.errors import ConfigError
from ..core.paths import expanded
from ..notifiers import Notifier
from ..rules import Rule
from ..sources import HasMore, Identified, InTimeZone, Source
from .watch_outbox import WatchOutbox

if TYPE_CHECKING:
    from .schedules.schedule import Schedule

_MOST_RUNS = 10  # that the end of a watch reads one by one
_RULES = "['accuracy < 90% for 2', ThresholdRule(0.004, 'lower')]"
_NOTIFIERS = "['dingtalk://TOKEN?secret=…', EmailNotifier(…)]"


def check_parts(source: object, clock: object) -> None:
    """Check what nothing is made of.

    Raises:
        ConfigError: a part misses a member of its contract; the error names it.
    """
    require("source", source, Source, "DirectorySource('checkpoints', DefaultParser())")
    if clock is not None:
        require("clock", clock, Clock)


def rules_from(given: object) -> list[Rule]:
    """Return rules: each text is parsed, and stands once.

    Raises:
        ConfigError: with every text that is no rule, or because a part is no rule.
    """
    rules: list[object] = []
    problems: list[str] = []
    texts: set[str] = set()
    for rule in listed("rules", given, _RULES):
        if not isinstance(rule, str):
            rules.append(rule)
        elif rule not in texts:
            texts.add(rule)
            try:
                rules.append(_parsed(rule))
            except ConfigError as error:
                problems += [f"rules: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    require_all("rules", rules, Rule, _RULES)
    return rules  # type: ignore[return-value] # checked


def notifiers_from(given: object) -> list[Notifier]:
    """Return notifiers: each URL is made into one.

    Raises:
        ConfigError: with every URL that is no channel, or because a part is no notifier. It shows no secret.
        MissingExtraError: a URL needs an extra that is not installed.
    """
    notifiers: list[object] = []
    problems: list[str] = []
    for notifier in listed("notifiers", given, _NOTIFIERS):
        try:
            notifiers.append(_channel(notifier) if isinstance(notifier, str) else notifier)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    require_all("notifiers", notifiers, Notifier, _NOTIFIERS)
    return notifiers  # type: ignore[return-value] # checked


def schedule_from(given: object, source: Source) -> Schedule:
    """Return the schedule that is given, of which a text is in the zone of the source.

    Raises:
        ConfigError: it is no schedule.
        MissingExtraError: it is about times of the day, and the extra ``production`` is not installed.
    """
    from .schedules.schedule import schedule_of  # few monitors have one

    return schedule_of(given, source.timezone if isinstance(source, InTimeZone) else None)


def directory_from(log_dir: str | os.PathLike[str] | None) -> Path | None:
    """Return the directory of run logs and outbox, absolute: the program may change its own later."""
    return None if log_dir is None else expanded(log_dir).absolute()


def outbox_of(source: Source, log_dir: Path | None) -> WatchOutbox:
    """Return the outbox of a source: a later process finds it by the source's name and identity."""
    return WatchOutbox(log_dir, source_key(source))


def source_key(source: Source) -> str:
    """Return what distinguishes the watch of a source from others in the same directory.

    A source that knows its identity only when it has been read, such as a directory, is found by its name.
    """
    identity = str(source.identity) if isinstance(source, Identified) else ""
    return "\n".join(["source", source.name, identity])


def started(source: Source, rules: Sequence[Rule], clock: Clock) -> Alert:
    """Return the alert that a monitor has started, for who asked for it."""
    names = {"name": source.name, "rules": ", ".join(rule.name for rule in rules)}
    return Alert(rule="started", time=clock.now(), kind=AlertKind.STARTED, details=names)


def check_to_the_end(source: Source, check: Callable[[], object]) -> None:
    """Poll the last time, and once more for each further run that waits in the source."""
    check()
    for _ in range(_MOST_RUNS):
        if isinstance(source, HasMore) and source.has_more:
            check()


def _parsed(text: str) -> Rule:
    from ..rules import parse_rule  # it imports every rule

    return parse_rule(text, crossing=True)


def _channel(url: str) -> Notifier:
    from ..notifiers.urls import notifier_from_url

    return notifier_from_url(url)
