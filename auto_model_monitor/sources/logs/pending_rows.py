"""The numbers that wait for the next poll, in bounded memory however late it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from .rows import Row, thinned

_PARTS = 16  # of the capacity; what is too much is thinned part by part
_MOST_RUNS = 8  # trainings that wait one by one; of more than these the oldest come together


class PendingRows:
    """Keeps numbers in the order in which they came, and one training's apart from the next one's.

    What is too much is thinned from its oldest part on, a little at a time, so that no record takes long: of
    each metric the lowest, the highest and what is no finite number stay.

    Attributes:
        current: the part to which rows are added; :meth:`make_room` is called where it has ``size`` of them.
        size: how many rows a part has at most.
        left_out: how many numbers were thinned out so far.

    Args:
        capacity: how many numbers are kept.
    """

    def __init__(self, capacity: int) -> None:
        self.current: list[Row] = []
        self.size = capacity // _PARTS
        self.left_out = 0
        self._most = capacity - self.size
        self._closed = 0
        self._runs = deque([_PendingRun(is_new=False)])

    def make_room(self) -> None:
        """Close the part to which rows are added, and thin what is too much."""
        self._closed += len(self.current)
        self._runs[-1].add(self.current, self.size)
        self.current = []
        while self._closed > self._most:
            run = next((run for run in self._runs if len(run.parts) > 1), self._runs[0])
            before = run.rows()
            run.thin(self.size)
            self._closed -= before - run.rows()
            self.left_out += before - run.rows()
            if not run.parts and len(self._runs) > 1:
                self._runs.remove(run)

    def begin_run(self) -> None:
        """Keep what comes apart from what came: another training begins."""
        self.make_room()
        if self._runs[-1].parts:
            self._runs.append(_PendingRun(is_new=True))
        self._runs[-1].is_new = True
        if len(self._runs) > _MOST_RUNS:
            oldest = self._runs.popleft()
            for part in reversed(oldest.parts):
                self._runs[0].parts.insert(0, part)
            self._runs[0].is_new = oldest.is_new

    @property
    def has_any(self) -> bool:
        """Whether any number waits."""
        return bool(self.current) or any(run.parts for run in self._runs)

    def taken(self) -> tuple[list[Row], bool]:
        """Hand out the numbers of the training that came first, and whether they begin another one."""
        self.make_room()
        run = self._runs[0]
        rows = [row for part in run.parts for row in part]
        self._closed -= len(rows)
        if len(self._runs) > 1:
            self._runs.popleft()
        else:
            self._runs[0] = _PendingRun(is_new=run.is_new and not rows)
        return rows, run.is_new and bool(rows)


class _PendingRun:
    """The numbers of one training, in parts."""

    __slots__ = ("is_new", "parts")

    def __init__(self, *, is_new: bool) -> None:
        self.parts: list[list[Row]] = []
        self.is_new = is_new

    def rows(self) -> int:
        return sum(map(len, self.parts))

    def add(self, rows: Sequence[Row], size: int) -> None:
        if self.parts and len(self.parts[-1]) + len(rows) <= size:
            self.parts[-1].extend(rows)
        elif rows:
            self.parts.append(list(rows))

    def thin(self, size: int) -> None:
        """Put the two oldest parts into one that is smaller than both; drop the only one."""
        if len(self.parts) < 2:
            self.parts.clear()
            return
        both = [*self.parts[0], *self.parts[1]]
        kept = thinned(both)[-size:]
        self.parts[:2] = [kept if len(kept) < len(both) else both[len(both) // 2 :]]
