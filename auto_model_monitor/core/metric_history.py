"""The history: what the scores of a watch were, in bounded memory however long it runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from .comparison import Comparison
from .numbers import compiled
from .readings import Reading, ReadingBatch

MOST_POINTS = 1000  # of one metric
MOST_METRICS = 8
LATEST = 10  # the last readings are kept as they are, whatever is thinned before them
_WHOLE = 4000  # of a batch that holds more, a sample is taken: the first look must not feel it
_STRETCHES = 240  # three points of each, and the latest, are fewer than the most
_DIGITS = r"([0-9]+)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One reading of the history.

    Attributes:
        time: when it was seen, with its zone.
        number: the how manieth of its metric it is. Where nothing was left out between two points, their
            numbers follow each other.
        value: the score; may be NaN or infinite.
        name: the name that it was read from.
        epoch: the epoch that the name gives, if any.
        step: the step that the name gives, if any.
    """

    time: datetime
    number: int
    value: float
    name: str
    epoch: int | None = None
    step: int | None = None


class MetricHistory:
    """Keeps the readings of each metric, the older ones thinned so that the shape of the curve stays.

    Of a batch with very many names an even sample is taken, and the best. After a restart the first look
    brings back all that is still there.
    """

    def __init__(self, comparison: Comparison) -> None:
        """Take the direction in which the score improves."""
        self._comparison = comparison
        self._tracks: dict[str, _MetricPoints] = {}

    def add(self, batch: ReadingBatch) -> None:
        """Take in what one look found; a new run starts afresh."""
        if batch.new_run:
            self._tracks.clear()
        if not len(batch):
            return
        spread = 1
        found: Iterable[Reading] = batch
        if len(batch) > _WHOLE:
            found = batch.sample(MOST_POINTS)
            best = batch.best(self._comparison)
            if best is not None and all(reading.name != best.name for reading in found):
                found.append(best)
            spread = max(2, len(batch) // len(found))
        for metric, readings in self._by_metric(found).items():
            self._tracks.setdefault(metric, _MetricPoints()).add(readings, batch.time, spread)

    def points(self, metric: str) -> tuple[Point, ...]:
        """Return the readings of a metric in the order of the training."""
        track = self._tracks.get(metric)
        return () if track is None else tuple(track.points)

    def _by_metric(self, readings: Iterable[Reading]) -> dict[str, list[Reading]]:
        found: dict[str, list[Reading]] = {}
        for reading in readings:
            metric = reading.metric
            if metric in found or metric in self._tracks or len(self._tracks | found) < MOST_METRICS:
                found.setdefault(metric, []).append(reading)
        return found


class _MetricPoints:
    """The points of one metric."""

    __slots__ = ("_seen", "points")

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._seen = 0

    def add(self, readings: list[Reading], time: datetime, spread: int) -> None:
        for reading in sorted(readings, key=_age):
            self._seen += spread
            self.points.append(
                Point(
                    time=time,
                    number=self._seen,
                    value=reading.value,
                    name=reading.name,
                    epoch=reading.epoch,
                    step=reading.step,
                )
            )
        self._seen += spread > 1  # after a sample nobody knows whether its last was the last
        if len(self.points) > MOST_POINTS:
            self.points[:-LATEST] = _thinned(self.points[:-LATEST])


def horizontal(points: Sequence[Point]) -> list[int]:
    """Return how far the training was at each point: its step, else its epoch, else its number.

    A step or an epoch is taken only if every point has one and none goes back.
    """
    for places in ([point.step for point in points], [point.epoch for point in points]):
        known = [place for place in places if place is not None]
        if len(known) == len(points) > 0 and known[0] < known[-1] and all(a <= b for a, b in pairwise(known)):
            return known
    return [point.number for point in points]


def latest(points: Sequence[Point], most: int = LATEST) -> Sequence[Point]:
    """Return the last points as far as none was left out between them."""
    first = len(points)
    while first > max(0, len(points) - most):
        if first < len(points) and points[first - 1].number + 1 != points[first].number:
            break
        first -= 1
    return points[first:]


def _age(reading: Reading) -> tuple[object, ...]:
    """Return what sorts readings by epoch and step, then by name as people do: 9 before 10."""
    pieces = compiled(_DIGITS).split(reading.name)
    numbers = ((len(piece.lstrip("0")), piece.lstrip("0")) for piece in pieces[1::2])
    return (reading.count, pieces[::2][:1], *zip(numbers, pieces[2::2], strict=False))


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Return, of each of many equally long stretches, the lowest, the highest and what is no number."""
    first, length = points[0].number, points[-1].number - points[0].number + 1
    stretches = groupby(points, key=lambda point: (point.number - first) * _STRETCHES // length)
    return [point for _, stretch in stretches for point in _telling(list(stretch))]


def _telling(stretch: Sequence[Point]) -> Iterator[Point]:
    finite = [point for point in stretch if math.isfinite(point.value)]
    odd = [point for point in stretch if not math.isfinite(point.value)][:1]
    ends = [pick(finite, key=lambda point: point.value) for pick in (min, max) if finite]
    numbers = {point.number for point in (*odd, *ends)}
    return (point for point in stretch if point.number in numbers)
