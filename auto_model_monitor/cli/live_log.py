"""What a training says, on a screen while it runs: epoch, stage, metrics and what was best."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..core.alerts import Alert
from ..core.comparison import Comparison, usual_direction
from ..core.readings import ReadingBatch
from ..i18n import number_text
from ..log_parser import LogEntry, Number, Stage
from ..sources.logs.log_batch import LogBatch
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal, width

_LATEST = 20  # entries that are shown of what was there before
#: Bytes at the end of a log that hold these entries, unless they are long and rare.
TAIL_BYTES = 1 << 18
_COUNTS = ("epoch", "total_epochs")
_GAP = "  "


class _Piece(NamedTuple):
    """What stands on a line whole or not at all: a text, or a metric's name and its value."""

    text: str
    styles: tuple[str, ...] = ()
    value: str = ""
    value_styles: tuple[str, ...] = ()


class LiveLog:
    """Shows the entries of a log as they come, one line for each that holds a number.

    On a screen a progress bar's states take each other's place, and of what was there at the start only the
    end is shown. What cannot be written, because nobody reads it any more, harms nothing.

    Attributes:
        is_read: False once it is known that nobody reads.

    Args:
        screen: where entries are shown.
        errors: where alerts are, so that the entries stay what they are.
        as_json: write an entry as JSON on a line instead.
        every_line: show lines without a number, too.
        shortens: of what is there at the start show the end alone.
    """

    def __init__(
        self,
        screen: Terminal,
        errors: Terminal,
        *,
        as_json: bool = False,
        every_line: bool = False,
        shortens: bool = False,
    ) -> None:
        """Take the screens; nothing is written yet."""
        self.is_read = True
        self._screen = screen
        self._errors = errors
        self._as_json = as_json
        self._every_line = every_line
        self._best: dict[str, tuple[float, Number | None]] = {}
        self._kind: object = None
        self._first: deque[LogEntry] | None = deque(maxlen=_LATEST) if shortens else None
        self._has_numbers = False

    def add(self, entry: LogEntry) -> None:
        """Show an entry, or keep it until the first look is over."""
        self._has_numbers = self._has_numbers or _says_a_metric(entry)
        if self._first is None:
            self._show(entry, self._improved(entry))
        elif self._is_shown(entry):
            self._first.append(entry)

    def polled(self, alerts: Sequence[Alert], readings: ReadingBatch) -> bool:
        """Show what a look has found beside the entries; tell whether anybody reads on.

        Args:
            alerts: what is told.
            readings: the numbers that it has found.
        """
        first, self._first = self._first, None
        if first is not None and isinstance(readings, LogBatch):
            self._show_first(first, readings)
        for alert in alerts:
            self._kind = None
            said = "over" if alert.resolved else "told"
            about = "" if alert.reading is None else f": {_about(alert)}"
            self._errors.say(
                self._errors.paint(f"{said}: {for_terminal(alert.rule)}{about}", "yellow", "bold")
            )
        return self.is_read

    def _show_first(self, entries: Sequence[LogEntry], readings: LogBatch) -> None:
        """Show the end of what is there at the start, with a star at what is best of all of it."""
        for metric in readings.metrics:
            direction = _direction(metric)
            best = None if direction is None else readings.best(direction, metric)
            if best is not None:
                self._has_numbers = True
                self._best[metric] = (best.value, best.epoch)
        if len(entries) == _LATEST:
            self._say([_Piece("… (--no-follow shows all)", ("dim",))])
        for entry in entries:
            known = {metric: self._best[metric][0] for metric in entry.own_metrics if metric in self._best}
            self._show(entry, {metric for metric, best in known.items() if entry.own_metrics[metric] == best})

    def ended(self) -> None:
        """Show what was best, or say that there was nothing to show."""
        if not self._has_numbers and not self._as_json:
            self._errors.say("No metric was found: --all shows every line, --pattern adds a format")
        if self._as_json or not self._best:
            return
        best = [
            f"{for_terminal(metric)} {number_text(value)}" + ("" if epoch is None else f" (epoch {epoch})")
            for metric, (value, epoch) in self._best.items()
        ]
        self._say([_Piece("best: ", ("dim",)), _Piece(", ".join(best), ("bold",))], whole=True)

    def _is_shown(self, entry: LogEntry) -> bool:
        return _says_a_metric(entry) or self._every_line or entry.stage is Stage.COMPLETED

    def _show(self, entry: LogEntry, improved: set[str]) -> None:
        if self._as_json:
            if self._every_line or entry.own_metrics or entry.stage is not None:
                self._write(json.dumps(entry.as_json(), ensure_ascii=False))
            return
        if not self._is_shown(entry):
            return
        # A bar's states, and the steps of an epoch, say the same metrics again and again.
        kind = (entry.stage, entry.metrics.get("epoch"), *entry.own_metrics)
        repeats = kind == self._kind and entry.stage in (Stage.TRAINING, None) and bool(entry.own_metrics)
        self._kind = kind
        self._say(list(_pieces(entry, improved)), over=repeats)

    def _improved(self, entry: LogEntry) -> set[str]:
        """Return the metrics that are better than ever before."""
        found = set()
        for metric, value in entry.own_metrics.items():
            direction = _direction(metric)
            if direction is None or not math.isfinite(value):
                continue
            before = self._best.get(metric)
            if direction.is_better(value, None if before is None else before[0]):
                self._best[metric] = (value, entry.metrics.get("epoch"))
                if before is not None:
                    found.add(metric)
        return found

    def _say(self, pieces: Sequence[_Piece], *, over: bool = False, whole: bool = False) -> None:
        line, room = "", self._screen.columns
        for piece in pieces:
            room -= width(piece.text) + width(piece.value)
            if room < 0 and not whole:
                break
            line += self._painted(piece.text, piece.styles) + self._painted(piece.value, piece.value_styles)
        self._write(line, over=over)

    def _painted(self, text: str, styles: tuple[str, ...]) -> str:
        return self._screen.paint(text, *styles) if styles else text

    def _write(self, line: str, *, over: bool = False) -> None:
        if not self.is_read:
            return
        try:
            if over:
                self._screen.say_over(line)
            else:
                self._screen.say(line)
        except OSError:  # whoever read has enough
            self.is_read = False


