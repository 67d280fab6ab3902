"""The parts of a table's rows that metrics are computed of: a window, a model, a group."""

from __future__ import annotations

from dataclasses import dataclass

from ...tables import Windows
from ...tables.table_values import Cell, Key, Keys


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Some rows.

    Attributes:
        window: the index of their window; 0 where there are no windows.
        model: the model that made them; empty where there is but one.
        group: the value that they have in the column of groups; empty for all rows.
    """

    window: int
    model: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """How rows are divided into parts.

    Attributes:
        windows: the windows; None where all rows are one.
        model: the column of the model; None where there is but one.
        column: the column of groups; None where no groups are made.
    """

    windows: Windows | None = None
    model: str | None = None
    column: str | None = None

    @property
    def keys(self) -> tuple[Key, ...]:
        """What a table groups by."""
        return tuple(key for key in (self.windows, self.model, self.column) if key is not None)

    def split(self, keys: Keys) -> tuple[Part | None, tuple[Cell, ...]]:
        """Return the part that a table's keys stand for, and the keys after those of the part.

        Rows outside all windows, and those without a value in the column of groups, are in no part.
        """
        left = list(keys)
        window = left.pop(0) if self.windows is not None else 0
        model = left.pop(0) if self.model is not None else None
        group = left.pop(0) if self.column is not None else ""
        if window is None or group is None:
            return None, tuple(left)
        return Part(int(window), str(model or ""), str(group)), tuple(left)
