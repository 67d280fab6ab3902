"""The words between two numbers of a line: which key they end with, and how."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..core.numbers import compiled

_LONGEST_KEY = 64  # characters; what is longer is prose
_OPENED = r"(?:(?:tensor|array|np\.float\d*|float)\()?[\s'\"]*\Z"
_SIGN = r"(?<![\w)\]%])[-+]?\.?\Z"
_REMARK = r"\s*[(\[]([\w@ %-]{0,20})[)\]]\Z"
_BREAK = r"[!?](?=\s)|[,;|│┃{}\[\]()<>，；。、！（）【】\n\t\"*#~]|'(?!s )|\s[-–—]+\s|\s\s+|[:=：](?=.)|\.\s"
_KEY = r"[\w@][^?&$\\^`|]*\Z"
# What a number counts, right behind it: the ``轮`` of ``第3轮验证损失``.
_COUNTED = r"\A\s?(?:[个次](?:轮次?|回合|周期|迭代|epoch)?|轮次?(?!次)|步|回合|周期|迭代)(?=.*\w)"
# What may follow a value of a dict.
_END_OF_VALUE = r"[)'\"\s]*(?:[,}\]]|\Z)"
# What may follow a number that stands for itself: a Chinese word too, unless it is a unit.
_UNIT = "[秒毫微分小时天个次张条步轮批万亿倍元图样度兆千年月日号名位层块卡份节组种行页例台只人周期折]"
_END = (
    r"%?(?:\Z|[\s,;|│)\]}'\"，；。、）%!]|:(?:\s|\Z)|\.+(?:\s|\Z)|(?:\+|±|\+/-)\Z"
    rf"|(?!{_UNIT})[\u4e00-\u9fff])"
)
# What may not stand between a number and the next: ``5 of 10``, ``10 ** 9``, ``0.5 -> 0.4``, ``1,000``,
# ``5-10``; but Keras sets its numbers apart by `` - ``.
_PART = r"%?(?:\s*(?:/|of|out of|\*+|\^|x|×|-+>|→|=>|to)\s*[-+.]?|[-–]\s*[-+.]?|\s+[-–]|,)\Z"


class Gap(NamedTuple):
    """The words before a number.

    Attributes:
        before: the pieces of text that stand apart from the key, such as headings.
        key: the words that stand next to the number.
        explicit: a colon, an equals sign or a table's line stands between key and number.
        quoted: the key stands in quotation marks, as in a dict.
        opened: a bracket stands between them, as in ``Epoch [3``.
        sign: what belongs to the number: a sign, a leading dot.
    """

    before: tuple[str, ...]
    key: str
    explicit: bool
    quoted: bool
    opened: bool
    sign: str


@lru_cache(maxsize=4096)
def gap_of(text: str) -> Gap:
    """Take apart the words between the number before, or the line's beginning, and a number."""
    text = compiled(_COUNTED).sub("", text.removeprefix("%")[-512:])
    found = compiled(_SIGN).search(text)
    sign = found[0] if found else ""
    text = text[: len(text) - len(sign)]
    opened = compiled(_OPENED).search(text)
    rest = text[: opened.start()].rstrip(" \t'\"") if opened else text
    spaced = rest != text and not (opened and "(" in opened[0])
    explicit = rest.endswith((":", "=", "：", "│", "┃"))
    in_brackets = not explicit and rest.endswith(("[", "(", "#", "{", "第"))
    rest = rest[:-1] if explicit or (in_brackets and not rest.endswith("第")) else rest
    quoted = explicit and rest.rstrip().endswith(("'", '"'))
    rest = compiled(_REMARK).sub(r" \1", rest.rstrip(" \t'\"")).rstrip(" \t'\"%")
    if rest.endswith((":", "=")):  # ``loss : [0.5``, ``epoch: [3``
        rest, explicit = rest[:-1].rstrip(), explicit or in_brackets
    *before, key = compiled(_BREAK).split(rest)
    key = key.strip(" \t'\"`-+")
    # What the splitter takes for a number right behind a letter is one: ``epoch3``, ``损失0.5``.
    glued = text[-1:].isalpha()
    explicit = explicit or (glued and not text[-1:].isascii())
    apart = explicit or spaced or in_brackets or glued
    if not apart or len(key) > _LONGEST_KEY or not compiled(_KEY).match(key):
        key = ""
    pieces = tuple(piece.strip() for piece in before if piece.strip())
    return Gap(pieces, key, explicit, quoted, in_brackets, sign)


def ends_here(after: str, *, last: bool, quoted: bool) -> bool:
    """Return whether a number that ``after`` follows stands for itself.

    Args:
        after: the words after it.
        last: no further number follows these words.
        quoted: it is the value of a key in quotation marks.
    """
    if quoted and not compiled(_END_OF_VALUE).match(after):
        return False
    if not compiled(_END).match(after):
        return False
    return last or len(after) > 24 or compiled(_PART).match(after) is None
