"""The new numbers of one poll of a log, without an object for each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple, overload

from ...core.comparison import Comparison
from ...core.numbers import shortest
from ...core.readings import Reading, ReadingBatch
from .rows import Row


class Location(NamedTuple):
    """Where a number stands, in a form for people.

    Attributes:
        name: such as ``train.log:12``.
        path: the file, as this machine calls it.
        checkpoint: the file or directory that holds the model with this number, where that is known.
    """

    name: str
    path: str
    checkpoint: str = ""


class LogBatch(ReadingBatch):
    """The numbers of some lines, in their order; each becomes a :class:`Reading` when it is asked for.

    A first poll may find hundreds of thousands of them, and rules ask for those of one metric.

    Args:
        rows: the numbers, in the order in which they were written.
        place: returns the location of a row's ``place``.
        time: when the poll took place, with its zone.
        seconds: the same on a clock that never goes back.
        score: the metric that is meant where none is named; empty as long as that cannot be known.
        new_run: True when another training begins with them.
        in_order: True where their order is that of the training, whatever its counters do; else that of
            their epochs and steps is.
    """

    __slots__ = ("_in_order", "_of_metric", "_place", "_readings", "_rows")

    def __init__(
        self,
        rows: Sequence[Row],
        place: Callable[[int], Location],
        *,
        time: datetime,
        seconds: float = 0.0,
        score: str = "",
        new_run: bool = False,
        in_order: bool = True,
    ) -> None:
        super().__init__(time=time, seconds=seconds, score=score, new_run=new_run)
        self._rows = rows
        self._place = place
        self._in_order = in_order
        self._of_metric: dict[str, list[int]] | None = None
        self._readings: dict[int, Reading] = {}

    def __len__(self) -> int:
        """Count the numbers."""
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Reading: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Reading]: ...
    def __getitem__(self, index: int | slice) -> Reading | Sequence[Reading]:
        """Return one reading, or several."""
        found = range(len(self._rows))[index]
        return self._reading(found) if isinstance(found, int) else [self._reading(i) for i in found]

    def __iter__(self) -> Iterator[Reading]:
        """Yield every reading, in the order in which they were written."""
        return map(self._reading, range(len(self._rows)))

    @property
    def checkpoints(self) -> int:
        """Count the lines that hold numbers."""
        return len(set(map(itemgetter(2), self._rows)))

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics, in the order in which they came up."""
        return list(self._by_metric())

    @property
    def epochs(self) -> set[int]:
        """The epochs that the numbers belong to."""
        return {row[3] for row in self._rows if row[3] is not None}

    def best(self, comparison: Comparison, metric: str | None = None) -> Reading | None:
        """Return the best finite reading of ``metric`` (None: of the score), of equal ones the first."""
        found = self._indices(self.score if metric is None else metric)
        value = comparison.best(self._rows[i][1] for i in found)
        return next((self._reading(i) for i in found if self._rows[i][1] == value), None)

    def series(self, metric: str | None = None) -> list[Reading]:
        """Return the readings of ``metric`` (None: of the score) in the order of the training."""
        found = list(map(self._reading, self._indices(self.score if metric is None else metric)))
        return found if self._in_order else sorted(found, key=lambda reading: reading.count)

    def sample(self, most: int) -> list[Reading]:
        """Return, of each metric, at most ``most`` readings that lie evenly apart."""
        spaced = (found[:: -(-len(found) // most)] for found in self._by_metric().values())
        return [self._reading(i) for i in sorted(i for found in spaced for i in found)]

    @property
    def rows(self) -> Sequence[Row]:
        """The numbers, in the order in which they were written."""
        return self._rows

    def with_rows(self, rows: Sequence[Row], *, score: str) -> LogBatch:
        """Return a batch of the same poll with other numbers."""
        return LogBatch(
            rows, self._place, time=self.time, seconds=self.seconds, score=score, new_run=self.new_run
        )

    def are_finite(self) -> bool:
        """Return whether every value is finite."""
        return all(math.isfinite(row[1]) for row in self._rows)

    def _indices(self, metric: str) -> list[int]:
        return self._by_metric().get(metric, [])

    def _by_metric(self) -> dict[str, list[int]]:
        if self._of_metric is None:
            found: defaultdict[str, list[int]] = defaultdict(list)
            for index, row in enumerate(self._rows):
                found[row[0]].append(index)
            self._of_metric = dict(found)
        return self._of_metric

    def _reading(self, index: int) -> Reading:
        reading = self._readings.get(index)
        if reading is None:
            metric, value, place, epoch, step = self._rows[index]
            name, path, checkpoint = self._place(place)
            reading = Reading(
                metric=metric,
                value=shortest(float(value)),
                name=name,
                path=path,
                epoch=epoch,
                step=step,
                in_log=True,
                checkpoint=checkpoint,
            )
            # Rules may compare by identity, as what is asked for twice was one thing.
            self._readings[index] = reading
        return reading
