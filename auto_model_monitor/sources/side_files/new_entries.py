"""Which entries of a file are new, although files are rewritten and copied into each checkpoint."""

from __future__ import annotations

from array import array

from .records import SideFileEntry


class NewEntryFilter:
    """Remembers each entry; an entry with the same content in the same place is not new.

    So a ``trainer_state.json`` that holds all of the one before, and a table that was rewritten for one
    more column, yield what they add. What differs from what was there replaces all that followed.

    Attributes:
        restarted: whether the last new entry is one with which everything differs.
    """

    def __init__(self) -> None:
        self.restarted = False
        self._marks = array("q")

    def is_new(self, entry: SideFileEntry) -> bool:
        """Return whether an entry is new; call it for each entry in order."""
        # Text, for NaN is not equal to itself, nor is its hash. A resumed training may be longer, which
        # changes nothing in what it did before.
        metrics = sorted(item for item in entry.parsed.metrics.items() if item[0] != "total_epochs")
        mark = hash(f"{metrics} {entry.parsed.step}") or 1
        known = entry.number < len(self._marks)
        if known and self._marks[entry.number] == mark:
            return False
        self.restarted = known and not any(self._marks[: entry.number])
        del self._marks[entry.number :]
        self._marks.extend([0] * (entry.number - len(self._marks)))
        self._marks.append(mark)
        return True
