"""The readings of each metric so far, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from .comparison import Comparison, direction_for
from .numbers import compiled
from .readings import Reading, ReadingBatch
from .thinning import extremes

MOST_POINTS = 1000  # of one metric
MOST_METRICS = 8
LATEST = 10  # readings that are never thinned
_WHOLE = 4000  # a larger batch is sampled, so that the first poll stays fast
_STRETCHES = 240  # three points of each, and the latest, are fewer than MOST_POINTS
_DIGITS = r"([0-9]+)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One reading of the history.

    Attributes:
        time: when it was found, with its zone.
        number: its position among the readings of its metric. Two points without a gap between them have
            consecutive numbers.
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

    Of a very large batch it keeps an even sample and the best. After a restart the first poll restores
    what is still there.

    Args:
        comparison: the direction in which the score improves; by default the usual one of the metric.
    """

    def __init__(self, comparison: Comparison | None = None) -> None:
        self._comparison = comparison
        self._tracks: dict[str, _MetricPoints] = {}

    def add(self, batch: ReadingBatch) -> None:
        """Add the readings of one poll; a new run drops the earlier ones."""
        if batch.new_run:
            self._tracks.clear()
        if not len(batch):
            return
        spread = 1
        found: Iterable[Reading] = batch
        if len(batch) > _WHOLE:
            # What a later poll adds is thinned soon: no more readings are built than may stay.
            found = batch.sample(_STRETCHES if self._tracks else MOST_POINTS)
            best = batch.best(direction_for(batch.score, self._comparison))
            if best is not None and all(reading.name != best.name for reading in found):
                found.append(best)
            spread = max(2, len(batch) // len(found))
        for metric, readings in self._by_metric(found).items():
            self._tracks.setdefault(metric, _MetricPoints()).add(readings, batch.time, spread)

    @property
    def metrics(self) -> list[str]:
        """The metrics that it keeps, in the order in which they came up."""
        return list(self._tracks)

    def points(self, metric: str) -> tuple[Point, ...]:
        """Return the points of a metric in the order of the training."""
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
        self._seen += spread > 1  # after a sample the next reading may not be adjacent
        if len(self.points) > MOST_POINTS:
            self.points[:-LATEST] = _thinned(self.points[:-LATEST])


def horizontal(points: Sequence[Point]) -> list[int]:
    """Return the horizontal position of each point: its step, else its epoch, else its number.

    Steps or epochs count only if every point has one and none decreases.
    """
    for places in ([point.step for point in points], [point.epoch for point in points]):
        known = [place for place in places if place is not None]
        if len(known) == len(points) > 0 and known[0] < known[-1] and all(a <= b for a, b in pairwise(known)):
            return known
    return [point.number for point in points]


def latest(points: Sequence[Point], most: int = LATEST) -> Sequence[Point]:
    """Return the last points up to the first gap between them, at most ``most``."""
    first = len(points)
    while first > max(0, len(points) - most):
        if first < len(points) and points[first - 1].number + 1 != points[first].number:
            break
        first -= 1
    return points[first:]


def _age(reading: Reading) -> tuple[object, ...]:
    """Return a sort key: epoch and step, then the name in natural order, 9 before 10."""
    pieces = compiled(_DIGITS).split(reading.name)
    numbers = ((len(piece.lstrip("0")), piece.lstrip("0")) for piece in pieces[1::2])
    return (reading.count, pieces[::2][:1], *zip(numbers, pieces[2::2], strict=False))


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Return the extremes of each of many equally long stretches."""
    first, length = points[0].number, points[-1].number - points[0].number + 1
    stretches = groupby(points, key=lambda point: (point.number - first) * _STRETCHES // length)
    return [point for _, stretch in stretches for point in extremes(list(stretch), lambda p: p.value)]
