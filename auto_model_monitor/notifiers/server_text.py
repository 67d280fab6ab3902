"""The text of a server's answer, which may be in UTF-8, in GBK or in Latin-1."""

from __future__ import annotations

import codecs

from ..text.cleaning import REPLACEMENT


def decoded(answer: bytes | str) -> str:
    """Return an answer as text: UTF-8 where it is, else GBK where it reads as Chinese, else Latin-1.

    Servers of Chinese providers answer in GBK. A character that was cut off at the end is dropped.
    """
    if isinstance(answer, str):
        return answer
    text = _strict(answer, "utf-8")
    if text is None and (text := _strict(answer, "gb18030")) is not None and not _is_chinese(text):
        text = None
    if text is None:
        text = answer.decode("utf-8", "replace")  # a damaged text in UTF-8 still shows most of its characters
        if all(sign.isascii() or sign == REPLACEMENT for sign in text):
            text = answer.decode("cp1252", "replace")
    return text


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        return None


def _is_chinese(text: str) -> bool:
    # Latin-1's "ür" is a rare character of GBK too, but not one of GB 2312, which holds the common ones.
    wide = "".join(sign for sign in text if not sign.isascii())
    common = wide.encode("gb2312", "ignore").decode("gb2312")
    return len(common) * 2 > len(wide)
