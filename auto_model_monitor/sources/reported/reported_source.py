"""The numbers that a training in this process hands over."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Mapping

from ...core.clocks import Clock, SystemClock
from ...log_parser.default_metric import DefaultMetric
from ...runtime.fork_safety import fork_safe_lock
from ...runtime.ranks import is_rank_zero
from ...text.cleaning import for_log_line
from ..logs.log_batch import Location, LogBatch
from ..logs.pending_rows import PendingRows
from ..logs.rows import Row
from .numbers_of import count_of, number_of
from .run_counts import RunCounts

logger = logging.getLogger(__name__)

_CAPACITY = 100_000  # numbers that wait for a poll
_MOST_CHECKPOINTS = 1000  # whose names are kept
_LONGEST_NAME = 60  # characters of a value's repr in a warning


class ReportedSource:
    """Passes the numbers that :meth:`report` is given to a monitor, under the names that they are given.

    :meth:`report` may be called in any thread, takes a few microseconds, and raises nothing. Numbers that no
    poll has read yet are kept in bounded memory: beyond 100,000 the oldest are thinned, so that the lowest
    and the highest of each metric, and what is no finite number, are still there.

    Another run begins where :meth:`begin_run` says so, or where the counters return to where the run began.
    After a restart the run continues if its counters begin later than those of the run before.

    Attributes:
        name: what reports, as a person would call it, such as ``train.py``.
        speaks: whether this is the process of a distributed training that reports: that of rank 0.

    Args:
        name: what reports, as a person would call it.
        metric: the metric that is meant where a rule names none; by default the loss of the validation, or
            what comes next to it.
        clock: the time; by default the machine's.
    """

    def __init__(self, name: str, *, metric: str | None = None, clock: Clock | None = None) -> None:
        self.name = name
        self.speaks = is_rank_zero()
        self._lock = fork_safe_lock()
        self._rows = PendingRows(_CAPACITY)
        self._score = DefaultMetric(metric)
        self._clock = clock or SystemClock()
        self._number = 0
        self._counts = RunCounts()
        self._checkpoints: OrderedDict[int, str] = OrderedDict()
        self._begins_at: tuple[int | None, int | None] | None = None
        self._resumed: bool | None = None
        self._has_warned = self._has_warned_of_loss = False

    def report(
        self,
        metrics: Mapping[str, object],
        epoch: object = None,
        step: object = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        """Take the numbers of one moment of the training.

        What is no number is left out, with one warning. A tensor on a GPU is waited for.

        Args:
            metrics: the numbers: of Python, numpy scalars, or tensors that hold a single one.
            epoch: the epoch that they belong to.
            step: the step that they belong to.
            checkpoint: the file or directory that holds the model with these numbers.
        """
        if type(epoch) is not int and epoch is not None:
            epoch = self._counted("epoch", epoch)
        if type(step) is not int and step is not None:
            step = self._counted("step", step)
        with self._lock:
            if self._counts.begin_again(metrics, epoch, step):
                self._rows.begin_run()
            self._number = number = self._number + 1
            rows = self._rows.current
            for metric, value in metrics.items():
                found = value if type(value) is float else number_of(value)
                if found is None:
                    self._warn_of(metric, value)
                else:
                    rows.append((metric, found, number, epoch, step))
            if checkpoint is not None:
                self._keep_checkpoint(number, checkpoint)
            if len(rows) >= self._rows.size:
                self._rows.make_room()

    def begin_run(self, *, resumed: bool) -> None:
        """Let another run begin with what is reported next.

        Args:
            resumed: whether it continues the one before, as from a checkpoint.
        """
        with self._lock:
            self._counts = RunCounts()
            if not resumed and self._number:
                self._rows.begin_run()
            if self._begins_at is None:
                self._resumed = resumed

    @property
    def has_more(self) -> bool:
        """Whether the numbers of a further run wait."""
        return self._rows.has_any

    @property
    def identity(self) -> str:
        """Where the counters of the run began: ``epoch 3, step 1200``."""
        epoch, step = self._begins_at or (None, None)
        known = {"epoch": epoch, "step": step}
        return ", ".join(f"{name} {count}" for name, count in known.items() if count is not None)

    def continues_run(self, identity: str) -> bool:
        """Return whether the run that was read continues one whose counters began at ``identity``."""
        if self._resumed is not None:
            return self._resumed
        words = identity.replace(",", "").split()
        began = dict(zip(words[::2], words[1::2], strict=False))
        epoch, step = self._begins_at or (None, None)
        for name, count in (("epoch", epoch), ("step", step)):
            if count is not None and began.get(name, "").lstrip("-").isdecimal():
                return count > int(began[name])
        return False

    def read(self) -> LogBatch:
        """Return what was reported since the last call, of one run."""
        with self._lock:
            rows, new_run = self._rows.taken()
            checkpoints = dict(self._checkpoints)
        self._warn_of_loss()
        self._score.learn([row[0] for row in rows], {row[3] for row in rows if row[3] is not None})
        if rows and (new_run or self._begins_at is None):
            self._begins_at = _first_counts(rows)

        def place(number: int) -> Location:
            return Location(self.name, "", checkpoints.get(number, ""))

        return LogBatch(
            rows,
            place,
            time=self._clock.now(),
            seconds=self._clock.monotonic(),
            score=self._score.metric,
            new_run=new_run,
        )

    def _counted(self, name: str, value: object) -> int | None:
        count = count_of(value)
        if count is None:
            self._warn_of(name, value)
        return count

    def _keep_checkpoint(self, number: int, checkpoint: str | os.PathLike[str]) -> None:
        self._checkpoints[number] = str(checkpoint)
        if len(self._checkpoints) > _MOST_CHECKPOINTS:
            self._checkpoints.popitem(last=False)

    def _warn_of(self, name: str, value: object) -> None:
        if self._has_warned:
            return
        self._has_warned = True
        try:
            text = repr(value)
        except Exception:  # an object of a user's own
            text = ""
        text = text if 0 < len(text) <= _LONGEST_NAME else f"one of type {type(value).__name__}"
        logger.warning(
            "report: %s: expected a number, got %s; it is left out, and further ones are without a warning",
            for_log_line(str(name)),
            for_log_line(text),
        )

    def _warn_of_loss(self) -> None:
        if self._rows.left_out and not self._has_warned_of_loss:
            self._has_warned_of_loss = True
            logger.warning(
                "%s: more than %d numbers came between two polls; the oldest are thinned, the lowest and the "
                "highest of each metric kept; poll more often (check_interval)",
                self.name,
                _CAPACITY,
            )


def _first_counts(rows: list[Row]) -> tuple[int | None, int | None]:
    return next(((row[3], row[4]) for row in rows if row[3] is not None or row[4] is not None), (None, None))
