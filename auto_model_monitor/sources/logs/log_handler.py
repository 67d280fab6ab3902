"""The numbers that a training logs in this very process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from ...core.clocks import Clock, SystemClock
from ...core.errors import ConfigError
from ...core.readings import Reading
from ...log_parser import LogEntry, LogPattern, LogReader, ParsedLine, Stage
from ...log_parser.default_metric import DefaultMetric
from ...log_parser.line_templates import SkipRule, are_plain, skip_rule
from ...log_parser.metric_names import metric_in_logs
from ...runtime.fork_safety import fork_safe_lock
from ...runtime.propagation import must_propagate
from ...text.cleaning import describe_error
from ..tail.bar_states import BarStates
from ..tail.lines import record_lines
from .log_batch import Location, LogBatch
from .log_scan import ScannedLine
from .pending_rows import PendingRows
from .run_detector import RunDetector

logger = logging.getLogger(__name__)

_OWN = __name__.partition(".")[0] + "."
_COUNTS = frozenset({"epoch", "total_epochs"})
_MOST_TEMPLATES = 1000
_LONGEST = 1 << 20  # characters of a message that are read
_LONGEST_LINE = 1 << 16  # bytes of a state of a progress bar
_LEAST = 100


class TrainingLogHandler(logging.Handler):
    """Reads the numbers out of what a training logs: attach it to the training's logger.

    It is a source for a :class:`.Monitor`, so that a rule on ``val_acc`` sees a logged number as it does
    one in a checkpoint's name. It never waits and raises nothing into the training. What this package
    itself logs is left out. ::

        handler = TrainingLogHandler(name="resnet18")
        logging.getLogger("trainer").addHandler(handler)
        Monitor(handler, [parse_rule("val_acc >= 90")], [notifier]).start()

    Attributes:
        name: the log, as a person would call it.
        faults: how many records could not be read, such as those whose arguments do not fit their text.

    Args:
        level: records below it are left out.
        name: the log, as a person would call it.
        patterns: formats besides those that are known.
        capacity: how many numbers are kept between two polls; beyond it the oldest are thinned, so that the
            lowest and the highest of each metric, and what is no finite number, are still there.
        metric: the metric that is meant where a rule names none; by default the loss of the validation, or
            what comes next to it.
        clock: the time; by default the machine's.
        on_entry: called immediately, in the logging thread, with each entry that holds a number or a stage;
            what it raises stays here.

    Raises:
        ConfigError: the capacity is too small, or a pattern is none.
    """

    def __init__(
        self,
        level: int | str = logging.NOTSET,
        *,
        name: str = "training log",
        patterns: Sequence[LogPattern | str] = (),
        capacity: int = 100_000,
        metric: str | None = None,
        clock: Clock | None = None,
        on_entry: Callable[[LogEntry], None] | None = None,
    ) -> None:
        super().__init__(level)
        if not isinstance(capacity, int) or capacity < _LEAST:
            raise ConfigError(f"capacity: expected a whole number of at least {_LEAST}, got {capacity!r}")
        self.name = name
        self.faults = 0
        self._lock = fork_safe_lock()
        self._reader = LogReader(patterns)
        self._rows = PendingRows(capacity)
        self._score = DefaultMetric(metric)
        self._clock = clock or SystemClock()
        self._on_entry = on_entry
        self._runs = RunDetector()
        self._bars = BarStates()
        self._number = 0
        self._capacity = capacity
        self._skip_rules: dict[str, SkipRule] = {}
        self._fault = ""
        self._warned_of_fault = self._warned_of_loss = False
        self._first: tuple[int | None, int | None] | None = None

    @property
    def name(self) -> str:
        """The log, as a person would call it."""
        return self.get_name() or "training log"

    @name.setter
    def name(self, name: str) -> None:
        self.set_name(name)

    def add_pattern(self, pattern: LogPattern | str) -> None:
        """Read a further format from now on.

        Raises:
            ConfigError: a text is no regex with named groups.
        """
        self._reader.add_pattern(pattern)

    def handle(self, record: logging.LogRecord) -> Any:
        """Read a record, without formatting it where its template shows that it holds no number."""
        passed = self.filter(record) if self.filters else True
        if not passed:
            return passed
        if isinstance(passed, logging.LogRecord):
            record = passed
        if not (record.args and self._is_skippable(record.msg, record.args)):
            self.emit(record)
        return passed

    def emit(self, record: logging.LogRecord) -> None:
        """Read a record; one that cannot be read is counted."""
        try:
            if record.name and record.name.startswith(_OWN):
                return
            plain = type(record.msg) is str and not record.args
            text: str = record.msg if plain else record.getMessage()
            with self._lock:
                if "\n" in text or "\r" in text or self._on_entry is not None:
                    for line in record_lines(text[:_LONGEST], self._bars, _LONGEST_LINE):
                        self._take(self._parse_and_notify(line, record))
                else:
                    parsed = self._reader.parse_line(text)
                    if parsed is not None:
                        self._take(parsed)
        except BaseException as error:
            if must_propagate(error):
                raise
            self.faults += 1
            self._fault = self._fault or describe_error(error)

    def read(self) -> LogBatch:
        """Return what was logged since the last call, of one training."""
        self._warn()
        with self._lock:
            rows, new_run = self._rows.taken()
        self._score.learn([row[0] for row in rows], {row[3] for row in rows if row[3] is not None})
        if rows and self._first is None:
            self._first = next(
                ((row[3], row[4]) for row in rows if row[3] is not None or row[4] is not None), None
            )
        return LogBatch(
            rows,
            self._place,
            time=self._clock.now(),
            seconds=self._clock.monotonic(),
            score=self._score.metric,
            new_run=new_run,
        )

    @property
    def has_more(self) -> bool:
        """Whether the numbers of a further training wait."""
        return self._rows.has_any

    def metric_name(self, metric: str) -> str:
        """Return the name under which a log's metric is reported: ``val_loss`` for ``eval_loss``."""
        return metric_in_logs(metric)

    def continues(self, reading: Reading) -> bool:
        """Return, after the first poll that found numbers, whether ``reading`` is of the same training."""
        epoch, step = self._first or (None, None)
        if epoch is not None and reading.epoch is not None:
            return (epoch, step or 0) > (reading.epoch, reading.step or 0)
        return step is not None and reading.step is not None and step > reading.step

    def _is_skippable(self, template: object, arguments: object) -> bool:
        """Return whether messages of a template hold no number; each template is analysed once."""
        if type(template) is not str or self._reader.takes_any_line:
            return False
        skip = self._skip_rules.get(template)
        if skip is None:
            skip = skip_rule(template)
            if len(self._skip_rules) >= _MOST_TEMPLATES:
                self._skip_rules.clear()
            self._skip_rules[template] = skip
        return skip is SkipRule.ALWAYS or (skip is SkipRule.WITH_PLAIN_ARGUMENTS and are_plain(arguments))

    def _parse_and_notify(self, line: str, record: logging.LogRecord) -> ParsedLine | None:
        """Return what a line holds, and pass its entry to the listener."""
        if self._on_entry is None:
            return self._reader.parse_line(line)
        time = datetime.fromtimestamp(record.created).astimezone()
        entry = self._reader.read(line, time=time, level=record.levelname)
        if not entry.own_metrics and entry.stage is None:
            return None
        self._on_entry(entry)
        return ParsedLine(dict(entry.own_metrics), entry.stage, entry.step)

    def _take(self, parsed: ParsedLine | None) -> None:
        if parsed is None:
            return
        metrics, stage, step = parsed
        epoch = self._reader.epoch
        counts = step is not None or "epoch" in metrics or stage is Stage.COMPLETED
        if (counts or self._runs.is_undecided) and self._runs.begins(
            ScannedLine(self._number, parsed, epoch, False)
        ):
            self._rows.begin_run()
        self._number = number = self._number + 1
        rows, curves = self._rows.current, self._runs.curves
        for metric, value in metrics.items():
            if metric not in _COUNTS:
                rows.append((metric, value, number, epoch, step))
                curves.add(metric, value, epoch, step)
        if len(rows) >= self._rows.size:
            self._rows.make_room()

    def _place(self, number: int) -> Location:
        return Location(self.name, "")

    def _warn(self) -> None:
        """Warn, in the reading thread, of what went wrong in the logging threads."""
        if self._fault and not self._warned_of_fault:
            self._warned_of_fault = True
            logger.warning(
                "%s: a record could not be read (%s); further ones are not reported", self.name, self._fault
            )
        if self._rows.left_out and not self._warned_of_loss:
            self._warned_of_loss = True
            logger.warning(
                "%s: more than %d numbers came between two polls; the oldest are thinned, the lowest and the "
                "highest of each metric kept; poll more often (check_interval) or raise the capacity",
                self.name,
                self._capacity,
            )
