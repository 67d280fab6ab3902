"""The encoding of a log's bytes, which may change from one line to the next."""

from __future__ import annotations

import codecs

UTF_8 = "utf-8"
_BOMS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_SAMPLE = 256  # bytes of a line that are looked at
_LEAST_TEXT = 8  # bytes; those of a Chinese word in UTF-16 may look like letters
_ASCII = bytes([9, *range(32, 127)])


def encoding_at(data: bytes, before: str = UTF_8) -> str:
    """Return the encoding of what begins with a line: UTF-16, as PowerShell writes it, else UTF-8.

    Args:
        data: some bytes, of which the first begin a line.
        before: the encoding of the line before.
    """
    if data[:2] in _BOMS:
        return _BOMS[data[:2]]
    sample = data[:_SAMPLE]
    if b"\0" not in sample:
        return UTF_8 if before == UTF_8 or _is_text(sample) else before
    low, high = sample[::2].count(0), sample[1::2].count(0)
    if 8 * high >= len(sample) and 8 * low <= high:
        return "utf-16-le"
    if 8 * low >= len(sample) and 8 * high <= low:
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
    starts = [found + 1 for bom in _BOMS if (found := data.find(b"\n" + bom)) >= 0]
    place = data.find(b"\0")
    while place >= 0:
        start = data.rfind(b"\n", 0, place) + 1
        if start and encoding_at(data[start : start + _SAMPLE]) != UTF_8:
            starts.append(start)
            break
        end = data.find(b"\n", place)
        place = data.find(b"\0", end) if end >= 0 else -1
    return min(starts, default=len(data))


def _is_text(sample: bytes) -> bool:
    """Return whether a line of text in UTF-16 is none but of one byte a letter."""
    line, newline, rest = sample.partition(b"\n")
    if not newline or rest.startswith(b"\0") or len(line) < _LEAST_TEXT or b" " not in line:
        return False
    odd = line.translate(None, _ASCII)
    if 10 * len(odd) <= 3 * len(line):
        return True
    return len(line.decode("utf-8", "ignore").encode()) >= len(line) - 3


def _line_to_utf_8(line: bytes) -> bytes:
    text = line.decode("utf-8", "replace")
    if "\ufffd" in text:
        other = line.decode("gbk", "replace")
        text = other if other.count("\ufffd") < text.count("\ufffd") else text
    return text.encode()
