"""``auto-model-monitor setup``: how messages reach you, once for all programs of this machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from ..core.errors import ConfigError
from ..core.host import host_name
from ..i18n import Language
from ..i18n.locale_language import locale_language
from ..i18n.setup_texts import SetupTexts, setup_texts
from ..monitor.config.monitor_config import AUTH_CODE, AUTH_CODE_FILE, MonitorConfig
from ..notifiers import Notifier
from ..notifiers.urls import masked, notifier_from_url
from ..notifiers.user_defaults import (
    CONFIG,
    UserDefaults,
    defaults_path,
    remove_user_defaults,
    user_defaults,
    write_user_defaults,
)
from ..settings import NOTIFY, notify_of_environment
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import FAILURE, SUCCESS, Command
from .option_parser import PROGRAM, OptionParser, add_channels


def add_options(parser: OptionParser) -> None:
    """Add the options of ``setup``."""
    add_channels(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--show", action="store_true", help="show where messages go, without secrets, and end")
    what.add_argument("--remove", action="store_true", help="forget what an earlier setup has written")
    parser.add_argument("--no-test", action="store_true", help="write without sending a test message")
    parser.add_argument(
        "--no-keyring", action="store_true", help="keep the secrets in the file, not in the system's keyring"
    )


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Ask for channels or take those of the options, try them, and write them."""
    if options.show:
        return _show(screen)
    texts = setup_texts(options.language or locale_language())
    if options.remove:
        path = remove_user_defaults()
        gone = f"Removed {path}." if path else f"There is no {defaults_path()}."
        screen.say(for_terminal(gone))
        return SUCCESS
    language: Language = options.language or locale_language()
    if options.sender or options.notify:
        found = _of_options(options)
        if not options.no_test:
            for notifier in _notifiers(found):
                _deliver(notifier, language)
    else:
        try:
            found = _of_dialogue(texts, screen, language)
        except (EOFError, KeyboardInterrupt):
            errors.say(f"\n{texts.nothing}")
            return FAILURE
    _write(found, options, texts, screen)
    return SUCCESS


def _of_options(options: argparse.Namespace) -> UserDefaults:
    if any(url.startswith(("@", "mailto:")) for url in options.notify or ()):
        raise ConfigError(
            "notify: expected URLs that are kept, such as dingtalk://TOKEN, got a file or mailto:"
        )
    names = ("sender", "receiver", "smtp_user", "smtp_host", "smtp_port", "smtp_security")
    mail = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    # With a language, so that it is not looked for in the file that is replaced, which may be damaged.
    config = MonitorConfig(".", language=options.language or locale_language(), **mail)
    return UserDefaults(**mail, auth_code=config.auth_code, notify=tuple(options.notify or ()))


def _of_dialogue(texts: SetupTexts, screen: Terminal, language: Language) -> UserDefaults:
    from getpass import getpass

    from .setup_dialogue import SetupDialogue

    if not sys.stdin.isatty():
        raise ConfigError(
            "setup: expected a terminal to ask at, got none; give --sender or --notify, and the code in "
            f"{AUTH_CODE} or {AUTH_CODE_FILE}"
        )
    dialogue = SetupDialogue(
        texts=texts,
        screen=screen,
        ask=input,
        ask_hidden=getpass,
        deliver=lambda notifier: _deliver(notifier, language),
    )
    return dialogue.channels()


def _write(found: UserDefaults, options: argparse.Namespace, texts: SetupTexts, screen: Terminal) -> None:
    from dataclasses import replace

    from ..notifiers.keyring_secrets import has_keyring

    has_secrets = bool(found.auth_code or found.notify)
    in_keyring = has_secrets and not options.no_keyring and has_keyring()
    path = write_user_defaults(replace(found, language=options.language, keyring=in_keyring))
    screen.say(texts.written.format(path=for_terminal(str(path))))
    if in_keyring:
        screen.say(texts.in_keyring)
    screen.say(texts.next.format(command=f"{PROGRAM} test-notify"))


def _notifiers(defaults: UserDefaults) -> Iterator[Notifier]:
    from ..notifiers.email import EmailNotifier

    if defaults.sender is not None:
        yield EmailNotifier(
            defaults.sender,
            defaults.receiver or defaults.sender,
            defaults.auth_code,
            host=defaults.smtp_host,
            port=defaults.smtp_port,
            security=defaults.smtp_security,
            user=defaults.smtp_user,
        )
    yield from map(notifier_from_url, defaults.notify)


def _deliver(notifier: Notifier, language: Language) -> None:
    from ..core.clocks import SystemClock
    from ..rendering.channel_test import channel_test_message

    notifier.send(channel_test_message(language, host=host_name(), time=SystemClock().now()))


def _show(screen: Terminal) -> int:
    """Show what decides where messages go, the first that is given winning."""
    defaults = user_defaults()
    code = next((name for name in (AUTH_CODE, AUTH_CODE_FILE) if os.environ.get(name)), None)
    urls = [masked(url) for url in notify_of_environment().split()]
    environment = [f"{NOTIFY}: {', '.join(urls)}"] if urls else []
    environment += [f"{code}: ***"] if code else []
    mine = "none; run setup" if defaults is None else _masked(defaults)
    screen.say("Where messages go; the first that names a channel decides:")
    for number, line in enumerate(
        (
            "options and arguments: --sender and --notify, sender= and notifiers=",
            f"environment: {'; '.join(environment) or 'nothing'}",
            "the file of --config",
            f"your defaults in {defaults_path()}{_by_environment()}: {mine}",
            "else mails as files in LOG_DIR/mailbox",
        ),
        1,
    ):
        screen.say(f"{number}. {for_terminal(line)}")
    return SUCCESS


def _by_environment() -> str:
    return f" (named by {CONFIG})" if os.environ.get(CONFIG) else ""


def _masked(defaults: UserDefaults) -> str:
    parts = []
    if defaults.sender:
        parts.append(f"mail from {defaults.sender} to {defaults.receiver or defaults.sender}")
        parts.append(f"code {'***' if defaults.auth_code else 'none'}")
        parts += [f"{name} {value}" for name, value in defaults.mail.items() if name.startswith("smtp_")]
    parts += map(masked, defaults.notify)
    parts += [f"language {defaults.language}"] if defaults.language else []
    parts += ["secrets in the keyring"] if defaults.keyring else []
    return ", ".join(parts)


COMMAND = Command(
    usage="setup [options]",
    summary="say once how messages reach you, for all commands and scripts",
    essential=("--sender", "--receiver", "--notify", "--show", "--remove", "--language"),
    examples=("setup", "setup --show", 'setup --notify "dingtalk://TOKEN?secret=SEC"'),
    status="0 written, shown or removed; 1 a channel refused the test message, or\n"
    "you gave up; 2 wrong usage or configuration.",
    notes=f"Without --sender and --notify it asks. The file is {CONFIG},\n"
    "else auto-model-monitor/config.toml in the user's configuration directory. Each\n"
    "setup replaces the one before. With the extra keyring the secrets are in the\n"
    "system's keyring where there is one.",
    add_options=add_options,
    run=run,
)
