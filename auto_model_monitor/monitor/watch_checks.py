"""The checks of a watch: each warns once of a setting that cannot be meant."""

from __future__ import annotations

from collections.abc import Sequence

from ..rules import DiskRule, GpuRule, MetricRule, Rule
from ..sources import Source
from ..sources.side_files.directory_with_side_files import DirectoryWithSideFiles
from .checks.direction_check import DirectionCheck
from .checks.rounding_check import RoundingCheck
from .checks.silence_check import SilenceCheck
from .config.monitor_config import MonitorConfig
from .poll_listener import Listener
from .repeated_hits import RepeatedHitCheck
from .resume import ResumeState
from .watch_rules import parser_of


def checks_of(
    config: MonitorConfig, rules: Sequence[Rule], source: Source, state: ResumeState
) -> list[Listener]:
    """Return what checks the rules against the first readings."""
    checks: list[Listener] = [RepeatedHitCheck(state)]
    if config.comparison is not None and rules:
        checks.append(DirectionCheck(config.comparison))
    needs_scores = not all(isinstance(rule, DiskRule | GpuRule) for rule in rules)
    if needs_scores and isinstance(source, DirectoryWithSideFiles):
        checks.append(RoundingCheck())
        parser = parser_of(config, rules)
        chosen = parser.metric if parser.metric != "score" else None
        metrics = [chosen, *(rule.metric for rule in rules if isinstance(rule, MetricRule))]
        named = list(dict.fromkeys(metric for metric in metrics if metric))
        checks.append(SilenceCheck(source, parser, named, check_interval=config.check_interval))
    return checks
