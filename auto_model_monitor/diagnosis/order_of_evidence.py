"""The diagnosis: which of all that an output shows is the cause."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..i18n import Language
from .cause_sign import Place
from .diagnosis_result import Confidence, Diagnosis
from .end_facts import EndFacts
from .exception_chains import ErrorChain, error_chains
from .exit_statuses import cause_of_status, signal_of
from .failing_ranks import ProcessEnd, first_failed
from .findings import AFTERMATH, REPORTS, CauseFinding, line_findings, root_of
from .last_run import RunProgress, start_of_last_run, unfinite_loss
from .output_lines import Output, OutputLines
from .remedies import facts_of, remedy_for
from .user_frames import stack_below, user_frame

_TAIL = 20  # lines
_LONGEST_EVIDENCE = 600  # characters
_TELLING_PEAK = 2**30 // 10  # bytes: less says nothing about why a process was killed
_LATE = 200  # lines: what other processes print after one has failed
_ABRUPT = re.compile(
    r"terminated abruptly|exited unexpectedly|abruptly died"
)  # memory is the likeliest reason
_RANK = re.compile(r"\b[Rr]ank[ :=]{0,2}(\d+)\b")
_MANY_PROCESSES = re.compile(
    r"(?i)torchrun|torch\.distributed|ChildFailedError|deepspeed|mpirun|srun:|world_size|nccl|gloo|hccl"
    r"|horovod|SpawnProcess|ForkProcess|ProcessRaised|local_rank|DataLoader worker|RayTrainWorker"
)


@dataclass(slots=True)
class _Evidence:
    """All that one output shows."""

    lines: OutputLines
    exit_code: int | None
    facts: EndFacts
    roots: list[CauseFinding] = field(default_factory=list)
    singles: list[CauseFinding] = field(default_factory=list)
    failed: ProcessEnd | None = None
    many: bool = False


def diagnose(
    output: Output,
    exit_code: int | None = None,
    *,
    facts: EndFacts | None = None,
    language: Language | None = None,
) -> Diagnosis:
    """Return why a training ended.

    Args:
        output: its output: a text, bytes, a ``Path``, or pairs of a line's number and its bytes.
        exit_code: its exit status, negative or above 128 for a signal; None where it is not known, then
            a text without evidence is that of a success.
        facts: what was measured when it ended.
        language: the language of the remedy; by default the locale's.

    Raises:
        OSError: the file cannot be read.
    """
    facts = facts or EndFacts()
    exit_code = facts.exit_code if exit_code is None else exit_code
    lines = OutputLines(output)
    if exit_code == 0:
        return _success(lines, facts, language)
    evidence = _gathered(lines, exit_code, facts)
    chosen, confidence = _chosen(evidence)
    if chosen is not None and facts.oom_kills and chosen.cause in AFTERMATH | {"killed"}:
        chosen, confidence = replace(chosen, cause="host_oom"), "proof"  # the kernel counted it
    if chosen is None:
        return _by_status(evidence, language)
    return _stated(evidence, chosen, confidence, language)


def _gathered(lines: OutputLines, exit_code: int | None, facts: EndFacts) -> _Evidence:
    """Read the last run; if nothing in it shows a cause, the whole output."""
    chains = error_chains(lines, 0)
    singles = line_findings(lines, 0, _claimed(chains))
    places = sorted([chain.end for chain in chains] + [one.index for one in singles])
    start = start_of_last_run(lines, places)
    progress = RunProgress(lines, min(places, default=len(lines)))
    evidence = _Evidence(lines, exit_code, facts)
    chains = [chain for chain in chains if chain.start >= start]
    evidence.failed = first_failed(lines, start)
    evidence.many = _has_many_processes(lines)
    unknown = exit_code is None
    open_chains = [one for one in chains if not progress.follows(one.end, one.stream, also_done=unknown)]
    if not open_chains and not unknown:
        open_chains = chains[-1:]
    evidence.roots = [root_of(chain, lines) for chain in open_chains]
    evidence.singles = [
        one
        for one in singles
        if one.index >= start
        and (
            (one.place == Place.VERDICT and not unknown)
            or (one.place == Place.ASSERTION and not unknown and len(lines) - one.index < _LATE)
            or not progress.follows(one.index, one.stream, also_done=unknown and one.place != Place.VERDICT)
        )
    ]
    return evidence


def _claimed(chains: Sequence[ErrorChain]) -> frozenset[int]:
    """Return the lines that belong to tracebacks."""
    claimed: set[int] = set()
    for chain in chains:
        for link in chain.links:
            claimed.update(range(link.head, link.index + 1), link.body)
    return frozenset(claimed)


def _has_many_processes(lines: OutputLines) -> bool:
    return any(lines[index].stream or _MANY_PROCESSES.search(lines[index].shown) for index in lines.suspects)


def _chosen(evidence: _Evidence) -> tuple[CauseFinding | None, Confidence]:
    """Return the strongest evidence, in the order that the kinds of evidence have."""
    for place in (Place.VERDICT, Place.ASSERTION):
        found = next((one for one in evidence.singles if one.place == place), None)
        if found is not None:
            return found, "proof"
    root = _first_root(evidence)
    if root is not None and root.cause not in AFTERMATH | REPORTS:
        return root, "proof" if root.is_specific else "likely"
    found = _from_lines(evidence)
    return (found, "likely") if found else _without_line(evidence, root)


def _from_lines(evidence: _Evidence) -> CauseFinding | None:
    """Return what lines without a traceback show, a lost connection only where nothing else is shown."""
    own = [one for one in evidence.singles if one.cause not in AFTERMATH and one.place <= Place.LINE]
    ended = None if own else _by_launcher(evidence)
    exchanges = sorted(
        [one for one in (*evidence.roots, *evidence.singles) if one.cause in AFTERMATH],
        key=lambda one: (one.cause != "comm_timeout", one.index),
    )
    endings = [one for one in evidence.singles if one.place == Place.ENDING]
    return next(iter([*own[:1], *([ended] if ended else []), *exchanges, *endings]), None)


def _without_line(evidence: _Evidence, root: CauseFinding | None) -> tuple[CauseFinding | None, Confidence]:
    first = unfinite_loss(evidence.lines, evidence.facts.losses)
    if first is not None and first >= 0:
        return CauseFinding("nan", Place.LINE, first, evidence.lines[first].stream), "likely"
    if root is None or cause_of_status(evidence.exit_code) != "unknown":
        return None, "exit code"
    if root.cause == "wrapper" and _ABRUPT.search(root.text):
        return replace(root, cause="host_oom"), "likely"
    if root.cause != "wrapper":
        cause = "comm_failure" if root.cause == "messenger" and evidence.many else "code_error"
        return CauseFinding(
            cause, root.place, root.index, root.stream, root.frames, root.facts, root.text
        ), "likely"
    return None, "exit code"


def _first_root(evidence: _Evidence) -> CauseFinding | None:
    """Return the exception that ended the training.

    One process prints the exception that ends it last; of many the first one that fails counts, and what
    the others report about a lost connection does not.
    """
    own = [one for one in evidence.roots if one.cause not in AFTERMATH | REPORTS]
    if not own:
        return evidence.roots[0] if evidence.roots else None
    if not evidence.many:
        return own[-1]
    rank = evidence.failed.rank if evidence.failed else ""
    return next((one for one in own if rank and one.stream == rank), own[0])


def _by_launcher(evidence: _Evidence) -> CauseFinding | None:
    """Return the signal that ended the first process that failed, as its launcher states it."""
    failed = evidence.failed
    if failed is None or failed.exit_code is None or (signal_of(failed.exit_code) or 15) in (6, 15):
        return None
    cause = cause_of_status(failed.exit_code)
    return None if cause == "unknown" else CauseFinding(cause, Place.ENDING, failed.index, failed.rank)


def _stated(
    evidence: _Evidence, chosen: CauseFinding, confidence: Confidence, language: Language | None
) -> Diagnosis:
    line = evidence.lines[chosen.index]
    known = facts_of(_with_message(evidence.lines, chosen), chosen.facts)
    known |= _measured(evidence.facts)
    others = dict.fromkeys(
        one.cause
        for one in (*evidence.roots, *evidence.singles)
        if one.cause != chosen.cause and one.cause not in REPORTS
    )
    frames = chosen.frames or stack_below(evidence.lines, chosen.index)
    places = (user_frame(one) for one in (frames, *(root.frames for root in reversed(evidence.roots))))
    return Diagnosis(
        cause=chosen.cause,
        confidence=confidence,
        evidence=_cut(line.shown.strip()),
        line=line.number,
        rank=_rank_of(evidence, chosen),
        frame=next(filter(None, places), None),
        remedy=remedy_for(chosen.cause, known, language),
        also_seen=tuple(others),
    )


def _rank_of(evidence: _Evidence, chosen: CauseFinding) -> str | None:
    """Return the process of a finding: its tag, what its line says, or what the launcher says."""
    named = _RANK.search(evidence.lines[chosen.index].text)
    launched = evidence.failed.rank if evidence.failed else ""
    return chosen.stream or (named[1] if named else launched) or None


def _with_message(lines: OutputLines, chosen: CauseFinding) -> str:
    further = [lines[index].text for index in range(chosen.index + 1, min(chosen.index + 12, len(lines)))]
    return "\n".join([lines[chosen.index].message, *further])


def _measured(facts: EndFacts) -> Mapping[str, str]:
    found: dict[str, str] = {}
    if facts.signal_sender:
        found["sender"] = facts.signal_sender
    if facts.disk_full:
        found["path"] = facts.disk_full
    peak = facts.peak_memory or 0
    if peak >= _TELLING_PEAK:
        found["peak"] = f"{peak / 2**30:.1f} GiB"
    return found


def _by_status(evidence: _Evidence, language: Language | None) -> Diagnosis:
    """Return what the exit status and the measurements say."""
    facts, lines = evidence.facts, evidence.lines
    cause = cause_of_status(evidence.exit_code)
    confidence: Confidence = "exit code"
    if facts.oom_kills and cause in ("killed", "unknown"):
        cause, confidence = "host_oom", "proof"
    elif facts.shm_full and cause in ("shm", "unknown", "native_crash"):
        cause, confidence = "shm", "proof"
    elif facts.disk_full and cause == "unknown" and evidence.exit_code is not None:
        cause, confidence = "disk_full", "likely"
    elif evidence.exit_code is None:
        cause = "none"
    return Diagnosis(
        cause=cause,
        confidence=confidence,
        evidence="" if cause == "none" else "\n".join(map(_cut, lines.tail(_TAIL))),
        line=None,
        rank=(evidence.failed.rank if evidence.failed else "") or None,
        frame=None,
        remedy=remedy_for(cause, dict(_measured(facts)), language) if cause != "none" else "",
    )


def _success(lines: OutputLines, facts: EndFacts, language: Language | None) -> Diagnosis:
    """Return ``none``, or ``nan`` where none of the last readings of the loss was finite."""
    first = unfinite_loss(lines, facts.losses)
    if first is None:
        return Diagnosis(
            cause="none", confidence="exit code", evidence="", line=None, rank=None, frame=None, remedy=""
        )
    line = lines[first] if first >= 0 else None
    return Diagnosis(
        cause="nan",
        confidence="proof",
        evidence=_cut(line.shown.strip()) if line else "",
        line=line.number if line else None,
        rank=(line.stream if line else "") or None,
        frame=None,
        remedy=remedy_for("nan", {}, language),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_EVIDENCE else f"{text[: _LONGEST_EVIDENCE - 1]}…"
