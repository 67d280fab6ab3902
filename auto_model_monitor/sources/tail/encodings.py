"""The encoding of a log's bytes, which may change from one line to the next."""

from __future__ import annotations

import codecs
import re

UTF_8 = "utf-8"
_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SAMPLE = 256  # bytes of a line that are looked at
# What a line of one byte a letter holds; in UTF-16 a zero stands beside each letter and each digit.
_TEXT = re.compile(rb"[0-9]\.[0-9]|[A-Za-z_]{6}|[0-9][^\n]{0,80} |(?:[\xe4-\xe9][\x80-\xbf][\x80-\xbf]){2}")


def encoding_at(data: bytes, before: str = UTF_8) -> str:
    """Return the encoding of what begins with a line: UTF-16, as PowerShell writes it, else UTF-8.

    Args:
        data: some bytes, of which the first begin a line.
        before: the encoding of the line before.
    """
    if data[:2] in _BOMS:
        return _BOMS[data[:2]]
    line, newline, rest = data[:_SAMPLE].partition(b"\n")
    sample = line + newline + rest[:1]
    if b"\0" not in sample:
        is_text = before == UTF_8 or (newline and _TEXT.search(line) is not None)
        return UTF_8 if is_text else before
    low, high = sample[::2].count(0), sample[1::2].count(0)
    # A stray zero in a line of bytes is no UTF-16: there, the line's end has one beside it, too.
    if low + high < 2:
        return before
    if 8 * high >= len(sample) and 8 * low <= high and (not newline or rest[:1] in (b"\0", b"")):
        return "utf-16-le"
    if 8 * low >= len(sample) and 8 * high <= low and (not newline or line.endswith(b"\0")):
        return "utf-16-be"
    return before


def change_in(data: bytes, encoding: str) -> int:
    """Return where the first line begins that is of another encoding than the first; else the length."""
    if encoding == UTF_8:
        return _wide_start(data)
    newline, place = "\n".encode(encoding), 0
    while (found := find(data, newline, place)) >= 0:
        place = found + 2
        if encoding_at(data[place : place + _SAMPLE], encoding) != encoding:
            return place
    return len(data)


def to_utf_8(data: bytes) -> bytes:
    """Return lines in UTF-8; those that are none and that GBK explains better are taken for GBK."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return b"\n".join(map(_line_to_utf_8, data.split(b"\n")))
    return data


def find(data: bytes, sign: bytes, start: int) -> int:
    """Return where a sign of one or two bytes stands in text of signs as wide, -1 for nowhere."""
    found = data.find(sign, start)
    while found > 0 and found % len(sign):
        found = data.find(sign, found + 1)
    return found


def _wide_start(data: bytes) -> int:
    # To look for one byte takes a tenth of the time.
    boms = _BOMS if b"\xff" in data else ()
    starts = [found + 1 for bom in boms if (found := data.find(b"\n" + bom)) >= 0]
    place = data.find(b"\0")
    while place >= 0:
        start = data.rfind(b"\n", 0, place) + 1
        if start and encoding_at(data[start : start + _SAMPLE]) != UTF_8:
            starts.append(start)
            break
        end = data.find(b"\n", place)
        place = data.find(b"\0", end) if end >= 0 else -1
    return min(starts, default=len(data))


def _line_to_utf_8(line: bytes) -> bytes:
    text = line.decode("utf-8", "replace")
    if "\ufffd" in text:
        other = line.decode("gbk", "replace")
        text = other if other.count("\ufffd") < text.count("\ufffd") else text
    return text.encode()
