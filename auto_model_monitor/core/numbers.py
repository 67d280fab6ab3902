"""The regexes for numbers and key-value pieces; nobody else in the package writes one for a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

# Dots and exponents may come again, so that nobody takes a piece of ``1.2.3`` or ``1e5e5`` for a number.
_EXPONENT = r"(?:\.?[eE][-+]?[0-9]+(?:\.[0-9]+)*)*"
_DIGITS = rf"(?:[0-9]+(?:\.[0-9]+)*|(?:\.[0-9]+)+){_EXPONENT}"
_WORDS = r"(?i:nan|inf(?:inity)?)(?![A-Za-z])"
# A hyphen that follows a letter or a digit joins two parts; anywhere else it is a sign.
_SIGN = r"(?:(?<![A-Za-z0-9])[-+])?"

#: What stands where a number is written: a number, or ``1.2.3``, which ``float`` then refuses. The dot
#: of ``5.`` is left out, as it adds nothing and may begin a file's extension.
NUMBER = rf"{_SIGN}(?:{_DIGITS}|(?<![A-Za-z]){_WORDS})"

# A number whose sign was taken by a group on purpose, whatever stands before it.
_SIGNED = rf"[-+]?(?:{_DIGITS}|{_WORDS})"

# Nothing that continues a word or a number may follow a number that stands for itself.
_END = r"(?![^\W_]|\.[0-9])"
_TOKEN = (
    rf"(?P<number>(?<![^\W_])(?<![0-9]\.){NUMBER}{_END})"
    rf"|(?P<head>[^\W\d_]+)(?P<tail>{_DIGITS}){_END}"
    r"|(?P<word>[^\W_]+)"
)
_WRITTEN = r"[^-_=/,\s]*"
_FRACTION = r"[^0-9+-]"

# What begins like a number in running text, to its end: a number, or what ``float`` refuses, such as
# ``2.5s``, ``1.2.3``, ``3/10``, ``10:15:23``, ``2025-10-29``. The digits of ``top-1``, ``l2``, ``Acc@1`` and
# ``mAP50-95`` belong to a word. It begins with the digit, because only then sre looks for it quickly; a sign
# and a leading dot stand before it. Nothing follows that could fail, so that it never goes back.
_RUN = (
    r"([0-9](?<![\w@].)(?<![\w.@:]\..)(?<!\w-.)(?<![Tt]op[- ].)[0-9A-Za-z]*"
    r"(?:[-.:/<][0-9A-Za-z]+|(?<=[eE])\+[0-9]+)*)"
)

_EXTENSION = r"(?:-v[0-9]+)?(?:\.[A-Za-z]\w{0,15}){0,3}\Z"
_SCORE = rf"(?P<score>(?!0[0-9])(?=[-+]?[0-9]*(?:\.[0-9]|[eEnNiI])){NUMBER})"
_SCORE_THEN_STEP = (
    rf"(?:ckpt|checkpoint|best(?:_model|_ckpt|_checkpoint)?)_{_SCORE}_(?P<step>[0-9]+){_EXTENSION}"
)
_EPOCH_THEN_SCORE = (
    r"(?:(?:weights|model|checkpoint|ckpt|cp|best|improvement|epoch)[._-]?)*"
    rf"(?P<epoch>[0-9]+)-{_SCORE}{_EXTENSION}"
)


@cache
def compiled(source: str) -> re.Pattern[str]:
    """Compile a regex at its first use: all of them at import would cost every user some milliseconds."""
    return re.compile(source)


class Token(NamedTuple):
    """One word or number of a name: ``head`` are the letters that a number is glued to, as in ``loss0.5``."""

    start: int
    end: int
    head: str
    number: str


def tokens(text: str) -> Iterator[Token]:
    """Split ``text`` into its words and numbers, in order; what is between them separates them."""
    for found in compiled(_TOKEN).finditer(text):
        head, tail, number = found["head"], found["tail"], found["number"]
        if number is not None:
            yield Token(found.start(), found.end(), "", number)
        else:
            yield Token(found.start(), found.end(), head or "", tail or "")


def number_splitter() -> Callable[[str], list[str]]:
    """Return what splits a text at what begins like a number: words, number, words, number, …, words.

    Each number is written without its sign and without a leading dot: these end the words before it.
    """
    return compiled(_RUN).split


def written_at(text: str, start: int) -> str:
    """Return what is written at ``start``, up to the next separator: for telling what was got."""
    found = compiled(_WRITTEN).match(text, start)
    return found[0] if found else ""


def to_float(number: str) -> float | None:
    """Return the value of a number as it is written, None when it is none, such as ``1.2.3``."""
    found = compiled(_SIGNED).match(number)
    try:
        return float(number) if found is not None and found.end() == len(number) else None
    except ValueError:
        return None


def is_whole(number: str) -> bool:
    """Tell whether ``number`` is written as an integer: not ``1.0``, ``1e3`` or ``nan``."""
    return compiled(_FRACTION).search(number) is None


def positional(stem: str) -> re.Match[str] | None:
    """Match a name that says a score by its place: ``ckpt_<score>_<step>`` and ``<epoch>-<score>``."""
    return compiled(_SCORE_THEN_STEP).match(stem) or compiled(_EPOCH_THEN_SCORE).match(stem)


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
# What takes in every digit and dot that it meets, and what asks for a fraction.
_GREEDY_BODY = r"\[(?:\\?\.)?(?:0-9|\\d)(?:\\?\.)?\]\+|\\d\+"
_FRACTION_BODY = r"(?:\\d|\[0-9\])\+\\\.(?:\\d|\[0-9\])\+"
_SEPARATORS = r"\[[-_=:\s/\\]+\]"


class GroupSite(NamedTuple):
    """Where a group stands in a pattern, and what follows for the text that it matches.

    Attributes:
        before: the literal text just before the group, such as ``val_loss_``.
        may_start_inside: the group may begin inside a number, as after a greedy ``.*``.
        may_end_inside: the group may end inside a number, as ``[0-9.]+`` does in ``1.2e-05``.
        signed: a hyphen before the group may be a sign; False where the pattern names it as a separator.
        quick: a source whose group holds a whole number or what ``float`` refuses; None when none is known.
            It may miss a number that the pattern finds.
        widened: the pattern's source with :data:`NUMBER` in the group, None where the group is not plain.
    """

    before: str = ""
    may_start_inside: bool = True
    may_end_inside: bool = True
    signed: bool = True
    quick: str | None = None
    widened: str | None = None


def site_of(pattern: re.Pattern[str], group: int) -> GroupSite:
    """Find out where the group of that number stands in ``pattern``."""
    if pattern.flags & re.VERBOSE:
        return GroupSite()  # blanks and comments mean nothing there, so that nothing can be concluded
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
        widened=f"{head}{NUMBER}{tail}" if plain else None,
    )


def literal_in(pattern: re.Pattern[str]) -> str:
    """Return the longest text that every match of the pattern surely holds, the empty string for none."""
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
    """Return the whole number in which ``name[start:end]`` stands, None when that is no number."""
    text = name[start:end].rstrip(".")
    if not site.may_start_inside or text[:1] in ("-", "+"):
        found = compiled(_SIGNED).match(name, start)
    else:
        # Counted from the left, because only so a hyphen in an exponent is known from a separator.
        # A lone dot is the end of the number before it: what ``.*([0-9.]+)`` leaves of ``0.003.pt``.
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
    """Return a body that takes in whole numbers where ``body`` may take in a part of one."""
    greedy = compiled(_GREEDY_BODY).fullmatch(body) is not None
    if not greedy and not compiled(_FRACTION_BODY).fullmatch(body):
        return None
    other_scripts = r"\d" in body  # ``\\d`` also stands for their digits, which are to be refused
    if not may_end_inside and not other_scripts:
        return body
    number = _DIGITS if greedy else rf"[0-9]+(?:\.[0-9]+)+{_EXPONENT}"
    return rf"{number}(?!\.?(?:[eE][-+]?)?\d)" if other_scripts else number


def _ends_cleanly(atoms: list[re.Match[str]], index: int) -> bool:
    """Tell whether nothing after the group can take digits away from it."""
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
    """Return the character that an atom stands for, the empty string when it may be any of several."""
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
    """Return the literal text that ends at an atom; a set of separators counts as one ``_``."""
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
