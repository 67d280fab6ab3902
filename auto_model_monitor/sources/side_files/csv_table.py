"""Tables that a training appends to: those of Lightning, Ultralytics, timm and Keras."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from ...core.numbers import to_float
from ..tail.line_follower import LineFollower
from .records import SideFileEntry, parse_record


class CsvTable:
    """A table whose first line names the columns; cells may be empty.

    A rewritten table, as Lightning writes it for a new column, is returned from its start.

    Attributes:
        waits: it must be read again although nothing has changed.
        repeats: whether entries come again when the file is rewritten or copied.

    Args:
        path: the file.
    """

    waits = False
    repeats = True

    def __init__(self, path: str) -> None:
        self._follower = LineFollower(path)
        self._restarts = 0
        self._columns: list[str] = []
        self._delimiter = ","
        self._epoch: int | None = None

    def entries(self, *, at_end: bool) -> Iterator[SideFileEntry]:
        """Yield the entries of new complete rows.

        Raises:
            SourceError: the file cannot be read now.
        """
        while text := self._follower.text(at_end=at_end):
            if self._follower.restarts != self._restarts:
                self._restarts, self._columns = self._follower.restarts, []
            for number, line in enumerate(text.lines(), self._follower.first):
                entry = self._entry(number, line)
                if entry is not None:
                    yield entry

    def close(self) -> None:
        """Close the file."""
        self._follower.close()

    def _entry(self, number: int, line: str) -> SideFileEntry | None:
        if not self._columns:
            self._delimiter = max(",;\t", key=line.count)
        try:
            cells = [cell.strip() for cell in next(csv.reader([line], delimiter=self._delimiter), [])]
        except csv.Error:  # a line that is no row
            return None
        if not self._columns or _is_heading(cells, self._columns):
            self._columns = cells
            return None
        parsed = parse_record(dict(zip(self._columns, cells, strict=False)))
        if parsed is None:
            return None
        epoch = parsed.metrics.get("epoch")
        self._epoch = self._epoch if epoch is None else int(epoch)
        return SideFileEntry(number, parsed, self._epoch)


def _is_heading(cells: list[str], columns: list[str]) -> bool:
    """Return whether a row names columns again, as a run writes that was started again with others."""
    return cells[0] == columns[0] and not any(to_float(cell) is not None for cell in cells)
