"""What single lines and exceptions show, by the tables of signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from ..core.numbers import compiled
from .cause_sign import CauseSign, Place
from .evidence_filter import needle_pattern
from .exception_chains import ErrorChain, RaisedError, StackFrame, is_exception
from .output_lines import OutputLine, OutputLines
from .sign_tables import SIGNS
from .user_frames import user_frame

#: Causes that processes report when another one has ended.
AFTERMATH = frozenset({"comm_timeout", "comm_failure"})
#: What an exception that only reports another one is.
REPORTS = frozenset({"wrapper", "messenger"})

_IN_EXCEPTION = tuple(sign for sign in SIGNS if sign.place not in (Place.LINE, Place.ENDING, Place.VERDICT))
_IN_BODY = tuple(sign for sign in _IN_EXCEPTION if any(sign.needles))
_IN_LINE = tuple(sign for sign in SIGNS if sign.place is not Place.EXCEPTION)
# What the further lines of a message may explain.
_EXPLAINED_BELOW = AFTERMATH | {"code_error", "wrapper"}
_ANY_NEEDLE = needle_pattern(_IN_LINE)
_NUMBER = re.compile(r"\d{4,}|\d+\.\d+")
_LONGEST = 2000  # characters of a line that are compared with the signs
_QUIET_LEVELS = ("INFO", "DEBUG")
_NETWORK_FRAMES = re.compile(
    r"[\\/](?:urllib3?|requests|http|httpx|httpcore|aiohttp|ssl|huggingface_hub|fsspec)[\\/.]"
)
_LOADING_FRAMES = re.compile(r"torch[\\/]serialization|pickle|joblib|safetensors|[\\/]numpy[\\/]lib")
_BROKEN = (
    "ConnectionResetError",
    "ConnectionRefusedError",
)  # EOFError follows an error that a worker printed
_WORKER_FRAMES = re.compile(
    r"torch/utils/data/dataloader\.py.*multiprocessing/(?:resource_sharer|connection)\.py"
)
_POOL_FRAMES = re.compile(r"multiprocess|concurrent[\\/]futures")
_RANK_FRAMES = re.compile(r"torch[\\/]distributed|horovod|deepspeed[\\/]comm|mpi4py")


@dataclass(frozen=True, slots=True)
class CauseFinding:
    """What one place of the output shows.

    Attributes:
        cause: the cause.
        place: how strong the sign is.
        index: the index of the line that shows it.
        stream: the process that wrote it.
        frames: where it was raised.
        facts: what the sign names, such as a path.
        text: the exception's text, or the line's message.
    """

    cause: str
    place: Place
    index: int
    stream: str
    frames: tuple[StackFrame, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    @property
    def is_specific(self) -> bool:
        """Whether it says more than that an exception was raised."""
        return self.cause != "code_error" and self.cause not in REPORTS


def line_findings(lines: OutputLines, start: int, claimed: frozenset[int]) -> list[CauseFinding]:
    """Return what the lines outside of tracebacks show, in their order."""
    found: list[CauseFinding] = []
    without: set[tuple[str, Place]] = (
        set()
    )  # lines without a sign, their long numbers left out: they come by thousands
    for index in lines.suspects:
        line = lines[index]
        weakest = Place.ASSERTION if index in claimed or line.level in _QUIET_LEVELS else Place.ENDING
        shape = _NUMBER.sub("0", line.text), weakest
        if index < start or shape in without or not _ANY_NEEDLE.search(shape[0].lower()):
            continue
        sign = _line_sign(line, weakest)
        if sign is None:
            without.add(shape)
        else:
            shown = CauseFinding(
                sign[0].cause, sign[0].place, index, line.stream, (), _facts(sign[1]), line.message
            )
            found.append(shown)
    return found


def _line_sign(line: OutputLine, weakest: Place) -> tuple[CauseSign, re.Match[str]] | None:
    low, low_text = line.message.lower(), line.text.lower()
    for sign in _IN_LINE:
        if sign.place <= weakest:
            match = _match(sign, line.message, low) or _match(sign, line.text, low_text)
            if match is not None:
                return sign, match
    return None


def root_of(chain: ErrorChain, lines: OutputLines) -> CauseFinding:
    """Return what began a chain: its first exception that says something specific of its own."""
    found = [exception_finding(link, lines, chain.stream) for link in chain.links]
    for place, link in enumerate(chain.links):
        if user_frame(link.frames) is None:  # then the place of a later exception counts
            later = (further.frames for further in chain.links[place + 1 :])
            frames = next((one for one in later if user_frame(one)), link.frames)
            found[place] = replace(found[place], frames=frames)
    interrupted = next((one for one in found if one.cause == "interrupted"), None)
    if interrupted is not None:
        return interrupted
    for one in found:
        if one.is_specific:
            return one
    return next((one for one in found if one.cause not in REPORTS), found[0])


def exception_finding(error: RaisedError, lines: OutputLines, stream: str) -> CauseFinding:
    """Return what one exception shows, from its first line or else from the rest of its message."""
    first = _first_sign(error.text)
    cause, place, facts = "code_error", Place.EXCEPTION, {}
    index, text = error.index, error.text
    if first is not None:
        (cause, place), facts = first[0][:2], _facts(first[1])
    inner = "" if cause != "wrapper" or ": Caught " in text else text.partition(": ")[2]
    own = _first_sign(inner, in_body=True) if inner else None
    if own is not None and own[0].cause not in REPORTS:
        (cause, place), facts = own[0][:2], _facts(own[1])
    elif cause in _EXPLAINED_BELOW:
        for further in error.body:
            message = lines[further].text.strip()
            deeper = _first_sign(message, in_body=not is_exception(message))
            if deeper is not None and deeper[0].cause not in (cause, "comm_failure", *REPORTS):
                (cause, place), facts = deeper[0][:2], _facts(deeper[1])
                index, text = further, message
                break
    cause = _by_frames(cause, error)
    return CauseFinding(cause, place, index, stream, error.frames, facts, text)


def _by_frames(cause: str, error: RaisedError) -> str:
    """Return what a broken connection or an early end means, by whose code it met."""
    if cause not in ("messenger", "code_error") or error.kind == "Empty":
        return cause
    files = " ".join(frame.file for frame in error.frames)
    if error.kind in _BROKEN and _WORKER_FRAMES.search(files):
        return "host_oom"  # a worker was killed while it handed a batch over; memory is the usual reason
    if error.kind in ("EOFError", "OSError") and _LOADING_FRAMES.search(files):
        cause = "checkpoint_corrupt"
    if cause != "messenger":
        return cause
    if error.kind == "TimeoutError" and _POOL_FRAMES.search(files):
        return "hang"
    if _NETWORK_FRAMES.search(files):
        return "network"
    return "comm_failure" if _RANK_FRAMES.search(files) else cause


@lru_cache(maxsize=512)  # a line follows up to forty exceptions, and the same ones come by thousands
def _first_sign(text: str, *, in_body: bool = False) -> tuple[CauseSign, re.Match[str]] | None:
    low = text.lower()
    for sign in _IN_BODY if in_body else _IN_EXCEPTION:
        match = _match(sign, text, low)
        if match is not None:
            return sign, match
    return None


def _match(sign: CauseSign, text: str, low: str) -> re.Match[str] | None:
    for needle in sign.needles:
        if needle in low:
            return compiled(sign.pattern).search(text[:_LONGEST])
    return None


def _facts(match: re.Match[str]) -> dict[str, str]:
    return {name: value for name, value in match.groupdict().items() if value}
