"""The checkpoints that a training writes."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice

from ...core.errors import ParseError
from ...log_parser.metric_names import metric_in_logs
from ...parsers import DefaultParser
from ...parsers.checkpoint_names import resembles_checkpoint
from ...parsers.unfinished import ignored_because
from ..logs.log_batch import Location
from ..logs.rows import Row

_MOST_NAMES = 1000  # checkpoints that are remembered
_CONTAINERS = frozenset(
    {*("checkpoint", "checkpoints", "ckpt", "ckpts", "weight", "weights"), "model", "models", "snapshots"}
)
_MOST_INSIDE = 100  # files of a checkpoint that is a folder


class NewCheckpoints:
    """The checkpoints of a training: the scores in the names that appear, and which was written last.

    Args:
        since: when the training started, in seconds since 1970 UTC.
    """

    def __init__(self, since: float) -> None:
        self._since = since
        self._parser = DefaultParser()
        self._rows: list[Row] = []
        self._names: list[Location] = []

    def add(self, path: str, name: str, is_new: bool) -> None:
        """Take note of a name; one that is no checkpoint's is left out, and of an old one the score."""
        if not resembles_checkpoint(name) or ignored_because(name) is not None:
            return
        if len(self._names) == _MOST_NAMES:
            self._names.pop()
        place = len(self._names)
        self._names.append(Location(name, path))
        if is_new:
            with suppress(ParseError):
                for one in self._parser.readings(name, path):
                    self._rows.append((metric_in_logs(one.metric), one.value, place, one.epoch, one.step))

    def rows(self) -> list[Row]:
        """Return the numbers since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def place(self, number: int) -> Location:
        """Return a name and its path."""
        return self._names[number]

    def last(self) -> tuple[str, float] | None:
        """Return the path of the checkpoint that was written last, and when, in seconds since 1970 UTC.

        One that was there before counts if the training wrote it again.
        """
        paths = {one.path for one in self._names}
        found = []
        for path in paths - _containers(paths):
            with suppress(OSError):  # frameworks delete the older ones
                found.append((_written(path), path))
        time, path = max(found, default=(0.0, ""))
        # Of checkpoint-500/model.safetensors the folder is the checkpoint.
        while os.path.dirname(path) in paths - _containers(paths):  # noqa: PTH120
            path = os.path.dirname(path)  # noqa: PTH120
        return (path, time) if path and time >= self._since else None


def _containers(paths: set[str]) -> set[str]:
    """Return the folders that hold checkpoints, and are none themselves."""
    parents = {os.path.dirname(path) for path in paths} & paths  # noqa: PTH120
    return {path for path in parents if os.path.basename(path).lower() in _CONTAINERS}  # noqa: PTH119


def _written(path: str) -> float:
    """Return when a checkpoint was written, a folder with the files in it."""
    time = os.stat(path).st_mtime  # noqa: PTH116
    with suppress(NotADirectoryError), os.scandir(path) as entries:
        time = max([time, *(entry.stat().st_mtime for entry in islice(entries, _MOST_INSIDE))])
    return time
