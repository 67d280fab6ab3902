"""Terminal output: the width of a text, colours, boxes and tables."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
_BOX = 80
_UNLIMITED = 10**6


class Terminal:
    """A stream that people read; plain text when it is a pipe or a file.

    Args:
        stream: the stream.
        environ: the environment variables that decide about colours; by default those of the process.

    Attributes:
        columns: the columns of a line; practically unlimited when the stream is not a screen.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._stream = stream
        self.is_screen = stream.isatty()
        self.columns = shutil.get_terminal_size().columns if self.is_screen else _UNLIMITED
        dumb = environ.get("TERM") == "dumb" or (os.name == "nt" and "WT_SESSION" not in environ)
        self._moves = self.is_screen and not dumb
        self._colours = self._moves and not environ.get("NO_COLOR")
        self.draws = _can_write("╭─╮│╰╯▇·→…", stream)

    def say(self, text: str = "") -> None:
        """Write a line and flush it."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def say_over(self, text: str) -> None:
        """Write a line over the last one if the screen can; else below it."""
        self.say(f"\x1b[1A\x1b[2K{text}" if self._moves else text)

    def paint(self, text: str, *styles: str) -> str:
        """Return the text in colours such as ``green`` and styles such as ``bold``, if there are any."""
        if not self._colours or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def box(self, title: str, lines: Iterable[str], *, heading: str = "", colour: str = "cyan") -> None:
        """Write a bold heading and lines in a box with a title; wrap long lines."""
        room = max(20, min(self.columns, _BOX)) - 4
        corners, side, rule = ("╭╮╰╯", "│", "─") if self.draws else ("++++", "|", "-")
        title = clip(title, room - 4)
        top = f"{corners[0]}{rule} {title} {rule * (room - width(title) - 1)}{corners[1]}"
        self.say(self.paint(top, colour))
        edge = self.paint(side, colour)
        bold = [self.paint(pad(piece, room), "bold") for piece in wrap(heading, room)] if heading else []
        plain = [pad(piece, room) for line in lines for piece in wrap(line, room)]
        for content in (*bold, *plain):
            self.say(f"{edge} {content} {edge}")
        self.say(self.paint(f"{corners[2]}{rule * (room + 2)}{corners[3]}", colour))


def _can_write(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def width(text: str) -> int:
    """Return the columns of a text: two for Chinese characters and emoji, none for accents."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return the text padded with spaces, on its left if ``right``."""
    room = " " * max(0, columns - width(text))
    return room + text if right else text + room


def clip(text: str, columns: int) -> str:
    """Return the text in at most ``columns`` columns, shortened in its middle."""
    if width(text) <= columns:
        return text
    room = max(0, columns - 1)
    head = _fitting(text, room - room // 2)
    tail = _fitting(text[::-1], room // 2)[::-1]
    return f"{head}…{tail}"


def wrap(text: str, columns: int) -> list[str]:
    """Return the text in lines of at most ``columns`` columns, broken anywhere, as paths require."""
    lines = []
    while width(text) > columns:
        piece = _fitting(text, columns) or text[0]
        lines.append(piece)
        text = text[len(piece) :]
    return [*lines, text]


def _fitting(text: str, columns: int) -> str:
    """Return the longest beginning of at most ``columns`` columns."""
    taken = 0
    for index, character in enumerate(text):
        taken += _character_width(character)
        if taken > columns:
            return text[:index]
    return text


def table(rows: Sequence[Sequence[str]], right: Sequence[bool], columns: int) -> list[str]:
    """Return the rows as lines whose columns, except the last, are as wide as their widest cells.

    Args:
        rows: the header and the rows, of equal length.
        right: which columns are aligned to the right.
        columns: the columns of a line; the last cell is shortened to fit.
    """
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    room = max(20, columns - sum(widths[:-1]) - 2 * (len(widths) - 1))
    lines = []
    for row in rows:
        cells = [pad(cell, size, right=to) for cell, size, to in zip(row, widths, right, strict=True)]
        cells[-1] = clip(row[-1], room)
        lines.append("  ".join(cells).rstrip())
    return lines
