"""The scores so far in a mail: their curve, and the last ones as a table."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.alerts import Alert, AlertKind
from ..core.comparison import usual_direction
from ..core.metric_history import LATEST, Point, latest
from ..core.thinning import evenly_thinned
from ..i18n import Wording, number_text
from ..text.cleaning import for_header, for_name
from .sparkline import WIDTH, sparkline

_LONGEST_PLACE = 24  # characters
_WITHOUT = (AlertKind.DISK, AlertKind.UNDELIVERED)


@dataclass(frozen=True, slots=True)
class Curve:
    """The scores so far of the metric that an alert is about.

    Attributes:
        alert: the alert.
        points: at least two readings, one of them finite.
        best: the best of them; None when an earlier one was better or the direction is unknown.
        best_value: the best score so far, if the direction is known.
        this: the point of the alert, if it is among them.
        words: the language.
    """

    alert: Alert
    points: Sequence[Point]
    best: Point | None
    best_value: float | None
    this: Point | None
    words: Wording

    @classmethod
    def of(cls, alert: Alert, words: Wording) -> Curve | None:
        """Return the curve of ``alert``; None when there is nothing to show."""
        points, reading = alert.history, alert.reading
        some = any(math.isfinite(point.value) for point in points)
        if reading is None or len(points) < 2 or not some or alert.kind in _WITHOUT:
            return None
        comparison = usual_direction(reading.metric)
        # The comparison of a crossing is the side that is bad.
        if "since" not in alert.details:
            comparison = alert.comparison or comparison
        before = () if alert.previous_best is None else (alert.previous_best,)
        value = comparison and comparison.best([*before, *(point.value for point in points)])
        best = next((point for point in points if point.value == value), None)
        # The repr() of two NaNs is equal.
        expected = (reading.name, repr(reading.value))
        same = (point for point in reversed(points) if (point.name, repr(point.value)) == expected)
        return cls(alert, points, best, value, next(same, None), words)

    @property
    def metric(self) -> str:
        """The metric's name."""
        return "" if self.alert.reading is None else for_name(self.alert.reading.metric)

    @property
    def cid(self) -> str:
        """The content-ID of its picture, the same in every attempt."""
        digest = hashlib.sha256(self.alert.id.encode("utf-8", "surrogatepass")).hexdigest()
        return f"curve.{digest[:24]}@auto-model-monitor"

    @property
    def bars(self) -> list[float]:
        """The scores of a few points, with the shape of the curve."""
        return evenly_thinned([point.value for point in self.points], WIDTH)

    def line(self) -> str:
        """Return the curve on one line of text."""
        return f"{sparkline(self.bars)} {self.words.listed.join(self.named())}".rstrip()

    def named(self) -> list[str]:
        """Return the best score and the threshold with their names."""
        words = self.words
        found = {words.history_best: self.best_value, words.history_threshold: self.alert.threshold}
        return [text.format(score=number_text(v)) for text, v in found.items() if v is not None]

    def legend(self) -> list[str]:
        """Return the meaning of each mark on the picture."""
        words = self.words
        reading, best = self.alert.reading, self.best
        found = []
        if best is not None:
            found.append((words.mark_both if best == self.this else words.mark_best, best.value))
        if reading is not None and self.this is not None and self.this != best:
            found.append((words.mark_this, reading.value))
        if self.alert.threshold is not None:
            found.append((words.mark_threshold, self.alert.threshold))
        return [text.format(score=number_text(value)) for text, value in found]

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the last readings as rows of epoch, score and remark, below a header."""
        points = latest(self.points, LATEST)
        if len(points) < 2:
            return []
        place, places = _places(points, self.words, is_by_window=self._is_by_window)
        scores = (number_text(point.value) for point in points)
        rows = zip(places, scores, map(self._remark, points), strict=True)
        return [(place, for_header(self.metric, _LONGEST_PLACE), ""), *rows]

    def text(self, *, with_rows: bool = True) -> str:
        """Return the curve and the rows as plain text."""
        words = self.words
        lines = [words.line.format(label=words.history, value=self.line())]
        (place, _, _), *rows = (self.rows() if with_rows else []) or [("", "", "")]
        if rows:
            lines += ["", words.history_latest.format(count=len(rows)) + words.heading_end]
        for where, score, remark in rows:
            value = words.remarked.format(value=score, remark=remark) if remark else score
            label = words.placed.format(name=place, place=where) if place else where
            lines.append(words.line.format(label=label, value=value))
        return "\n".join(lines)

    @property
    def _is_by_window(self) -> bool:
        """Whether the names of the points are windows, in the zone of the source."""
        return self.alert.reading is not None and self.alert.reading.time is not None

    def _remark(self, point: Point) -> str:
        marks = {self.words.this_one: point == self.this, self.words.best_one: point == self.best}
        return self.words.listed.join(word for word, holds in marks.items() if holds)


def _places(points: Sequence[Point], words: Wording, *, is_by_window: bool) -> tuple[str, list[str]]:
    """Return a label and the epoch, step or time of each point; else their names."""
    ways: tuple[tuple[str, Callable[[Point], object]], ...] = (
        (words.epoch, lambda point: point.epoch),
        (words.step, lambda point: point.step),
        ("", lambda point: f"{point.time:%H:%M:%S}"),
    )
    for name, way in ways:
        places = [None if name == "" and is_by_window else way(point) for point in points]
        if None not in places and len(set(places)) == len(places):
            return name, [str(place) for place in places]
    return "", [for_header(for_name(point.name), _LONGEST_PLACE) for point in points]
