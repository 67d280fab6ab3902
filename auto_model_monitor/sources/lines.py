"""The bytes of a log, cut into lines as a person would read them."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

MARK = " … [cut]"
UTF_8 = "utf-8"
_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# What moves a terminal's cursor or colours it: CSI, then OSC and its kin (a title, a link), then the rest.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?"
)
_CONTROLS = dict.fromkeys([*range(9), *range(10, 32), *range(127, 160)])


class Line(NamedTuple):
    """One line.

    Attributes:
        end: where its last byte, which ends it, is followed by the next; counted from the cut bytes.
        text: what it says, without what ends it and without what only a terminal understands.
    """

    end: int
    text: str


def encoding_of(head: bytes) -> str:
    """Return how a log is encoded: UTF-16 where a mark says so, as PowerShell writes it, else UTF-8."""
    return _BOMS.get(head[:2], UTF_8)


def cut(data: bytes, *, max_line: int, at_end: bool, encoding: str = UTF_8) -> tuple[list[Line], int]:
    r"""Return the lines in ``data``, and how many of its bytes are done with.

    A last line that is not ended waits, with two exceptions. What is longer than ``max_line`` bytes is cut,
    and the rest of it is not returned at all (see :func:`rest_of_a_line`). And a progress bar, which writes
    ``\r`` after each of its states and a newline at its end alone, gives its latest complete state.

    Args:
        data: what follows the end of a line.
        max_line: bytes after which a line is cut.
        at_end: nothing will follow, so that the last line is taken as it is.
        encoding: as :func:`encoding_of` says.
    """
    lines: list[Line] = []
    newline, width = "\n".encode(encoding), len("\n".encode(encoding))
    start = 0
    while (found := _find(data, newline, start)) >= 0:
        lines.append(Line(found + width, _text(data[start:found], max_line, encoding)))
        start = found + width
    if encoding == UTF_8:
        # A writer whose file was truncated under it goes on where it was, behind a hole of zeros.
        start += len(data) - start - len(data[start:].lstrip(b"\0"))
    line = _last(data[start:], max_line, at_end, encoding)
    if line is None:
        return lines, start
    if line.text:
        lines.append(Line(start + line.end, line.text))
    return lines, start + line.end


def rest_of_a_line(data: bytes, encoding: str = UTF_8) -> int:
    """Return how many bytes of ``data`` still belong to a line whose beginning was taken before."""
    ends = [_find(data, sign.encode(encoding), 0) for sign in "\n\r"]
    width = len("\n".encode(encoding))
    return min((end + width for end in ends if end >= 0), default=len(data))


def ends_a_line(before: bytes, encoding: str = UTF_8) -> bool:
    """Tell whether what comes after these bytes begins a line, or the next state of a progress bar."""
    return not before or before.endswith(tuple(sign.encode(encoding) for sign in "\n\r\0"))


def cleaned(text: str) -> str:
    r"""Return what of a line can be read: no terminal's commands, and of several states the last."""
    if text.isprintable():
        return text
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" in text:
        states = [state for state in text.split("\r") if state.strip(" \b\0")]
        text = states[-1] if states else ""
    return text.translate(_CONTROLS)


def _last(rest: bytes, max_line: int, at_end: bool, encoding: str) -> Line | None:
    """Return what can be taken of a line that is not ended, None when it has to wait."""
    whole = Line(len(rest), _text(rest, max_line, encoding)) if at_end or len(rest) > max_line else None
    return whole if at_end else _state(rest, max_line, encoding) or whole


def _state(rest: bytes, max_line: int, encoding: str) -> Line | None:
    """Return the latest state that a progress bar has completed, None when there is none."""
    sign = "\r".encode(encoding)
    # A last \r waits: the newline of a line that Windows ends may follow.
    end = _rfind(rest[: -len(sign)], sign)
    return None if end < 0 else Line(end + len(sign), _text(rest[:end], max_line, encoding))


def _text(raw: bytes, max_line: int, encoding: str) -> str:
    if encoding == UTF_8:
        raw = raw.lstrip(b"\0")
    raw = raw.removesuffix("\r".encode(encoding))
    if len(raw) <= max_line:
        return cleaned(raw.decode(encoding, "replace").removeprefix("\ufeff"))
    end = raw[-(max_line // 2 * 2) :]  # UTF-16 counts in pairs
    if (sign := _find(end, "\r".encode(encoding), 0)) >= 0:
        return cleaned(end[sign:].decode(encoding, "replace"))
    return cleaned(raw[:max_line].decode(encoding, "replace").rstrip("\ufffd")) + MARK


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
