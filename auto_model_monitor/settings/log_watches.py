"""The settings of a watch over a log, made into its monitor."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from ..core.alerts import Alert
from ..core.errors import ConfigError
from ..core.paths import expanded
from ..core.readings import ReadingBatch
from ..log_parser import LogEntry
from ..log_parser.metric_names import metric_in_logs
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.logs import EndingSource, LogMonitor
from ..monitor.watch_rules import equals_threshold, parser_of
from ..rules import Rule, ThresholdRule
from ..sources.logs.log_file import LogFileSource
from ..sources.logs.log_stream import LogStreamSource
from ..sources.side_files import SideFileSource, side_file
from ..sources.side_files.log_or_directory import LogOrDirectorySource
from ..text.terminal import Terminal
from .notifier_factory import NotifierFactory
from .watch_settings import Settings, config_of, digest_of, reading_the_rules_metric, rules_of

_INTERVAL = 0.5  # seconds; a poll of a log costs little, and a person may watch the screen
_COMPARES = re.compile(
    r"\A\s*(?P<quote>['\"`]?)(?P<metric>[^\s<>=＜＞＝]+)(?P=quote)(?P<rest>\s*[<>＜＞].*)", re.DOTALL
)


def log_monitor_of(
    settings: Settings,
    errors: Terminal,
    *,
    follows: bool,
    resume: bool,
    on_entry: Callable[[LogEntry], None],
    on_look: Callable[[Sequence[Alert], ReadingBatch], bool],
    every_line: bool = False,
    tail_bytes: int | None = None,
    on_data: Callable[[bytes], None] | None = None,
    at_end: Callable[[], Alert | None] | None = None,
) -> LogMonitor:
    """Return the monitor of a log, a file of numbers, a directory of these, or a pipe.

    Args:
        settings: the settings of the watch; without a rule or threshold it sends nothing.
        errors: shows the warning about a file of secrets that others can read.
        follows: False reads the present content and ends.
        resume: False forgets the alerts of earlier runs.
        on_entry: called with each entry.
        on_look: called after each poll; returns whether the reader is still there.
        every_line: also call ``on_entry`` with lines without a metric.
        tail_bytes: call ``on_entry`` only with this last part of the initial content.
        on_data: called with the bytes of a pipe as they are read.
        at_end: called once when the log has ended; returns the alert that its end calls for, if any.

    Raises:
        ConfigError: with every problem of the settings.
        MissingExtraError: something needs an extra that is not installed.
    """
    path = settings.get("watch_dir")
    if not path:
        raise ConfigError("FILE: expected a log, a directory, or - for what is piped in, got none")
    settings = {"check_interval": _INTERVAL, **settings}
    config, rules = _config_and_rules(settings)
    # Without rules nothing depends on which metric is the score.
    metric = parser_of(config, rules).metric if rules else settings.get("metric")
    source: EndingSource
    if path == "-":
        source = LogStreamSource(
            0,
            settings.get("log_patterns", ()),
            metric=metric,
            on_entry=on_entry,
            every_line=every_line,
            on_data=on_data,
        )
    else:
        source = _log_source(path, settings, metric, on_entry, every_line=every_line, tail_bytes=tail_bytes)
    factory = NotifierFactory()
    notifiers = factory.of(config, settings.get("notify")) if rules else []
    factory.warn_of_readers(errors)
    return LogMonitor(
        config,
        source,
        rules=rules,
        notifiers=notifiers,
        resume=resume,
        follows=follows,
        endures=path == "-",
        on_poll=on_look,
        at_end=at_end,
        plots=settings.get("plots", False),
        digest=digest_of(settings),
    )


def watched_metrics(settings: Settings) -> set[str]:
    """Return the metrics that the settings name, as the log reader names them."""
    texts = [found["metric"] for text in settings.get("rules") or () if (found := _COMPARES.match(text))]
    metric = settings.get("metric")
    return {metric_in_logs(text) for text in [*texts, *([metric] if metric else [])]}


def _config_and_rules(settings: Settings) -> tuple[MonitorConfig, list[Rule]]:
    """Return the configuration and the rules, with the metrics as the log reader names them."""
    settings = {name: value for name, value in settings.items() if name not in ("pattern", "recursive")}
    if all(settings.get(name) is None for name in ("rules", "threshold", "notify", "sender")):
        return config_of(settings), []
    if settings.get("metric"):
        settings["metric"] = metric_in_logs(settings["metric"])
    elif settings.get("threshold") is not None:
        raise ConfigError("metric: expected the metric of the threshold, such as val_acc, got none")
    texts = [rule_in_logs(text) for text in settings.get("rules") or ()]
    path = settings["watch_dir"]
    folder = path if os.path.isdir(path) else os.path.dirname(path) or "."  # noqa: PTH112, PTH120
    rules = rules_of({**settings, "rules": texts, "watch_dir": folder})
    config = reading_the_rules_metric(config_of(settings), rules)
    if config.threshold is not None:
        threshold = ThresholdRule(config.threshold, config.comparison, metric=settings["metric"])
        if not any(equals_threshold(rule, threshold) for rule in rules):
            rules.insert(0, threshold)
    return config, rules


def rule_in_logs(text: str) -> str:
    """Return a rule with the metric as the log reader names it: ``val_loss < 0.3`` for ``eval_loss < 0.3``.

    Any other text is unchanged: it is its rule's name, under which earlier versions recorded its alerts.
    """
    return _COMPARES.sub(lambda found: metric_in_logs(found["metric"]) + found["rest"], text)


def _log_source(
    path: str,
    settings: Settings,
    metric: str | None,
    on_entry: Callable[[LogEntry], None],
    *,
    every_line: bool,
    tail_bytes: int | None,
) -> EndingSource:
    patterns = settings.get("log_patterns", ())
    path = str(expanded(path))
    if os.path.isdir(path) or side_file(path) is not None:  # noqa: PTH112
        return SideFileSource(path, metric=metric, on_entry=on_entry)
    log = LogFileSource(
        path, patterns, metric=metric, on_entry=on_entry, every_line=every_line, tail_bytes=tail_bytes
    )
    if os.path.lexists(path):
        return log
    return LogOrDirectorySource(log, SideFileSource(path, metric=metric, on_entry=on_entry))
