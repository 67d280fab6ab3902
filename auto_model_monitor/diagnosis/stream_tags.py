"""What launchers and log collectors put before a line: the process that wrote it, the time, the level."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

# What stands before the line of one process, with its name. A tag is peeled off as often as there is one.
_TAGS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\[(?:rank|default)(?P<rank>\d+)\]:? ?",  # torch, torchrun
        r"\[\d+,(?P<rank>\d+)\]<(?:stderr|stdout|stddiag)>:? ?",  # Open MPI, Horovod
        r"\((?:[\w.:<>-]+ )?(?P<rank>pid=\d+)(?:, ip=[\d.]+)?(?:, [^)]{1,40})?\) ?",  # Ray
        r"\[(?:pod/)?(?P<rank>[a-z][\w.-]*-\d+)(?:/[\w.-]+)?\]:? ?",  # kubectl --prefix, stern
        r"(?P<rank>[a-z][\w.]*-[\w.-]*\d+)(?: \w[\w-]*)? ?[|:] ",  # docker compose, pdsh
        r"(?P<rank>(?:node|host|gpu|worker|rank|ip|cn|dgx)[\w.-]*\d)\s?[|:] ",
        r"\[(?P<rank>(?:node|host|gpu|worker|rank|ip|cn|dgx)[\w.-]*\d)\]:? ?",
        r"\[?(?:RANK|Rank|rank)[ =:]?(?P<rank>\d+)\]?[:|] ",
        r"(?P<rank>\d{1,4})(?:: |:(?=  |$|Traceback))",  # srun --label
        r"\[(?P<rank>\d{1,4})\](?::? )(?=\S|  )",  # MPICH
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d) (?:stderr|stdout) [FP] ?",  # CRI
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d) ",  # docker logs --timestamps
    )
)
# What a logger puts before its message; the first group that matches is the level.
_LOGGED = tuple(
    re.compile(pattern)
    for pattern in (
        r"\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,:]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]? ?(?:[-|:] ?)?",
        r"\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]? ?(?:[-|:] ?)?",
        r"\[?\d\d/\d\d(?:/\d\d(?:\d\d)?)? \d\d:\d\d:\d\d(?:[.,]\d+)?\]? ?",
        r"(?P<l>[IWEFD])\d{4} [\d:.]+ +\d+ [^\]\s]{1,120}\] ?",  # glog
        r"(?P<l>[IWEFD])\d{4} \d\d:\d\d:\d+\.\d+ +\d+ [^\]\s]{1,120}\] ?",
        r"[:]? ?(?P<l>[IWEF])(?:  ?)(?=(?:external|tensorflow|xla|jaxlib)/)",  # TensorFlow
        r"(?:external|tensorflow|xla|jaxlib)/[\w./-]{1,120}:\d+\] ?",
        r"\[(?P<l>[IWEF])(?:\d{4})? [\d:.]+ [^\]]{1,120}\] ?",  # c10
        r"[\[(]?(?P<l>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL|EXCEPTION)[\])]?"
        r"(?: ?[:|-]|(?=[ \]]))[ \t]{0,8}",
        r"(?:[\w.]{1,60}:)?[\w.<>]{1,60}:\d+ ?[-|:>\]] ?",  # module:function:line
        r"\[[\w.,<> /:-]{1,80}\] (?=\S)",  # a name in brackets
        r"[a-z_][\w.]{1,60} ?(?:-|:(?=[A-Z\[])) ?(?=\S)",  # a logger's name
        r"\(\w[\w.-]{0,40} pid=\d+\) ",
        r"(?:[\w./<>-]{1,80}:\d+)(?::\w+)? (?:[-:>] )?(?=\S)",
    )
)
_LEVELS = {"W": "WARNING", "WARN": "WARNING", "I": "INFO", "D": "DEBUG", "E": "ERROR", "F": "FATAL"}
_RANK = re.compile(r"\d+")
_MOST_TAGS = 4


class Peeled(NamedTuple):
    """A line without what stands before it.

    Attributes:
        text: the line, its indent unchanged.
        stream: the name of the process, such as ``3``, ``pid=8190`` or ``worker-1``; empty without one.
    """

    text: str
    stream: str


def peel(text: str) -> Peeled:
    """Take the tags of processes and collectors off a line."""
    if text[:1] == "{":
        text = _of_json(text)
    stream = ""
    for _ in range(_MOST_TAGS):
        if not text or text[0] in " \t" or (not text[0].isalnum() and text[0] not in "[("):
            break
        found = next((match for tag in _TAGS if (match := tag.match(text)) and match.end()), None)
        if found is None:
            break
        stream = found.groupdict().get("rank") or stream
        text = text[found.end() :]
    return Peeled(text, stream)


def _of_json(text: str) -> str:
    """Return the text that Docker or a JSON logger wraps in an object."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(found, dict):
        for name in ("log", "message", "msg", "MESSAGE"):
            if isinstance(found.get(name), str):
                return str(found[name]).rstrip("\r\n")
    return text


def message_of(text: str) -> tuple[str, str]:
    """Return the message and the level of a line of a logger; the level is empty where none is written."""
    level = ""
    rest = text.lstrip()
    for _ in range(_MOST_TAGS):
        found = next((match for form in _LOGGED if (match := form.match(rest)) and match.end()), None)
        if found is None or found.end() >= len(rest):
            break
        level = level or found.groupdict().get("l") or ""
        rest = rest[found.end() :].lstrip()
    return rest, _LEVELS.get(level, level)
