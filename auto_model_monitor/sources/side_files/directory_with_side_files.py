"""A directory whose names may hold no score, while the files of numbers in it hold what the rules need."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from contextlib import suppress

from ...core.clocks import Clock
from ...core.errors import SourceError
from ...core.readings import ReadingBatch
from ...log_parser.metric_names import metric_in_logs
from ...parsers.checkpoint_names import resembles_checkpoint
from ..checkpoints.directory import DirectorySource
from ..logs.log_batch import LogBatch
from ..logs.rows import Row, thinned
from . import SideFileSource

logger = logging.getLogger(__name__)

_DEEPEST = 3  # a directory may hold a data set besides
_MOST_HELD = 200_000  # numbers


class DirectoryWithSideFiles:
    """Reads the scores in names, or, where these hold none, the metrics in files beside the checkpoints.

    The first name with a score decides for the names. The files are read instead as soon as they hold a
    wanted metric and a checkpoint without a score, or a second value, shows that no name will. That decision
    stands, so that nothing is read twice.

    Attributes:
        name: the directory as it was given.
        names: reads the names.
        found: the metrics of the files so far, each with the name of its first file.

    Args:
        names: reads the names.
        metrics: the metrics of the rules, one of which must stand in a file; empty where any will do; None
            where the files are only looked at.
        score: the metric that is meant where a rule names none.
        clock: the time; by default the machine's.
    """

    def __init__(
        self,
        names: DirectorySource,
        metrics: Collection[str] | None,
        *,
        score: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.name = names.name
        self.names = names
        self.found: dict[str, str] = {}
        self._wanted = None if metrics is None else {metric_in_logs(metric): metric for metric in metrics}
        self._score = score
        path = os.path.abspath(names.name)  # noqa: PTH100 - as it is meant now
        self._files: SideFileSource | None = SideFileSource(path, metric=score, clock=clock, deepest=_DEEPEST)
        self._held: LogBatch | None = None
        self._places: set[int] = set()
        self._reads_files = False

    @property
    def current(self) -> DirectorySource | SideFileSource:
        """What the last readings came from."""
        return self._files if self._reads_files and self._files is not None else self.names

    @property
    def identity(self) -> str:
        """Distinguishes the directory from one created later in its place; empty before the first poll."""
        return self.names.identity

    def read(self) -> ReadingBatch:
        """Return what is new since the last call.

        Raises:
            SourceError: the directory is not there or cannot be read; the next call may succeed.
        """
        if self._reads_files and self._files is not None:
            return self._named(self._files.read())
        batch = self.names.read()
        if self.names.seen or self._files is None:
            self._files = self._held = None
            return batch
        with suppress(SourceError):
            self._hold(self._files.read())
        return self._begin_with_files() if self._decides_for_files() else batch

    def _hold(self, batch: LogBatch) -> None:
        for reading in batch.sample(1):
            self.found.setdefault(reading.metric, reading.name.rpartition(":")[0])
        if self._wanted is None:
            return
        if batch.new_run:
            self._places.clear()
        wanted = self._wanted
        self._places.update(row[2] for row in batch.rows if not wanted or row[0] in wanted)
        if self._held is None or batch.new_run:
            self._held = batch
        elif len(batch):
            rows: Sequence[Row] = [*self._held.rows, *batch.rows]
            rows = thinned(rows) if len(rows) > _MOST_HELD else rows
            self._held = batch.with_rows(rows, score=batch.score)

    def _decides_for_files(self) -> bool:
        # One value may have come just before the name of its checkpoint.
        return len(self._places) > 1 or (
            bool(self._places) and any(map(resembles_checkpoint, self.names.unscored))
        )

    def _begin_with_files(self) -> LogBatch:
        held, self._held = self._held, None
        assert held is not None  # it holds the places
        self._reads_files = True
        wanted = [metric for metric in self.found if not self._wanted or metric in self._wanted]
        files = ", ".join(dict.fromkeys(self.found[metric] for metric in wanted))
        text = "no name in %s holds a score: reading %s from %s in it"
        logger.info(text, self.name, ", ".join(wanted), files)
        return self._named(held)

    def _named(self, batch: LogBatch) -> LogBatch:
        """Return the numbers under the names that the rules give to their metrics."""
        renamed = {ours: theirs for ours, theirs in (self._wanted or {}).items() if ours != theirs}
        score = self._score or renamed.get(batch.score, batch.score)
        if not renamed and score == batch.score:
            return batch
        return batch.with_rows([(renamed.get(row[0], row[0]), *row[1:]) for row in batch.rows], score=score)
