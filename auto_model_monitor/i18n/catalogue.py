"""The catalogue: the texts of each language."""

from __future__ import annotations

from .chinese import CHINESE
from .english import ENGLISH
from .wording import Language, Wording

_CATALOGUE: dict[str, Wording] = {"zh": CHINESE, "en": ENGLISH}


def wording(language: Language) -> Wording:
    """Return the texts of ``language``."""
    return _CATALOGUE[language]
