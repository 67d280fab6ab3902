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


def metric_text(metric: str, words: Wording) -> str:
    """Return what people call a metric such as ``recall@sex:f``: ``召回率（sex:f）``, ``recall of sex:f``."""
    name, _, group = metric.partition("@")
    name = words.metrics.get(name, name)
    return words.metric_of_group.format(metric=name, group=group) if group else name
