"""The command line: its commands, their options, and the help of each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ..text.cleaning import for_terminal
from .help_texts import FILE, RULES, SECRET, STATUS, URLS
from .logs_options import add_logs
from .serve_options import add_serve

PROGRAM = "auto-model-monitor"


class _Refused(argparse.Action):
    """Refuses an option that would show the code, without repeating what was given."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        parser.error(f"{self.option_strings[0]} is not taken. {' '.join(SECRET.split())}")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for, as that takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version(PROGRAM)
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"{PROGRAM} {number}\n")
        parser.exit(0)


class _Parser(argparse.ArgumentParser):
    """A parser that keeps the line breaks of its texts, knows no abbreviations, and repeats no URL."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: COMMAND"):
            self.print_help(sys.stderr)
            self.exit(2)
        super().error(for_terminal(_without_urls(message)))


def _without_urls(message: str) -> str:
    """Return a message in which a URL, which may hold a secret, shows no more than its scheme."""
    words = message.split()
    return " ".join(f"{word.partition('://')[0]}://***" if "://" in word else word for word in words)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = _Parser(
        prog=PROGRAM,
        description="Reads the scores in checkpoint names and tells you once when one of them matters.",
        epilog=f"example: {PROGRAM} demo\n\n{STATUS}",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and end")
    commands = top.add_subparsers(metavar="COMMAND", dest="command", required=True, parser_class=_Parser)
    _add_watch(commands)
    add_logs(_add, commands, _add_telling, f"{RULES}\n\n{URLS}\n\n{SECRET}\n\n{FILE}")
    _add_inspect(commands)
    _add_outbox(commands)
    _add_test_notify(commands)
    _add_demo(commands)
    add_serve(_add, commands, _add_telling)
    return top


def _add_watch(commands: Any) -> None:
    command = _add(
        commands,
        "watch",
        "watch directories and tell of each new best score beyond the threshold",
        [
            "watch ./checkpoints --threshold 0.004 --sender you@qq.com",
            'watch run1 run2 --rule "acc >= 0.95" --notify @urls',
        ],
        "status: 0 ended by Ctrl-C or SIGTERM; 1 the mail server refused the login;\n"
        "2 wrong usage or configuration.\n\n"
        "Without --sender and --notify mails are written as .eml files into\nLOG_DIR/mailbox. "
        "With several directories one more message comes when all of\nthem are done or silent, "
        "and one when something moves again.\n\n"
        f"{RULES}\n\n{URLS}\n\n{SECRET}\n\n{FILE}",
        usage=f"{PROGRAM} watch [DIR ...] [--threshold NUMBER] [options]",
    )
    _add_what(command, needs="lower", several=True)
    command.add_argument(
        "--rule",
        dest="rules",
        action="append",
        metavar="TEXT",
        help="one more reason to tell; may be repeated",
    )
    group = command.add_argument_group("how")
    group.add_argument(
        "--interval",
        "--check-interval",
        dest="check_interval",
        type=float,
        metavar="SECONDS",
        help="between two looks (default: 60)",
    )
    group.add_argument("--log-dir", metavar="DIR", help="of run logs and outbox (default: monitor_logs)")
    group.add_argument("--fresh", action="store_true", help="forget what was told before, as for a new run")
    group.add_argument(
        "--silent-after",
        metavar="TIME",
        help="of several directories: silent is one without anything new for so long, such as 90s, 30min, "
        "2h or 3x, the usual gap (default: 3x; 6h as long as no gap is usual)",
    )
    _add_notify(command)
    _add_mail(command)
    words = "with placeholders such as {score:.4f}, {filename}, {threshold}, {condition}, {timestamp}"
    group = command.add_argument_group("words")
    group.add_argument(
        "--subject", dest="email_subject_template", metavar="TEXT", help=f"the subject, {words}"
    )
    group.add_argument(
        "--content",
        dest="email_content_template",
        metavar="TEXT|@FILE",
        help="the content, likewise, or a file that holds it",
    )


def _add_inspect(commands: Any) -> None:
    command = _add(
        commands,
        "inspect",
        "show what every name in a directory yields, and which would have sent a mail",
        ["inspect ./checkpoints --threshold 0.004", "inspect ./checkpoints --metric val_loss --json"],
        "status: 0 at least one score was read; 1 none was, or the directory cannot be\n"
        "read; 2 wrong usage or configuration.\n\n"
        f"{FILE}",
    )
    _add_what(command, needs="lower; without --threshold what is usual for the metric")
    command.add_argument("--all", action="store_true", help="show every name, however many there are")
    command.add_argument("--json", action="store_true", help="write JSON for programs")


def _add_outbox(commands: Any) -> None:
    command = _add(
        commands,
        "outbox",
        "list what was sent when and to whom, what is owed, and why",
        ["outbox", "outbox --log-dir monitor_logs --json", "outbox retry", "outbox drop 12"],
        "retry [ID ...] owes deliveries again, at once: all that are owed or were\n"
        "refused, unless numbers are given. drop ID ... is done with them. A watch that\n"
        "runs notices within a minute; without one they go out when it runs again.\n\n"
        "status: 0 nothing is owed and nothing was refused, or retry and drop are done;\n"
        "1 something is owed or was refused, there is no such delivery, or no outbox;\n"
        "2 wrong usage.",
        usage=f"{PROGRAM} outbox [retry [ID ...] | drop ID ...] [PATH] [options]",
    )
    command.add_argument("words", nargs="*", metavar="PATH", help="an outbox.db, or the folder that holds it")
    command.add_argument("--log-dir", metavar="DIR", help="the folder that holds it (default: monitor_logs)")
    command.add_argument("--config", metavar="FILE.toml", help="a file of settings whose log_dir is meant")
    command.add_argument("--all", action="store_true", help="list all that is kept, not the last ones alone")
    command.add_argument("--json", action="store_true", help="write JSON for programs")


def _add_test_notify(commands: Any) -> None:
    command = _add(
        commands,
        "test-notify",
        "send one message through each channel and say what became of it",
        ["test-notify --sender you@qq.com", "test-notify --notify @urls", "test-notify --config night.toml"],
        "status: 0 every message was accepted; 1 one was not; 2 wrong usage or\nconfiguration. "
        "test-mail is the same command by its old name.\n\n"
        "Without --sender and --notify it is written as an .eml file into\nLOG_DIR/mailbox.\n\n"
        f"{URLS}\n\n{SECRET}\n\n{FILE}",
        aliases=["test-mail"],
    )
    command.add_argument("--log-dir", metavar="DIR", help="below it the mail is written without a sender")
    command.add_argument("--config", metavar="FILE.toml", help="settings in a file")
    _add_notify(command)
    _add_mail(command)


def _add_demo(commands: Any) -> None:
    command = _add(
        commands,
        "demo",
        "see it work in fifteen seconds, without an account, a server or a network",
        ["demo --language zh"],
        "status: 0 it has played; 1 it could not; 2 wrong usage; 130 ended by Ctrl-C.",
    )
    command.add_argument("--fast", action="store_true", help="play without pauses")
    of_the_mails = "of the mails (default: zh where LC_ALL or LANG says so, else en)"
    command.add_argument("--language", choices=("zh", "en"), help=of_the_mails)
    command.add_argument(
        "--keep",
        metavar="DIR",
        help="a new or empty folder for all that the demo writes (default: a temporary one)",
    )


def _add(
    commands: Any, name: str, summary: str, examples: Sequence[str], notes: str, **options: Any
) -> argparse.ArgumentParser:
    lines = "\n".join(f"  {PROGRAM} {example}" for example in examples)
    plural = "s" if len(examples) > 1 else ""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example{plural}:\n{lines}\n\n{notes}",
        **options,
    )
    command.set_defaults(command=name.replace("-", "_"))
    return command


def _add_what(command: argparse.ArgumentParser, needs: str, *, several: bool = False) -> None:
    command.add_argument(
        "watch_dir",
        nargs="*" if several else "?",
        metavar="DIR",
        help="the directory that holds the checkpoints" + ("; may be repeated" if several else ""),
    )
    command.add_argument(
        "--threshold",
        type=float,
        metavar="NUMBER",
        help="a score strictly beyond it counts; write --threshold=-1e-5 for one that begins with a minus",
    )
    command.add_argument(
        "--mode",
        "--comparison-mode",
        dest="comparison_mode",
        choices=("lower", "higher", "min", "max"),
        help=f"which scores are better (default: {needs})",
    )
    reader = command.add_mutually_exclusive_group()
    reader.add_argument(
        "--pattern", metavar="REGEX", help="reads the score: its first group, such as 'val_loss_([0-9.]+)'"
    )
    reader.add_argument(
        "--metric",
        metavar="NAME",
        help="the metric to read where names hold several; --metric=-val_loss for one written negated",
    )
    command.add_argument(
        "--recursive", action="store_true", default=None, help="look into the folders below, too"
    )
    command.add_argument("--config", metavar="FILE.toml", help="settings in a file")


def _add_telling(command: argparse.ArgumentParser) -> None:
    _add_notify(command)
    _add_mail(command)


def _add_notify(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("channels")
    group.add_argument(
        "--notify",
        action="append",
        metavar="URL|@FILE",
        help="one more channel, such as dingtalk://TOKEN?secret=SEC; may be repeated",
    )


def _add_mail(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("mail")
    group.add_argument(
        "--sender",
        "--from",
        dest="sender",
        metavar="ADDRESS",
        help="the mailbox that sends; its server follows from the address",
    )
    group.add_argument(
        "--receiver",
        "--to",
        dest="receiver",
        action="append",
        metavar="ADDRESS",
        help="who receives, may be repeated (default: the sender)",
    )
    group.add_argument("--language", choices=("zh", "en"), help="of the mails (default: zh)")
    group.add_argument(
        "--smtp-host", metavar="HOST", help="the mail server, where it is not known from the address"
    )
    group.add_argument("--smtp-port", type=int, metavar="PORT", help="its port")
    group.add_argument(
        "--smtp-security", choices=("ssl", "starttls", "none"), help="how the connection is protected"
    )
    command.add_argument("--auth-code", "--password", nargs="?", action=_Refused, help=argparse.SUPPRESS)
