"""What connects a wrapped command with our standard streams: pipes, or a terminal where these are one."""

from __future__ import annotations

import os

from .descriptors import are_same, close_copy, large_pipe
from .pseudo_terminal import PseudoTerminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Connections:
    """The command's standard streams, and what is to be passed on from them.

    Standard output and error stay apart, unless both go to the same place: then their order matters.

    Attributes:
        streams: the command's standard input, output and error.
        outputs: for each output where it is read, where it goes, and whether it is logged.
        terminal: the command's terminal; None if none of our streams is one.
    """

    def __init__(self) -> None:
        terminals = [file for file in (0, 1, 2) if os.isatty(file)]
        self.terminal = _terminal(terminals) if terminals else None
        self.streams = [0, 1, 2]
        self.outputs: list[tuple[int, int, bool]] = []
        self._own: list[int] = []
        if self.terminal is not None:
            for file in terminals:
                self.streams[file] = self.terminal.slave
            # What the command writes to /dev/tty goes to our terminal even where only its input is one.
            target = next((file for file in (1, 2) if file in terminals), None)
            place = os.dup(0) if target is None else target
            self.outputs.append((self.terminal.master, place, target is not None))
        piped = [file for file in (1, 2) if file not in terminals]
        if len(piped) == 2 and are_same(1, 2):
            self._connect(piped[:1])
            self.streams[2] = self.streams[1]
        else:
            self._connect(piped)

    def close_copies(self) -> None:
        """Close what the command alone uses, once it has started."""
        for file in self._own:
            os.close(file)
        targets = [target for _, target, _ in self.outputs]
        for file in (0, 1, 2):
            if file not in targets and not (file == 0 and self.terminal is not None and os.isatty(0)):
                close_copy(file)

    def _connect(self, files: Sequence[int]) -> None:
        for file in files:
            reading, self.streams[file] = large_pipe()
            self.outputs.append((reading, file, True))
            self._own.append(self.streams[file])


def _terminal(terminals: Sequence[int]) -> PseudoTerminal:
    screen = next(file for file in (1, 2, 0) if file in terminals)
    # Without output on the screen another program may be using it, as in: run … | less
    raw = 0 in terminals and 1 in terminals
    return PseudoTerminal(0 if 0 in terminals else None, screen, raw=raw)
