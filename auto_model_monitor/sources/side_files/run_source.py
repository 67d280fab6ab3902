"""The numbers of one training: in its output, in files beside it, and in the names of its checkpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import itemgetter

from ...core.clocks import Clock, SystemClock
from ...core.errors import SourceError
from ...log_parser.default_metric import DefaultMetric
from ...log_parser.metric_names import metric_in_logs
from ..logs.log_batch import Location, LogBatch
from ..logs.log_source import LogSource
from ..logs.rows import FILE_SHIFT, Row
from . import SideFileSource
from .new_checkpoints import NewCheckpoints
from .run_files import RunFiles

_DEEPEST = 3  # a working directory may hold a data set besides
_SOURCE_SHIFT = FILE_SHIFT + 24  # the bits of a place above those of a source's own
_MORE = 3  # readings by which another source overtakes the one that a metric is read from


class RunSource:
    """Reads a training's output, the files of numbers that it writes, and the names of its checkpoints.

    A metric is read from one place, so that each fact is one reading, also where two places round it
    differently: from the first that holds it, the output before the files before the names, until another
    one holds clearly more of it.

    Attributes:
        name: what people call the training.
        checkpoints: those that appeared since the start.

    Args:
        name: what people call the training.
        output: reads the output.
        folders: the working directory, and others in which the training writes.
        since: when it started, in seconds since 1970 UTC.
        without: directories and files that are left out, such as our own.
        metric: the metric that is meant where a rule names none.
        clock: the time; by default the machine's.
    """

    def __init__(
        self,
        name: str,
        output: LogSource,
        folders: Sequence[str],
        *,
        since: float,
        without: Iterable[str] = (),
        metric: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.checkpoints = NewCheckpoints(since)
        self._clock = clock or SystemClock()
        self._score = DefaultMetric(metric)
        self._owners: dict[str, int] = {}
        self._counts: dict[tuple[str, int], int] = {}
        without = [*without]
        self._output = output
        self._files = [
            SideFileSource(
                folder,
                clock=clock,
                deepest=_DEEPEST,
                only=RunFiles(since, without=without, on_name=self.checkpoints.add),
            )
            for folder in folders
        ]

    @property
    def score(self) -> str:
        """The metric that is meant where none is named; empty while that is not known."""
        return self._score.metric

    def finish(self) -> None:
        """Declare that the training has ended: an incomplete last line counts."""
        for source in (self._output, *self._files):
            source.finish()

    def metric_name(self, metric: str) -> str:
        """Return the name under which a metric is reported: ``val_loss`` for ``eval_loss``."""
        return metric_in_logs(metric)

    def read(self) -> LogBatch:
        """Return what is new since the last call."""
        time, seconds = self._clock.now(), self._clock.monotonic()
        rows: list[Row] = []
        new_run, from_output = False, 0
        for number, source in enumerate((self._output, *self._files)):
            with suppress(SourceError):  # it may not be there yet
                batch = source.read()
                if number == 0 and batch.new_run:
                    new_run = True
                    self._owners.clear()
                    self._counts.clear()
                self._take(number, batch.rows, rows)
            if number == 0:
                from_output = len(rows)
        self._take(len(self._files) + 1, self.checkpoints.rows(), rows)
        if not self._score.metric:
            self._score.learn([row[0] for row in rows], {row[3] for row in rows if row[3] is not None})
        return LogBatch(
            rows,
            self._place,
            time=time,
            seconds=seconds,
            score=self._score.metric,
            new_run=new_run,
            in_order=from_output == len(rows),
        )

    def _take(self, number: int, found: Sequence[Row], rows: list[Row]) -> None:
        """Add the rows of a source with the metrics that are read from it."""
        shift = number << _SOURCE_SHIFT
        new = Counter(map(itemgetter(0), found))
        if all([self._owners.setdefault(metric, number) == number for metric in new]):
            for metric, count in new.items():
                self._counts[metric, number] = self._counts.get((metric, number), 0) + count
            rows += [(*row[:2], shift + row[2], *row[3:]) for row in found] if shift else found
            return
        for metric, value, place, epoch, step in found:
            owner = self._owners.setdefault(metric, number)
            count = self._counts[metric, number] = self._counts.get((metric, number), 0) + 1
            if owner != number and count >= self._counts[metric, owner] + _MORE:
                owner = self._owners[metric] = number
            if owner == number:
                rows.append((metric, value, shift + place, epoch, step))

    def _place(self, place: int) -> Location:
        number, rest = place >> _SOURCE_SHIFT, place & ((1 << _SOURCE_SHIFT) - 1)
        if number > len(self._files):
            return self.checkpoints.place(rest)
        return (self._output, *self._files)[number].place(rest)
