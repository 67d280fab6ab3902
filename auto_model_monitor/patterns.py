"""The regexes for numbers and key-value pieces; nobody else in the package writes one for a number."""

from __future__ import annotations

import re

_DIGITS = r"(?:[0-9]+(?:\.[0-9]+)*|(?:\.[0-9]+)+)(?:\.?[eE][-+]?[0-9]+)?"
_WORDS = r"(?<![A-Za-z])(?i:nan|inf(?:inity)?)(?![A-Za-z])"
# A hyphen that follows a letter or a digit joins two parts; anywhere else it is a sign.
_SIGN = r"(?:(?<![A-Za-z0-9])[-+])?"

#: Something written where a number stands: a number, or ``1.2.3``, which ``float`` then refuses.
RUN = rf"{_SIGN}(?:{_DIGITS}|{_WORDS})"
