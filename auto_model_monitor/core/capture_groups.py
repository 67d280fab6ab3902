"""The capture groups of a user's pattern, and the whole numbers that they match parts of."""

from __future__ import annotations

import re
from typing import NamedTuple

from .numbers import DIGITS, EXPONENT, NUMBER, SIGNED, compiled

_ATOM = (
    r"(?s)(?P<escape>\\.)"
    r"|(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<nothing>\(\?#[^)]*\)|\(\?P=\w+\)|\(\?[a-zA-Z]+\))"
    r"|(?P<capture>\(\?P<\w+>|\((?!\?))"
    r"|(?P<open>\(\?(?:[a-zA-Z-]*:|[=!>]|<[=!]|\(\w+\)))"
    r"|(?P<close>\))"
    r"|(?P<repeat>(?:[*+?]|\{[0-9]*,?[0-9]*\})[?+]?)"
    r"|(?P<meta>[|^$.])"
    r"|(?P<char>.)"
)
_SIMPLE_BODY = r"(?:\\[d.+-]|\[(?:\\[d.+-]|[0-9.+\-eE])*\]|[-.+*?0-9]|\{[0-9]*,?[0-9]*\}|\(\?:|\)|\|)+"
# A body that matches every digit and dot, and one that requires a fraction.
_GREEDY_BODY = r"\[(?:\\?\.)?(?:0-9|\\d)(?:\\?\.)?\]\+|\\d\+"
_FRACTION_BODY = r"(?:\\d|\[0-9\])\+\\\.(?:\\d|\[0-9\])\+"
# Digits and dots with the letter of an exponent, which ``float`` then refuses.
_BULK_BODY = r"[0-9.]+[eE]?"
_LAST = r"\)(?:\.\*\??)?"  # a group with which a pattern ends
_SEPARATORS = r"\[[-_=:\s/\\]+\]"


class GroupSite(NamedTuple):
    """Where a group stands in a pattern, and what that means for the text that it matches.

    Attributes:
        before: the literal text directly before the group, such as ``val_loss_``.
        may_start_inside: the group may begin inside a number, as after a greedy ``.*``.
        may_end_inside: the group may end inside a number, as ``[0-9.]+`` does in ``1.2e-05``.
        signed: a hyphen before the group may be a sign; False where the pattern names it as a separator.
        quick: a source whose group holds a whole number or what ``float`` refuses; None when none is known.
            It may miss a number that the pattern finds.
        bulk: a faster source than ``quick``; dots may end its group, and ``float`` refuses exponents.
        widened: the pattern's source with :data:`NUMBER` in the group, None where the group is not plain.
    """

    before: str = ""
    may_start_inside: bool = True
    may_end_inside: bool = True
    signed: bool = True
    quick: str | None = None
    bulk: str | None = None
    widened: str | None = None


def site_of(pattern: re.Pattern[str], group: int) -> GroupSite:
    """Return where the group with number ``group`` stands in ``pattern``."""
    if pattern.flags & re.VERBOSE:
        return GroupSite()  # blanks and comments are ignored there, so its text proves nothing
    atoms = list(compiled(_ATOM).finditer(pattern.pattern))
    first, last = _bounds(atoms, group)
    source = pattern.pattern
    body = source[atoms[first].end() : atoms[last].start()]
    starts_inside = not _literal(atoms, first - 1) and not _is_separator(atoms, first - 1)
    head, tail = source[: atoms[first].end()], source[atoms[last].start() :]
    plain = _kind(atoms, last + 1) != "repeat" and _is_plain(body)
    ends_inside = _may_end_inside(atoms, last + 1)
    known = plain and not starts_inside and _ends_cleanly(atoms, last + 1)
    digits = _quick_body(body, ends_inside) if known else None
    return GroupSite(
        before=_literal_before(atoms, first),
        may_start_inside=starts_inside,
        may_end_inside=ends_inside,
        signed=not _names_hyphen(atoms, first - 1),
        quick=f"{head}{digits}{tail}" if digits else None,
        bulk=f"{head}{_bulk_body(body, digits, tail)}{tail}" if digits else None,
        widened=f"{head}{NUMBER}{tail}" if plain else None,
    )


def literal_in(pattern: re.Pattern[str]) -> str:
    """Return the longest text that every match of the pattern contains; empty when there is none."""
    if pattern.flags & (re.VERBOSE | re.IGNORECASE):
        return ""
    atoms = list(compiled(_ATOM).finditer(pattern.pattern))
    runs, run, depth = [], "", 0
    for index, atom in enumerate(atoms):
        kind, literal = _kind(atoms, index), _literal(atoms, index)
        if kind == "meta" and atom[0] == "|" and not depth:
            return ""
        repeated = _kind(atoms, index + 1) == "repeat"
        if not depth and literal and not repeated:
            run += literal
        elif kind != "nothing":
            runs.append(run + (literal if not depth and literal and atoms[index + 1][0][0] == "+" else ""))
            run = ""
        depth += (kind in ("capture", "open")) - (kind == "close")
    return max([*runs, run], key=len, default="")


