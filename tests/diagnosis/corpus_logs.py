"""The corpus: logs of trainings whose cause of the end is known.

``corpus/CAUSE.txt`` holds the logs of one cause. A log begins with ``=== FRAMEWORK EXIT_CODE``, followed by
``rank=``, ``frame=`` (of the user's own file), ``before=`` and ``after=``, which name blocks of
``corpus/surroundings.txt``; ``after=NAME:A:B`` fills the block's ``{0}`` and ``{1}``. Lines that begin with
``> `` are no part of the log: each is a part of a line that proves the cause; a bare ``>`` states that no
line does. ``␛`` and ``␍`` stand for escape and carriage return.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
#: Logs that the rules were not written for.
HELD_OUT = Path(__file__).parent / "held_out"
_SURROUNDINGS = "surroundings"
_CONTROLS = {"␛": "\x1b", "␍": "\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledLog:
    """A log and the truth about it.

    Attributes:
        name: the cause and the number of the log among its logs.
        cause: why the training ended, ``none`` for success.
        framework: what printed the decisive lines.
        exit_code: the exit status, or minus the signal's number.
        text: the log.
        evidence: parts of the lines that prove the cause; empty if no line does.
        rank: the rank that failed first; None if the log does not say.
        frame: ``file:line`` of the user's own code; None if it is not labelled.
    """

    name: str
    cause: str
    framework: str
    exit_code: int
    text: str
    evidence: Sequence[str]
    rank: str | None
    frame: str | None

    def is_evidence(self, line: str) -> bool:
        """Whether a line, as a diagnosis shows it, proves the cause."""
        if not self.evidence:
            return True
        shown = line.strip()
        return any(part in shown or (len(shown) > 20 and shown in part) for part in self.evidence)


def corpus(folder: Path = CORPUS) -> Iterator[LabelledLog]:
    """Return the logs of a folder."""
    for path in sorted(folder.glob("*.txt")):
        if path.stem != _SURROUNDINGS:
            yield from _logs_of(path.stem, path.read_text("utf-8"))


def _logs_of(cause: str, text: str) -> Iterator[LabelledLog]:
    for number, (header, body) in enumerate(_parts(text), 1):
        framework, code, *options = header.split()
        named = dict(option.split("=", 1) for option in options)
        lines = body.split("\n")
        evidence = [line[2:].strip() for line in lines if line.startswith("> ")]
        kept = [line for line in lines if not line.startswith(">") or line.startswith(">>")]
        parts = [_surrounding(named.get("before", "")), "\n".join(kept), _surrounding(named.get("after", ""))]
        log = "\n".join(part.strip("\n") for part in parts if part.strip("\n")) + "\n"
        for symbol, character in _CONTROLS.items():
            log = log.replace(symbol, character)
        yield LabelledLog(
            name=f"{cause}-{number}",
            cause=cause,
            framework=framework,
            exit_code=int(code),
            text=log,
            evidence=[part for part in evidence if part],
            rank=named.get("rank"),
            frame=named.get("frame"),
        )


def _surrounding(name: str) -> str:
    block, *values = name.split(":")
    text = _surroundings()[block] if block else ""
    for place, value in enumerate(values):
        text = text.replace(f"{{{place}}}", value)
    return text


@cache
def _surroundings() -> dict[str, str]:
    return dict(_parts((CORPUS / f"{_SURROUNDINGS}.txt").read_text("utf-8")))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    _, *found = re.split(r"^=== (.+)\n", text, flags=re.MULTILINE)
    yield from zip(found[::2], found[1::2], strict=True)
