"""Numbers in the order in which a training wrote them, without an object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from ...core.thinning import extremes

#: One number: its metric, its value, its place (the number of its line or entry),
#: and the epoch and the step that it belongs to, as far as they are known.
Row = tuple[str, float, int, "int | None", "int | None"]

#: The bits of a place that number the line or the entry; those above number one of several files.
FILE_SHIFT = 40

_WIDTH = 5  # items of a row
_GROUP = 6  # numbers of which the lowest and the highest are kept


class Rows(Sequence[Row]):
    """Rows, one item after the other in a single list.

    The garbage collector would visit a tuple for each again and again: for hundreds of thousands of them
    that costs as much as reading them.

    Attributes:
        flat: the items; to add a row, add five.
    """

    __slots__ = ("flat",)

    def __init__(self) -> None:
        self.flat: list[Any] = []

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.flat) // _WIDTH

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """Return one row, or several."""
        found = range(len(self))[index]
        return self._row(found) if isinstance(found, int) else [self._row(one) for one in found]

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows."""
        return zip(*[iter(self.flat)] * _WIDTH, strict=True)

    def thin(self) -> None:
        """Leave out about half of them; see :func:`thinned`."""
        self.flat[:] = [item for row in thinned(self) for item in row]

    def _row(self, index: int) -> Row:
        metric, value, place, epoch, step = self.flat[index * _WIDTH : (index + 1) * _WIDTH]
        return metric, value, place, epoch, step


def thinned(rows: Sequence[Row]) -> list[Row]:
    """Return about half of the rows: of each metric the extremes of every few, and what is not finite."""
    groups: dict[str, list[Row]] = {}
    kept: list[Row] = []
    for row in rows:
        group = groups.setdefault(row[0], [])
        group.append(row)
        if len(group) == _GROUP:
            kept += extremes(group, lambda row: row[1])
            group.clear()
    kept += (row for group in groups.values() for row in group)
    return sorted(kept, key=lambda row: row[2])
