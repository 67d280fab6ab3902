"""Where the words of a line name its split, outside the keys of its numbers."""

from __future__ import annotations

from ..core.numbers import compiled
from .metric_names import is_accounting, split_in_heading
from .vocabulary import SPLITS

_FIRST_WORD = r"[\W_]{0,8}(\w{3,12})(?:\s+[A-Za-z(\0]|:\s)"  # ``Eval samples:``, no ``test_loss``


def split_at_start(blank: str) -> str:
    """Return the split that a line's first word names, as in ``Eval samples: 1000, loss=0.3``."""
    found = compiled(_FIRST_WORD).match(blank)
    split = SPLITS.get(found[1].lower(), "") if found else ""
    return split if split != "train" else ""  # ``Training on 8 GPUs, acc 0.9``


def stands_apart(text: str) -> bool:
    """Return whether a piece of text between two pairs ends the first, as a heading does."""
    return bool(split_in_heading(text)) or is_accounting(text)
