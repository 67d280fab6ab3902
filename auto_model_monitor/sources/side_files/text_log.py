"""The log of a training beside its checkpoints, where no other file holds its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from ...log_parser import LogReader
from ...log_parser.bulk_reader import BulkReader
from ..tail.line_follower import LineFollower
from .records import SideFileEntry


class TextLog:
    """The lines of a log that hold metrics.

    Attributes:
        waits: it must be read again although nothing has changed.
        repeats: whether entries come again when the file is rewritten or copied.

    Args:
        path: the file.
    """

    waits = False
    repeats = False

    def __init__(self, path: str) -> None:
        self._follower = LineFollower(path)
        self._reader = LogReader()
        self._whole = BulkReader(self._reader)

    def entries(self, *, at_end: bool) -> Iterator[SideFileEntry]:
        """Yield the entries of new complete lines.

        Raises:
            SourceError: the file cannot be read now.
        """
        while text := self._follower.text(at_end=at_end):
            for number, parsed in self._whole.parse(text.data, self._follower.first):
                yield SideFileEntry(number, parsed, self._reader.epoch)

    def close(self) -> None:
        """Close the file."""
        self._follower.close()
