"""Reads a log line by line, and tracks the epoch that each line belongs to."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from ..core.numbers import number_splitter
from .coco_lines import coco_line, is_coco_line
from .entries import LogEntry, Number, ParsedLine, Stage
from .layout import BLANK, MOST_METRICS, Layout
from .layout_detection import detect_layout
from .line_shapes import LineShape, is_short, learned, shape
from .log_pattern import LogPattern
from .plain_text import is_plain, plain
from .prefix import prefix_of, time_of
from .sections import KerasRounds, Section
from .table_rows import may_be_row, row_of
from .values import is_full, metrics_of, whole

logger = logging.getLogger(__name__)

_LONGEST = 65536  # characters of a line that are read
_MOST_SHOWN = 4 * MOST_METRICS  # metrics of progress bars that are remembered
_MOST_SHAPES = 4096


class LogReader:
    """Reads one log; there is one reader for each.

    Args:
        patterns: formats of the log's own, tried before the built-in ones; each a regex with named groups.

    Attributes:
        epoch: the epoch that was named last, None before the first.
        total_epochs: how many there will be, None while unknown.

    Raises:
        ConfigError: a text is no regex with named groups.
    """

    def __init__(self, patterns: Sequence[LogPattern | str] = ()) -> None:
        self.epoch: int | None = None
        self.total_epochs: int | None = None
        self._shapes: dict[bytes, LineShape] = {}
        self._own: list[LogPattern] = []
        self._columns: tuple[str, ...] = ()
        self._shown: dict[str, Number] = {}
        self._warned = False
        self._epoch_ended = False  # by the last line that named it
        self._section = Section()
        self._keras = KerasRounds()
        for pattern in patterns:
            self.add_pattern(pattern)

    def add_pattern(self, pattern: LogPattern | str) -> None:
        """Read a further format from now on.

        Raises:
            ConfigError: a text is no regex with named groups.
        """
        self._own.append(pattern if isinstance(pattern, LogPattern) else LogPattern(pattern))

    @property
    def takes_any_line(self) -> bool:
        """Whether a line of no known format may hold a number: below headings, or for a user's pattern."""
        return bool(self._columns or self._own or self._section.split)

    def parse_line(self, line: str) -> ParsedLine | None:
        """Return what a line itself holds, None when it holds nothing; remember the epoch it names."""
        try:
            return self.parse_shaped_line(shape(line), line)
        except UnicodeEncodeError:  # half a character, as a file's odd name may hold
            return self._parse(line)

    def parse_shaped_line(self, shape: bytes, line: str) -> ParsedLine | None:
        """Return the result of :meth:`parse_line` for a line of that shape."""
        known = self._shapes.get(shape)
        if known is None or self._own or self._section.split:
            return self._parse(line)
        if known.fixed is not None and known.fixed(line) != known.expected:
            return self._parse(line)
        if known.silent:
            return self._parse(line) if self._columns and may_be_row(line, self._columns) else None
        parsed = known.parse(line)
        if known.step is not None:
            self._section.counter = line[known.step]
        return parsed if known.epoch is known.total is None else self._remember(parsed)

    def known(self, shape: bytes) -> LineShape | None:
        """Return what is known of lines of a shape; nothing before one of them was read."""
        return self._shapes.get(shape)

    def read(self, line: str, *, time: datetime, level: str = "INFO") -> LogEntry:
        """Return the entry of one complete line.

        Args:
            line: the text, without its line break.
            time: when it was written or read, with its zone; counts where the line names no date and time.
            level: its level, where the line names none.
        """
        line = plain(line)
        parts = number_splitter()(line[:_LONGEST])
        prefix = prefix_of(BLANK.join(parts[::2])[:400])
        message = line[_place(parts, prefix.end) :] if prefix.end else line
        first, last = prefix.stamp
        if last > first:
            stamp = "".join(parts[2 * first + 1 : 2 * last])
            time = time_of(stamp, time) or time
        parsed = self.parse_line(line)
        level = prefix.level or level
        if parsed is None:
            return LogEntry(timestamp=time, level=level, message=message)
        carried: dict[str, Number] = {}
        if parsed.metrics and self.epoch is not None:
            carried["epoch"] = self.epoch
        if parsed.metrics and self.total_epochs is not None:
            carried["total_epochs"] = self.total_epochs
        return LogEntry(
            timestamp=time,
            level=level,
            message=message,
            metrics={**carried, **parsed.metrics},
            stage=parsed.stage,
            own_metrics=parsed.metrics,
            step=parsed.step,
        )

    def state(self) -> dict[str, Any]:
        """Return what JSON can hold and :meth:`resume` takes."""
        return {
            "epoch": self.epoch,
            "total_epochs": self.total_epochs,
            "columns": list(self._columns),
            "epoch_ended": self._epoch_ended,
            "section": self._section.state(),
            "keras": self._keras.open,
            "shown": {name: value for name, value in self._shown.items() if math.isfinite(value)},
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Continue where another reader of the same log stopped."""
        self.epoch = state.get("epoch")
        self.total_epochs = state.get("total_epochs")
        self._columns = tuple(state.get("columns", ()))
        self._shown = dict(state.get("shown", {}))
        self._epoch_ended = bool(state.get("epoch_ended"))
        self._section.resume(state.get("section", {}))
        self._keras.open = state.get("keras")

    def _parse(self, line: str) -> ParsedLine | None:
        """Parse a line of unknown shape."""
        text = line if is_plain(line) else plain(line)
        if is_coco_line(text):
            return coco_line(text)
        parts = number_splitter()(text[:_LONGEST])
        below_heading = bool(self._section.split)
        layout = self._in_context(BLANK.join(parts[::2]), parts)
        if layout is not None and layout.ahead and self._epoch_ended:
            self.epoch = None  # of the next one, as far as it is known
        parsed = self._built_in(layout, parts, text)
        if self._own:
            parsed = self._parse_with_patterns(text, parsed)
        elif text is line and not below_heading:
            self._learn(line, layout, parts, parsed)
        return parsed and self._remember(parsed, ends=layout is not None and layout.repeats)

    def _in_context(self, blank: str, parts: list[str]) -> Layout | None:
        """Return the layout of a line, as the lines before it decide."""
        layout = detect_layout(blank)
        if layout is not None and layout.heading:
            self._section.begin(layout.heading)
        elif self._section.split:
            layout = self._section.layout(blank, layout, parts)
        if layout is not None and layout.step >= 0:
            self._section.counter = parts[2 * layout.step + 1]
        if layout is None or layout.keras < 0 or "/" not in parts[2 * layout.keras + 1]:
            return layout
        full = is_full(parts[2 * layout.keras + 1], first=1)
        if not self._keras.is_evaluation(metrics_of(layout, parts), full=full):
            return layout
        return detect_layout(blank, "test") if full else Layout()

    def _remember(self, parsed: ParsedLine, *, ends: bool = False) -> ParsedLine:
        if "epoch" in parsed.metrics:
            epoch = int(parsed.metrics["epoch"])
            self._epoch_ended = ends or (self._epoch_ended and epoch == self.epoch)
            self.epoch = epoch
        if "total_epochs" in parsed.metrics:
            self.total_epochs = int(parsed.metrics["total_epochs"])
        if parsed.stage is Stage.EPOCH_START:
            self._keras.open = True
        return parsed

    def _learn(self, line: str, layout: Layout | None, parts: list[str], parsed: ParsedLine | None) -> None:
        """Remember the shape of a line for the next of its kind."""
        if not is_short(line) or (layout is not None and parsed is None):
            return
        known = learned(layout, parts, {} if parsed is None or layout is None else parsed.metrics)
        if known is None:
            return
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        with suppress(UnicodeEncodeError):
            self._shapes[shape(line)] = known

    def _built_in(self, layout: Layout | None, parts: list[str], line: str) -> ParsedLine | None:
        if layout is None:
            return self._row(parts, line) if self._columns and len(parts) > 1 else None
        if layout.columns:
            self._columns = layout.columns
            return None
        if layout.whole >= 0 and not is_full(parts[2 * layout.whole + 1]):
            return None
        if len(layout.slots) > MOST_METRICS:
            layout = self._shortened(layout)
        metrics, stage = metrics_of(layout, parts), layout.stage
        if layout.bar:
            stage = self._without_stale(layout, metrics)
        elif layout.repeats:
            self._without_known(metrics)
        if not metrics and (layout.slots or stage is None):
            return None
        step = whole(parts[2 * layout.step + 1]) if layout.step >= 0 else None
        return ParsedLine(metrics, stage, step)

    def _row(self, parts: list[str], line: str) -> ParsedLine | None:
        start = prefix_of(BLANK.join(parts[::2])).end
        return row_of(line[_place(parts, start) :] if start else line, self._columns)

    def _shortened(self, layout: Layout) -> Layout:
        if not self._warned:
            self._warned = True
            logger.warning(
                "a line names more than %d metrics; those beyond are left out, here and in lines like it",
                MOST_METRICS,
            )
        return layout._replace(slots=layout.slots[:MOST_METRICS])

    def _without_stale(self, layout: Layout, metrics: dict[str, Number]) -> Stage | None:
        """Drop what a progress bar showed before; return the stage of the rest.

        A bar continues to show the last validation's numbers while the next epoch trains. What is measured
        together changes together, so an accuracy that is the same twice is reported twice.
        """
        values = {slot.metric: metrics[slot.metric] for slot in layout.slots if slot.metric in metrics}
        news = {
            s.group for s in layout.slots if s.metric in values and self._is_news(s.metric, values[s.metric])
        }
        for slot in layout.slots:
            if slot.group not in news:
                metrics.pop(slot.metric, None)
        if len(self._shown) > _MOST_SHOWN:
            self._shown.clear()
        self._shown.update(values)
        if news:
            return layout.stage if layout.stage is not Stage.EPOCH_END or "val" in news else Stage.TRAINING
        if metrics.get("epoch") == self.epoch:
            metrics.clear()
        return Stage.EPOCH_START if metrics else None

    def _without_known(self, metrics: dict[str, Number]) -> None:
        """Drop what a progress bar has shown with fewer digits."""
        for name, value in list(metrics.items()):
            if name in self._shown and math.isclose(value, self._shown[name], rel_tol=1e-3, abs_tol=5e-4):
                del metrics[name]

    def _is_news(self, metric: str, value: Number) -> bool:
        shown = self._shown.get(metric)
        return shown is None or not (value == shown or (math.isnan(value) and math.isnan(shown)))

    def _parse_with_patterns(self, line: str, built_in: ParsedLine | None) -> ParsedLine | None:
        """Return what the user's patterns find, and beside it what the built-in ones find."""
        for pattern in self._own:
            parsed = pattern.parse_line(line)
            if parsed is not None:
                found = built_in or ParsedLine({})
                step = found.step if parsed.step is None else parsed.step
                built_in = ParsedLine({**found.metrics, **parsed.metrics}, parsed.stage or found.stage, step)
        return built_in


def _place(parts: list[str], end: int) -> int:
    """Return where in a line stands what stands at ``end`` in the line without its numbers."""
    place = 0
    for index in range(0, len(parts), 2):
        if end <= len(parts[index]):
            return place + end
        end -= len(parts[index]) + 1
        place += len(parts[index]) + (len(parts[index + 1]) if index + 1 < len(parts) else 0)
    return place
