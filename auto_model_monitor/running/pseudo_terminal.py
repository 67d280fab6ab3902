"""The terminal that a wrapped command sees where our own standard streams are a terminal.

The pump, which leads a session of its own, has it as its controlling terminal; the command's process group is
in its foreground. So Ctrl-C, Ctrl-Z and job control act on the command once, by the kernel.
"""

# ruff: noqa: SIM105

from __future__ import annotations

import fcntl
import os
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_READ = 4096
_INPUT, _OUTPUT, _LOCAL, _CHARACTERS = 0, 1, 3, 6  # places in what tcgetattr() returns


class PseudoTerminal:
    """A terminal for the command, and what is typed at ours.

    Args:
        keyboard: our standard input, if that is a terminal.
        screen: the terminal that output goes to.
        raw: pass each key on as it is typed, as long as we are in the foreground. Otherwise our terminal
            edits lines, because another program, such as ``less`` behind a pipe, needs its keys.

    Attributes:
        master: the end that is read for output.
        slave: the command's end.
        pending: what was typed and is not yet passed on.
    """

    def __init__(self, keyboard: int | None, screen: int, *, raw: bool) -> None:
        self.master, self.slave = os.openpty()
        self.pending = b""
        self._keyboard = keyboard
        self._screen = screen
        self._raw = raw
        self._active = False
        self._ended_lines = 0
        self._writing = os.dup(self.master)
        os.set_blocking(self.master, False)
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        self._saved: list[Any] = termios.tcgetattr(screen if keyboard is None else keyboard)
        inner = [*self._saved[:_CHARACTERS], list(self._saved[_CHARACTERS])]
        if not raw:  # ours does it already
            inner[_OUTPUT] &= ~termios.OPOST
            inner[_LOCAL] &= ~termios.ECHO
        termios.tcsetattr(self.slave, termios.TCSANOW, inner)
        self.resize()

    def resize(self) -> None:
        """Take over the size of our window; the kernel sends SIGWINCH to the command."""
        try:
            size = fcntl.ioctl(self._screen, termios.TIOCGWINSZ, b"\0" * 8)
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)
        except OSError:  # our terminal has gone
            pass

    def enter(self) -> None:
        """Take the keyboard: we are in the foreground."""
        self.resize()
        if self._keyboard is None or self._active:
            return
        self._active = True
        if self._raw:
            self._set(_raw(self._saved))
            self._let_us_end_lines(False)

    def leave(self) -> None:
        """Give the keyboard back, in the state in which it was."""
        if self._active:
            self._active = False
            if self._raw:
                self._set(self._saved)
                self._let_us_end_lines(True)

    def close_slave(self) -> None:
        """Close our copy of the command's end: output ends when no process has it open."""
        os.close(self.slave)

    def close(self) -> None:
        """Give the keyboard back, and spare processes that the command has left the hang-up."""
        self.leave()
        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
            os.tcsetpgrp(terminal, os.getpgrp())
        except OSError:
            pass

    @property
    def wanted(self) -> tuple[int | None, int | None]:
        """Which file is to be waited for until it can be read, and which one until it can be written."""
        if self.pending:
            return None, self._writing
        return (self._keyboard if self._active else None), None

    def pass_keys(self, *, hung_up: bool = False) -> bool:
        """Pass on what was typed; return whether that interrupts the command."""
        interrupts = False
        if not self.pending:
            keys = self._read_keys(hung_up)
            interrupts = self._interrupts(keys)
            self.pending = keys
        try:
            self.pending = self.pending[os.write(self._writing, self.pending) :]
        except BlockingIOError:  # the command does not read what is typed
            pass
        except OSError:
            self.pending = b""
        return interrupts

    def _read_keys(self, hung_up: bool) -> bytes:
        assert self._keyboard is not None
        try:
            keys = os.read(self._keyboard, _MOST_READ)
        except OSError:
            keys, hung_up = b"", True
        if keys:
            return keys
        if hung_up:
            self._keyboard = None
            return b""
        ending: bytes = self._saved[_CHARACTERS][termios.VEOF]
        return ending  # Ctrl-D, which our terminal has turned into an empty read

    def _interrupts(self, keys: bytes) -> bool:
        try:
            attributes = termios.tcgetattr(self._writing)
        except (OSError, termios.error):
            return False
        key: bytes = attributes[_CHARACTERS][termios.VINTR]
        return bool(self._raw and attributes[_LOCAL] & termios.ISIG and key in keys)

    def _let_us_end_lines(self, ours: bool) -> None:
        """Let our terminal end lines by a carriage return, too, or the command's one; not both."""
        try:
            attributes = termios.tcgetattr(self._writing)
            if ours:
                self._ended_lines = attributes[_OUTPUT] & termios.OPOST
                attributes[_OUTPUT] &= ~termios.OPOST
            else:
                attributes[_OUTPUT] |= self._ended_lines
            termios.tcsetattr(self._writing, termios.TCSANOW, attributes)
        except (OSError, termios.error):
            pass

    def _set(self, attributes: list[Any]) -> None:
        try:
            # This terminal is not the one of our session: setting it is allowed from anywhere.
            termios.tcsetattr(0, termios.TCSANOW, attributes)
        except (OSError, termios.error):  # it has gone
            pass


def _raw(attributes: list[Any]) -> list[Any]:
    """Return attributes with which each key is passed on as it is and nothing is changed on the screen."""
    raw = [*attributes[:_CHARACTERS], list(attributes[_CHARACTERS])]
    for number in (termios.BRKINT, termios.ICRNL, termios.INLCR, termios.IGNCR):
        raw[_INPUT] &= ~number
    for number in (termios.INPCK, termios.ISTRIP, termios.IXON, termios.PARMRK):
        raw[_INPUT] &= ~number
    for number in (termios.ECHO, termios.ECHONL, termios.ICANON, termios.IEXTEN, termios.ISIG):
        raw[_LOCAL] &= ~number
    raw[_OUTPUT] &= ~termios.OPOST
    raw[_CHARACTERS][termios.VMIN], raw[_CHARACTERS][termios.VTIME] = 1, 0
    return raw
