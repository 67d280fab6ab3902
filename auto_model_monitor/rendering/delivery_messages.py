"""The messages of the delivery queue: a digest of several messages, and a notice of a refused one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from ..core.alerts import Alert, AlertKind, Level
from ..core.comparison import Comparison
from ..core.messages import Fact, Message
from ..core.slurm_job import SlurmJob
from ..i18n import Language, number_text, time_text, wording, zoned_time_text
from ..text.cleaning import for_header, for_name
from . import Renderer
from .mail_card import Card, Figure, card_html
from .origin import MARKS, Origin

_MOST_LISTED = 100  # the latest messages in a digest
_LONGEST_CELL = 160  # characters
_MARK = "📬"


class DeliveryMessageRenderer:
    """Renders the messages of the delivery queue.

    Args:
        language: the language; None for the locale's.
        watch_dir: the directory to name in the mail; it need not exist.
        host: the machine to name in the mail.
        process: the process ID of the watch; 0 when unknown.
        job: the Slurm job to name in the mail.
    """

    def __init__(
        self,
        *,
        language: Language | None = None,
        watch_dir: str = "",
        host: str = "",
        process: int = 0,
        job: SlurmJob | None = None,
    ) -> None:
        self._words = wording(language)
        self._origin = Origin(watch_dir=watch_dir, host=host, process=process, job=job)
        self._renderer = Renderer(language=language, watch_dir=watch_dir, host=host, process=process, job=job)
        place = {
            self._words.host: for_name(host),
            self._words.labels["job"]: self._origin.job_text(self._words),
        }
        self._place = tuple((place | {self._words.directory: for_name(watch_dir)}).items())

    def undelivered(self, alert: Alert, channel: str, message: Message, reason: str) -> Message:
        """Return the message about one that a notifier refused permanently."""
        return self._renderer.undelivered(alert, channel, message, reason)

    def digest(self, messages: Sequence[Message]) -> Message:
        """Return one message with a line for each of at least one message.

        Its ``id`` derives from theirs, so that a retry of the same ones is the same message.
        """
        words, best = self._words, _best(messages)
        last = messages[-1]
        key = "digest_latest" if best is None else "digest"
        what = _what(last) if best is None else best.text
        sentence = words.event_sentences[key].format(count=len(messages), what=what)
        subject = self._origin.subject(_MARK, sentence)
        table = self._table(messages[-_MOST_LISTED:])
        unlisted = max(0, len(messages) - _MOST_LISTED)
        notes = [words.event_sentences["digest_rest"].format(count=unlisted)] if unlisted else []
        rows = [(words.time, zoned_time_text(last.time)), *(row for row in self._place if row[1])]
        card = self._card(sentence, len(messages), best, table, rows, notes)
        return Message(
            id=_id(message.id for message in messages),
            time=last.time,
            subject=subject,
            text=self._text(sentence, table, rows, notes),
            html=card_html(card, title=subject, lang=words.tag),
            level=Level.INFO,
            facts={**_facts(messages, best), **self._origin.facts()},
        )

    def _table(self, messages: Sequence[Message]) -> list[list[str]]:
        words = self._words
        one_day = len({message.time.replace(tzinfo=None).date() for message in messages}) == 1
        head = [words.time, words.labels["what"], words.file]
        return [head, *([_clock(m.time, one_day), _what(m), _file(m.facts)] for m in messages)]

    def _text(
        self,
        sentence: str,
        table: Sequence[Sequence[str]],
        rows: Sequence[tuple[str, str]],
        notes: Sequence[str],
    ) -> str:
        words = self._words
        listed = ["  ".join(filter(None, cells)) for cells in table[1:]]
        placed = [words.line.format(label=label, value=value) for label, value in rows]
        parts = [words.sentence.format(sentence=sentence), "\n".join(listed), *notes, "\n".join(placed)]
        return "\n\n".join(filter(None, parts))

    def _card(
        self,
        sentence: str,
        count: int,
        best: _Score | None,
        table: Sequence[Sequence[str]],
        rows: Sequence[tuple[str, str]],
        notes: Sequence[str],
    ) -> Card:
        labels = self._words.labels
        counted = Figure(label=labels["count"], value=str(count))
        score = counted
        if best is not None:
            score = Figure(label=labels["best_of_all"], value=number_text(best.value), detail=best.metric)
        return Card(
            sender=self._words.sender,
            heading=sentence,
            score=score,
            figures=[] if best is None else [counted],
            rows=rows,
            notes=notes,
            table=table,
            preheader=" · ".join(cells[1] for cells in reversed(table[1:])),
            footer=self._origin.footer(self._words),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Score:
    """The new score that a message reports."""

    metric: str
    value: float
    comparison: Comparison
    file: str

    @property
    def text(self) -> str:
        return f"{self.metric} {number_text(self.value)}"

    @classmethod
    def of(cls, message: Message) -> _Score | None:
        """Return the score of a message; None when it is about something else."""
        facts = message.facts
        if facts.get("kind") != AlertKind.HIT.value or facts.get("resolved"):
            return None
        metric, value, comparison = facts.get("metric"), _finite(facts.get("score")), facts.get("comparison")
        known = {direction.value: direction for direction in Comparison}
        direction = known.get(comparison) if isinstance(comparison, str) else None
        if not isinstance(metric, str) or value is None or direction is None:
            return None
        return cls(metric=for_header(metric, 80), value=value, comparison=direction, file=_file(facts))


def _best(messages: Sequence[Message]) -> _Score | None:
    """Return the best score if all scores are of one metric."""
    scores = [score for score in map(_Score.of, messages) if score is not None]
    if len({(score.metric, score.comparison) for score in scores}) != 1:
        return None
    best = scores[0]
    for score in scores:
        if score.comparison.is_better(score.value, best.value):
            best = score
    return best


def _finite(value: Fact) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number of hundreds of digits
        return None


def _what(message: Message) -> str:
    """Return the new score of a message, else its subject without mark and place."""
    score = _Score.of(message)
    if score is not None:
        return score.text
    subject = message.subject
    if mark := next((mark for mark in MARKS.values() if subject.startswith(f"{mark} ")), ""):
        subject = subject.removeprefix(mark).rpartition(" · ")[0] or subject.removeprefix(mark)
    return for_header(subject, _LONGEST_CELL)


def _file(facts: Mapping[str, Fact]) -> str:
    name = facts.get("filename")
    return for_header(name, _LONGEST_CELL) if isinstance(name, str) else ""


def _clock(time: datetime, one_day: bool) -> str:
    text = time_text(time)
    return text.rpartition(" ")[2] if one_day else text[-14:-3]


def _id(ids: Iterable[str]) -> str:
    joined = "\n".join(sorted(ids))
    return sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _facts(messages: Sequence[Message], best: _Score | None) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "rule": "digest",
        "kind": "digest",
        "level": Level.INFO.value,
        "resolved": False,
        "timestamp": messages[-1].time.isoformat(timespec="seconds"),
        "count": len(messages),
    }
    if best is not None:
        facts |= {"metric": best.metric, "score": best.value, "filename": best.file or None}
        facts["comparison"] = best.comparison.value
    return facts
