"""The windows of each metric of each model, in order of time, in bounded memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from ...core.metric_history import Point
from ...core.readings import Reading

MOST_WINDOWS = 400  # of one metric of one model that a rule names: more than a year of days
FEW_WINDOWS = (
    40  # of any other, which rules about every metric see: of thousands of models they fit in memory
)


class WindowSeries:
    """The latest windows of one metric of one model.

    Attributes:
        readings: one for each window, in order of time.

    Args:
        most: the number of windows that are kept.
    """

    __slots__ = ("_most", "_times", "readings")

    def __init__(self, most: int = MOST_WINDOWS) -> None:
        self._most = most
        self.readings: list[Reading] = []
        self._times: list[datetime] = []

    def put(self, reading: Reading, time: datetime) -> bool:
        """Add a window, or replace it where it was read before; return whether anything changed."""
        index = bisect_left(self._times, time)
        if index < len(self._times) and self._times[index] == time:
            if self.readings[index] == reading:
                return False
            self.readings[index] = reading
            return True
        if index == 0 and len(self._times) >= self._most:
            return False  # older than all that is kept
        self._times.insert(index, time)
        self.readings.insert(index, reading)
        if len(self._times) > self._most:
            del self._times[0], self.readings[0]
        return True

    def points(self, found: datetime) -> tuple[Point, ...]:
        """Return the windows for a curve; ``found`` stands for the time of one that has none."""
        numbered = enumerate(self.readings, start=1)
        return tuple(
            Point(time=reading.time or found, number=number, value=reading.value, name=reading.name)
            for number, reading in numbered
        )


class ModelSeries:
    """What is known of one model.

    Attributes:
        windows: the series of each metric.
        changed: the metrics of which the last look brought a window that is new or different.
        others: the readings of the last look that are about no window.
    """

    __slots__ = ("changed", "others", "windows")

    def __init__(self) -> None:
        self.windows: dict[str, WindowSeries] = {}
        self.changed: dict[str, None] = {}
        self.others: list[Reading] = []

    @property
    def metrics(self) -> Iterable[str]:
        """The metrics of the last look."""
        return [*self.changed, *(r.metric for r in self.others)] if self.others else self.changed

    def has_changed(self, metric: str | None) -> bool:
        """Return whether a window of the metric is new or different; None for any metric."""
        return bool(self.changed) if metric is None else metric in self.changed

    def others_of(self, metric: str | None) -> list[Reading]:
        """Return what the last look read of the metric besides windows; None for every metric."""
        return self.others if metric is None else [r for r in self.others if r.metric == metric]

    def series(self, metric: str | None) -> Sequence[Reading]:
        """Return the windows of the metric in order of time; None for the latest of every metric."""
        if metric is not None:
            known = self.windows.get(metric)
            return [] if known is None else list(known.readings)
        everything = (
            reading for series in self.windows.values() for reading in series.readings[-FEW_WINDOWS:]
        )
        return sorted(everything, key=_time)


class SeriesByModel:
    """Keeps the windows of each model, and takes note of what each look changes.

    Args:
        most_of: returns how many windows of a metric are kept, 0 for none.

    Attributes:
        models: what is known of each model.
        news: the models of which the last look brought something.
    """

    def __init__(self, most_of: Callable[[str], int]) -> None:
        self.models: dict[str | None, ModelSeries] = {}
        self.news: Mapping[str | None, ModelSeries] = {}
        self._most_of = most_of
        self._most: dict[str, int] = {}

    def add(self, readings: Iterable[Reading]) -> None:
        """Add the readings of one look."""
        for model in self.news.values():
            model.changed, model.others = {}, []
        self.news = news = {}
        for reading in readings:
            metric = reading.metric
            most = self._most.get(metric)
            if most is None:
                most = self._most[metric] = self._most_of(metric)
            if most:
                model = self.models.get(reading.model) or self.models.setdefault(reading.model, ModelSeries())
                if _added(model, reading, most):
                    news[reading.model] = model

    def points(self, reading: Reading) -> tuple[Point, ...]:
        """Return the windows of a reading's metric for a curve."""
        model = self.models.get(reading.model)
        series = None if model is None else model.windows.get(reading.metric)
        return () if series is None or reading.time is None else series.points(reading.time)


def _added(model: ModelSeries, reading: Reading, most: int) -> bool:
    time = reading.time
    if time is None:
        model.others.append(reading)
        return True
    if time.tzinfo is None:  # of a source that forgot the zone: windows end in UTC
        time = time.replace(tzinfo=timezone.utc)
        reading = replace(reading, time=time)
    series = model.windows.get(reading.metric)
    if series is None:
        series = model.windows[reading.metric] = WindowSeries(most)
    if series.put(reading, time):
        model.changed[reading.metric] = None
        return True
    return False


def _time(reading: Reading) -> datetime:
    assert reading.time is not None  # a window's
    return reading.time