def whole_number(name: str, start: int, end: int, site: GroupSite) -> str | None:
    """Return the whole number that contains ``name[start:end]``; None when there is none."""
    text = name[start:end].rstrip(".")
    if not site.may_start_inside or text[:1] in ("-", "+"):
        found = compiled(SIGNED).match(name, start)
    else:
        # Search from the left: only then is a hyphen in an exponent distinct from a separator.
        # A lone dot ends the number before it: ``.*([0-9.]+)`` leaves it of ``0.003.pt``.
        reach = start + bool(text)
        found = next((run for run in compiled(NUMBER).finditer(name) if run.end() >= reach), None)
    if found is None or found.start() > start or found.end() < start + len(text):
        return None
    whole = found[0] if site.may_end_inside else found[0][: start + len(text) - found.start()]
    if found.start() < start and not site.signed:
        return whole.lstrip("+-")
    return whole


def _kind(atoms: list[re.Match[str]], index: int) -> str:
    return atoms[index].lastgroup or "" if 0 <= index < len(atoms) else ""


def _is_plain(body: str) -> bool:
    return bool(re.search(r"\\d|\[", body)) and compiled(_SIMPLE_BODY).fullmatch(body) is not None


def _quick_body(body: str, may_end_inside: bool) -> str | None:
    """Return a body that matches whole numbers where ``body`` may match a part of one."""
    greedy = compiled(_GREEDY_BODY).fullmatch(body) is not None
    if not greedy and not compiled(_FRACTION_BODY).fullmatch(body):
        return None
    other_scripts = r"\d" in body  # ``\\d`` also matches their digits, which must be refused
    if not may_end_inside and not other_scripts:
        return body
    number = DIGITS if greedy else rf"[0-9]+(?:\.[0-9]+)+{EXPONENT}"
    return rf"{number}(?!\.?(?:[eE][-+]?)?\d)" if other_scripts else number


def _bulk_body(body: str, quick: str, tail: str) -> str:
    """Return a body that ``float`` refuses wherever ``quick`` takes in an exponent."""
    simple = quick != body and r"\d" not in body and compiled(_LAST).fullmatch(tail) is not None
    return _BULK_BODY if simple and compiled(_GREEDY_BODY).fullmatch(body) else quick


def _ends_cleanly(atoms: list[re.Match[str]], index: int) -> bool:
    """Return whether nothing after the group can match digits in its place."""
    if _kind(atoms, index + 1) == "repeat":
        return atoms[index][0] == "." and atoms[index + 1][0] in ("*", "*?")
    literal = _literal(atoms, index)
    if literal == ".":
        return _literal(atoms, index + 1).isalpha()
    return (
        index == len(atoms) or atoms[index][0] in (")", "$") or bool(literal and literal not in "0123456789")
    )


def _bounds(atoms: list[re.Match[str]], group: int) -> tuple[int, int]:
    """Return the indices of the parentheses of a group."""
    captures = [index for index in range(len(atoms)) if _kind(atoms, index) == "capture"]
    first, depth = captures[group - 1], 0
    for index in range(first, len(atoms)):
        kind = _kind(atoms, index)
        depth += (kind in ("capture", "open")) - (kind == "close")
        if not depth:
            return first, index
    raise AssertionError("the pattern compiled, so its parentheses are paired")


def _literal(atoms: list[re.Match[str]], index: int) -> str:
    """Return the one character that an atom matches; empty when it matches several."""
    kind = _kind(atoms, index)
    if kind == "char" or (kind == "escape" and not atoms[index][0][1].isalnum()):
        return atoms[index][0][-1]
    return ""


def _may_end_inside(atoms: list[re.Match[str]], index: int) -> bool:
    optional = _kind(atoms, index + 1) == "repeat"
    literal = _literal(atoms, index)
    return optional or not literal or literal in ".0123456789"


def _names_hyphen(atoms: list[re.Match[str]], index: int) -> bool:
    if _kind(atoms, index) == "repeat":
        index -= 1
    kind = _kind(atoms, index)
    return _literal(atoms, index) == "-" or (kind == "set" and "-" in re.sub(r"\w-\w", "", atoms[index][0]))


def _literal_before(atoms: list[re.Match[str]], index: int) -> str:
    """Return the literal text that ends at an atom; a set of separators counts as ``_``."""
    text = ""
    while index > 0:
        index -= 1
        if _kind(atoms, index) == "repeat":
            index -= 1
            if _literal(atoms, index) not in ("_", "-", "=", ":", " ") and not _is_separator(atoms, index):
                break
        literal = "_" if _is_separator(atoms, index) else _literal(atoms, index)
        if not literal:
            break
        text = literal + text
    return text


def _is_separator(atoms: list[re.Match[str]], index: int) -> bool:
    return _kind(atoms, index) == "set" and compiled(_SEPARATORS).fullmatch(atoms[index][0]) is not None
