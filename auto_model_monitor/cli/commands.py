"""What each command does; each returns the status with which the program ends."""

from __future__ import annotations

import argparse
import logging
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import uuid4

from ..core.alerts import Alert
from ..core.clocks import SystemClock
from ..core.comparison import Comparison
from ..core.errors import AuthenticationError, ConfigError, NotificationError
from ..core.messages import Message
from ..core.readings import Reading
from ..delivery.outbox import DeliveryState
from ..i18n import Language, wording
from ..monitor.settings_table import MODES
from ..notifiers import Notifier
from ..notifiers.email import EmailNotifier
from ..notifiers.mailbox import MailboxNotifier
from ..rendering import Renderer
from ..settings import (
    config_of,
    others_can_read,
    parser_of,
    settings_of,
    single_watch,
    warn_of_readers,
    with_rules,
)
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal

FINE, SOMETHING_TO_KNOW, WRONG, INTERRUPTED = 0, 1, 2, 130


def watch(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Watch until Ctrl-C or SIGTERM."""
    from ..monitor.group import WatchGroup
    from ..settings.watches import watch_of

    running = watch_of(settings_of(vars(options), errors), errors, resume=not options.fresh)
    monitors = running.monitors if isinstance(running, WatchGroup) else [running]
    channels = {notifier.name: None for monitor in monitors for notifier in monitor.notifiers}
    _say_where_mails_go(channels, errors)
    try:
        running.start_monitoring()
    except AuthenticationError:
        # The log on the screen has just said why, and which page helps.
        errors.say(errors.paint("The watch ended because the login was refused.", "red"))
        return SOMETHING_TO_KNOW
    return FINE


def logs(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Show what a training's log says, and tell of it, until it ends or somebody has enough."""
    from ..settings.log_watches import log_monitor_of
    from .live_log import HEARD, LiveLog

    follows = not options.no_follow
    shortens = follows and screen.is_screen and not options.json
    live = LiveLog(
        screen,
        errors,
        as_json=options.json,
        every_line=options.all,
        shortens=shortens,
    )
    monitor = log_monitor_of(
        single_watch(settings_of(vars(options), errors)),
        errors,
        follows=follows,
        resume=not options.fresh,
        on_entry=live.hear,
        on_look=live.looked,
        every_line=options.all,
        heard=HEARD if shortens else None,
    )
    _say_where_mails_go([notifier.name for notifier in monitor.notifiers], errors)
    try:
        monitor.follow()
    except AuthenticationError as error:
        errors.say(
            errors.paint(f"The watch ended because the login was refused: {for_terminal(str(error))}", "red")
        )
        return SOMETHING_TO_KNOW
    live.ended()
    return FINE


def _say_where_mails_go(channels: Iterable[str], errors: Terminal) -> None:
    for name in channels:
        if name.startswith("mailbox "):
            folder = for_terminal(name.removeprefix("mailbox "))
            errors.say(f"No sender was given: mails are written as .eml files into {folder}")


def inspect(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Show what a watch would make of a directory."""
    from ..monitor.inspection import inspect_directory
    from .inspection_report import Asked, as_json, show

    settings = single_watch(settings_of(vars(options), errors))
    if not settings.get("watch_dir"):
        raise ConfigError("DIR: expected the directory to look at, got none")
    if settings.get("rules"):
        settings, _ = with_rules(settings)
    pattern, metric = settings.get("pattern"), settings.get("metric")
    mode, recursive = settings.get("comparison_mode"), settings.get("recursive", False)
    threshold = settings.get("threshold")
    # The configuration itself finds fault with what an inspection shares with a watch.
    config_of({"watch_dir": ".", "threshold": threshold, "comparison_mode": mode or "lower"})
    with _without_log():
        inspection = inspect_directory(
            os.path.expanduser(settings["watch_dir"]),  # noqa: PTH111 - "./x" is shown as it was typed
            parser_of(settings),
            comparison=None if mode is None else MODES[mode],
            threshold=threshold,
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
    """Silence the package's log inside the block: the report gives the reason for each name."""
    log = logging.getLogger(__package__.partition(".")[0])
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def outbox(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """List what was sent and what is owed, or change what becomes of it."""
    from .outbox_report import Asked, as_json, drop, opened, retry, show

    asked = Asked.of(options.words)
    folders = {settings.get("log_dir", "monitor_logs") for settings in settings_of(vars(options), errors)}
    if len(folders) > 1 and not asked.path:
        raise ConfigError(f"--log-dir: expected, as {options.config} has {len(folders)} of them")
    box = opened(asked.path or folders.pop())
    try:
        if asked.action == "retry":
            return FINE if retry(box, asked.ids, screen, errors) else SOMETHING_TO_KNOW
        if asked.action == "drop":
            return FINE if drop(box, asked.ids, screen, errors) else SOMETHING_TO_KNOW
        deliveries = box.deliveries()
    finally:
        box.close()
    if options.json:
        screen.say(as_json(box.path, deliveries))
    else:
        show(box.path, deliveries, screen, everything=options.all)
    unsettled = (DeliveryState.OWED, DeliveryState.REFUSED)
    return SOMETHING_TO_KNOW if any(d.state in unsettled for d in deliveries) else FINE


def test_notify(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Send one message through each channel the way an alert goes, and say what became of it."""
    from ..settings.watches import channels_of

    channels = channels_of(settings_of(vars(options), errors), errors)
    accepted = [_try(notifier, config.language, screen, errors) for notifier, config in channels]
    if any(isinstance(n, EmailNotifier) and yes for (n, _), yes in zip(channels, accepted, strict=True)):
        screen.say("Look into the mailbox, and if it is not there, among the spam.")
    return FINE if all(accepted) else SOMETHING_TO_KNOW


def _try(notifier: Notifier, language: Language, screen: Terminal, errors: Terminal) -> bool:
    message = _test_message(language)
    try:
        notifier.send(message)
    except NotificationError as error:
        errors.say(errors.paint(f"{notifier.name}: not accepted: {for_terminal(str(error))}", "red"))
        return False
    except Exception as error:
        # A fault of ours or of a library; its own text may quote a secret.
        errors.say(errors.paint(f"{notifier.name}: not accepted: a fault, {type(error).__name__}", "red"))
        return False
    screen.say(_accepted(notifier, message, screen))
    return True


def _accepted(notifier: Notifier, message: Message, screen: Terminal) -> str:
    if isinstance(notifier, MailboxNotifier):
        return f"No sender was given, so the mail is a file: {for_terminal(str(notifier.path_of(message)))}"
    if isinstance(notifier, EmailNotifier):
        server = notifier.server
        where = f"{server.host}:{server.port} ({server.security})"
        return screen.paint(f"{where} accepted the mail to {', '.join(notifier.receivers)}", "green")
    return screen.paint(f"{notifier.name}: accepted", "green")


def _test_message(language: Language) -> Message:
    words = wording(language)
    alert = Alert(
        id=uuid4().hex,
        rule="test-notify",
        time=SystemClock().now(),
        reading=Reading(metric="test", value=0.0, name="test"),
        comparison=Comparison.LOWER,
        threshold=0.0,
    )
    renderer = Renderer(
        language=language,
        subject_template=words.test_subject,
        content_template=words.test_content,
        host=socket.gethostname(),
    )
    return renderer.render(alert)


def demo(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Play a training and its mails."""
    from .demo import play

    try:
        return play(screen, language=options.language or _spoken(), fast=options.fast, folder=options.keep)
    except KeyboardInterrupt:
        screen.say()
        screen.say("Interrupted; the training of the demo has ended too.")
        return INTERRUPTED


def _spoken() -> Language:
    """Return the language of whoever tries it for the first time: what their programs speak."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, names), "").lower().startswith("zh") else "en"


def serve(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Serve the API and its page until Ctrl-C or SIGTERM."""
    from ..api.server import serve
    from ..api.server_settings import ServerSettings

    settings = ServerSettings.of(options)
    secret = {"auth_code", "notify"} & settings.tell.keys()
    if secret and options.config is not None and others_can_read(options.config):
        warn_of_readers(options.config, "secrets in [tell]", errors)
    serve(settings, screen, errors)
    return FINE
