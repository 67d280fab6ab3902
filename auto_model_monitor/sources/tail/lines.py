"""Cuts the bytes of a log into lines as a terminal would show them."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import NamedTuple

from ...text.cleaning import from_terminal
from .bar_states import BarStates
from .encodings import UTF_8, find, to_utf_8

MARK = " … [cut]"
_TO_BE_CLEANED = (b"\r", b"\x1b", b"\b", b"\0")
_TOKEN = 256  # bytes of a number or a word that is not torn where a line is cut


class LineBlock(NamedTuple):
    """Many lines as one block.

    Attributes:
        data: the lines in UTF-8, each followed by a newline. They may hold harmless control characters.
        places: for each of them how many lines of the file came before it; empty where that is its index.
        bars: which of them, counted from 0, are states of a progress bar.
        cut: how many lines were cut because they are too long.
    """

    data: bytes
    places: Sequence[int] = ()
    bars: Sequence[int] = ()
    cut: int = 0

    def __bool__(self) -> bool:
        """Return whether it holds any line."""
        return bool(self.data)

    def place(self, index: int) -> int:
        """Return how many lines of the file came before a line."""
        return self.places[index] if self.places else index

    def lines(self) -> list[str]:
        """Return the lines, without control characters."""
        return [from_terminal(line) for line in self.data.decode(UTF_8, "replace").split("\n")[:-1]]


def cut(
    data: bytes,
    *,
    max_line: int,
    at_end: bool,
    bars: BarStates,
    encoding: str = UTF_8,
    in_bar: bool = False,
) -> tuple[LineBlock, int]:
    r"""Return the lines in ``data``, and how many of its bytes are consumed.

    A last line that is not ended waits, with two exceptions. What is longer than ``max_line`` bytes is cut,
    and the rest of it is not returned at all (see :func:`rest_of_a_line`). And of a progress bar, which
    writes ``\r`` after each of its states and a newline at its end alone, those states are returned that
    count.

    Args:
        data: what follows the end of a line.
        max_line: bytes after which a line is cut.
        at_end: nothing will follow: take the last line as it is.
        bars: selects the states of progress bars.
        encoding: that of the data.
        in_bar: the data continues a line of which states were consumed.
    """
    if encoding != UTF_8:
        data = data[: len(data) // 2 * 2].decode(encoding, "replace").encode()
        block, used = cut(data, max_line=max_line, at_end=at_end, bars=bars, in_bar=in_bar)
        return block, len(data[:used].decode().encode(encoding))
    end = data.rfind(b"\n") + 1
    whole = data[:end].replace(b"\r\n", b"\n") if b"\r" in data else data[:end]
    is_clean = not (
        in_bar
        or any(sign in whole for sign in _TO_BE_CLEANED)
        or (b"\xef" in whole and codecs.BOM_UTF8 in whole)
        or _has_long_line(whole, max_line)
    )
    if is_clean and end == len(data):
        return LineBlock(to_utf_8(whole)), end
    cutter = _Cutter(bars, max_line, in_bar=in_bar)
    if not is_clean:
        for line in data[:end].split(b"\n")[:-1]:
            cutter.add(line)
        whole = b""
    used = end + cutter.add_rest(data[end:], at_end=at_end)
    return cutter.block(to_utf_8(whole)), used


def newlines(data: bytes, encoding: str = UTF_8) -> int:
    """Count the lines that end in ``data``."""
    return data.count(b"\n") if encoding == UTF_8 else data.decode(encoding, "replace").count("\n")


def rest_of_a_line(data: bytes, encoding: str = UTF_8) -> int:
    """Return how many bytes of ``data`` still belong to a line whose beginning was taken before."""
    ends = [find(data, sign.encode(encoding), 0) for sign in "\n\r"]
    width = len("\n".encode(encoding))
    return min((end + width for end in ends if end >= 0), default=len(data))


def ends_a_line(before: bytes, encoding: str = UTF_8) -> bool:
    """Return whether a line, or the next state of a progress bar, begins after these bytes."""
    return not before or before.endswith(tuple(sign.encode(encoding) for sign in "\n\r\0"))


def record_lines(text: str, bars: BarStates, longest: int) -> list[str]:
    """Return the lines of a text that is whole, as :func:`cut` returns those of a file."""
    lines: list[str] = []
    for line in text.split("\n"):
        if "\r" in line.removesuffix("\r"):
            states = line.removesuffix("\r").encode(errors="replace").split(b"\r")
            lines += (state.decode() for state in bars.select(states, ended=True, longest=longest)[0])
        else:
            lines.append(line)
    return lines


class _Cutter:
    """Collects lines.

    Args:
        bars: selects the states of progress bars.
        max_line: bytes after which a line is cut.
        in_bar: the first line continues one of which states were consumed.
    """

    def __init__(self, bars: BarStates, max_line: int, *, in_bar: bool) -> None:
        self._bars = bars
        self._max_line = max_line
        self._in_bar = in_bar
        self._line = 0
        self._texts: list[str] = []
        self._places: list[int] = []
        self._states: list[int] = []
        self._cut = 0

    def add(self, raw: bytes) -> None:
        """Add a line that is ended."""
        raw = raw.removesuffix(b"\r").lstrip(b"\0")
        if self._in_bar or b"\r" in raw:
            self._add_states(self._bars.select(raw.split(b"\r"), ended=True, longest=self._max_line)[0])
        else:
            self._append(raw)
        self._in_bar = False
        self._line += 1

    def add_rest(self, rest: bytes, *, at_end: bool) -> int:
        """Add what can be taken of a line that is not ended; return how many bytes that is."""
        zeros = len(rest) - len(rest.lstrip(b"\0"))
        rest = rest[zeros:]
        if at_end:
            if rest:
                self.add(rest)
            return zeros + len(rest)
        # A last \r waits: the newline of a line that Windows ends may follow.
        *states, last = rest.removesuffix(b"\r").split(b"\r")
        if len(last) > self._max_line:
            if not (states or self._in_bar):
                self._append(last)
                return zeros + len(last)
            states.append(last)
        chosen, decided = self._bars.select(states, ended=False, longest=self._max_line)
        self._add_states(chosen)
        return zeros + min(sum(len(state) + 1 for state in states[:decided]), len(rest))

    def block(self, before: bytes) -> LineBlock:
        """Return all lines, and those before them."""
        data = before + to_utf_8("".join(f"{text}\n" for text in self._texts).encode())
        if self._places == list(range(len(self._places))) and not self._states:
            return LineBlock(data, cut=self._cut)
        ended = before.count(b"\n")
        places = [*range(ended), *(ended + place for place in self._places)]
        return LineBlock(data, places, [ended + state for state in self._states], self._cut)

    def _add_states(self, states: Sequence[bytes]) -> None:
        for state in states:
            self._states.append(len(self._texts))
            self._append(state)

    def _append(self, raw: bytes) -> None:
        end = ""
        if len(raw) > self._max_line:
            self._cut += 1
            raw, end = raw[: self._max_line], MARK
            blank = max(raw.rfind(b" "), raw.rfind(b","))
            raw = raw[:blank] if blank > max(0, len(raw) - _TOKEN) else raw
        text = to_utf_8(raw).decode(UTF_8, "replace")
        self._texts.append(from_terminal(text.rstrip("\ufffd") if end else text) + end)
        self._places.append(self._line)


def _has_long_line(lines: bytes, most: int) -> bool:
    """Return whether one of the lines is longer; none of which is looked at twice."""
    place = 0
    while len(lines) - place > most:
        newline = lines.rfind(b"\n", place, place + most + 1)
        if newline < 0:
            return True
        place = newline + 1
    return False
