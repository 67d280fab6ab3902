"""What each command does; each returns the status with which the program ends."""

from __future__ import annotations

import argparse
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from .alerts import Alert
from .clocks import SystemClock
from .comparison import Comparison
from .errors import AuthenticationError, ConfigError, NotificationError
from .messages import Message
from .model_monitor import ModelMonitor, notifier_for
from .notifiers.email import EmailNotifier
from .notifiers.mailbox import MailboxNotifier
from .readings import Reading
from .rendering import Renderer
from .settings import config_of, parser_of, settings_of
from .terminal import Terminal
from .wording import wording

FINE, SOMETHING_TO_KNOW, WRONG, INTERRUPTED = 0, 1, 2, 130


def watch(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Watch until Ctrl-C or SIGTERM."""
    config = config_of(settings_of(options, errors))
    monitor = ModelMonitor(config)
    if config.sender is None:
        folder = Path(config.log_dir).expanduser().absolute() / "mailbox"
        errors.say(f"No sender was given: mails are written as .eml files into {folder}")
    try:
        monitor.start_monitoring()
    except AuthenticationError:
        # The log on the screen has just said why, and which page helps.
        errors.say(errors.paint("The watch ended because the login was refused.", "red"))
        return SOMETHING_TO_KNOW
    return FINE


def inspect(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Show what a watch would make of a directory."""
    from .inspection import inspect_directory
    from .inspection_report import Asked, as_json, show

    settings = settings_of(options, errors)
    if not settings.get("watch_dir"):
        raise ConfigError("DIR: wanted the directory to look at, got none")
    pattern, metric = settings.get("pattern"), settings.get("metric")
    mode, recursive = settings.get("comparison_mode"), settings.get("recursive", False)
    _check_numbers(settings.get("threshold"), mode)
    with _without_log():
        inspection = inspect_directory(
            os.path.expanduser(settings["watch_dir"]),  # noqa: PTH111 - "./x" is shown as it was typed
            parser_of(settings),
            comparison=None if mode is None else Comparison(mode),
            threshold=settings.get("threshold"),
            recursive=recursive,
            suggest=pattern is None and metric is None,
        )
    asked = Asked(pattern=pattern, metric=metric, recursive=recursive)
    if options.json:
        screen.say(as_json(inspection, asked))
    else:
        show(inspection, asked, screen, everything=options.all)
    return FINE if inspection.scores else SOMETHING_TO_KNOW


@contextmanager
def _without_log() -> Iterator[None]:
    """Keep the log still inside the block, where a report says it all, each name in its place."""
    log = logging.getLogger(__package__)
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _check_numbers(threshold: float | None, mode: str | None) -> None:
    """Let the configuration itself find fault with what an inspection shares with a watch."""
    config_of(
        {
            "watch_dir": ".",
            "threshold": 0.0 if threshold is None else threshold,
            "comparison_mode": mode or "lower",
        }
    )


def test_mail(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Send one mail the way an alert goes, and say what became of it."""
    settings = {"watch_dir": ".", "threshold": 0.0, **settings_of(options, errors)}
    config = config_of(settings)
    log_dir = Path(config.log_dir).expanduser().absolute()
    notifier = notifier_for(config, log_dir)
    message = _test_message(config.language)
    try:
        notifier.send(message)
    except NotificationError as error:
        errors.say(errors.paint(f"{notifier.name}: not accepted: {error}", "red"))
        return SOMETHING_TO_KNOW
    if isinstance(notifier, MailboxNotifier):
        screen.say(f"No sender was given, so the mail is a file: {notifier.path_of(message)}")
    elif isinstance(notifier, EmailNotifier):
        server = notifier.server
        where = f"{server.host}:{server.port} ({server.security})"
        screen.say(screen.paint(f"{where} accepted the mail to {', '.join(notifier.receivers)}", "green"))
        screen.say("Look into the mailbox, and if it is not there, among the spam.")
    return FINE


def _test_message(language: str) -> Message:
    words = wording("zh" if language == "zh" else "en")
    alert = Alert(
        id=uuid4().hex,
        rule="test-mail",
        time=SystemClock().now(),
        reading=Reading(metric="test", value=0.0, name="test"),
        comparison=Comparison.LOWER,
        threshold=0.0,
    )
    renderer = Renderer(
        language="zh" if language == "zh" else "en",
        subject_template=words.test_subject,
        content_template=words.test_content,
        host=socket.gethostname(),
    )
    return renderer.render(alert)


def demo(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Play a training and its mails."""
    from .demo import play

    try:
        return play(screen, language=options.language or "zh", fast=options.fast, folder=options.keep)
    except KeyboardInterrupt:
        screen.say()
        screen.say("Interrupted; the training of the demo has ended too.")
        return INTERRUPTED
