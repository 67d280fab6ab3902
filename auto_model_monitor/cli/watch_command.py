"""``auto-model-monitor watch``: watch directories of checkpoints until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from ..core.errors import AuthenticationError
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import FAILURE, SUCCESS, Command
from .option_parser import PROGRAM, OptionParser, add_channels, add_config, add_settings
from .reference_notes import CHANNEL_NOTES, RULES


def add_options(parser: OptionParser) -> None:
    """Add the options of ``watch``."""
    parser.add_argument(
        "watch_dir", nargs="*", metavar="DIR", help="the directory of the checkpoints; repeatable"
    )
    add_settings(parser, "threshold", "rules", "comparison_mode")
    add_settings(parser.add_mutually_exclusive_group(), "pattern", "metric")
    add_settings(parser, "recursive")
    add_config(parser)
    group = parser.add_argument_group("how")
    add_settings(group, "check_interval", "log_dir")
    add_fresh(group)
    add_settings(group, "silent_after")
    add_channels(parser)
    group = parser.add_argument_group("messages")
    add_settings(group, "digest", "plots", "email_subject_template", "email_content_template")


def add_fresh(container: argparse._ActionsContainer) -> None:
    """Add the option that forgets earlier runs."""
    container.add_argument(
        "--fresh", action="store_true", help="forget the alerts of earlier runs, as for a new training"
    )


def show_mailboxes(channels: Iterable[str], errors: Terminal) -> None:
    """Show where the mails are that no sender sends."""
    for name in channels:
        if name.startswith("mailbox "):
            folder = for_terminal(name.removeprefix("mailbox "))
            errors.say(f"No sender was given: mails are written as .eml files into {folder}")
            errors.say(f"{PROGRAM} setup makes them real, once for all commands and scripts.")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Watch until Ctrl-C or SIGTERM."""
    from ..monitor.groups.watch_group import WatchGroup
    from ..settings import settings_of, watch_of

    running = watch_of(settings_of(vars(options), errors), errors, resume=not options.fresh)
    monitors = running.monitors if isinstance(running, WatchGroup) else [running]
    show_mailboxes({n.name: None for monitor in monitors for n in monitor.notifiers}, errors)
    try:
        running.start_monitoring()
    except AuthenticationError:
        # The log on the screen names the reason and the page that helps.
        errors.say(errors.paint("The watch ended because the login was refused.", "red"))
        return FAILURE
    return SUCCESS


COMMAND = Command(
    usage="watch [DIR ...] [--rule TEXT] [options]",
    summary="watch directories and alert at each new best score",
    essential=(
        *("--rule", "--threshold", "--metric", "--interval", "--sender", "--receiver", "--notify"),
        "--config",
    ),
    examples=(
        'watch ./checkpoints --rule "val_loss < 0.004"',
        "watch ./checkpoints --threshold 0.004 --sender you@qq.com",
        'watch run1 run2 --rule "acc >= 0.95" --notify @urls',
    ),
    status="0 ended by Ctrl-C or SIGTERM; 1 the mail server refused the login;\n"
    "2 wrong usage or configuration.",
    notes="Without --sender and --notify mails are written as .eml files into\nLOG_DIR/mailbox. "
    "With several directories one more message comes when all of\nthem are done or silent, "
    f"and one when one of them continues.\n\n{RULES}\n\n{CHANNEL_NOTES}",
    add_options=add_options,
    run=run,
)
