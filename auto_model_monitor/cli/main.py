"""The program ``auto-model-monitor``: its commands, its start, its end, and one door for every error."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from ..core.errors import ConfigError, MissingExtraError, MonitorError
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .command import FAILURE, INTERRUPTED, WRONG_USAGE, Command
from .option_parser import PROGRAM, OptionParser, VersionOption, did_you_mean

#: The commands, in the order of the help; each has a module of its own.
NAMES = (
    *("run", "setup", "watch", "logs", "inspect", "outbox", "test-notify", "demo", "serve"),
    *("diagnose", "monitor", "evaluate", "schema", "help"),
)
_FORMER_NAMES = {"test-mail": "test-notify"}
_STATUS = """\
status: 0 success; 1 something to know, which the help of each command names;
2 wrong usage or configuration; 130 interrupted"""


def command_of(name: str) -> Command:
    """Return a command; its module is imported only now."""
    command: Command = import_module(f".{name.replace('-', '_')}_command", __package__).COMMAND
    return command


def overview() -> OptionParser:
    """Return the parser of the program by itself, whose help lists the commands."""
    names = "\n".join(f"  {name:12} {command_of(name).summary}" for name in NAMES)
    parser = OptionParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [options]",
        description="Reads the scores of a training and alerts you once when one of them matters.",
        epilog=f"commands:\n{names}\n\nCOMMAND --help shows the most used options, help COMMAND all.\n\n"
        f"example: {PROGRAM} demo\n\n{_STATUS}",
    )
    parser.add_argument("--version", action=VersionOption, nargs=0, help="show the version and exit")
    return parser


def parse(arguments: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """Return the command of a command line, and its options.

    Raises:
        SystemExit: the command line is wrong, or asks for help or the version.
    """
    first, *rest = arguments or [""]
    name = _FORMER_NAMES.get(first, first)
    if name not in NAMES:
        _exit_without_command(first, arguments)
    command = command_of(name)
    return command, command.parser().parse(rest)


def _exit_without_command(first: str, arguments: Sequence[str]) -> NoReturn:
    parser = overview()
    if not first:
        parser.print_help(sys.stderr)
        parser.exit(WRONG_USAGE)
    if first.startswith("-"):
        parser.parse(arguments)
        parser.error(f"expected a command after {first}")
    suggestion = did_you_mean(first, NAMES) or f"; there are {', '.join(NAMES)}"
    parser.error(f"expected a command, got {first!r}{suggestion}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; return its exit status."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is escaped.
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        command, options = parse(sys.argv[1:] if argv is None else argv)
        return _run(command, options)
    except SystemExit as end:  # argparse has written its message
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    except BrokenPipeError:  # the reader, such as head, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except KeyboardInterrupt:
        return INTERRUPTED


def _open_closed_streams() -> None:
    """Discard the output where the caller has closed a stream, as ``>&-`` does and some services do."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def _run(command: Command, options: argparse.Namespace) -> int:
    errors = Terminal(sys.stderr)
    try:
        status = command.run(options, Terminal(sys.stdout), errors)
        sys.stdout.flush()
    except ConfigError as error:
        return _report(command.in_words_of_options(error, options), errors)
    except BrokenPipeError:
        raise
    except (MonitorError, OSError) as error:
        return _report(error, errors)
    return status


def _report(error: Exception, errors: Terminal) -> int:
    first, *rest = str(error).splitlines() or [type(error).__name__]
    errors.say(f"{PROGRAM}: {errors.paint('error', 'red', 'bold')}: {for_terminal(first)}")
    for line in rest:
        errors.say(for_terminal(line))
    return WRONG_USAGE if isinstance(error, (ConfigError, MissingExtraError)) else FAILURE
