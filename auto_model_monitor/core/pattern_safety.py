"""Refuses a user's regular expression that can take very long to find nothing.

``re`` holds the interpreter's lock while it searches, so that a name like ``a_a_a_a_…`` can stop a training
for hours. The structure of most patterns rules that out. Any other is tried on hostile texts, in a process
that can be killed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from functools import lru_cache

from .errors import ConfigError

#: The longest name that a file system holds, in bytes.
LONGEST_NAME = 255

_SHORT = (12, 16, 20, 24, 28, 34, 48, 64)
_LONG = (128, 255, 512, 1024, 2048, 4096)
_START_LIMIT = 10.0  # seconds until the process has started and ended
_FEW_REPEATS = {True: 2, False: 1}  # of a name, and of a line or a path
# Short texts have to be searched much faster than long ones: what takes 3 ms for 64 characters, and not
# for fewer, takes the fourth power of the length. A search is timed twice, as anything may delay one.
_TRIAL = """
import itertools, json, re, signal, sys, time
job = json.load(sys.stdin)
watchdog = getattr(signal, "setitimer", lambda *_: None)
def timed(pattern, text, limit):
    watchdog(getattr(signal, "ITIMER_PROF", 0), max(8 * limit, 0.1))  # kills the process
    start = time.process_time()
    for _ in itertools.islice(pattern.finditer(text), 64):
        pass
    return time.process_time() - start
alive = [(re.compile(*source), family) for source in job["sources"] for family in job["families"]]
for length in job["lengths"]:
    limit = 0.003 if length <= 64 else job["limit"]
    times, end = [], time.process_time() + 0.3
    for pattern, (prefix, pump, suffix) in alive:
        text = (prefix + pump * length)[: length - len(suffix)] + suffix
        took = timed(pattern, text, limit)
        if took > limit:
            took = min(took, timed(pattern, text, limit))
        if took > limit:
            sys.exit()
        times.append(took)
        if time.process_time() > end:
            break
    slowest = sorted(range(len(times)), key=times.__getitem__, reverse=True)
    alive = [alive[index] for index in slowest[: None if length < 64 else 20]]
    print(length, flush=True)
"""


def longest_text(sources: Sequence[str], flags: int, longest: int) -> int:
    """Return up to which length a text can be searched quickly for a pattern.

    Args:
        sources: the pattern, and variants of it that are searched for, too.
        flags: their flags.
        longest: how long the texts are at most, in characters.

    Raises:
        ConfigError: the pattern may take very long even for a short text; the reason names its structure.
    """
    return _longest_text(tuple(dict.fromkeys(sources)), flags, longest)


def refuse_slow_attributes(thing: object) -> None:
    """Refuse a parser of a user's whose class or own attributes hold a pattern that may take very long.

    Raises:
        ConfigError: one of them may.
    """
    attributes = {**vars(type(thing)), **(vars(thing) if hasattr(thing, "__dict__") else {})}
    for name, value in attributes.items():
        if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
            try:
                longest_text([value.pattern], value.flags, LONGEST_NAME)
            except ConfigError as error:
                raise ConfigError(f"{type(thing).__name__}.{name}: {error}") from None


@lru_cache(maxsize=256)
def _longest_text(sources: tuple[str, ...], flags: int, longest: int) -> int:
    from .pattern_structure import families, parsed, suspicion

    pattern = re.compile(sources[0], flags)
    tree = parsed(pattern)
    reason = suspicion(tree, _FEW_REPEATS[longest <= LONGEST_NAME])
    if not reason:
        return longest
    lengths = [length for length in (*_SHORT, *_LONG) if length <= longest]
    job = {
        "sources": [(source, flags) for source in sources],
        "families": families(tree),
        "lengths": lengths,
        "limit": 0.05 if longest <= LONGEST_NAME else 0.15,
    }
    safe = _tried(json.dumps(job))
    if safe is None:  # no process can be started
        safe = 0 if "inside a repeat" in reason else longest
    if safe < min(longest, LONGEST_NAME):
        raise ConfigError(
            f"pattern: expected one that finds nothing quickly, got {sources[0]!r}, which takes very long on "
            f"some texts: it has {reason}; write each part so that it can match in one way only"
        )
    return longest if safe == lengths[-1] else safe


def _tried(job: str) -> int | None:
    """Return the longest length that was searched quickly; None when there is no interpreter to start."""
    import subprocess

    if not sys.executable or hasattr(sys, "frozen"):  # the executable of a frozen program is the program
        return None
    command = [sys.executable, "-I", "-S", "-c", _TRIAL]
    try:
        done = subprocess.run(
            command, input=job, capture_output=True, text=True, check=False, timeout=_START_LIMIT
        )
    except subprocess.TimeoutExpired:
        return 0
    except OSError:
        return None
    if "Error" in done.stderr:  # it could not work: what it did not try proves nothing
        return None
    return int((done.stdout.split() or ["0"])[-1])
