"""How a regular expression is built: whether it may backtrack for long, and texts that would show it."""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import accumulate
from typing import Any, NamedTuple

# The parse tree of the standard library: a sequence of (operation, argument).
_PARSER = "re._parser" if sys.version_info >= (3, 11) else "sre_parse"
Items = Any

_MANY = 16  # a repeat of so many differs little from an endless one
_PRINTABLE = frozenset(string.printable + "é验")
_USUAL = "a0_.-= A/e9:"
_MOST_CHARACTERS = 24
_MOST_FAMILIES = 300
_TESTS = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda character: character.isalnum() or character == "_",
}


class Family(NamedTuple):
    """Texts of any length: a beginning, what is repeated, and an end."""

    prefix: str
    pump: str
    suffix: str


class _Leaf(NamedTuple):
    """Something that matches single characters, from ``low`` to ``high`` times."""

    characters: frozenset[str]
    low: int
    high: int


def parsed(pattern: re.Pattern[str]) -> Items:
    """Return the parse tree of a pattern."""
    # The flags of a compiled pattern include those that its text holds, which may not be given twice.
    return import_module(_PARSER).parse(pattern.pattern, pattern.flags & ~re.DEBUG)


def suspicion(tree: Items, few: int) -> str:
    """Return why a pattern might take very long, the empty string when its structure rules that out.

    Args:
        tree: the parse tree.
        few: so many repeats, each of which may give characters to what follows it, are harmless.
    """
    for low, high, body in _repeats(tree):
        if high < 2:
            continue
        if body.getwidth()[0] != body.getwidth()[1]:
            return "a repeat inside a repeat, as in (a+)*"
        if any(name == "BRANCH" for name, _ in _all(body)) and high - low >= _MANY:
            return "alternatives inside a repeat, as in (a|ab)*"
    if any(name in ("GROUPREF", "GROUPREF_EXISTS") for name, _ in _all(tree)):
        return "a reference to a group, as in (a+)\\1"
    if _ambiguous(list(_leaves(tree))) > few:
        return "many repeats that match the same text, as in .*.*.*"
    return ""


def families(tree: Items) -> list[Family]:
    """Return texts on which a pattern takes longest, if it can take long."""
    characters = _characters(tree)
    words = _words(tree)
    pumps = [*words, *accumulate(words), *characters]
    found = [Family("", pump, end) for pump in pumps for end in ("", "!")]
    for prefix, body in _pumped(tree, ""):
        mine = dict.fromkeys(_sample(body, character, turn) for character in characters for turn in (0, 1, 2))
        longer = "".join(mine)[:40]
        found += [Family(prefix, pump, end) for pump in (*mine, longer) for end in ("!", "", "\n") if pump]
    return list(dict.fromkeys(found))[:_MOST_FAMILIES]


def _all(items: Items) -> Iterator[tuple[str, Any]]:
    """Yield every operation of a tree with its argument, the outer ones first."""
    for operation, argument in items:
        yield str(operation), argument
        for inner in _inner(argument):
            yield from _all(inner)


def _inner(argument: Any) -> Iterator[Items]:
    """Yield the sequences of which an operation is made."""
    for part in argument if isinstance(argument, (tuple, list)) else (argument,):
        if hasattr(part, "getwidth"):
            yield part
        elif isinstance(part, list):
            yield from (each for each in part if hasattr(each, "getwidth"))


def _repeats(tree: Items) -> Iterator[tuple[int, int, Items]]:
    for name, argument in _all(tree):
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            yield int(argument[0]), int(argument[1]), argument[2]


def _set_of(operation: str, argument: Any) -> frozenset[str] | None:
    """Return the characters that one operation matches; None when it matches no single character."""
    if operation in ("ANY", "AT"):  # the end of the text may be missing after any character
        return _PRINTABLE
    if operation == "LITERAL":
        return frozenset((chr(argument), chr(argument).swapcase()))
    if operation == "NOT_LITERAL":
        return _PRINTABLE - {chr(argument)}
    if operation != "IN":
        return None
    found: set[str] = set()
    negated = str(argument[0][0]) == "NEGATE"
    for kind, value in argument[negated:]:
        found |= _members(str(kind), value)
    return _PRINTABLE - found if negated else frozenset(found)


def _members(kind: str, value: Any) -> frozenset[str]:
    if kind == "RANGE":
        return frozenset(chr(code) for code in range(value[0], min(value[1], value[0] + 255) + 1))
    if kind == "CATEGORY":
        name = str(value).replace("CATEGORY_NOT_", "CATEGORY_")
        matched = frozenset(filter(_TESTS.get(name, str.isprintable), _PRINTABLE))
        return matched if name == str(value) else _PRINTABLE - matched
    return frozenset(chr(value))


def _leaves(items: Items, low: int = 1, high: int = 1) -> Iterator[_Leaf]:
    """Yield what matches single characters, in order; of alternatives, one after the other."""
    for operation, argument in items:
        name = str(operation)
        characters = _set_of(name, argument)
        if characters is not None:
            yield _Leaf(characters, low, high)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            yield from _leaves(argument[2], int(argument[0]), int(argument[1]))
        else:
            for inner in _inner(argument):
                yield from _leaves(inner, 0 if name == "BRANCH" else low, high)


def _ambiguous(leaves: list[_Leaf]) -> int:
    """Return how many long repeats may leave characters to what follows them."""
    count = 0
    for index, leaf in enumerate(leaves):
        if leaf.high - leaf.low < _MANY:
            continue
        for follower in leaves[index + 1 :]:
            if leaf.characters & follower.characters:
                count += 1
                break
            if follower.low:
                break
    return count


def _characters(tree: Items) -> list[str]:
    literals = (chr(argument) for name, argument in _all(tree) if name == "LITERAL")
    ranges = (chr(value[0]) for name, argument in _all(tree) if name == "IN" for value in _ranges(argument))
    return list(dict.fromkeys((*_USUAL, *literals, *ranges)))[:_MOST_CHARACTERS]


def _ranges(members: Any) -> Iterator[Any]:
    for kind, value in members:
        if str(kind) == "RANGE":
            yield value
        elif str(kind) == "LITERAL":
            yield (value, value)


def _words(tree: Items) -> list[str]:
    """Return the literal texts of a pattern, in order."""
    text = "".join(chr(argument) if name == "LITERAL" else "\n" for name, argument in _all(tree))
    return text.split()


def _pumped(items: Items, prefix: str) -> Iterator[tuple[str, Items]]:
    """Yield each repeat's body with a text for what stands before it."""
    for operation, argument in items:
        if str(operation) in ("MAX_REPEAT", "MIN_REPEAT") and int(argument[1]) > 1:
            yield prefix, argument[2]
        for inner in _inner(argument):
            yield from _pumped(inner, prefix)
        prefix += _sample([(operation, argument)], "a", 0)


def _sample(items: Items, character: str, turn: int) -> str:
    """Return a short text that the items match, made of one character where they take it.

    Args:
        items: a part of a parse tree.
        character: the character.
        turn: which of several alternatives is taken.
    """
    text = ""
    for operation, argument in items:
        name = str(operation)
        characters = None if name == "AT" else _set_of(name, argument)
        if name == "LITERAL":
            text += chr(argument)
        elif characters is not None:
            text += character if character in characters else min(characters, default="")
        elif name == "BRANCH":
            text += _sample(argument[1][turn % len(argument[1])], character, turn)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            text += _sample(argument[2], character, turn) * min(max(int(argument[0]), 1), 20)
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT"):
            text += "".join(_sample(inner, character, turn) for inner in _inner(argument))
    return text[:200]
