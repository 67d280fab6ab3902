"""Which numbers are known already from another file."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.numbers import as_float32
from .records import SideFileEntry

_MOST = 1 << 17  # facts of one generation; two are kept
COUNTS = frozenset({"epoch", "total_epochs"})


class FactFilter:
    """Remembers which metric had which value at which step, so that another file's copy adds nothing.

    Two values are one where they are the same as a float32, which event files hold. A file that gives epochs
    alone is compared by them, and with one that calls its epochs steps, as Keras does, too.

    The facts of earlier trainings are kept apart: a file that holds nothing else is a copy of one, and a file
    that has begun to hold others belongs to the present training, in which they may come again.
    """

    def __init__(self) -> None:
        self._present = _Facts()
        self._earlier = _Facts()

    def new_in(self, entry: SideFileEntry, file: int, *, of_present: bool) -> SideFileEntry | None:
        """Return an entry with what no other file holds, None where that is nothing.

        Args:
            entry: the entry.
            file: the number of its file.
            of_present: whether its file has held something that was new in the present training.
        """
        parsed = entry.parsed
        counts = {name: parsed.metrics[name] for name in COUNTS if name in parsed.metrics}
        if len(counts) == len(parsed.metrics):
            return entry
        new = {}
        for metric, value in parsed.metrics.items():
            if metric in counts:
                continue
            keys = _Keys(metric, value, parsed.step, entry.epoch)
            if not of_present and self._earlier.other_than(-1, keys):
                continue
            if not self._present.other_than(file, keys):
                new[metric] = value
            self._present.add(file, keys)
        if not new:
            return None
        return entry._replace(parsed=parsed._replace(metrics={**counts, **new}))

    def begin_run(self, entry: SideFileEntry, file: int) -> None:
        """Keep the facts so far as those of earlier trainings; another one begins with an entry."""
        self._earlier.take(self._present)
        self._present = _Facts()
        for metric, value in entry.parsed.metrics.items():
            if metric not in COUNTS:
                self._present.add(file, _Keys(metric, value, entry.parsed.step, entry.epoch))


class _Keys:
    """What a fact is known by, and what it is looked up by."""

    __slots__ = ("known_by", "looked_up_by")

    def __init__(self, metric: str, value: float, step: int | None, epoch: int | None) -> None:
        number = as_float32(value)

        def keys(*places: tuple[str, int | None]) -> Iterator[int]:
            return (hash((metric, number, kind, at)) for kind, at in places if at is not None)

        only_step, only_epoch = epoch is None, step is None
        self.known_by = [
            *keys(("step", step), ("epoch", epoch)),
            *keys(("only step", step if only_step else None), ("only epoch", epoch if only_epoch else None)),
        ]
        if only_epoch:
            self.looked_up_by = [*keys(("epoch", epoch), ("only step", epoch))]
        else:
            self.looked_up_by = [*keys(("step", step), ("only epoch", step if only_step else epoch))]


class _Facts:
    """Facts with the first file that held each, in bounded memory; the oldest are forgotten."""

    def __init__(self) -> None:
        self._latest: dict[int, int] = {}
        self._older: dict[int, int] = {}

    def other_than(self, file: int, keys: _Keys) -> bool:
        """Return whether another file held a fact first."""
        holders = (self._latest.get(key, self._older.get(key, file)) for key in keys.looked_up_by)
        return any(holder != file for holder in holders)

    def add(self, file: int, keys: _Keys) -> None:
        for key in keys.known_by:
            self._latest.setdefault(key, self._older.get(key, file))
        if len(self._latest) > _MOST:
            self._latest, self._older = {}, self._latest

    def take(self, other: _Facts) -> None:
        """Add the facts of another training."""
        kept = {**self._older, **self._latest} if len(self._latest) + len(self._older) <= _MOST else {}
        self._older, self._latest = kept, {**other._older, **other._latest}
