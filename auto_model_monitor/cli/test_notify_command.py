"""``auto-model-monitor test-notify``: send one message through each channel."""

from __future__ import annotations

import argparse

from ..core.errors import NotificationError
from ..core.host import host_name
from ..core.messages import Message
from ..i18n import Language
from ..notifiers import Notifier
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import FAILURE, SUCCESS, Command
from .option_parser import OptionParser, add_channels, add_config, add_settings
from .reference_notes import CHANNEL_NOTES


def add_options(parser: OptionParser) -> None:
    """Add the options of ``test-notify``."""
    add_settings(parser, "log_dir", log_dir="below it is the mail that no sender sends")
    add_config(parser)
    add_channels(parser)


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Send one message through each channel the way an alert goes, and show the result."""
    from ..notifiers.email import EmailNotifier
    from ..settings import channels_of, settings_of_channels

    channels = channels_of(settings_of_channels(vars(options), errors), errors)
    accepted = [_send(notifier, config.language, screen, errors) for notifier, config in channels]
    if any(isinstance(n, EmailNotifier) and yes for (n, _), yes in zip(channels, accepted, strict=True)):
        screen.say("Check the mailbox; if the mail is not there, check the spam folder.")
    return SUCCESS if all(accepted) else FAILURE


def _send(notifier: Notifier, language: Language, screen: Terminal, errors: Terminal) -> bool:
    message = _test_message(language)
    try:
        notifier.send(message)
    except NotificationError as error:
        errors.say(errors.paint(f"{notifier.name}: not accepted: {for_terminal(str(error))}", "red"))
        return False
    except Exception as error:
        # A bug of ours or of a library; its text may quote a secret.
        errors.say(errors.paint(f"{notifier.name}: not accepted: a bug, {type(error).__name__}", "red"))
        return False
    screen.say(_accepted(notifier, message, screen))
    return True


def _accepted(notifier: Notifier, message: Message, screen: Terminal) -> str:
    from ..notifiers.email import EmailNotifier
    from ..notifiers.mailbox import MailboxNotifier

    if isinstance(notifier, MailboxNotifier):
        return f"No sender was given, so the mail is a file: {for_terminal(str(notifier.path_of(message)))}"
    if isinstance(notifier, EmailNotifier):
        server = notifier.server
        where = f"{server.host}:{server.port} ({server.security})"
        return screen.paint(f"{where} accepted the mail to {', '.join(notifier.receivers)}", "green")
    return screen.paint(f"{notifier.name}: accepted", "green")


def _test_message(language: Language) -> Message:
    from ..core.clocks import SystemClock
    from ..rendering.channel_test import channel_test_message

    return channel_test_message(language, host=host_name(), time=SystemClock().now())


COMMAND = Command(
    usage="test-notify [options]",
    summary="send one message through each channel and show the result",
    essential=(
        *("--sender", "--receiver", "--notify", "--language", "--smtp-host", "--smtp-port"),
        *("--log-dir", "--config"),
    ),
    examples=(
        "test-notify --sender you@qq.com",
        "test-notify --notify @urls",
        "test-notify --config night.toml",
    ),
    status="0 every message was accepted; 1 one was not; 2 wrong usage or\nconfiguration.",
    notes="test-mail is the former name of this command.\n\n"
    "Without --sender and --notify the mail is written as an .eml file into\nLOG_DIR/mailbox.\n\n"
    f"{CHANNEL_NOTES}",
    add_options=add_options,
    run=run,
)
