"""Files of one JSON object a line: MMEngine's ``scalars.json``, LLaMA-Factory's ``trainer_log.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...log_parser import ParsedLine
from ..tail.line_follower import LineFollower
from .records import SideFileEntry, parse_record


class JsonLines:
    """Objects one below the other, each of which is a record.

    MMEngine writes the epoch of a validation as its ``step``, and no epoch: so a step that is the epoch of
    the lines before is taken for it.

    Attributes:
        waits: it must be read again although nothing has changed.

    Args:
        path: the file.
    """

    waits = False

    def __init__(self, path: str) -> None:
        self._follower = LineFollower(path)
        self._epoch: int | None = None

    def entries(self, *, at_end: bool) -> Iterator[SideFileEntry]:
        """Yield the entries of new complete lines.

        Raises:
            SourceError: the file cannot be read now.
        """
        while text := self._follower.text(at_end=at_end):
            for number, line in enumerate(text.lines(), self._follower.first):
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                parsed = parse_record(record) if isinstance(record, dict) else None
                if parsed is not None:
                    yield self._entry(number, parsed)

    def close(self) -> None:
        """Close the file."""
        self._follower.close()

    def _entry(self, number: int, parsed: ParsedLine) -> SideFileEntry:
        epoch = parsed.metrics.get("epoch")
        if epoch is not None:
            self._epoch = int(epoch)
        elif parsed.step is not None and parsed.step == self._epoch:
            parsed = parsed._replace(step=None)
        return SideFileEntry(number, parsed, self._epoch)
