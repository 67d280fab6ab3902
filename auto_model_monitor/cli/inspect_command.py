"""``auto-model-monitor inspect``: show what a watch reads in a directory."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..core.errors import ConfigError
from ..parsers import DefaultParser
from ..text.terminal import Terminal
from .command import FAILURE, SUCCESS, Command
from .option_parser import OptionParser, add_config, add_settings
from .reference_notes import FILE

_SHARED = ("watch_dir", "threshold", "comparison_mode", "pattern", "metric", "recursive")


def add_options(parser: OptionParser) -> None:
    """Add the options of ``inspect``."""
    parser.add_argument("watch_dir", nargs="?", metavar="DIR", help="the directory of the checkpoints")
    add_settings(parser, "threshold", "comparison_mode")
    add_settings(parser.add_mutually_exclusive_group(), "pattern", "metric")
    add_settings(parser, "recursive")
    add_config(parser)
    parser.add_argument("--all", action="store_true", help="show every name, however many there are")
    parser.add_argument("--json", action="store_true", help="write JSON for programs")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Show what a watch reads in a directory."""
    from ..monitor.inspection import inspect_directory
    from ..monitor.watch_rules import direction_of, parser_of
    from ..settings import config_of, rules_of, settings_of, single_watch
    from .inspection_report import ParserChoice, as_json, show

    settings = single_watch(settings_of(vars(options), errors))
    if not settings.get("watch_dir"):
        raise ConfigError("DIR: expected a directory, got none")
    # The configuration and the rules decide as for a watch.
    config = config_of({name: settings[name] for name in _SHARED if name in settings})
    rules = rules_of(settings) if settings.get("rules") else []
    parser = parser_of(config, rules)
    metric = parser.metric if isinstance(parser, DefaultParser) else None
    pattern = settings.get("pattern")
    with _without_log():
        inspection = inspect_directory(
            os.path.expanduser(settings["watch_dir"]),  # noqa: PTH111 - "./x" is shown as it was typed
            parser,
            comparison=direction_of(config, rules),
            threshold=config.threshold,
            recursive=config.recursive,
            suggest=pattern is None and metric is None,
        )
    choice = ParserChoice(pattern=pattern, metric=metric, recursive=config.recursive)
    if options.json:
        screen.say(as_json(inspection, choice))
    else:
        show(inspection, choice, screen, everything=options.all)
    return SUCCESS if inspection.scores else FAILURE


@contextmanager
def _without_log() -> Iterator[None]:
    """Silence the package's log inside the block: the report gives the reason for each name."""
    log = logging.getLogger(__package__.partition(".")[0])
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


COMMAND = Command(
    usage="inspect DIR [options]",
    summary="show the score of each name in a directory, and which is mailed",
    essential=(
        *("--threshold", "--mode", "--pattern", "--metric", "--recursive", "--config", "--all", "--json"),
    ),
    examples=(
        "inspect ./checkpoints",
        "inspect ./checkpoints --threshold 0.004",
        "inspect ./checkpoints --metric val_loss --json",
    ),
    status="0 at least one score was read; 1 none was, or the directory cannot be\n"
    "read; 2 wrong usage or configuration.",
    notes=FILE,
    add_options=add_options,
    run=run,
)
