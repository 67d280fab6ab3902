"""The lines of a training's output as a terminal shows them, each with its number in the original text."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..text.cleaning import from_terminal
from .evidence_filter import EvidenceFilter
from .stream_tags import message_of, peel

#: What can be diagnosed: a text, bytes, a file, or the lines that a wrapper kept with their numbers.
Output = str | bytes | os.PathLike[str] | Iterable[tuple[int, bytes]]

_LONGEST = 8192  # bytes of a line that are looked at: its beginning and its end
_MOST, _FIRST = 3000, 500  # lines that may matter: how many are looked at, and how many of them first
_FARTHEST = 5000  # lines at the end among which the last that are not blank are looked for
_LARGEST = 32 * 2**20  # bytes of a file that are looked at: its end
_BAR = re.compile(rb"(?:it|s|batch|B|step|sample|ex)/(?:s|it|batch|step)[^\]\r\n]{0,200}\](?=[A-Za-z\[])")
_HEAD = b"Traceback (most recent call last)"
_JOINED = re.compile(rb"[\w\]%.)](?=Traceback \(most recent call last\))")


class OutputLine(NamedTuple):
    """One line of the output.

    Attributes:
        number: its number in the original text, from 1.
        shown: the line as a terminal shows it.
        text: the same without the tag of its process.
        stream: the process that wrote it, empty where no tag says.
        message: the text without what a logger puts before it.
        level: the logger's level, empty where none is written.
    """

    number: int
    shown: str
    text: str
    stream: str
    message: str
    level: str


class OutputLines:
    """All lines of an output; a line is decoded and cleaned when it is first looked at.

    Args:
        output: the text, the file or the numbered lines.

    Attributes:
        suspects: the indices of the lines that may matter, of thousands the first and the last.

    Raises:
        OSError: the file cannot be read.
    """

    def __init__(self, output: Output) -> None:
        self._raw: list[bytes] = []
        self._numbers: list[int] = []
        self._cleaned: dict[int, OutputLine] = {}
        self._filter = EvidenceFilter()
        for number, line in _numbered(output):
            if b"\r" in line or b"/s" in line or b"s/it" in line or _HEAD in line:
                self._add_states(number, line)
            else:
                self._add(number, line)
        found = self._filter.places(self._raw)
        self.suspects = found if len(found) <= _MOST else [*found[:_FIRST], *found[_FIRST - _MOST :]]

    def __len__(self) -> int:
        return len(self._raw)

    def __getitem__(self, index: int) -> OutputLine:
        line = self._cleaned.get(index)
        if line is None:
            line = self._cleaned[index] = _cleaned(self._numbers[index], self._raw[index])
        return line

    def raw(self, index: int) -> bytes:
        """Return the bytes of a line."""
        return self._raw[index]

    def tail(self, count: int) -> list[str]:
        """Return the last lines that are not blank."""
        found: list[str] = []
        for index in range(len(self) - 1, max(-1, len(self) - 1 - _FARTHEST), -1):
            if len(found) == count:
                break
            shown = self[index].shown.rstrip() if self._raw[index].strip() else ""
            if shown:
                found.append(shown)
        return found[::-1]

    def _add_states(self, number: int, line: bytes) -> None:
        """Add what matters of a line on which a bar was drawn over and over, and what follows the bar."""
        states = [state for state in line.split(b"\r") if state.strip()]
        for place, state in enumerate(states):
            if place + 1 < len(states) and not self._filter.may_matter(state):
                continue
            for piece in _apart(state):
                self._add(number, piece)
        if not states:
            self._add(number, b"")

    def _add(self, number: int, line: bytes) -> None:
        if len(line) > _LONGEST:
            line = line[: _LONGEST // 2] + b" ... " + line[-_LONGEST // 2 :]
        self._raw.append(line)
        self._numbers.append(number)


def _numbered(output: Output) -> Iterator[tuple[int, bytes]]:
    if isinstance(output, str):
        output = output.encode("utf-8", "replace")
    if isinstance(output, bytes):
        return enumerate(_as_utf8(output).split(b"\n"), start=1)
    if isinstance(output, os.PathLike):
        before, content = _end_of(Path(output))
        return enumerate(_as_utf8(content).split(b"\n"), start=before + 1)
    return iter(output)


def _end_of(path: Path) -> tuple[int, bytes]:
    """Return the end of a file, and how many lines stand before it."""
    before = 0
    with path.open("rb") as file:
        left = os.fstat(file.fileno()).st_size - _LARGEST
        while left > 0:
            block = file.read(min(left, 2**20))
            if not block:
                break
            before += block.count(b"\n")
            left -= len(block)
        return before, file.read(2 * _LARGEST)


def _as_utf8(content: bytes) -> bytes:
    """Return the text in UTF-8 where its first bytes say that it is in UTF-16, as PowerShell writes it."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace").encode("utf-8", "replace")
    return content


def _apart(state: bytes) -> list[bytes]:
    """Return a bar and what a program wrote behind it on the same line."""
    ends = sorted({found.end() for form in (_BAR, _JOINED) for found in form.finditer(state[: 2 * _LONGEST])})
    return [state[start:end] for start, end in zip([0, *ends], [*ends, len(state)], strict=True)]


def _cleaned(number: int, raw: bytes) -> OutputLine:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = _decoded(raw)
    shown = from_terminal(text).rstrip()
    text, stream = peel(shown)
    if shown[:1] == "{" and text is not shown:
        shown = text = from_terminal(text).rstrip()
    message, level = message_of(text)
    return OutputLine(number, shown, text, stream, message, level)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")
