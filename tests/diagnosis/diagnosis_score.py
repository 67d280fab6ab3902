"""How well a diagnosis finds the causes of labelled logs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from tests.diagnosis.corpus_logs import LabelledLog

SUCCESS = "none"


class Answer(NamedTuple):
    """What a contender says about a log.

    Attributes:
        cause: the cause, ``none`` for success.
        evidence: the line that shows it; None if the contender shows none.
        frame: the place in the user's own files; None if it names none.
        rank: the rank that failed first; None if it names none.
    """

    cause: str
    evidence: str | None = None
    frame: str | None = None
    rank: str | None = None


class Outcome(NamedTuple):
    """A log and the answer to it."""

    log: LabelledLog
    answer: Answer

    @property
    def is_right(self) -> bool:
        """Whether the cause is right."""
        return self.answer.cause == self.log.cause

    @property
    def shows_evidence(self) -> bool:
        """Whether the cause is right and the line proves it."""
        return (
            self.is_right and self.answer.evidence is not None and self.log.is_evidence(self.answer.evidence)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisScore:
    """The score of a contender.

    Attributes:
        logs: how many logs there are.
        macro_f1: the mean F1 of the causes, among them success.
        evidence: the share of the failures with evidence for which the right cause and line are shown.
        false_alarms: the names of successes that are called failures.
        frames: the share of the labelled places in the user's files that are right.
        ranks: the share of the labelled ranks that are right.
        frameworks: the share of right causes by framework.
        f1: the F1 of each cause.
        wrong: what is wrong, as ``name: expected …, got …``.
    """

    logs: int
    macro_f1: float
    evidence: float
    false_alarms: Sequence[str]
    frames: float
    ranks: float
    frameworks: Mapping[str, float]
    f1: Mapping[str, float]
    wrong: Sequence[str]


def outcomes(logs: Iterable[LabelledLog], answer: Callable[[LabelledLog], Answer]) -> list[Outcome]:
    """Return the answers of a contender."""
    return [Outcome(log, answer(log)) for log in logs]


def score(found: Sequence[Outcome]) -> DiagnosisScore:
    """Return the score of the answers."""
    f1 = f1_of(found)
    frameworks: dict[str, list[float]] = defaultdict(list)
    for outcome in found:
        frameworks[outcome.log.framework].append(outcome.is_right)
    provable = [outcome for outcome in found if outcome.log.cause != SUCCESS and outcome.log.evidence]
    framed = [outcome for outcome in found if outcome.log.frame]
    ranked = [outcome for outcome in found if outcome.log.rank]
    return DiagnosisScore(
        logs=len(found),
        macro_f1=fmean(f1.values()),
        evidence=_share(outcome.shows_evidence for outcome in provable),
        false_alarms=[
            outcome.log.name for outcome in found if outcome.log.cause == SUCCESS and not outcome.is_right
        ],
        frames=_share(_starts(outcome.answer.frame, outcome.log.frame) for outcome in framed),
        ranks=_share(outcome.answer.rank == outcome.log.rank for outcome in ranked),
        frameworks={name: fmean(right) for name, right in sorted(frameworks.items())},
        f1=f1,
        wrong=[_described(outcome) for outcome in found if not outcome.is_right],
    )


def f1_of(found: Sequence[Outcome]) -> dict[str, float]:
    """Return the F1 of each cause that a log of ``found`` has."""
    values = {}
    for cause in sorted({outcome.log.cause for outcome in found}):
        right = sum(outcome.is_right for outcome in found if outcome.log.cause == cause)
        meant = sum(outcome.log.cause == cause for outcome in found)
        said = sum(outcome.answer.cause == cause for outcome in found)
        values[cause] = 2 * right / (meant + said)
    return values


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return fmean(found) if found else 1.0


def _starts(frame: str | None, labelled: str | None) -> bool:
    """Whether a place ``train.py:22 in load: …`` or ``train.py:22: …`` is the labelled one."""
    return (frame or "").startswith((f"{labelled} ", f"{labelled}:"))


def _described(outcome: Outcome) -> str:
    log, answer = outcome
    return f"{log.name} ({log.framework}): expected {log.cause}, got {answer.cause}: {answer.evidence or ''}"
