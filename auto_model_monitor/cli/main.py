"""The program ``auto-model-monitor``: its start, its end, and one door for every error."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence

from ..core.errors import ConfigError, MissingExtraError, MonitorError
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from .options import PROGRAM, parser

__all__ = ["main", "parser"]

Command = Callable[[argparse.Namespace, Terminal, Terminal], int]


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
    errors.say(f"{PROGRAM}: {errors.paint('error', 'red', 'bold')}: {for_terminal(first)}")
    for line in rest:
        errors.say(for_terminal(line))
    return 2 if isinstance(error, (ConfigError, MissingExtraError)) else 1


def _command(name: str) -> Command:
    from . import commands

    command: Command = getattr(commands, name)
    return command
