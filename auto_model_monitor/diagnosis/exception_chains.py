"""Tracebacks in an output, joined into the chains that Python prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .output_lines import OutputLine, OutputLines

_HEAD = re.compile(
    r"^(?P<indent>[\s|+│]*)(?:.{0,160}?)(?P<nested>Original |Remote |During task with name.{0,80} )?"
    r"Traceback \(most recent call last\)(?P<end>:?)"
)
_FRAME = re.compile(r'^\s*>?\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?')
_BOXED_FRAME = re.compile(
    r"^(?P<file>(?:/|[A-Za-z]:\\|\.)?\S+\.(?:py|ipynb)):(?P<line>\d+) in (?P<function>\S+)"
)
_CELL = re.compile(
    r"^(?:File |Cell |Input )(?P<file>\S+\.py|In ?\[\d+\])(?:(?::|, line )(?P<line>\d+))?"
    r"(?:, in (?P<function>[\w.<>]+))?"
)
_MARKED = re.compile(r"^-+> *(?P<line>\d+) (?P<code>.+)")
_EXCEPTION = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*(?:\(\w+\))?)(?::(?: (?P<message>.*))?)?$", re.DOTALL)
_NAMED = re.compile(
    r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt|Exit|Empty|Timeout|Failure|Warning)(?:\(\w+\))?(?:: |:?$)"
)
_IGNORED = re.compile(r"^Exception ignored in\b")  # by Python, such as in a destructor
_NEXT = re.compile(r"The above exception was the direct cause|During handling of the above exception")
_NESTED = re.compile(r"^\s*(?:Original Traceback|-- Process \d+ terminated with the following error)")
_BOX = re.compile(r"^[│|+] ?(.*?)\s*[│|]?$")
_DRAWN = set("─-╭╮╰╯│ ^~|+")
_LONGEST_TRACEBACK = 600  # lines
_LONGEST_BODY = 40


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One place in a traceback."""

    file: str
    line: int
    function: str
    code: str = ""


@dataclass(slots=True)
class RaisedError:
    """One exception of a chain.

    Attributes:
        index: the index of the line that names it.
        text: its class and the first line of its message.
        body: the indices of the further lines of its message.
        frames: where it was raised, the outermost first.
        head: the index of the first line of its traceback.
    """

    index: int
    text: str
    body: tuple[int, ...]
    frames: tuple[StackFrame, ...]
    head: int

    @property
    def kind(self) -> str:
        """The name of its class without modules."""
        return self.text.split(":", 1)[0].split("(", 1)[0].rsplit(".", 1)[-1].strip()


@dataclass(slots=True)
class ErrorChain:
    """Exceptions of one process of which each led to the next, the first one first."""

    stream: str
    links: list[RaisedError] = field(default_factory=list)
    logged: bool = False

    @property
    def start(self) -> int:
        """The index of the first line."""
        return self.links[0].head

    @property
    def end(self) -> int:
        """The index of the line that names the last exception."""
        return self.links[-1].index


def error_chains(lines: OutputLines, start: int) -> list[ErrorChain]:
    """Return the chains from a line on, in the order of their first lines."""
    claimed: set[int] = set()
    chains: list[ErrorChain] = []
    for index in lines.suspects:
        if index < start or index in claimed:
            continue
        line = lines[index]
        head = _HEAD.match(line.text)
        found = _traceback(lines, index, line) if head else _bare(lines, index, line)
        if found is None:
            continue
        claimed.update((found.index, *found.body) if head else (found.index,))
        _join(chains, found, lines, is_bare=head is None)
    return chains


def _join(chains: list[ErrorChain], found: RaisedError, lines: OutputLines, *, is_bare: bool) -> None:
    """Add the exception to the chain that it continues, or begin one."""
    stream = lines[found.head].stream
    before = next((chain for chain in reversed(chains) if chain.stream == stream), None)
    if before is not None and _continues(before.links[-1], found, lines, stream, is_bare=is_bare):
        before.links.append(found)
        return
    head = lines[found.head]
    if found.head and _IGNORED.search(lines[found.head - 1].text):
        return
    logged = head.level in ("ERROR", "WARNING", "INFO", "DEBUG") and head.message != head.text
    chains.append(ErrorChain(stream, [found], logged))


def _continues(
    before: RaisedError, found: RaisedError, lines: OutputLines, stream: str, *, is_bare: bool
) -> bool:
    if found.head - before.index > _LONGEST_TRACEBACK:
        return False
    for index in range(before.index, found.head + 1):
        line = lines[index]
        if line.stream == stream and (_NEXT.search(line.text) or _NESTED.match(line.text)):
            return True
    # What a worker of Ray or a pool raised follows the report of it without a head.
    return is_bare and "ray::" in before.text


