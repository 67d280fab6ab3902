"""The numbers that a training writes as it goes, from wherever they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

from ...core.clocks import Clock, SystemClock
from ...core.errors import SourceError
from ...core.readings import Reading
from ...log_parser.default_metric import DefaultMetric
from ...log_parser.metric_names import metric_in_logs
from .log_batch import Location, LogBatch
from .log_poll import LogPoll
from .log_scan import Plain, ScannedLine
from .run_detector import RunDetector


class LineScanner(Protocol):
    """Scans a log, or something like one; see :class:`.LogScan`."""

    @property
    def skipped(self) -> int:
        """Up to which place it was not read."""
        ...

    @property
    def in_order(self) -> bool:
        """Whether its order is that of the training, whatever its counters do."""
        ...

    def lines(self, *, at_end: bool, plain: Plain) -> Iterator[ScannedLine | None]:
        """Yield what is new, or add it to the list that ``plain`` gives; None is no line, but a pause."""
        ...

    def skip_to_end(self) -> None:
        """Leave out all that is there."""
        ...

    def begin_run(self) -> None:
        """Take note that another training began with what was yielded last."""
        ...

    def place(self, number: int) -> Location:
        """Return where something stands."""
        ...

    def number(self, name: str) -> int | None:
        """Return the number of the place of that name, None where there is none."""
        ...


class LogSource:
    """Reads the numbers in a log as they are written.

    Each is a reading with the epoch and the step that it belongs to, and a name that shows its place,
    such as ``train.log:12``. The first poll reads what is there, of several trainings the last one, so that a
    watch that starts again knows what it knew before. Memory is bounded however large the log is.

    Attributes:
        name: the log, as a person would call it.
        ended: whether everything was read after :meth:`finish`.

    Args:
        scan: scans the log.
        name: the log, as a person would call it.
        from_start: False skips what is there at the first poll.
        metric: the metric that is meant where a rule names none; by default the loss of the validation, or
            what comes next to it.
        clock: the time; by default the machine's.
    """

    def __init__(
        self,
        scan: LineScanner,
        *,
        name: str,
        from_start: bool = True,
        metric: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.ended = False
        self._scan = scan
        self._clock = clock or SystemClock()
        self._score = DefaultMetric(metric)
        self._runs = RunDetector()
        self._skips = not from_start
        self._finishes = False
        self._lines: Iterator[ScannedLine | None] | None = None
        self._held: ScannedLine | None = None
        self._poll = LogPoll(first=True)
        self._ends = False
        self._has_polled = False
        self._first: LogPoll | None = None  # as long as it may be asked whether it continues another one

    def finish(self) -> None:
        """Declare that the writer has ended: an incomplete last line counts."""
        self._finishes = True

    def read(self) -> LogBatch:
        """Return what is new since the last call.

        Raises:
            SourceError: there is no log that can be read now; the next call may succeed.
        """
        time, seconds = self._clock.now(), self._clock.monotonic()
        if self._skips:
            self._scan.skip_to_end()
            self._skips = False
        self._first = None
        poll = self._poll = LogPoll(first=not self._has_polled)
        try:
            self._gather(poll)
        except SourceError:
            self._lines = None
            if not poll.rows:
                raise
        if poll.is_first and poll.rows:
            self._has_polled, self._first = True, poll
        rows = poll.rows
        if not self._score.metric:
            self._score.learn([row[0] for row in rows], {row[3] for row in rows if row[3] is not None})
        score, new_run = self._score.metric, poll.new_run
        return LogBatch(
            rows,
            self._scan.place,
            time=time,
            seconds=seconds,
            score=score,
            new_run=new_run,
            in_order=self._scan.in_order,
        )

    def place(self, number: int) -> Location:
        """Return where a number stands, by the ``place`` of its row."""
        return self._scan.place(number)

    def metric_name(self, metric: str) -> str:
        """Return the name under which a log's metric is reported: ``val_loss`` for ``eval_loss``."""
        return metric_in_logs(metric)

    def continues(self, reading: Reading) -> bool:
        """Return, just after the first poll that found numbers, whether ``reading`` is of this training.

        It is if its line still holds it, or if the log was rotated and its counters continue. After a later
        poll this is unknown, and the answer is yes.
        """
        number = self._scan.number(reading.name)
        if self._first is None or number is None:
            return self._has_polled and number is not None
        # A rule may name the metric as the framework does.
        renamed = replace(reading, metric=metric_in_logs(reading.metric))
        readings = (reading, renamed)
        return number <= self._scan.skipped or any(self._first.continues(one, number) for one in readings)

    def _gather(self, poll: LogPoll) -> None:
        held, self._held = self._held, None
        if held is not None:
            poll.begin_with(held)
        if self._lines is None:
            self._ends = self._finishes
            self._lines = self._scan.lines(at_end=self._ends, plain=self._plain)
        self._held = poll.gather(self._lines, self._runs, self._scan.begin_run)
        if self._held is None and not poll.is_full:
            self._lines = None
            self.ended = self._ends

    def _plain(self) -> list[Any] | None:
        # While it is undecided whether another training has begun, each line may decide it.
        return None if self._runs.is_undecided else self._poll.rows.flat
