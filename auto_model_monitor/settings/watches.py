"""The settings of each watch, made into monitors, and into the channels that ``test-notify`` tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.errors import ConfigError
from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.groups.watch_group import WatchGroup
from ..notifiers import Notifier
from ..text.terminal import Terminal
from .config_problems import ConfigProblems
from .notifier_factory import NotifierFactory
from .watch_settings import Settings, config_of, digest_of, reading_the_rules_metric, rules_of


def watch_of(watches: Sequence[Settings], errors: Terminal, *, resume: bool) -> ModelMonitor | WatchGroup:
    """Return a monitor for one watch, a group for several.

    Args:
        watches: the settings of each.
        errors: shows the warning about a file of secrets that others can read.
        resume: False forgets the alerts of earlier runs.

    Raises:
        ConfigError: with every problem of every watch.
        MissingExtraError: something needs an extra that is not installed.
    """
    several = len(watches) > 1
    factory = NotifierFactory(shared=several)
    monitors: list[ModelMonitor] = []
    of_watches = [ConfigProblems() for _ in watches]
    for settings, mine in zip(watches, of_watches, strict=True):
        with mine.collected():
            monitors.append(model_monitor_of(settings, factory, resume=resume))
    problems = ConfigProblems([*_without_repeats(watches, of_watches), *_repeated_directories(monitors)])
    with problems.collected():
        after = _silent_after(watches)
    problems.raise_any()
    factory.warn_of_readers(errors)
    if not several:
        return monitors[0]
    return WatchGroup(monitors, silent_after=after, resume=resume)


def channels_of(watches: Sequence[Settings], errors: Terminal) -> list[tuple[Notifier, MonitorConfig]]:
    """Return every channel of the watches once, each with a configuration that uses it.

    Raises:
        ConfigError: with every problem of the mailboxes and the URLs.
        MissingExtraError: something needs an extra that is not installed.
    """
    factory = NotifierFactory()
    channels: dict[int, tuple[Notifier, MonitorConfig]] = {}
    for settings in watches:
        config = config_of({**settings, "watch_dir": settings.get("watch_dir") or "."})
        for notifier in factory.of(config, settings.get("notify")):
            channels.setdefault(id(notifier), (notifier, config))
    factory.warn_of_readers(errors)
    return list(channels.values())


def model_monitor_of(settings: Settings, factory: NotifierFactory, *, resume: bool) -> ModelMonitor:
    """Return the monitor of one watch.

    Raises:
        ConfigError: with every problem of its settings.
        MissingExtraError: something needs an extra that is not installed.
    """
    problems = ConfigProblems()
    with problems.collected():
        rules = rules_of(settings)
    with problems.collected():
        config = config_of(settings)
    problems.raise_any()
    config = reading_the_rules_metric(config, rules)
    notifiers = factory.of(config, settings.get("notify"))
    return ModelMonitor(
        config,
        rules=rules,
        notifiers=notifiers,
        resume=resume,
        plots=settings.get("plots", False),
        digest=digest_of(settings),
    )


def _without_repeats(watches: Sequence[Settings], problems: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the problems that all watches share, then those of each, with its name."""
    common = [problem for problem in problems[0] if all(problem in mine for mine in problems)]
    yield from common
    for settings, mine in zip(watches, problems, strict=True):
        name = settings.get("watch_dir") or "a watch without watch_dir"
        yield from (f"{name}: {problem}" for problem in mine if problem not in common)


def _repeated_directories(monitors: Sequence[ModelMonitor]) -> list[str]:
    keys = [(monitor.watch_key, str(monitor.config.log_dir)) for monitor in monitors]
    twice = {key: monitor for key, monitor in zip(keys, monitors, strict=True) if keys.count(key) > 1}
    return [
        f"watch_dir: expected each directory once, got {m.config.watch_dir} twice" for m in twice.values()
    ]


def _silent_after(watches: Sequence[Settings]) -> str | float:
    after: str | float = watches[0].get("silent_after", "3x")
    if "silent_after" in watches[0] and len(watches) == 1:
        raise ConfigError("silent_after: expected several directories; for one use the rule 'stalled 3x'")
    from ..rules import StalledRule, parse_rule

    try:
        rule = parse_rule(f"stalled {after}") if isinstance(after, str) else StalledRule(after)
    except ConfigError as error:
        raise ConfigError(f"silent_after: {error}") from None
    assert isinstance(rule, StalledRule)
    return rule.after
