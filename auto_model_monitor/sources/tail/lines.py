"""Cuts the bytes of a log into lines as a terminal would show them."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import NamedTuple

from ...text.cleaning import from_terminal

MARK = " … [cut]"
UTF_8 = "utf-8"
_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_TO_BE_CLEANED = (b"\r", b"\x1b", b"\b", b"\0")


class Line(NamedTuple):
    """One line.

    Attributes:
        end: the offset just after it in the cut bytes.
        text: its text, without line end and terminal control sequences.
        bar: whether it is one of several states of a progress bar.
    """

    end: int
    text: str
    bar: bool = False


class LineBlock(NamedTuple):
    """Many lines as one block.

    Attributes:
        data: the lines in UTF-8, each followed by a newline.
        bars: which of them, counted from 0, are states of a progress bar.
    """

    data: bytes
    bars: Sequence[int] = ()

    def __bool__(self) -> bool:
        """Return whether it holds any line."""
        return bool(self.data)

    def lines(self) -> list[str]:
        """Return the lines."""
        return self.data.decode(UTF_8, "replace").split("\n")[:-1]


def encoding_of(head: bytes) -> str:
    """Return a log's encoding: UTF-16 if it has such a mark, as PowerShell writes it, else UTF-8."""
    return _BOMS.get(head[:2], UTF_8)


def cut(data: bytes, *, max_line: int, at_end: bool, encoding: str = UTF_8) -> tuple[list[Line], int]:
    r"""Return the lines in ``data``, and how many of its bytes are consumed.

    A last line that is not ended waits, with two exceptions. What is longer than ``max_line`` bytes is cut,
    and the rest of it is not returned at all (see :func:`rest_of_a_line`). And a progress bar, which writes
    ``\r`` after each of its states and a newline at its end alone, gives its latest complete state.

    Args:
        data: what follows the end of a line.
        max_line: bytes after which a line is cut.
        at_end: nothing will follow: take the last line as it is.
        encoding: the result of :func:`encoding_of`.
    """
    lines: list[Line] = []
    newline, width = "\n".encode(encoding), len("\n".encode(encoding))
    start = 0
    while (found := _find(data, newline, start)) >= 0:
        lines.append(_line(data[start:found], found + width, max_line, encoding))
        start = found + width
    if encoding == UTF_8:
        # A writer whose file was truncated continues at its old offset, behind a hole of zeros.
        start += len(data) - start - len(data[start:].lstrip(b"\0"))
    line = _last(data[start:], max_line, at_end, encoding)
    if line is None:
        return lines, start
    if line.text:
        lines.append(line._replace(end=start + line.end))
    return lines, start + line.end


def cut_text(data: bytes, *, max_line: int, at_end: bool, encoding: str = UTF_8) -> tuple[LineBlock, int]:
    """Return the lines of :func:`cut` as a block, many times as fast where no line needs cleaning.

    Then lines may hold a few harmless control characters, and bytes that are no text, and are not cut.
    """
    end = data.rfind(b"\n") + 1
    whole = data[:end].replace(b"\r\n", b"\n") if b"\r" in data else data[:end]
    if encoding != UTF_8 or any(sign in whole for sign in _TO_BE_CLEANED):
        end, whole = 0, b""
    whole = whole.removeprefix(codecs.BOM_UTF8)
    if end == len(data):
        return LineBlock(whole), end
    lines, used = cut(data[end:], max_line=max_line, at_end=at_end, encoding=encoding)
    before = whole.count(b"\n") if lines else 0
    bars = [before + number for number, line in enumerate(lines) if line.bar]
    return LineBlock(whole + "".join(f"{line.text}\n" for line in lines).encode(), bars), end + used


def newlines(data: bytes, encoding: str = UTF_8) -> int:
    """Count the lines that end in ``data``."""
    return data.count(b"\n") if encoding == UTF_8 else data.decode(encoding, "replace").count("\n")


def rest_of_a_line(data: bytes, encoding: str = UTF_8) -> int:
    """Return how many bytes of ``data`` still belong to a line whose beginning was taken before."""
    ends = [_find(data, sign.encode(encoding), 0) for sign in "\n\r"]
    width = len("\n".encode(encoding))
    return min((end + width for end in ends if end >= 0), default=len(data))


def ends_a_line(before: bytes, encoding: str = UTF_8) -> bool:
    """Return whether a line, or the next state of a progress bar, begins after these bytes."""
    return not before or before.endswith(tuple(sign.encode(encoding) for sign in "\n\r\0"))


def _last(rest: bytes, max_line: int, at_end: bool, encoding: str) -> Line | None:
    """Return what can be taken of a line that is not ended, None when it has to wait."""
    sign = "\r".encode(encoding)
    # A last \r waits: the newline of a line that Windows ends may follow.
    state = -1 if at_end else _rfind(rest[: -len(sign)], sign)
    if state >= 0:
        return _line(rest[:state], state + len(sign), max_line, encoding)._replace(bar=True)
    return _line(rest, len(rest), max_line, encoding) if at_end or len(rest) > max_line else None


def _line(raw: bytes, end: int, max_line: int, encoding: str) -> Line:
    sign = "\r".encode(encoding)
    raw = raw.removesuffix(sign)
    return Line(end, _text(raw, max_line, encoding), _find(raw, sign, 0) >= 0)


def _text(raw: bytes, max_line: int, encoding: str) -> str:
    if encoding == UTF_8:
        raw = raw.lstrip(b"\0")
    if len(raw) <= max_line:
        return from_terminal(raw.decode(encoding, "replace").removeprefix("\ufeff"))
    end = raw[-(max_line // 2 * 2) :]  # UTF-16 counts in pairs
    if (sign := _find(end, "\r".encode(encoding), 0)) >= 0:
        return from_terminal(end[sign:].decode(encoding, "replace"))
    return from_terminal(raw[:max_line].decode(encoding, "replace").rstrip("\ufffd")) + MARK


def _find(data: bytes, sign: bytes, start: int) -> int:
    found = data.find(sign, start)
    while found > 0 and found % len(sign):
        found = data.find(sign, found + 1)
    return found


def _rfind(data: bytes, sign: bytes) -> int:
    found = data.rfind(sign)
    while found > 0 and found % len(sign):
        found = data.rfind(sign, 0, found + len(sign) - 1)
    return found
