"""What a watch would make of a directory as it is now: every name, its score, and why not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from ..core.alerts import Alert
from ..core.comparison import Comparison, usual_direction
from ..core.errors import ParseError, SourceError
from ..core.readings import Reading, ReadingBatch
from ..parsers import BaseParser, CustomParser, DefaultParser, suggest_pattern
from ..parsers.checkpoint_names import stands_beside_others
from ..parsers.unfinished import ignored_because
from ..rules import ThresholdRule
from ..sources.checkpoints.directory import DirectorySource
from ..sources.checkpoints.directory_tree import DirectoryTree, PollTime
from ..sources.checkpoints.listing import EntryType
from .checks.rounding_check import rounding_hint
from .checks.silence_reasons import missing_metric


class Outcome(Enum):
    """What becomes of a name."""

    SCORE = "score"
    UNREADABLE = "unreadable"
    NO_SCORE = "no score"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One name, and what becomes of it.

    Attributes:
        name: relative to the directory.
        outcome: what becomes of it.
        reason: why it has no score.
        readings: the score first, then the other numbers of the name.
        written: when it was last modified, in nanoseconds since 1970; 0 when that is not known.
        mails: whether it would have sent a mail, had every name been seen as it came.
    """

    name: str
    outcome: Outcome
    reason: str = ""
    readings: tuple[Reading, ...] = ()
    written: int = 0
    mails: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A directory's names, as one watch would see them.

    Attributes:
        directory: as it was given.
        findings: those with a score in the order in which they were written, then the others.
        comparison: the direction in which the score improves.
        threshold: the threshold of the mails, if there is one.
        first_alert: the alert of a watch's first poll, which finds all names together.
        suggestion: a pattern that fits most names with a score, if one is requested and found.
        fitted: how many names it fits, and of how many, such as ``(3, 5)``.
        notes: what is wrong with the metric that was asked for, or with how the names write it.
    """

    directory: str
    findings: Sequence[Finding]
    comparison: Comparison
    threshold: float | None = None
    first_alert: Alert | None = None
    suggestion: str | None = None
    fitted: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()
    scores: list[Finding] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Pick those with a score."""
        self.scores.extend(finding for finding in self.findings if finding.readings)

    @property
    def metrics(self) -> list[str]:
        """The names of the scores, each once."""
        return list(dict.fromkeys(finding.readings[0].metric for finding in self.scores))

    @property
    def first_mail(self) -> Reading | None:
        """The reading in the first mail of a watch that starts now."""
        return None if self.first_alert is None else self.first_alert.reading

    def best(self) -> Reading | None:
        """Return the best finite score."""
        scores = [finding.readings[0] for finding in self.scores]
        value = self.comparison.best(reading.value for reading in scores)
        return next((reading for reading in scores if reading.value == value), None)


def inspect_directory(
    directory: str,
    parser: BaseParser,
    *,
    comparison: Comparison | None = None,
    threshold: float | None = None,
    recursive: bool = False,
    suggest: bool = False,
) -> Inspection:
    """Look at a directory once, with the parts that a watch uses.

    Args:
        directory: the directory that would be watched.
        parser: reads the scores.
        comparison: the direction in which a score improves; by default the usual one of its metric, else
            ``lower``, as for a watch.
        threshold: what a score would be compared with.
        recursive: look into the directories below, too.
        suggest: look for a pattern.

    Raises:
        SourceError: the directory cannot be read.
    """
    batch = DirectorySource(directory, parser, recursive=recursive).read()
    scored = _scored(directory, batch)
    names = {finding.name for finding in scored}
    others = [finding for finding in _others(directory, parser, recursive) if finding.name not in names]
    direction = comparison or _usual(scored) or Comparison.LOWER
    first = None
    if threshold is not None:
        first = ThresholdRule(threshold, direction).evaluate(batch)
        scored = list(_simulated(scored, ThresholdRule(threshold, direction), batch))
    candidates = [f.name for f in (*scored, *others) if f.outcome is not Outcome.IGNORED]
    suggestion, fitted = _suggested(candidates, len(scored)) if suggest else (None, (0, 0))
    return Inspection(
        directory=directory,
        findings=[*scored, *sorted(others, key=lambda finding: finding.name)],
        comparison=direction,
        threshold=threshold,
        first_alert=first,
        suggestion=suggestion,
        fitted=fitted,
        notes=tuple(filter(None, _notes(parser, scored, candidates))),
    )


