"""Files of one JSON object a line: MMEngine's ``scalars.json``, LLaMA-Factory's ``trainer_log.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...log_parser import ParsedLine
from ...log_parser.metric_names import split_in_heading
from ..tail.line_follower import LineFollower
from .records import SideFileEntry, parse_record

_WITH_RATE = frozenset({"lr", "base_lr", "iter"})
_OF_TRAINING = _WITH_RATE | {"epoch", "current_steps"}


class JsonLines:
    """Objects one below the other, each of which is a record.

    MMEngine writes the epoch of a validation as its ``step``, and no epoch: so a step that is the epoch of
    the lines before is taken for it. A row that lacks what the rows of its training have (``lr``, ``iter``
    and ``epoch``) is a validation; MMCV names the split as ``mode``.

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
        self._epoch: int | None = None
        self._has_trained = False

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
                if not isinstance(record, dict):
                    continue
                parsed = parse_record(record, split=self._split(record))
                if parsed is not None:
                    yield self._entry(number, parsed)

    def close(self) -> None:
        """Close the file."""
        self._follower.close()

    def _split(self, record: dict[str, object]) -> str:
        """Return the split of a record whose names state none."""
        mode = record.get("mode")
        if isinstance(mode, str):
            return split_in_heading(mode)
        if not _OF_TRAINING.isdisjoint(record):
            self._has_trained = self._has_trained or not _WITH_RATE.isdisjoint(record)
            return ""
        # LLaMA-Factory's rows name their split themselves, and hold other counters.
        is_validation = self._has_trained or ("loss" not in record and "step" in record)
        return "val" if is_validation and "step" in record else ""

    def _entry(self, number: int, parsed: ParsedLine) -> SideFileEntry:
        epoch = parsed.metrics.get("epoch")
        if epoch is not None:
            self._epoch = int(epoch)
        elif parsed.step is not None and parsed.step == self._epoch:
            parsed = parsed._replace(step=None)
        return SideFileEntry(number, parsed, self._epoch)
