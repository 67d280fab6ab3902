"""Start a command in a process group of its own, with the signals that it would have without us."""

# ruff: noqa: PTH123

from __future__ import annotations

import errno
import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_RESET = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them, other programs do not expect that


def start_child(
    command: list[str], streams: Sequence[int], *, defaults: list[signal.Signals], terminal: bool
) -> tuple[int, int]:
    """Start a command; return its pid, and 0 or the errno for which it could not be started.

    Args:
        command: the program, looked up in PATH, and its arguments.
        streams: what becomes its standard input, output and error.
        defaults: signals that act by default in it, though this process ignores or handles them.
        terminal: one of the streams is the terminal that controls this session: make the group its
            foreground group, before the program can read from it.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        failure = errno.ENOEXEC
        try:
            _prepare(streams, defaults, terminal)
            failure = _execute(command)
        except OSError as error:
            failure = error.errno or failure
        finally:
            os.write(writing, b"%d" % failure)
            os._exit(127)
    os.close(writing)
    text = os.read(reading, 16)  # ends when the program has replaced us
    os.close(reading)
    if text:
        os.waitpid(child, 0)
    return child, int(text or 0)


def _prepare(streams: Sequence[int], defaults: list[signal.Signals], terminal: bool) -> None:
    os.setpgid(0, 0)
    if terminal:
        controlling = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
        os.tcsetpgrp(controlling, os.getpid())  # SIGTTOU is ignored here
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
    for number in (*_RESET, *defaults):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _execute(command: list[str]) -> int:
    """Become the program; return the errno if that fails."""
    name = command[0]
    folders = [""] if "/" in name else os.environ.get("PATH", os.defpath).split(os.pathsep)
    failure = errno.ENOENT
    for folder in folders:
        path = name if "/" in name else f"{folder or '.'}/{name}"
        try:
            os.execv(path, command)
        except OSError as error:
            if error.errno == errno.ENOEXEC and _is_text(path):
                os.execv("/bin/sh", ["/bin/sh", path, *command[1:]])  # as every shell does
            if error.errno not in (errno.ENOENT, errno.ENOTDIR) and failure == errno.ENOENT:
                failure = error.errno or failure
    return failure


def _is_text(path: str) -> bool:
    with open(path, "rb") as file:
        return b"\0" not in file.read(256)
