"""Readings: the numbers that were read, and where they were read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from .comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number, under its name, from one place.

    Attributes:
        metric: the metric's name, such as ``val_loss``.
        value: the number as it was read; may be NaN or infinite.
        name: the name that it was read from, relative to the watched directory, with ``/``.
        path: the same as a path on this machine, or the empty string.
        epoch: the epoch that the name gives, if any.
        step: the step that the name gives, if any.
        in_log: it was read from a training's log, which ``name`` names.
    """

    metric: str
    value: float
    name: str
    path: str = ""
    epoch: int | None = None
    step: int | None = None
    in_log: bool = False

    @property
    def count(self) -> tuple[int, int]:
        """How far the training was: epoch and step, -1 where unknown; what sorts readings by age."""
        return -1 if self.epoch is None else self.epoch, -1 if self.step is None else self.step


class ReadingBatch(Sequence[Reading]):
    """What one look found new.

    The first score of each name is held in two columns, so that a million names cost no object each; a
    :class:`Reading` is made when it is asked for. Further numbers of a name stand in ``others``.

    Attributes:
        time: when the look was taken, with its zone; for texts only.
        seconds: the same on a clock that never goes back; for every silence and every age.
        new_run: True when the directory was made anew, so that what was best before no longer counts.
    """

    __slots__ = ("_build", "_names", "_others", "_score", "_values", "new_run", "seconds", "time")

    def __init__(
        self,
        *,
        time: datetime,
        seconds: float = 0.0,
        names: Sequence[str] = (),
        values: Sequence[float] = (),
        build: Callable[[str, float], Reading] | None = None,
        others: Sequence[Reading] = (),
        new_run: bool = False,
        score: str | None = None,
    ) -> None:
        """Take the columns, of one length, and how a reading is made of a row.

        A log has no columns: all its numbers are ``others``, and ``score`` names the metric that is meant
        where none is named; it is empty as long as that cannot be known.
        """
        self.time = time
        self.seconds = seconds
        self.new_run = new_run
        self._names = names
        self._values = values
        self._build = build or (lambda name, value: Reading(metric="score", value=value, name=name))
        self._others = others
        self._score = score

    @property
    def is_log(self) -> bool:
        """Whether it was read from a log."""
        return self._score is not None

    @property
    def score(self) -> str:
        """The metric that is meant where none is named; empty as long as that cannot be known."""
        if self._score is not None:
            return self._score
        return self[0].metric if len(self) else ""

    def __len__(self) -> int:
        """Count the readings."""
        return len(self._values) + len(self._others)

    @overload
    def __getitem__(self, index: int) -> Reading: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Reading]: ...
    def __getitem__(self, index: int | slice) -> Reading | Sequence[Reading]:
        """Return one reading, or several."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if index >= len(self._values):
            return self._others[index - len(self._values)]
        return self._build(self._names[index], self._values[index])

    def __iter__(self) -> Iterator[Reading]:
        """Yield every reading, the scores first."""
        yield from map(self._build, self._names, self._values)
        yield from self._others

    @property
    def checkpoints(self) -> int:
        """Count the names, however many numbers each of them holds."""
        return len(self._values) or len({reading.name for reading in self._others})

    def best(self, comparison: Comparison, metric: str | None = None) -> Reading | None:
        """Return the best finite reading of ``metric``; None stands for the score of each name.

        Of equal ones, such as ``x.ckpt`` and ``x-v1.ckpt``, the one with the shortest name is returned.
        """
        if metric is None:
            metric = self._score
        if metric is not None:
            mine = [reading for reading in self if reading.metric == metric]
            value = comparison.best(reading.value for reading in mine)
            equal = [reading for reading in mine if reading.value == value]
            return min(equal, key=lambda r: (len(r.name), r.name), default=None)
        value = self._best_value(comparison)
        if value is None:
            return None
        names = (self._names[index] for index in self._rows_of(value))
        return self._build(min(names, key=lambda name: (len(name), name)), value)

    def series(self, metric: str | None = None) -> list[Reading]:
        """Return the readings of ``metric`` by epoch and step; what has neither stays as it was read.

        None stands for the score of each name.
        """
        if metric is None:
            metric = self._score
        if metric is None:
            found = map(self._build, self._names, self._values)
        else:
            found = (reading for reading in self if reading.metric == metric)  # type: ignore[assignment]
        return sorted(found, key=lambda reading: reading.count)

    def sample(self, most: int) -> list[Reading]:
        """Return every reading, of very many names those of at most ``most`` that lie evenly apart."""
        if len(self._values) <= most:
            return list(self)
        stride = -(-len(self._values) // most)
        found = list(map(self._build, self._names[::stride], self._values[::stride]))
        names = {reading.name for reading in found}
        return found + [reading for reading in self._others if reading.name in names]

    def are_finite(self) -> bool:
        """Tell whether every value surely is finite, a million of them in milliseconds."""
        # A sum is finite only if all are; where large ones overflow, the answer is the careful one.
        return math.isfinite(sum(self._values)) and all(math.isfinite(r.value) for r in self._others)

    def _rows_of(self, value: float) -> Iterator[int]:
        # index() goes through a million values in C.
        index = -1
        with suppress(ValueError):
            while True:
                index = self._values.index(value, index + 1)
                yield index

    def _best_value(self, comparison: Comparison) -> float | None:
        if not self._values:
            return None
        # min() and max() skip a NaN unless it comes first, so a finite result is right.
        pick = min if comparison is Comparison.LOWER else max
        value = pick(self._values)
        return value if math.isfinite(value) else comparison.best(self._values)
