"""The regexes for numbers: the only place in the package that knows how a number is written."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

# Dots and exponents may repeat, so that no piece of ``1.2.3`` or ``1e5e5`` passes for a number.
EXPONENT = r"(?:\.?[eE][-+]?[0-9]+(?:\.[0-9]+)*)*"
DIGITS = rf"(?:[0-9]+(?:\.[0-9]+)*|(?:\.[0-9]+)+){EXPONENT}"
_WORDS = r"(?i:nan|inf(?:inity)?)(?![A-Za-z])"
# A hyphen that follows a letter or a digit joins two parts; anywhere else it is a sign.
_SIGN = r"(?:(?<![A-Za-z0-9])[-+])?"

#: Matches a number, or ``1.2.3``, which ``float`` then refuses. It leaves out the dot of ``5.``, which
#: adds nothing and may begin a file's extension.
NUMBER = rf"{_SIGN}(?:{DIGITS}|(?<![A-Za-z]){_WORDS})"

#: Matches a number with its sign, whatever stands before it.
SIGNED = rf"[-+]?(?:{DIGITS}|{_WORDS})"

# Lightning's bar pads all numbers to a width; C on Windows adds the kind.
_PADDED = r"([-+]?(?i:nan|inf(?:inity)?))(?:\.0*|\((?:ind|snan)\))"

# A number of its own is followed by nothing that continues a word or a number.
_END = r"(?![^\W_]|\.[0-9])"
_TOKEN = (
    rf"(?P<number>(?<![^\W_])(?<![0-9]\.){NUMBER}{_END})"
    rf"|(?P<head>[^\W\d_]+)(?P<tail>{DIGITS}){_END}"
    r"|(?P<word>[^\W_]+)"
)
_WRITTEN = r"[^-_=/,\s]*"
_FRACTION = r"[^0-9+-]"

# What begins like a number in running text, to its end: a number, or what ``float`` refuses, such as
# ``2.5s``, ``1.2.3``, ``3/10``, ``10:15:23``, ``2025-10-29``. The digits of ``top-1``, ``l2``, ``Acc@1`` and
# ``mAP50-95`` belong to a word, those of ``epoch3`` and ``第3轮`` do not. The regex begins with the digit,
# because sre searches fast only then; a sign and a leading dot stand before it. No part of it can fail after
# the digit, so that it never backtracks.
_UNSPACED = r"\u2e80-\u9fff\uac00-\ud7af"  # scripts that put no blanks between words and numbers
_LETTER = rf"[^\W{_UNSPACED}]"
_COUNTERS = ("epoch", "Epoch", "EPOCH", "step", "Step", "STEP", "iter", "Iter", "ITER", "ep", "Ep", "EP")
_GLUED = "|".join(
    rf"(?<={before}{word}.)" for word in _COUNTERS for before in (r"\A", rf"[\s\[(|,;:{_UNSPACED}]")
)
_RUN = (
    rf"([0-9](?:(?<![\w@].)|(?<=[{_UNSPACED}].)|(?:{_GLUED})(?![0-9]*(?:[^\W0-9{_UNSPACED}]|[-.]\w)))"
    rf"(?<!{_LETTER}\..)(?<![.@]\..)(?<![0-9]:\..)(?<!{_LETTER}-.)(?<![Tt]op[- ].)[0-9A-Za-z]*"
    r"(?:[-.:/<][0-9A-Za-z]+|(?<=[eE])\+[0-9]+)*)"
)

_EXTENSION = r"(?:-v[0-9]+)?(?:\.[A-Za-z]\w{0,15}){0,3}\Z"
_SCORE = rf"(?P<score>(?!0[0-9])(?=[-+]?[0-9]*(?:\.[0-9]|[eEnNiI])){NUMBER})"
_SCORE_THEN_STEP = (
    rf"(?:ckpt|checkpoint|best(?:_model|_ckpt|_checkpoint)?)_{_SCORE}_(?P<step>[0-9]+){_EXTENSION}"
)
_EPOCH_THEN_SCORE = (
    r"(?:(?:weights|model|checkpoint|ckpt|cp|best|improvement|epoch)[._-]?)*"
    rf"(?P<epoch>[0-9]+)-{_SCORE}{_EXTENSION}"
)


_WHOLE = 1e15  # whole numbers up to here are counted, those beyond are rounded


@cache
def compiled(source: str) -> re.Pattern[str]:
    """Compile a regex at its first use; compiling all of them at import takes milliseconds."""
    return re.compile(source)


class NamePart(NamedTuple):
    """One word or number of a name.

    Attributes:
        start: the index of its first character.
        end: the index behind its last character.
        head: the word, or the letters that precede a number without a separator, as in ``loss0.5``.
        number: the number as it is written; empty for a word.
    """

    start: int
    end: int
    head: str
    number: str


def tokens(text: str) -> Iterator[NamePart]:
    """Yield the words and numbers of ``text`` in order; everything between them is a separator."""
    for found in compiled(_TOKEN).finditer(text):
        head, tail, number = found["head"], found["tail"], found["number"]
        if number is not None:
            yield NamePart(found.start(), found.end(), "", number)
        else:
            yield NamePart(found.start(), found.end(), head or "", tail or "")


def number_splitter() -> Callable[[str], list[str]]:
    """Return a function that splits a text into words, number, words, number, …, words.

    Each number comes without its sign and without a leading dot: these end the words before it.
    """
    return compiled(_RUN).split


def written_at(text: str, start: int) -> str:
    """Return the text from ``start`` to the next separator, to quote it in an error."""
    found = compiled(_WRITTEN).match(text, start)
    return found[0] if found else ""


def to_float(number: str) -> float | None:
    """Return the value of a written number; None when it is no number, such as ``1.2.3``."""
    found = compiled(SIGNED).match(number)
    padded = compiled(_PADDED).fullmatch(number)
    if padded is not None:
        return float(padded[1])
    try:
        return float(number) if found is not None and found.end() == len(number) else None
    except ValueError:
        return None


def shortest(value: float) -> float:
    """Return the shortest decimal that a float32 stands for: 0.9 for 0.8999999761581421.

    A number that is no float32, and a whole one, stay as they are.
    """
    if not math.isfinite(value) or (value.is_integer() and abs(value) < _WHOLE):
        return value
    packed = as_float32(value)
    if len(packed) != 4:
        return value
    # Some programs write 16 digits, others 15.
    if abs(struct.unpack("<f", packed)[0] - value) > 2e-15 * abs(value):
        return value
    decimals = (float(f"{value:.{digits}g}") for digits in (6, 7, 8, 9))
    return next((short for short in decimals if as_float32(short) == packed), value)


def as_float32(value: float) -> bytes:
    """Return what is equal for two numbers that a float32 cannot tell apart, and for two NaN."""
    if math.isnan(value):
        return b"nan"
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<d", value)


def is_whole(number: str) -> bool:
    """Return whether ``number`` is written as an integer: not ``1.0``, ``1e3`` or ``nan``."""
    return compiled(_FRACTION).search(number) is None


def positional(stem: str) -> re.Match[str] | None:
    """Match a name that holds a score by position: ``ckpt_<score>_<step>`` and ``<epoch>-<score>``."""
    return compiled(_SCORE_THEN_STEP).match(stem) or compiled(_EPOCH_THEN_SCORE).match(stem)
