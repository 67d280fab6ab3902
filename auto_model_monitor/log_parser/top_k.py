"""The dictionary of a ``Top-k Accuracy`` line, whose keys may be anything."""

from __future__ import annotations

from ..core.numbers import compiled

_OPENS = r"(?i)\btop[-_ ]?k(?![a-z0-9])[^{}\n]{0,40}[:=]\s{0,8}\{"
_KEY = r"""\s{0,8}(?:"[^"\n]{0,80}"|'[^'\n]{0,80}'|["']?[^"'\0\n,:=\[\]{}]{1,80}["']?)(?=\s{0,8}[:=])"""
_RANK = (
    r"(?i)[\"']?(?:(?:train|val|valid|validation|test|eval)[-_ /])?"
    r"(?:top[-_ @]?\d{1,5}(?:[-_ ]?(?:acc|accuracy|err|error))?"
    r"|(?:acc|accuracy|prec|precision|recall|hits?|hr|r|p|ndcg|map)[-_ ]?[@_]?\d{1,5})[\"']?\Z"
)
_OTHER = "'id'"  # a key that is known to name no metric


def without_other_keys(blank: str) -> str:
    """Return a line whose top-k dictionary has only keys such as ``top5``; each number keeps its place.

    An ``epoch`` or a ``val_loss`` among them would move the progress, or pass for a measured loss.

    Args:
        blank: the line without its numbers.
    """
    found = compiled(_OPENS).search(blank)
    if found is None:
        return blank
    start, end = found.end(), _end(blank, found.end())
    inner = compiled(_KEY).sub(
        lambda key: key[0] if compiled(_RANK).match(key[0].strip()) else _OTHER, blank[start:end]
    )
    return blank[:start] + inner + blank[end:]


def _end(text: str, start: int) -> int:
    """Return where the dictionary that begins before ``start`` ends, or the line."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return len(text)
