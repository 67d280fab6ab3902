"""The catalogue: the texts of each language."""

from __future__ import annotations

from .chinese import CHINESE
from .english import ENGLISH
from .locale_language import locale_language
from .wording import Language, Wording

_CATALOGUE: dict[str, Wording] = {"zh": CHINESE, "en": ENGLISH}


def wording(language: Language | None) -> Wording:
    """Return the texts of ``language``; None is the locale's."""
    return _CATALOGUE[language or locale_language()]
