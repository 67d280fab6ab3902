"""The numbers that wait for the next look, in bounded memory however late it comes."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from .log_batch import Row, thinned

_PARTS = 16  # parts of the capacity that are thinned together
_MOST_RUNS = 8  # trainings that wait one by one; of more than these all but the last are looked at together


class WaitingRows:
    """Keeps numbers in the order in which they came, and one training's apart from the next one's.

    What is too much is thinned from its oldest part on, a little at a time, so that no record takes long: of
    each metric the lowest, the highest and what is no finite number stay.

    Attributes:
        current: the part to which rows are added; :meth:`make_room` is called where it has ``size`` of them.
        size: how many rows a part has at most.
        left_out: how many numbers were thinned out since the last look.

    Args:
        capacity: how many numbers are kept.
    """

    def __init__(self, capacity: int) -> None:
        """Start with none."""
        self.left_out = 0
        self.size = capacity // _PARTS
        self._run = 0
        self._handed_out = 0
        self.current: list[Row] = []
        self._parts: deque[tuple[int, list[Row]]] = deque()

    def make_room(self) -> None:
        """Close the part to which rows are added, and thin what is too much."""
        self._close_part()
        if len(self._parts) >= _PARTS:
            self._thin()

    def begin_run(self) -> None:
        """Keep what comes apart from what came: another training begins."""
        self.make_room()
        self._run += 1

    def taken(self) -> tuple[list[Row], bool]:
        """Hand out the numbers of the training that came first, and whether they begin another one."""
        self._close_part()
        runs = sorted({run for run, _ in self._parts})
        if not runs:
            return [], False
        last = runs[-2] if len(runs) > _MOST_RUNS else runs[0]
        rows: list[Row] = []
        while self._parts and self._parts[0][0] <= last:
            rows += self._parts.popleft()[1]
        began, self._handed_out = last != self._handed_out, last
        return rows, began

    def _close_part(self) -> None:
        if self.current:
            self._parts.append((self._run, self.current))
            self.current = []

    def _thin(self) -> None:
        """Put two parts into one."""
        parts = list(self._parts)
        for index, ((run, old), (next_run, new)) in enumerate(pairwise(parts)):
            if run == next_run:
                kept = thinned([*old, *new])[-self.size :]
                self.left_out += len(old) + len(new) - len(kept)
                parts[index : index + 2] = [(run, kept)]
                self._parts = deque(parts)
                return
        _, rows = self._parts.popleft()
        self.left_out += len(rows)
