"""The options of the command ``logs``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

_NOTES = """\
status: 0 ended by Ctrl-C or SIGTERM, or because the log has ended; 1 the log
cannot be read, or the mail server refused the login; 2 wrong usage or
configuration.

FILE is followed through truncation and rotation, as by tail -F; - reads a pipe
to its end. trainer_state.json, metrics.csv, results.csv, summary.csv,
scalars.json and TensorBoard's event files are read too, and DIR reads all of
them in it and below it.

A star marks what is better than ever before. Of a file that is there already a
screen shows the end. With --rule or --threshold people are told as by watch,
with the same options; without, nothing is written anywhere."""


def add_logs(
    add: Callable[..., argparse.ArgumentParser],
    commands: Any,
    add_telling: Callable[[argparse.ArgumentParser], None],
    notes: str,
) -> None:
    """Add the command ``logs``.

    Args:
        add: adds a command with its summary, its examples and its notes.
        commands: to which it is added.
        add_telling: adds the options of who is told.
        notes: what is said of these.
    """
    command = add(
        commands,
        "logs",
        "show the metrics of a training's log live, and tell when one matters",
        [
            "logs train.log",
            'logs train.log --rule "val_acc >= 90" --notify @urls',
            "logs runs/exp1 --no-follow --json",
        ],
        f"  python train.py 2>&1 | auto-model-monitor logs -\n\n{_NOTES}\n\n{notes}",
        usage="auto-model-monitor logs FILE|DIR|- [options]",
    )
    command.add_argument("watch_dir", nargs="?", metavar="FILE", help="a log, a directory, or - for a pipe")
    command.add_argument("--no-follow", action="store_true", help="read what is there and end")
    command.add_argument("--json", action="store_true", help="write one JSON entry a line, for programs")
    command.add_argument("--all", action="store_true", help="show lines without a metric, too")
    command.add_argument(
        "--pattern",
        dest="log_patterns",
        action="append",
        metavar="REGEX",
        help="one more format: named groups are metrics, such as 'loss is (?P<val_loss>[0-9.]+)'; "
        "may be repeated",
    )
    command.add_argument("--config", metavar="FILE.toml", help="settings in a file")
    _add_when(command)
    add_telling(command)


def _add_when(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("what is told, and how")
    group.add_argument(
        "--rule",
        dest="rules",
        action="append",
        metavar="TEXT",
        help="a reason to tell; may be repeated",
    )
    group.add_argument(
        "--threshold", type=float, metavar="NUMBER", help="a value strictly beyond it is told; for --metric"
    )
    group.add_argument("--metric", metavar="NAME", help="the metric that is meant where none is named")
    group.add_argument(
        "--mode",
        "--comparison-mode",
        dest="comparison_mode",
        choices=("lower", "higher", "min", "max"),
        help="which values are better (default: what is usual for the metric)",
    )
    group.add_argument(
        "--interval",
        "--check-interval",
        dest="check_interval",
        type=float,
        metavar="SECONDS",
        help="between two looks (default: 0.5)",
    )
    group.add_argument("--log-dir", metavar="DIR", help="of run logs and outbox (default: monitor_logs)")
    group.add_argument("--fresh", action="store_true", help="forget what was told before, as for a new run")
