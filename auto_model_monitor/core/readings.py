"""Readings: the numbers that a source read, and where."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import overload

from .comparison import Comparison
from .numbers import as_float32


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One number of one metric, from one place.

    Attributes:
        metric: the metric's name, such as ``val_loss``.
        value: the number as it was read; may be NaN or infinite.
        name: the name that it was read from, relative to the watched directory, with ``/`` separators.
        path: the same as a path on this machine; empty when there is none.
        epoch: the epoch that the name gives, if any.
        step: the step that the name gives, if any.
        in_log: True when it was read from a training's log, whose name is ``name``.
        checkpoint: the file or directory that holds the model with this number, where its training names one
            besides ``name``.
        model: the model in production that it is about; None where there is but one.
        group: the part of the rows or the column that it is about, as in ``recall@sex:f``, whose group is
            ``sex:f``; ``metric`` holds the whole text. None for all rows.
        time: the end of its window, in UTC; readings of one metric, model and time replace each other.
        rows: the number of rows that it was computed from.
        low: the lower end of its 95 % interval.
        high: the upper end of it.
        reference: the value of the same metric on the data that the model is measured by, such as its test
            set; None where there is none.
    """

    metric: str
    value: float
    name: str
    path: str = ""
    epoch: int | None = None
    step: int | None = None
    in_log: bool = False
    checkpoint: str = ""
    model: str | None = None
    group: str | None = None
    time: datetime | None = None
    rows: int | None = None
    low: float | None = None
    high: float | None = None
    reference: float | None = None

    @property
    def count(self) -> tuple[int, int]:
        """The epoch and the step, -1 where unknown; readings sort by it."""
        return -1 if self.epoch is None else self.epoch, -1 if self.step is None else self.step


def is_of_every_group(metric: str) -> bool:
    """Return whether a rule's metric stands for one of each group of a column, as in ``recall@sex:*``."""
    return "@" in metric and metric.endswith(":*")


def is_same_fact(one: Reading, other: Reading) -> bool:
    """Return whether two readings are the same number of the same metric at the same step.

    The steps are compared where both are known, else the epochs; some programs call their epochs steps. The
    values are the same where a float32 cannot tell them apart.
    """
    if one.metric != other.metric or as_float32(one.value) != as_float32(other.value):
        return False
    return order_of(one, other) == 0 or _counts_of(one) == _counts_of(other) != ()


def order_of(one: Reading, other: Reading) -> int | None:
    """Return a number below 0 where ``one`` comes before ``other``, above where after; None if unknown."""
    known = False
    for mine, others in ((one.epoch, other.epoch), (one.step, other.step)):
        if mine is not None and others is not None:
            known = True
            if mine != others:
                return mine - others
    return 0 if known else None


def _counts_of(reading: Reading) -> tuple[int, ...]:
    return tuple(count for count in (reading.epoch, reading.step) if count is not None)


class ReadingBatch(Sequence[Reading]):
    """The new readings of one poll.

    Two columns hold the first score of each name, so that a million names need no object each; a
    :class:`Reading` is built on demand. ``others`` holds the further numbers of a name.

    A log has no columns: all its numbers are ``others``.

    Args:
        time: when the poll took place, with its zone; for texts, and for the age of windows.
        seconds: the same on a monotonic clock; for silences and ages.
        names: the names, one for each value.
        values: the first score of each name.
        build: builds the reading of a name and its value.
        others: the readings outside the columns.
        new_run: True when a new training began, so that the previous best no longer counts.
        since: when the first poll of the run took place; what had ended in a window before is not reported.
        score: of a log, the default metric; empty while it is not known.

    Attributes:
        time: when the poll took place, with its zone; for texts, and for the age of windows.
        seconds: the same on a monotonic clock; for silences and ages.
        new_run: True when a new training began, so that the previous best no longer counts.
        since: when the first poll of the run took place; what had ended in a window before is not reported.
    """

    __slots__ = ("_build", "_names", "_others", "_score", "_values", "new_run", "seconds", "since", "time")

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
        since: datetime | None = None,
        score: str | None = None,
    ) -> None:
        self.time = time
        self.seconds = seconds
        self.new_run = new_run
        self.since = since
        self._names = names
        self._values = values
        self._build = build or (lambda name, value: Reading(metric="score", value=value, name=name))
        self._others = others
        self._score = score

    @property
    def is_log(self) -> bool:
        """Whether the readings come from a log."""
        return self._score is not None

    @property
    def is_by_model(self) -> bool:
        """Whether a reading names a model or a group, or is about a window: each is judged apart."""
        if self.is_log or not len(self):
            return False
        first = [self[0]] if self._values else []  # the columns are of one kind
        return any(
            r.model is not None or r.time is not None or r.group is not None for r in (*first, *self._others)
        )

    @property
    def score(self) -> str:
        """The metric that a rule without a metric evaluates; empty while it is not known."""
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
        """Yield all readings, the columns first."""
        yield from map(self._build, self._names, self._values)
        yield from self._others

    @property
    def checkpoints(self) -> int:
        """The number of names, whatever the count of numbers in each."""
        return len(self._values) or len({reading.name for reading in self._others})

    def best(self, comparison: Comparison, metric: str | None = None) -> Reading | None:
        """Return the best finite reading of ``metric``; None means the score of each name.

        Of equal ones, such as ``x.ckpt`` and ``x-v1.ckpt``, it returns the one with the shortest name.
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
        """Return the readings of ``metric`` by epoch and step; those with neither keep their order.

        None means the score of each name.
        """
        if metric is None:
            metric = self._score
        if metric is None:
            found = map(self._build, self._names, self._values)
        else:
            found = (reading for reading in self if reading.metric == metric)  # type: ignore[assignment]
        return sorted(found, key=lambda reading: reading.count)

    def sample(self, most: int) -> list[Reading]:
        """Return all readings; beyond ``most`` names, those of at most ``most`` evenly spaced names."""
        if len(self._values) <= most:
            return list(self)
        stride = -(-len(self._values) // most)
        found = list(map(self._build, self._names[::stride], self._values[::stride]))
        names = {reading.name for reading in found}
        return found + [reading for reading in self._others if reading.name in names]

    def are_finite(self) -> bool:
        """Return whether all values are finite; takes milliseconds for a million.

        It may return False for finite values whose sum overflows.
        """
        # A sum is finite only if all its terms are.
        return math.isfinite(sum(self._values)) and all(math.isfinite(r.value) for r in self._others)

    def _rows_of(self, value: float) -> Iterator[int]:
        # index() runs in C: it searches a million values fast.
        index = -1
        with suppress(ValueError):
            while True:
                index = self._values.index(value, index + 1)
                yield index

    def _best_value(self, comparison: Comparison) -> float | None:
        if not self._values:
            return None
        # min() and max() skip a NaN unless it comes first, so a finite result is correct.
        pick = min if comparison is Comparison.LOWER else max
        value = pick(self._values)
        return value if math.isfinite(value) else comparison.best(self._values)
