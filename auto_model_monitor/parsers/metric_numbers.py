"""Numbers that belong to a metric's name, such as those of ``mAP_50``, ``ndcg_10`` and ``PCK_0.05``."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.comparison import names_a_metric
from ..core.numbers import compiled, is_whole


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


_RANKS = word_set("1 2 3 4 5 10 15 20 25 30 40 50 100 200 500 1000")
# Words of metrics whose names go on with a whole number, and these numbers, as in ``AP_50``, ``bleu_4``.
_CUTOFFS = {
    **dict.fromkeys(("ap", "map", "ar", "mar"), word_set("25 50 75")),
    **dict.fromkeys(("bleu", "rouge"), word_set("1 2 3 4")),
    **dict.fromkeys(("acc", "accuracy"), word_set("1 5")),
    **dict.fromkeys(("ndcg", "dcg", "hit", "hits", "hr", "mrr", "recall", "precision", "prec"), _RANKS),
    "top": word_set("1 3 5 10"),
    "f": word_set("1 2"),
    "hd": word_set("95"),
}
# Before a fraction, which is the score, further numbers belong to the name: ``acc_3_0.81``.
_RANKED = word_set("ap map acc accuracy p r bleu rouge")
_THRESHOLDED = word_set("ap map ar mar iou miou pck pckh oks")
_ALWAYS_AT = word_set("pck pckh oks")
_THRESHOLDS = word_set("0.05 0.1 0.2 0.25 0.3 0.4 0.5 0.50 0.7 0.70 0.75 0.95 .05 .1 .2 .25 .5 .75 .95")
_FRACTION_FOLLOWS = r"[_-](?:[0-9]*\.[0-9]|nan|inf)|[_:-](?:0?\.)?95(?![0-9])"
_COUNT_FOLLOWS = r"[_-](?:epoch|ep|iter|step)"


def belongs_to_name(word: str, number: str, after: str) -> bool:
    """Return whether a number belongs to the metric's name before it, as in ``mAP_50`` or ``PCK_0.05``.

    Args:
        word: the word before the number, without its separator.
        number: as it is written.
        after: the text behind the number.
    """
    word = word.lower()
    scored = compiled(_FRACTION_FOLLOWS).match(after) is not None
    if is_whole(number):
        if word in _CUTOFFS:
            return number in _CUTOFFS[word]
        return scored and number in _RANKS and word in _RANKED
    if word not in _THRESHOLDED or number not in _THRESHOLDS:
        return False
    return (
        scored or number == "0.5" or word in _ALWAYS_AT or compiled(_COUNT_FOLLOWS).match(after) is not None
    )


def numbers_at_the_end(words: Sequence[str]) -> int:
    """Return how many words at the end are numbers: two of ``mAP``, ``50``, ``95``."""
    return next((count for count, word in enumerate(reversed(words)) if not word.isdigit()), len(words))


def known_start(words: Sequence[str], qualifiers: frozenset[str]) -> int | None:
    """Return where the known metric begins that ends the words, None where none does.

    Args:
        words: of a key, such as ``resnet50``, ``val``, ``acc``, ``top``, ``5``.
        qualifiers: words that narrow a metric down.
    """
    # ``F_1`` and ``hd_95`` are the known words ``f1`` and ``hd95``; ``acc_top_5`` is an ``acc``.
    joined = [
        word + after if after.isdigit() else word for word, after in zip(words, [*words[1:], ""], strict=True)
    ]
    start, is_known = len(words), False
    while start:
        word = words[start - 1]
        names = names_a_metric(word) or names_a_metric(joined[start - 1])
        narrows = (
            word.lower() in qualifiers
            or word.isdigit()
            or (word.lower() == "top" and joined[start - 1] != word)
        )
        if not names and not narrows:
            break
        start, is_known = start - 1, is_known or names
    return start if is_known else None