def _suggested(names: Sequence[str], scored: int) -> tuple[str | None, tuple[int, int]]:
    """Return a pattern that reads no less than is read without it, and how many names it fits."""
    pattern = suggest_pattern(names)
    if pattern is None:
        return None, (0, 0)
    parser = CustomParser(pattern)
    fits = sum(_outcome(parser, name)[0] is Outcome.SCORE for name in names)
    return (pattern if fits >= scored else None), (fits, sum(not stands_beside_others(n) for n in names))


def _notes(parser: BaseParser, scored: Sequence[Finding], names: Sequence[str]) -> Iterator[str]:
    yield rounding_hint(reading for finding in scored for reading in finding.readings)
    if isinstance(parser, DefaultParser) and parser.metric and not scored:
        yield missing_metric(parser.metric, names)


def _scored(directory: str, batch: ReadingBatch) -> list[Finding]:
    """Return the names with a score, in the order in which they were written."""
    readings: dict[str, list[Reading]] = {}
    for reading in batch:  # the scores come first
        readings.setdefault(reading.name, []).append(reading)
    findings = [
        Finding(name=name, outcome=Outcome.SCORE, readings=tuple(mine), written=_written(directory, name))
        for name, mine in readings.items()
    ]
    return sorted(findings, key=_age)


def _simulated(scored: Sequence[Finding], rule: ThresholdRule, batch: ReadingBatch) -> Iterator[Finding]:
    """Let the rule see one name after the other, as a watch does that looks often enough."""
    for finding in scored:
        score = finding.readings[0]
        one = ReadingBatch(
            time=batch.time,
            names=[score.name],
            values=[score.value],
            build=lambda name, value, score=score: score,  # type: ignore[misc]
            others=finding.readings[1:],
        )
        yield replace(finding, mails=rule.evaluate(one) is not None)


def _others(directory: str, parser: BaseParser, recursive: bool) -> Iterator[Finding]:
    """Yield every name that is there, as one without a score."""

    def enters(name: str) -> bool:
        return recursive and _outcome(parser, name)[0] is Outcome.NO_SCORE

    tree = DirectoryTree(directory, enters=enters, full_look_every=0.0)
    try:
        for folder, change in tree.changes(PollTime(time.time(), time.monotonic())):
            for name in change.added:
                if name not in folder.children:
                    yield _without_score(parser, folder.prefix + name, change.odd.get(name))
    except OSError as error:
        raise SourceError(f"{directory!r} went away while it was looked at: {error.strerror}") from error


def _without_score(parser: BaseParser, name: str, kind: EntryType | None) -> Finding:
    outcome, reason = _outcome(parser, name)
    if kind is EntryType.NEITHER and outcome is not Outcome.IGNORED:
        outcome, reason = Outcome.IGNORED, "neither a file nor a folder, or a link that leads nowhere"
    elif outcome is Outcome.NO_SCORE and kind is not None:
        outcome, reason = Outcome.IGNORED, "a folder that is no checkpoint; --recursive looks into it"
    elif outcome is Outcome.SCORE:  # but the source held it back
        outcome, reason = Outcome.IGNORED, "being written: marked '-unfinished', or it has just come"
    return Finding(name=name, outcome=outcome, reason=reason)


def _outcome(parser: BaseParser, name: str) -> tuple[Outcome, str]:
    """Return what a name says by itself, and why it has no score."""
    if ignored := ignored_because(name):
        return Outcome.IGNORED, ignored
    try:
        value = parser.score(name)
    except ParseError as error:
        return Outcome.UNREADABLE, _without_name(str(error), name)
    if value is None:
        return Outcome.NO_SCORE, "nothing in the name is certainly a score"
    return Outcome.SCORE, ""


def _without_name(reason: str, name: str) -> str:
    """Return a reason without the name that it begins with, so that equal reasons are equal texts."""
    for quoted in (repr(name), repr(name.rpartition("/")[2])):
        reason = reason.removeprefix(quoted).lstrip(": ")
    return reason


def _written(directory: str, name: str) -> int:
    try:
        return os.stat(os.path.join(directory, name)).st_mtime_ns  # noqa: PTH116, PTH118
    except OSError:
        return 0


def _age(finding: Finding) -> tuple[int, int, int, str]:
    """Sort by the time of writing, and what was copied at once by what the names count."""
    score = finding.readings[0]
    epoch, step = (-1 if count is None else count for count in (score.epoch, score.step))
    return finding.written, epoch, step, finding.name


def _usual(scored: Sequence[Finding]) -> Comparison | None:
    return usual_direction(scored[0].readings[0].metric) if scored else None
