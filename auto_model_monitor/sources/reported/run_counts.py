"""Where, by its counters alone, another run of a training begins in the same process."""

from __future__ import annotations

from collections.abc import Iterable

_BACK = 2  # epochs that a new run goes back at least


class RunCounts:
    """The epochs of a run, else its steps: where they began, and how far they have come.

    A run begins again where a metric comes back to where the counts began, as in a loop over folds; one that
    comes there for the first time is late, as from an evaluation beside the training.
    """

    __slots__ = ("_by_epochs", "_first", "_last", "_metrics")

    def __init__(self) -> None:
        self._first: int | None = None
        self._last = 0
        self._metrics: set[str] = set()
        self._by_epochs = False

    def begin_again(self, metrics: Iterable[str], epoch: int | None, step: int | None) -> bool:
        """Return whether these counts are the first of another run, and keep them."""
        if epoch is None and self._by_epochs:
            return False
        count = step if epoch is None else epoch
        if count is None:
            return False
        if epoch is not None and not self._by_epochs:
            self._by_epochs = True
            self._begin(count)
        if self._first is None:
            self._begin(count)
        elif count > self._first:
            self._last = max(self._last, count)
            return False
        again = self._last - count >= _BACK and not self._metrics.isdisjoint(metrics)
        if again:
            self._begin(count)
        self._metrics.update(metrics)
        return again

    def _begin(self, count: int) -> None:
        self._first = self._last = count
        self._metrics = set()
