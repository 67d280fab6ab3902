"""The content of a mail about a score beyond a threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.alerts import Alert, AlertKind
from ..core.comparison import Comparison
from ..core.readings import Reading
from ..i18n import (
    Wording,
    distinct_texts,
    exact_gain,
    number_text,
    percent_text,
    time_text,
    zoned_time_text,
)
from ..text.cleaning import for_header, for_name
from .mail_card import Card, Figure
from .origin import LONGEST_SUBJECT, MARKS, Origin


@dataclass(frozen=True, slots=True)
class Hit:
    """An alert about a score beyond a threshold, whose parts are all present."""

    alert: Alert
    reading: Reading
    comparison: Comparison
    threshold: float

    @classmethod
    def of(cls, alert: Alert) -> Hit | None:
        """Return ``alert`` as a hit; None when it is of another kind."""
        reading, comparison, threshold = alert.reading, alert.comparison, alert.threshold
        if alert.kind is not AlertKind.HIT or alert.resolved:
            return None
        if reading is None or comparison is None or threshold is None:
            return None
        return cls(alert, reading, comparison, threshold)

    @property
    def held(self) -> int | None:
        """The number of checkpoints in a row that were beyond, if the rule requires several."""
        held = self.alert.details.get("held_checkpoints")
        return held if isinstance(held, int) else None

    def gain(self, over: float) -> float:
        """Return the gain over ``over``, computed with decimals."""
        value = self.reading.value
        return exact_gain(self.comparison.gain(value, over), value, over)

    def values(self, words: Wording, origin: Origin) -> dict[str, str | float | None]:
        """Return the value of each placeholder."""
        reading, previous = self.reading, self.alert.previous_best
        return {
            "filename": for_name(reading.name),
            "score": reading.value,
            "threshold": self.threshold,
            "condition": condition(self.alert, words),
            "timestamp": time_text(self.alert.time),
            "metric": for_name(reading.metric),
            "epoch": reading.epoch,
            "step": reading.epoch if reading.step is None else reading.step,
            "previous_best": previous,
            "improvement": None if previous is None else self.gain(previous),
            "watch_dir": for_name(origin.watch_dir) or None,
            "host": for_name(origin.host) or None,
            "path": for_name(reading.path) or None,
            "model": for_name(self.alert.model or "") or None,
            "group": for_name(self.alert.group or "") or None,
            "value": reading.value,
            "window": None if reading.time is None else for_name(reading.name),
            "rows": reading.rows,
            "low": reading.low,
            "high": reading.high,
        }


class HitFacts:
    """The default mail about a hit, as subject, text and card.

    Args:
        hit: the hit.
        words: the texts.
        origin: where the mail comes from.
    """

    def __init__(self, hit: Hit, words: Wording, origin: Origin) -> None:
        self._words = words
        self._origin = origin
        self._hit = hit
        self._down = hit.comparison is Comparison.LOWER
        in_log = hit.reading.in_log
        heading = words.heading_in_log if in_log else words.heading
        self._heading = heading.format(condition=condition(hit.alert, words))
        self._file = (words.log if in_log else words.file, for_name(hit.reading.name))
        score, threshold = distinct_texts(hit.reading.value, hit.threshold)
        self._score, self._threshold = (words.score, score), (words.threshold, threshold)
        self._time = (words.time, zoned_time_text(hit.alert.time))
        self._metric = (words.metric, for_name(hit.reading.metric))
        best = hit.alert.previous_best
        self._best = None if best is None else number_text(best)
        self._change = self._change_from(hit, hit.threshold if best is None else best)
        rows = {
            words.epoch: whole_text(hit.reading.epoch),
            words.step: whole_text(hit.reading.step),
            words.labels["checkpoint_file"]: for_name(hit.reading.checkpoint),
            words.labels["held_checkpoints"]: whole_text(hit.held),
            words.host: for_name(origin.host),
            words.labels["job"]: origin.job_text(words),
            words.directory: for_name(origin.watch_dir),
        }
        self._rows = [(label, value) for label, value in rows.items() if value]

    def subject(self) -> str:
        """Return the subject."""
        origin, side = self._origin, condition(self._hit.alert, self._words)
        numbers = {"score": self._score[1], "condition": side, "threshold": self._threshold[1]}
        # Of a long name of a metric only the beginning fits beside the numbers.
        fixed = origin.subject(MARKS["calm"], self._words.subject.format(metric="", **numbers).strip())
        metric = for_header(self._hit.reading.metric, LONGEST_SUBJECT - len(fixed) - 1)
        return origin.subject(MARKS["calm"], self._words.subject.format(metric=metric, **numbers))

    def text(self) -> str:
        """Return the content as plain text: first the five lines that users of 0.2 know."""
        words = self._words
        first = (self._file, self._score, self._threshold, self._time)
        rest = (self._metric, (words.previous, self._previous()), *self._rows)
        heading = self._heading + words.heading_end
        return "\n".join([heading, *map(self._line, first), "", *map(self._line, rest)])

    def card(self, notes: Sequence[str]) -> Card:
        """Return the same content as a card."""
        words = self._words
        figures = [Figure(label=self._threshold[0], value=self._threshold[1])]
        figures.append(Figure(label=words.previous, value=self._best or words.none))
        if self._change:
            label = self._change.label
            figures.append(replace(self._change, label=label[:1].upper() + label[1:]))
        return Card(
            sender=words.sender,
            heading=self._heading,
            score=Figure(label=self._score[0], value=self._score[1], detail=self._metric[1]),
            figures=figures,
            rows=[self._file, self._time, *self._rows],
            notes=notes,
            preheader=" · ".join([f"{words.previous} {self._previous()}", self._file[1]]),
            footer=self._origin.footer(words),
        )

    def _line(self, row: tuple[str, str]) -> str:
        label, value = row
        return self._words.line.format(label=label, value=value)

    def _change_from(self, hit: Hit, base: float) -> Figure | None:
        gain = hit.gain(base)
        if gain == 0 or not math.isfinite(gain):
            return None
        # An alert of a threshold rule is always an improvement; that of another rule may not be.
        down = self._down == (gain > 0)
        words = self._words
        if hit.alert.previous_best is None:
            label = words.below_by if down else words.above_by
        else:
            label = words.down_by if down else words.up_by
        detail = percent_text(gain, base) or ""
        return Figure(label=label, value=number_text(abs(gain)), detail=detail)

    def _previous(self) -> str:
        words, change = self._words, self._change
        best = self._best or words.none
        if change is None:
            return best
        amount = change.value
        if change.detail:
            amount = words.amount.format(change=change.value, percent=change.detail)
        pattern = words.since if self._best else words.first
        return pattern.format(best=best, label=change.label, amount=amount)


def condition(alert: Alert, words: Wording) -> str:
    """Return the side of the threshold on which the score improves, as a text."""
    if alert.details.get("inclusive"):
        return words.below_or_at if alert.comparison is Comparison.LOWER else words.above_or_at
    return words.below if alert.comparison is Comparison.LOWER else words.above


def whole_text(number: int | None) -> str:
    """Return a whole number as a text; empty for None."""
    return "" if number is None else str(number)
