"""A line as a terminal shows it: without colours, of a bar the last state, of a JSON object its message."""

from __future__ import annotations

from ..core.numbers import compiled
from ..text.cleaning import from_terminal

_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]"
# What Docker, python-json-logger, structlog, loguru and others call the text that a program has logged.
_TEXTS = ("log", "message", "msg", "text", "event", "MESSAGE")
_ENVELOPE = r'\s{0,8}\{.*(?:"(?:log|message|msg|text|event|MESSAGE)"\s{0,8}:|\\u[0-9a-fA-F]{4})'
_PAIR = r"[^\W_]\s{0,8}[:=：]\s{0,8}[-+.\d]|[0-9]\.[0-9]|(?i:\b(?:nan|inf)\b)"


def is_plain(line: str) -> bool:
    """Return whether :func:`plain` would leave the line unchanged."""
    if line[:1] == "{" and compiled(_ENVELOPE).match(line):
        return False
    return line.isprintable() or compiled(_CONTROLS).search(line) is None


def plain(line: str) -> str:
    """Return the line without control characters and without what carriage returns have written over.

    Of a JSON object that holds a text with numbers it is the text; of another one it is the object with its
    escapes decoded.
    """
    if is_plain(line):
        return line
    line = from_terminal(line)
    if line[:1] == "{" and compiled(_ENVELOPE).match(line):
        return from_terminal(_opened(line).rstrip("\r\n"))
    return line


def _opened(line: str) -> str:
    import json  # needed for such lines alone

    try:
        found = json.loads(line)
    except (ValueError, RecursionError):  # one that was cut, or a dict of Python's
        return line
    if not isinstance(found, dict):
        return line
    for name in _TEXTS:
        text = found.get(name)
        if isinstance(text, str) and compiled(_PAIR).search(text):
            return text
    return json.dumps(found, ensure_ascii=False)
