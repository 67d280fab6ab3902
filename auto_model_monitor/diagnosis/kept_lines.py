"""The lines of a stream that a diagnosis needs, kept in bounded memory."""

from __future__ import annotations

from collections import deque

from .evidence_filter import EvidenceFilter

_HEAD = 1 << 16  # bytes of the first lines that are kept
_TAIL = 1 << 20  # bytes of the last ones
_EVIDENCE = 1 << 20  # bytes of the lines between them that may be evidence
_LONGEST = 1 << 16  # bytes of a line that are kept: its end


class KeptLines:
    """Keeps of a stream its first and last lines, and those between them that may show a cause."""

    def __init__(self) -> None:
        self._may_matter = EvidenceFilter().may_matter
        self._first: list[tuple[int, bytes]] = []
        self._last: deque[tuple[int, bytes]] = deque()
        self._head = self._tail = self._evidence = 0
        self._number = 1
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = self._rest + lines[0]
            self._rest = b""
        for line in lines:
            self._add(line)
        self._rest = (self._rest + rest)[-_LONGEST:]

    def lines(self) -> list[tuple[int, bytes]]:
        """Return the lines with their numbers, counted from 1."""
        unended = [(self._number, self._rest)] if self._rest else []
        return [*self._first, *self._last, *unended]

    def tail(self, most: int) -> str:
        """Return the last lines as a text."""
        return "\n".join(line.decode("utf-8", "replace") for _, line in self.lines()[-most:])

    def _add(self, line: bytes) -> None:
        line, number = line[-_LONGEST:], self._number
        self._number += 1
        if self._head < _HEAD:
            self._head += len(line) + 1
            self._first.append((number, line))
            return
        self._last.append((number, line))
        self._tail += len(line) + 1
        while self._tail > _TAIL:
            number, line = self._last.popleft()
            self._tail -= len(line) + 1
            if self._evidence < _EVIDENCE and self._may_matter(line):
                self._evidence += len(line) + 1
                self._first.append((number, line))
