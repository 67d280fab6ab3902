"""Which arguments of a command a shell or an interpreter runs as a program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class _Interpreter(NamedTuple):
    """Programs that run one of their arguments.

    Attributes:
        names: their names, as a regex.
        option: the option before that argument, as a regex.
        operands: whether other arguments may precede the option; else the first one is a script.
    """

    names: str
    option: str
    operands: bool = False


_INTERPRETERS = (
    _Interpreter(r"(?:ba|rba|da|fi|mk|pdk|tc|[ackz])?sh", r"-[A-Za-z]*c[A-Za-z]*"),
    _Interpreter(r"python[\d.]*w?|pypy[\d.]*", r"-[A-Za-z]*c"),
    _Interpreter(r"(?:perl|ruby|lua)[\d.]*", r"-[A-Za-z]*[eE]"),
    _Interpreter(r"node|nodejs|php|R|Rscript|julia|deno", r"-[A-Za-z]*[eEpr]|--eval|--print|--run"),
    _Interpreter(r"su|runuser|script|flock", r"-[A-Za-z]*c|--command|--session-command", operands=True),
)
_TAKES_VALUE = frozenset(("-o", "+o", "-O", "+O", "-W", "-X", "--rcfile", "--init-file"))


def program_texts(command: Sequence[str]) -> Iterator[str]:
    """Yield the arguments that are programs: after ``sh -c``, ``env bash -lc``, ``python -c`` and the like.

    Args:
        command: a program and its arguments; it may start the shell through others, such as ``env``.
    """
    parts = iter(command)
    for part in parts:
        found = next((one for one in _INTERPRETERS if _is(one.names, part.rpartition("/")[2])), None)
        if found is not None:
            yield from _of_options(parts, found)


def _of_options(parts: Iterator[str], found: _Interpreter) -> Iterator[str]:
    """Yield the program among an interpreter's options, up to its script or its program."""
    after_option = False
    for part in parts:
        if part in _TAKES_VALUE:
            next(parts, None)
        elif after_option and not part.startswith("-"):
            yield part
            return
        elif _is(found.option, part):
            after_option = True
        elif re.match(rf"(?:{found.option})=?", part) and not part.startswith("--"):
            yield part  # ``-cimport train``
            return
        elif re.match(rf"(?:{found.option})=", part):
            yield part
        elif not part.startswith(("-", "+")) and not found.operands:
            return


def _is(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None
