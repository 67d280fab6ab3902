"""The program ``auto-model-monitor``: its commands and options, and one door for every error."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from .config import AUTH_CODE, AUTH_CODE_FILE
from .errors import ConfigError, MissingExtraError, MonitorError
from .terminal import Terminal, shown

PROGRAM = "auto-model-monitor"
_STATUS = """\
status: 0 fine; 1 something to know, which each command's --help names;
2 wrong usage or configuration; 130 interrupted"""
_SECRET = f"""\
The authorisation code is no option, because every user of the machine could
see it among the processes. Put it into the environment variable
{AUTH_CODE}, into a file that {AUTH_CODE_FILE}
names, or as auth_code into the file of --config."""
_FILE = """\
--config takes a TOML file with the names of MonitorConfig: watch_dir,
threshold, sender, receiver, auth_code, check_interval, log_dir,
comparison_mode, email_subject_template, email_content_template, smtp_host,
smtp_port, smtp_security, language, recursive; and pattern or metric. Relative
paths in it are relative to the file. Options given here win over the file."""

Command = Callable[[argparse.Namespace, Terminal, Terminal], int]


class _Refused(argparse.Action):
    """Refuses an option that would show the code, without repeating what was given."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        parser.error(f"{self.option_strings[0]} is not taken. {' '.join(_SECRET.split())}")


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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding cannot write is escaped, and ends nothing.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    errors = Terminal(sys.stderr)
    try:
        options = parser().parse_args(argv)
        status = _command(options.command)(options, Terminal(sys.stdout), errors)
        sys.stdout.flush()
    except SystemExit as end:  # argparse has said what there is to say
        return end.code if isinstance(end.code, int) else 2
    except BrokenPipeError:  # whoever read the output, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (MonitorError, OSError) as error:
        return _say(error, errors)
    return status


def _say(error: Exception, errors: Terminal) -> int:
    first, *rest = str(error).splitlines() or [type(error).__name__]
    errors.say(f"{PROGRAM}: {errors.paint('error', 'red', 'bold')}: {shown(first)}")
    for line in rest:
        errors.say(shown(line))
    return 2 if isinstance(error, (ConfigError, MissingExtraError)) else 1


def _command(name: str) -> Command:
    from . import commands

    command: Command = getattr(commands, name)
    return command


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = _Parser(
        prog=PROGRAM,
        description="Reads the scores in checkpoint names and mails you once when one of them matters.",
        epilog=f"example: {PROGRAM} demo\n\n{_STATUS}",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and end")
    commands = top.add_subparsers(metavar="COMMAND", dest="command", required=True, parser_class=_Parser)
    _add_watch(commands)
    _add_inspect(commands)
    _add_test_mail(commands)
    _add_demo(commands)
    return top


class _Parser(argparse.ArgumentParser):
    """A parser that keeps the line breaks of its texts, and knows no abbreviations."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: COMMAND"):
            self.print_help(sys.stderr)
            self.exit(2)
        super().error(shown(message))


def _add_watch(commands: Any) -> None:
    command = _add(
        commands,
        "watch",
        "watch a directory and send a mail for each new best score beyond the threshold",
        ["watch ./checkpoints --threshold 0.004 --sender you@qq.com"],
        "status: 0 ended by Ctrl-C or SIGTERM; 1 the mail server refused the login;\n"
        "2 wrong usage or configuration.\n\n"
        "Without --sender mails are written as .eml files into LOG_DIR/mailbox.\n\n"
        f"{_SECRET}\n\n{_FILE}",
    )
    _add_what(command, needs="lower")
    group = command.add_argument_group("how")
    group.add_argument(
        "--interval",
        "--check-interval",
        dest="check_interval",
        type=float,
        metavar="SECONDS",
        help="between two looks (default: 60)",
    )
    group.add_argument("--log-dir", metavar="DIR", help="where the run logs are kept (default: monitor_logs)")
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
        f"{_FILE}",
    )
    _add_what(command, needs="lower; without --threshold what is usual for the metric")
    command.add_argument("--all", action="store_true", help="show every name, however many there are")
    command.add_argument("--json", action="store_true", help="write JSON for programs")


def _add_test_mail(commands: Any) -> None:
    command = _add(
        commands,
        "test-mail",
        "send one mail and say what became of it",
        ["test-mail --sender you@qq.com", "test-mail --config night.toml"],
        "status: 0 the mail was accepted; 1 it was not; 2 wrong usage or configuration.\n\n"
        "Without --sender it is written as an .eml file into LOG_DIR/mailbox.\n\n"
        f"{_SECRET}\n\n{_FILE}",
    )
    command.add_argument("--log-dir", metavar="DIR", help="below it the mail is written without a sender")
    command.add_argument("--config", metavar="FILE.toml", help="settings in a file")
    _add_mail(command)


def _add_demo(commands: Any) -> None:
    command = _add(
        commands,
        "demo",
        "see it work in fifteen seconds, without an account, a server or a network",
        ["demo --language en"],
        "status: 0 it has played; 1 it could not; 2 wrong usage; 130 ended by Ctrl-C.",
    )
    command.add_argument("--fast", action="store_true", help="play without pauses")
    command.add_argument("--language", choices=("zh", "en"), help="of the mails (default: zh)")
    command.add_argument(
        "--keep",
        metavar="DIR",
        help="a new or empty folder for all that the demo writes (default: a temporary one)",
    )


def _add(
    commands: Any, name: str, summary: str, examples: Sequence[str], notes: str
) -> argparse.ArgumentParser:
    lines = "\n".join(f"  {PROGRAM} {example}" for example in examples)
    plural = "s" if len(examples) > 1 else ""
    command: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"example{plural}:\n{lines}\n\n{notes}",
    )
    command.set_defaults(command=name.replace("-", "_"))
    return command


def _add_what(command: argparse.ArgumentParser, needs: str) -> None:
    command.add_argument(
        "watch_dir", nargs="?", metavar="DIR", help="the directory that holds the checkpoints"
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
        choices=("lower", "higher"),
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
