"""``auto-model-monitor logs``: show the metrics of a training's log live, and alert."""

from __future__ import annotations

import argparse
import os
from datetime import datetime

from ..core.alerts import Alert
from ..core.errors import AuthenticationError
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import FAILURE, SUCCESS, Command
from .option_parser import OptionParser, add_channels, add_config, add_settings
from .reference_notes import CHANNEL_NOTES, RULES
from .watch_command import add_fresh, show_mailboxes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..settings import Settings


def add_options(parser: OptionParser) -> None:
    """Add the options of ``logs``."""
    parser.add_argument("watch_dir", nargs="?", metavar="FILE", help="a log, a directory, or - for a pipe")
    parser.add_argument("--no-follow", action="store_true", help="read the present content and exit")
    parser.add_argument("--json", action="store_true", help="write one JSON entry a line, for programs")
    parser.add_argument("--all", action="store_true", help="also show lines without a metric")
    add_settings(parser, "log_patterns")
    add_config(parser)
    group = parser.add_argument_group("alerts")
    add_settings(
        group,
        *("rules", "threshold", "metric", "comparison_mode", "check_interval", "log_dir"),
        threshold="a value of --metric strictly beyond it counts",
        metric="the metric of --threshold, and of rules that name none",
        check_interval="seconds between two polls (default: 0.5)",
    )
    add_fresh(group)
    add_channels(parser)
    add_settings(parser.add_argument_group("messages"), "digest", "plots")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Show the metrics of a log, and alert, until the log ends or the reader closes the pipe."""
    from ..settings import log_monitor_of, settings_of, single_watch, watched_metrics
    from .live_log import TAIL_BYTES, LiveLog

    follows = not options.no_follow
    shortens = follows and screen.is_screen and not options.json
    settings = single_watch(settings_of(vars(options), errors))
    live = LiveLog(
        screen,
        errors,
        as_json=options.json,
        every_line=options.all,
        shortens=shortens,
        lists=follows,
        first=watched_metrics(settings),
        looked_for=_looked_for(settings.get("watch_dir")) if follows else "",
    )
    failure = _PipedEnd(errors, settings) if settings.get("watch_dir") == "-" else None
    monitor = log_monitor_of(
        settings,
        errors,
        on_data=None if failure is None else failure.feed,
        at_end=None if failure is None else failure.alert,
        follows=follows,
        resume=not options.fresh,
        on_entry=live.add,
        on_look=live.polled,
        every_line=options.all,
        tail_bytes=TAIL_BYTES if shortens else None,
    )
    show_mailboxes([notifier.name for notifier in monitor.notifiers], errors)
    try:
        monitor.follow()
    except AuthenticationError as error:
        errors.say(
            errors.paint(f"The watch ended because the login was refused: {for_terminal(str(error))}", "red")
        )
        return FAILURE
    live.ended()
    return FAILURE if failure is not None and failure.has_failed else SUCCESS


class _PipedEnd:
    """Shows and reports the failure of the training that writes into the pipe."""

    def __init__(self, errors: Terminal, settings: Settings) -> None:
        from ..completion.piped_failure import PipedFailure
        from ..i18n.locale_language import locale_language

        self.has_failed = False
        self._errors = errors
        self._failure = PipedFailure(
            "auto-model-monitor logs -", settings.get("language") or locale_language()
        )
        self.feed = self._failure.feed

    def alert(self) -> Alert | None:
        """Show why the training failed, and return the alert about it; None where it did not."""
        found = self._failure.diagnosis()
        if found is None:
            return None
        self.has_failed = True
        alert = self._failure.alert(found, datetime.now().astimezone())
        why = for_terminal(str(alert.details["error"]))
        line = "" if found.line is None else f" (line {found.line})"
        self._errors.say(self._errors.paint(f"The training failed: {why}{line}", "red", "bold"))
        for text in (found.frame, found.remedy):
            if text:
                self._errors.say(for_terminal(text))
        return alert


def _looked_for(path: str | None) -> str:
    """Return which files are looked for in a directory, nothing for a file."""
    from ..sources.side_files.side_file import LOOKED_FOR

    if not path or not os.path.isdir(os.path.expanduser(path)):  # noqa: PTH111, PTH112
        return ""
    return f"No file of numbers is in {for_terminal(path)} yet; they are read when they come: {LOOKED_FOR}"


COMMAND = Command(
    usage="logs FILE|DIR|- [options]",
    summary="show the metrics of a log live, and alert when one matters",
    essential=("--rule", "--no-follow", "--json", "--all", "--pattern", "--sender", "--notify", "--config"),
    examples=(
        'logs train.log --rule "val_acc >= 90" --notify @urls',
        "logs runs/exp1 --no-follow --json",
        "python -u train.py 2>&1 | auto-model-monitor logs -",
    ),
    status="0 ended by Ctrl-C or SIGTERM, or because the log has ended; 1 the log\n"
    "cannot be read, the mail server refused the login, or the training that was\n"
    "piped in failed; 2 wrong usage or configuration.",
    notes=f"""\
FILE is followed through truncation and rotation, as by tail -F; - reads a pipe
to its end, and reports a failure that it shows. trainer_state.json,
metrics.csv, results.csv, summary.csv, scalars.json and TensorBoard's event
files are read too, and DIR reads all of them in it and below it.

A star marks a new best value. Of a file that has content already a screen
shows the end. With --rule or --threshold it alerts as watch does, with the
same options; without, nothing is written anywhere.

{RULES}

{CHANNEL_NOTES}""",
    add_options=add_options,
    run=run,
)
