"""The known name that is nearest to one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable

from .comparison import names_a_metric
from .numbers import compiled

_CUTOFF = 0.75
_VALIDATION = ("val", "eval", "test", "dev")
_WORD = r"[^\W_]+"


def nearest(asked: str, known: Iterable[str]) -> str | None:
    """Return the name that was probably meant, None where none is near.

    Args:
        asked: what was asked for, such as ``val_los`` or ``accuracy``.
        known: the names that there are, such as ``val_loss`` and ``val_acc``.
    """
    import difflib  # wanted by a warning alone

    names = list(known)
    lowered = {name.lower(): name for name in reversed(names)}
    close = difflib.get_close_matches(asked.lower(), lowered, n=1, cutoff=_CUTOFF)
    if close and _numbers(close[0]) == _numbers(asked):
        return lowered[close[0]]
    words = words_of_metric(asked)
    return next((name for name in names if words and _covers(words_of_metric(name), words)), None)


def is_misspelt(asked: str, known: Iterable[str]) -> bool:
    """Return whether a name is no known metric, and one of the known names was meant."""
    return not names_a_metric(asked) and nearest(asked, known) is not None


def may_follow(asked: str, known: Iterable[str]) -> bool:
    """Return whether a metric of a validation is not there because no validation has ended yet."""
    return asked.startswith(_VALIDATION) and not any(name.startswith(_VALIDATION) for name in known)


def words_of_metric(metric: str) -> list[str]:
    """Return the words of a metric's name in lower case."""
    return compiled(_WORD).findall(metric.lower())


def _covers(words: list[str], asked: list[str]) -> bool:
    """Return whether each word that was asked for stands there, if shorter or longer, as acc does."""
    return all(any(a.startswith(w) or w.startswith(a) for w in words if len(w) > 2) for a in asked)


def _numbers(name: str) -> list[str]:
    return compiled(r"[0-9]+").findall(name)
