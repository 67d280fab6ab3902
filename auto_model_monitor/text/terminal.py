"""What a terminal can show: how wide a text is, colours where they are expected, and boxes."""

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

    Attributes:
        columns: how many fit on a line; practically unlimited where nobody looks at a screen.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str] | None = None) -> None:
        """Take the stream, and the environment that says whether colours are expected."""
        environ = os.environ if environ is None else environ
        self._stream = stream
        self.is_screen = stream.isatty()
        self.columns = shutil.get_terminal_size().columns if self.is_screen else _UNLIMITED
        dumb = environ.get("TERM") == "dumb" or (os.name == "nt" and "WT_SESSION" not in environ)
        self._moves = self.is_screen and not dumb
        self._colours = self._moves and not environ.get("NO_COLOR")
        self.draws = _can_write("╭─╮│╰╯▇·→…", stream)

    def say(self, text: str = "") -> None:
        """Write a line, at once."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def say_over(self, text: str) -> None:
        """Write a line in place of the last one, where a screen can do that; else below it."""
        self.say(f"\x1b[1A\x1b[2K{text}" if self._moves else text)

    def paint(self, text: str, *styles: str) -> str:
        """Return the text in colours such as ``green`` and styles such as ``bold``, where these show."""
        if not self._colours or not text:
            return text
        return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"

    def box(self, title: str, lines: Iterable[str], *, heading: str = "", colour: str = "cyan") -> None:
        """Write a bold heading and lines in a box with a title; what is too long is wrapped."""
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
    """Return how many columns a text takes: two for Chinese characters and emoji, none for accents."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return the text filled up with spaces, before it if ``right``."""
    room = " " * max(0, columns - width(text))
    return room + text if right else text + room


def clip(text: str, columns: int) -> str:
    """Return the text in at most so many columns; what is left out is left out in the middle."""
    if width(text) <= columns:
        return text
    room = max(0, columns - 1)
    head = _fitting(text, room - room // 2)
    tail = _fitting(text[::-1], room // 2)[::-1]
    return f"{head}…{tail}"


def wrap(text: str, columns: int) -> list[str]:
    """Return the text in lines of at most so many columns, broken anywhere, as paths have to be."""
    lines = []
    while width(text) > columns:
        piece = _fitting(text, columns) or text[0]
        lines.append(piece)
        text = text[len(piece) :]
    return [*lines, text]


def _fitting(text: str, columns: int) -> str:
    """Return the longest beginning that takes at most so many columns."""
    taken = 0
    for index, character in enumerate(text):
        taken += _character_width(character)
        if taken > columns:
            return text[:index]
    return text


def table(rows: Sequence[Sequence[str]], right: Sequence[bool], columns: int) -> list[str]:
    """Return the rows as lines in which each column but the last is as wide as its widest cell.

    Args:
        rows: the heads and the rows, of one length.
        right: which columns end, rather than begin, in one line.
        columns: how much of a line there is; the last column is shortened to fit.
    """
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    room = max(20, columns - sum(widths[:-1]) - 2 * (len(widths) - 1))
    lines = []
    for row in rows:
        cells = [pad(cell, size, right=to) for cell, size, to in zip(row, widths, right, strict=True)]
        cells[-1] = clip(row[-1], room)
        lines.append("  ".join(cells).rstrip())
    return lines
