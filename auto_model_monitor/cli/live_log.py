"""The entries of a log on the screen: epoch, stage, metrics, and the best value of each."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..core.alerts import Alert
from ..core.comparison import Comparison, usual_direction
from ..core.readings import ReadingBatch
from ..i18n import number_text
from ..log_parser import LogEntry, Number, Stage
from ..sources.logs.log_batch import LogBatch
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal, width

_LATEST = 20  # entries shown of the content that a log has at the start
#: Bytes at the end of a log that hold these entries, unless they are long and rare.
TAIL_BYTES = 1 << 18
_COUNTS = ("epoch", "total_epochs")
_GAP = "  "
_ENOUGH = 10  # entries after which the metrics are listed, however many follow


class _Piece(NamedTuple):
    """A part of a line that is not split: a text, or a metric's name and its value."""

    text: str
    styles: tuple[str, ...] = ()
    value: str = ""
    value_styles: tuple[str, ...] = ()


class LiveLog:
    """Shows the entries of a log as they arrive, one line for each that holds a number.

    On a screen each state of a progress bar replaces the one before, and only the end of the initial content
    is shown. A closed pipe raises nothing.

    Attributes:
        is_read: False once the reader has closed the pipe.

    Args:
        screen: shows the entries.
        errors: shows the alerts, so that the entries stay machine-readable.
        as_json: write each entry as JSON on one line.
        every_line: also show lines without a number.
        shortens: show only the end of the initial content.
        lists: list the metrics once the first have come.
        first: the metrics that a screen shows first.
        looked_for: what to say after the first poll if it finds no number.
    """

    def __init__(
        self,
        screen: Terminal,
        errors: Terminal,
        *,
        as_json: bool = False,
        every_line: bool = False,
        shortens: bool = False,
        lists: bool = False,
        first: Collection[str] = (),
        looked_for: str = "",
    ) -> None:
        self._metrics: dict[str, None] = {}
        self._listed = self._shown = 0
        self._lists = lists and not as_json
        self._first_metrics = first
        self._looked_for = looked_for
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
        """Show an entry, or keep it until the first poll ends."""
        self._has_numbers = self._has_numbers or _has_a_metric(entry)
        self._metrics.update(dict.fromkeys(name for name in entry.own_metrics if name not in _COUNTS))
        if self._first is None:
            self._show(entry, self._improved(entry))
            self._shown += bool(self._metrics)
            if self._shown == _ENOUGH:
                self._list_metrics()
        elif self._is_shown(entry):
            self._first.append(entry)

    def polled(self, alerts: Sequence[Alert], readings: ReadingBatch) -> bool:
        """Show the alerts of a poll; return whether the reader is still there.

        Args:
            alerts: the alerts.
            readings: the numbers that the poll has found.
        """
        first, self._first = self._first, None
        if first is not None and isinstance(readings, LogBatch):
            self._metrics.update(dict.fromkeys(readings.metrics))
            self._show_first(first, readings)
        self._list_metrics()
        if self._looked_for and not self._metrics:
            self._errors.say(self._looked_for)
        self._looked_for = ""
        for alert in alerts:
            self._kind = None
            word = "resolved" if alert.resolved else "alert"
            about = "" if alert.reading is None else f": {_about(alert)}"
            self._errors.say(
                self._errors.paint(f"{word}: {for_terminal(alert.rule)}{about}", "yellow", "bold")
            )
        return self.is_read

    def _show_first(self, entries: Sequence[LogEntry], readings: LogBatch) -> None:
        """Show the end of the initial content, with a star at the best values of all of it."""
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

    def _list_metrics(self) -> None:
        """List the metrics by the names that rules use, once the first have come, and when others come."""
        if not self._lists or len(self._metrics) == self._listed:
            return
        self._listed = len(self._metrics)
        self._kind = None
        names = ", ".join(map(for_terminal, _ordered(self._metrics, self._first_metrics)))
        self._say([_Piece("metrics: ", ("dim",)), _Piece(names, ("dim",))], whole=True)

    def ended(self) -> None:
        """Show the best values, or that there was no metric."""
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
        return _has_a_metric(entry) or self._every_line or entry.stage is Stage.COMPLETED

    def _show(self, entry: LogEntry, improved: set[str]) -> None:
        if self._as_json:
            if self._every_line or entry.own_metrics or entry.stage is not None:
                self._write(json.dumps(entry.as_json(), ensure_ascii=False))
            return
        if not self._is_shown(entry):
            return
        # The states of a bar and the steps of an epoch repeat the same metrics.
        kind = (entry.stage, entry.metrics.get("epoch"), *entry.own_metrics)
        repeats = kind == self._kind and entry.stage in (Stage.TRAINING, None) and bool(entry.own_metrics)
        self._kind = kind
        first = self._first_metrics if self._screen.is_screen else None
        self._say(list(_pieces(entry, improved, first)), over=repeats)

    def _improved(self, entry: LogEntry) -> set[str]:
        """Return the metrics with a new best value."""
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
        for index, piece in enumerate(pieces):
            left = len(pieces) - index - 1
            more = f"{_GAP}+{left + 1}" if piece.value else ""
            room -= width(piece.text) + width(piece.value)
            if not whole and room < (width(f"{_GAP}+{left}") if left and piece.value else 0):
                line += self._painted(more, ("dim",))
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
        except OSError:  # the reader has closed the pipe
            self.is_read = False


def _direction(metric: str) -> Comparison | None:
    return None if metric.startswith("best_") else usual_direction(metric)


def _has_a_metric(entry: LogEntry) -> bool:
    return any(name not in _COUNTS for name in entry.own_metrics)


def _ordered(metrics: Iterable[str], first: Collection[str]) -> list[str]:
    """Return the metrics: those of the rules, those of the validation, then the others."""
    return sorted(metrics, key=lambda name: (name not in first, not name.startswith("val")))


def _pieces(entry: LogEntry, improved: set[str], first: Collection[str] | None) -> Iterator[_Piece]:
    """Yield the parts of a line; on a screen with the metrics in ``first`` at its beginning."""
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
    names = list(metrics) if first is None else _ordered(metrics, first)
    for name in names:
        value = metrics[name]
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