def _direction(metric: str) -> Comparison | None:
    return None if metric.startswith("best_") else usual_direction(metric)


def _says_a_metric(entry: LogEntry) -> bool:
    return any(name not in _COUNTS for name in entry.own_metrics)


def _pieces(entry: LogEntry, improved: set[str]) -> Iterator[_Piece]:
    yield _Piece(f"{entry.timestamp.astimezone():%H:%M:%S}", ("dim",))
    epoch = _epoch(entry.metrics)
    if epoch:
        yield _Piece(f"{_GAP}{epoch}", ("cyan",))
    stage = "" if entry.stage is None else entry.stage.value
    metrics = {name: value for name, value in entry.own_metrics.items() if name not in _COUNTS}
    if not metrics:
        if entry.stage is Stage.COMPLETED:
            yield _Piece(f"{_GAP}{stage}", ("green", "bold"))
        yield _Piece(f"{_GAP}{for_terminal(entry.message)}", ("dim",))
        return
    yield _Piece(f"{_GAP}{stage:10}", ("dim",))
    for name, value in metrics.items():
        text = number_text(value)
        style: tuple[str, ...] = ("bold",)
        if not math.isfinite(value):
            style = ("red", "bold")
        elif name in improved:
            text, style = f"{text}*", ("green", "bold")
        yield _Piece(f"{_GAP}{for_terminal(name)} ", (), text, style)


def _epoch(metrics: Mapping[str, Number]) -> str:
    epoch, total = metrics.get("epoch"), metrics.get("total_epochs")
    if epoch is None:
        return ""
    return str(epoch) if total is None else f"{epoch}/{total}"


def _about(alert: Alert) -> str:
    reading = alert.reading
    assert reading is not None
    return for_terminal(f"{reading.metric} {number_text(reading.value)} ({reading.name})")
