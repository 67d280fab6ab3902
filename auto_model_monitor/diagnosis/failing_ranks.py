"""Which process of a distributed training failed first, as its launcher states it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .output_lines import OutputLines

_ROOT = re.compile(r"Root Cause \(first observed failure\)")
_RANK = re.compile(r"^\s*rank\s*: (?P<rank>\d+)")
_EXIT = re.compile(r"^\s*exitcode\s*: (?P<code>-?\d+)")
_ENDS = tuple(
    re.compile(pattern)
    for pattern in (
        r"failed \(exitcode: (?P<code>-?\d+)\) local_rank: (?P<rank>\d+)",
        r"exits with return code = (?P<code>-?\d+)",
        r"process (?P<rank>\d+) terminated with (?:signal (?P<signal>SIG\w+)|exit code (?P<code>\d+))",
        r"process rank (?P<rank>\d+) with PID \d+ on node \S+ exited on signal (?P<number>\d+)",
        r"srun: error: \S+: tasks? (?P<rank>\d+)[\d,-]*: "
        r"(?P<words>Killed|Segmentation fault|Bus error|Aborted)",
        r"srun: error: \S+: task(?:s)? (?P<rank>\d+)[\d,-]*: Exited with exit code (?P<code>\d+)",
        r"Process name: \[\d+,(?P<rank>\d+)\]",
        r"died with <Signals\.(?P<signal>SIG\w+)",
        r"Signal (?P<number>\d+) \(SIG\w+\) received by PID",
    )
)
_NUMBERS = {"SIGHUP": 1, "SIGINT": 2, "SIGILL": 4, "SIGABRT": 6, "SIGBUS": 7, "SIGFPE": 8, "SIGKILL": 9}
_NUMBERS |= {
    "SIGSEGV": 11,
    "SIGTERM": 15,
    "Killed": 9,
    "Segmentation fault": 11,
    "Bus error": 7,
    "Aborted": 6,
}


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """The end of one process as its launcher states it.

    Attributes:
        index: the line that states it.
        rank: the process, empty where it is not named.
        exit_code: its status, negative for a signal; None where only the process is named.
    """

    index: int
    rank: str
    exit_code: int | None


def first_failed(lines: OutputLines, start: int) -> ProcessEnd | None:
    """Return the process that failed first: as torchrun states it, or the first that is named."""
    found: ProcessEnd | None = None
    for index in lines.suspects:
        if index < start:
            continue
        text = lines[index].text
        if _ROOT.search(text):
            return _root(lines, index) or found
        if found is None:
            found = _end(text, index)
    return found


def _root(lines: OutputLines, index: int) -> ProcessEnd | None:
    rank, code, place = "", None, index
    for further in range(index + 1, min(index + 10, len(lines))):
        text = lines[further].text
        if named := _RANK.match(text):
            rank = named["rank"]
        if ended := _EXIT.match(text):
            code, place = int(ended["code"]), further
    return ProcessEnd(place, rank, code) if rank or code is not None else None


def _end(text: str, index: int) -> ProcessEnd | None:
    for form in _ENDS:
        found = form.search(text)
        if found is None:
            continue
        groups = found.groupdict()
        number = groups.get("number") or _NUMBERS.get(groups.get("signal") or groups.get("words") or "")
        code = -int(number) if number else int(groups["code"]) if groups.get("code") else None
        if code is not None or groups.get("rank"):
            return ProcessEnd(index, groups.get("rank") or "", code)
    return None