def _traceback(lines: OutputLines, head: int, line: OutputLine) -> RaisedError | None:
    """Read a traceback from its head on."""
    found = _HEAD.match(line.text)
    margin = _margin(found["indent"] if found else "")
    frames: list[StackFrame] = []
    foreign = 0
    for index in range(head + 1, min(head + _LONGEST_TRACEBACK, len(lines))):
        current = lines[index]
        if current.stream != line.stream:
            continue
        text = _unboxed(current.text)
        if set(text.strip()) <= _DRAWN or _is_inside(text, margin, frames):
            continue
        if _HEAD.match(current.text) and not frames:
            return None  # of two processes whose lines are mixed, the second head begins the frames
        if text[: len(margin)].strip() == "" and _is_exception(text.strip()):
            return _raised(lines, index, text.strip(), frames, head)
        foreign += not _is_shown_inside(text)
        if foreign > 12 and not _is_boxed(current.text):
            return None
    return None


def _margin(indent: str) -> str:
    """Return the indent inside the box or the margin, if there is one."""
    return "" if re.search(r"[|+│]", indent) else indent


def _unboxed(text: str) -> str:
    """Return the text inside the box that Rich draws, or behind the margin of an exception group."""
    stripped = text.lstrip()
    if stripped[:1] not in ("│", "|", "+"):
        return text
    found = _BOX.match(stripped)
    return found[1] if found else text


def _is_boxed(text: str) -> bool:
    return text.lstrip()[:1] in ("│", "|", "+", "╭", "╰")


def _is_inside(text: str, margin: str, frames: list[StackFrame]) -> bool:
    """Return whether the line is a frame or its code, and remember the frame."""
    for form in (_FRAME, _BOXED_FRAME, _CELL):
        found = form.match(text.strip() if form is not _FRAME else text)
        if found:
            frames.append(
                StackFrame(found["file"], int(found["line"] or 0), (found["function"] or "").strip())
            )
            return True
    marked = _MARKED.match(text.strip().lstrip("❱ "))
    code = marked["code"] if marked else text.strip()
    if marked or text.startswith(margin + "  "):
        if frames and (marked or not frames[-1].code) and not set(code) <= set("^~ "):
            last = frames[-1]
            frames[-1] = StackFrame(
                last.file, last.line or int(marked["line"] if marked else 0), last.function, code.strip()
            )
        return True
    return False


def _is_shown_inside(text: str) -> bool:
    return bool(re.match(r"^\s*(?:❱? ?\d+ |-+> )", text))


def _is_exception(text: str) -> bool:
    found = _EXCEPTION.match(text)
    if found is None:
        return False
    kind = found["kind"].split("(", 1)[0]
    last = kind.rsplit(".", 1)[-1]
    return is_exception(text) or (last[:1].isupper() and not last.isupper()) or "." in kind


def is_exception(text: str) -> bool:
    """Return whether a text begins with the name of an exception's class as most are named."""
    return _NAMED.match(text) is not None


def _raised(lines: OutputLines, index: int, text: str, frames: list[StackFrame], head: int) -> RaisedError:
    return RaisedError(index, text, tuple(_body(lines, index)), tuple(frames), head)


def _body(lines: OutputLines, index: int) -> Iterator[int]:
    """Yield the further lines of a message: up to a blank line behind them, or another traceback."""
    stream = lines[index].stream
    blank = 0
    for place in range(index + 1, min(index + _LONGEST_BODY, len(lines))):
        line = lines[place]
        if line.stream != stream:
            continue
        text = line.text.strip()
        blank = 0 if text else blank + 1
        if blank > 1 or "Traceback (most recent" in text or _NEXT.search(text) or _ends_message(line):
            return
        if text:
            yield place


def _ends_message(line: OutputLine) -> bool:
    """Return whether another writer has taken over, such as a logger or a launcher."""
    text = line.text
    if text[:1] in " \t":
        return False
    return (
        bool(line.level)
        or line.message != text
        or text.startswith(("wandb:", "srun:", "slurmstepd:", "=====", "+ "))
    )


def _bare(lines: OutputLines, index: int, line: OutputLine) -> RaisedError | None:
    """Return an exception whose traceback is missing, mixed with another one, or that has none."""
    text = line.text.strip()
    if not _NAMED.match(text) or line.text[:1] in " \t":
        text = line.message if line.level in ("", "ERROR", "FATAL", "CRITICAL", "EXCEPTION") else ""
        if not _NAMED.match(text) or text != line.text.strip()[-len(text) :] or line.text[:1] in " \t":
            return None
    if text.split(":", 1)[0].endswith("Warning"):
        return None
    return RaisedError(index, text, tuple(_body(lines, index)), tuple(_frames_above(lines, index)), index)


def _frames_above(lines: OutputLines, index: int) -> Iterator[StackFrame]:
    """Yield the frame that stands right above a syntax error."""
    for place in range(max(0, index - 5), index):
        found = _FRAME.match(lines[place].text)
        if found:
            code = lines[place + 1].text.strip() if place + 1 < index else ""
            yield StackFrame(found["file"], int(found["line"]), (found["function"] or "").strip(), code)
