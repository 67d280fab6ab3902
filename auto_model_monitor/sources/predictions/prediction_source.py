"""Predictions in production as a source: metrics of each window, model and group."""

from __future__ import annotations

import logging
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Literal

from ...core.clocks import Clock, SystemClock
from ...core.readings import Reading, ReadingBatch
from ...core.zones import zone_of
from ...tables import Table, canonical
from ...tables.table_choice import table_of
from .emitted_readings import EmittedReadings
from .offered_metrics import offered_metrics
from .prediction_columns import PredictionColumns
from .prediction_settings import (
    column_names,
    expected_values,
    fewest_rows,
    is_regression_task,
    lateness,
    log_files,
    reference_values,
    zone_name,
)
from .table_metrics import TableMetrics, joined_columns, table_metrics
from .window_look import WindowLook
from .windows import Window, WindowCalendar

logger = logging.getLogger(__name__)

MOST_WINDOWS = 400
_ROLES = "id time prediction score label model version latency error"
_FUTURE = timedelta(days=1)


class PredictionSource:
    """Reads predictions, joins the labels that come later, and computes metrics of each window.

    A watch that hears of it when a day's accuracy falls below 90 %::

        source = PredictionSource("predictions.csv", labels="labels.csv", timezone="Asia/Shanghai")
        Monitor(source, ["accuracy < 90% for 2"], ["dingtalk://…"]).start_monitoring()

    The first look counts all windows of the table, at most 400; each later one those that ended less than
    ``late`` ago, and returns what has changed. A window is judged after its end. With fewer than
    ``min_rows`` rows it has only ``rows`` and ``labelled``, and with fewer labelled rows no metric about
    labels: not enough data is no reading, never 0.

    Its metrics are ``rows``; ``labelled``, the share of rows with a label; of a classifier ``accuracy``,
    ``precision``, ``recall``, ``f1`` (and those with ``_macro``, ``_micro``, ``_weighted``), ``auc``,
    ``log_loss``; of a regression ``mae``, ``rmse``, ``r2``; ``latency_p50``, ``latency_p95``,
    ``latency_p99`` in the column's unit; ``throughput`` in predictions per second; ``error_rate`` and
    ``error_rate@error:TimeoutError``. With groups each of them as ``recall@sex:f``, and ``recall_gap@sex``,
    the largest gap between the groups. What is wrong with the rows: the shares ``missing@age``,
    ``out_of_range@age`` and ``new_categories@city``, the counts ``duplicates``, and of the whole table
    ``unreadable``, ``labels_unmatched`` and ``undated``.

    Each column has its role's name by default, and may then be absent; ``time`` is needed.

    Args:
        predictions: where they lie: a file or several (CSV, Parquet, JSON lines, ``*``), the folder of a
            ``PredictionLog``, a frame, or the URL of a database with ``#table``.
        labels: where the right answers lie, if not in a column of the predictions.
        id: the column that both have; of several rows with one id the later counts.
        time: the column of the time of the prediction; times without a zone are in ``timezone``.
        prediction: the column of the answer.
        score: the column of the probability of the positive class.
        label: the column of the right answer.
        model: the column of the model's name: each model is judged apart.
        version: the column of the model's version, which is a column of groups too.
        latency: the column of the time that a prediction took.
        error: the column of the type of an error, empty where there was none.
        groups: the columns by whose values metrics are computed too, such as ``["sex"]``.
        features: the columns whose quality is watched; by default all that have no other role.
        window: the length: days, or hours or minutes that divide a day, such as ``6h``.
        timezone: the zone of the windows; by default that of this machine.
        late: how long after a window's end its labels are awaited.
        min_rows: the fewest rows of which a metric is computed.
        positive: the label that precision, recall, F1, AUC and the score are about.
        task: ``classification`` or ``regression``; by default the labels decide: a regression has numbers
            that are not whole, or more than a hundred different ones, and no score.
        reference: the table of the training's evaluation, with labels in a column, or metrics such as
            ``{"accuracy": 0.93}``, for rules such as ``accuracy drop > 0.02 vs reference``. Its features
            give the ranges and categories that are expected.
        ranges: the least and the greatest value of a feature, such as ``{"age": (0, 120)}``.
        categories: all values of a feature.
        encoding: that of files of text, such as ``gb18030``; by default it is recognised.
        clock: the time.

    Raises:
        ConfigError: a setting cannot work.
        MissingExtraError: the table needs an extra that is not installed.
    """

    def __init__(
        self,
        predictions: object,
        labels: object | None = None,
        *,
        id: str | None = "id",
        time: str = "time",
        prediction: str | None = "prediction",
        score: str | None = "score",
        label: str | None = "label",
        model: str | None = "model",
        version: str | None = "version",
        latency: str | None = "latency",
        error: str | None = "error",
        groups: Sequence[str] = (),
        features: Sequence[str] | None = None,
        window: str = "1d",
        timezone: str | tzinfo | None = None,
        late: str = "14d",
        min_rows: int = 100,
        positive: object = 1,
        task: Literal["classification", "regression"] | None = None,
        reference: object | None = None,
        ranges: Mapping[str, tuple[float, float]] | None = None,
        categories: Mapping[str, Collection[str]] | None = None,
        encoding: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        roles = (id, time, prediction, score, label, model, version, latency, error)
        self._asked = PredictionColumns(
            **dict(zip(_ROLES.split(), roles, strict=True)),
            groups=column_names("groups", groups),
            features=None if features is None else column_names("features", features),
        )
        self._zone = zone_of(timezone)
        self._encoding = encoding
        self._calendar = WindowCalendar(window, self._zone)
        self._late = lateness(late)
        self._min_rows = fewest_rows(min_rows)
        self._positive = canonical(positive) or ""
        self._regression = is_regression_task(task)
        self._clock = clock or SystemClock()
        self._given = predictions, labels
        self._predictions = self._table(predictions)
        self._labels = None if labels is None else self._table(labels)
        self._places = [table.name for table in (self._predictions, self._labels) if table is not None]
        self._reference = None
        self._known_reference = TableMetrics()
        self._references: dict[tuple[str | None, str], float] = {}
        if isinstance(reference, Mapping):
            self._references = reference_values(reference)
        elif reference is not None:
            self._reference = self._table(reference)
        self._expected = expected_values(ranges, categories)
        self._window = window
        self._state: Hashable = None
        self._reference_state: Hashable = None
        self._judged: datetime | None = None
        self._emitted = EmittedReadings(self._late)
        self._warned: set[str] = set()

    @property
    def name(self) -> str:
        """Where the predictions lie."""
        return self._predictions.name

    @property
    def identity(self) -> str:
        """The places, the columns and the windows; without passwords."""
        return "\n".join([*self._places, repr(self._asked), self._window, str(self._zone)])

    def continues(self, reading: Reading) -> bool:
        """Return True: tables that are empty for a while, as when files are rotated, are the same watch."""
        return True

    @property
    def timezone(self) -> tzinfo:
        """The zone of the windows, and of a schedule of the monitor."""
        return self._zone

    @property
    def metric_names(self) -> Collection[str]:
        """The metrics that it can produce."""
        self._find_log()
        joined = joined_columns(self._predictions, self._asked, self._labels)
        if joined is None:
            return ()
        columns = joined.columns
        if self._labels is not None and joined.labels is None:  # none has come yet
            columns = replace(columns, label=self._asked.label)
        return offered_metrics(columns, self._known_reference.expected | self._expected)

    def read(self) -> ReadingBatch:
        """Return what has changed since the last call.

        Raises:
            SourceError: a table cannot be read now, or a column is missing.
        """
        self._find_log()
        now = self._clock.now().astimezone(self._zone)  # messages state all times in one zone
        state = self._state_at(now)
        if state is not None and state == self._state:
            return ReadingBatch(time=now)
        readings = self._look(now)
        self._state = state
        return ReadingBatch(time=now, others=readings)

    def _table(self, thing: object) -> Table:
        zone = zone_name(self._zone)
        if isinstance(thing, str) and "://" in thing:
            url, _, table = thing.rpartition("#")
            return table_of(url or table, table=table if url else None, timezone=zone)
        return table_of(thing, timezone=zone, encoding=self._encoding)

    def _find_log(self) -> None:
        """Read the two kinds of files of a ``PredictionLog`` apart, once its folder holds the first."""
        files = log_files(*self._given)
        if files is not None:
            self._predictions, self._labels = map(self._table, files)
            self._given = files

    def _state_at(self, now: datetime) -> Hashable | None:
        """Return what stays equal while there is nothing new; None where only a look finds out."""
        tables = [table for table in (self._predictions, self._labels, self._reference) if table is not None]
        states = [table.fingerprint() for table in tables]
        return None if None in states else (*states, self._calendar.at(now).start)

    def _look(self, now: datetime) -> list[Reading]:
        joined = joined_columns(self._predictions, self._asked, self._labels)
        if joined is None:
            self._warn(
                f"{self.name}: no row that can be read yet; expected a file of CSV with a header, of Parquet "
                "or of JSON objects, one a line, or a folder with such files"
            )
            return []
        self._read_reference()
        look = WindowLook(
            joined,
            positive=self._positive,
            regression=self._regression,
            min_rows=self._min_rows,
            expected=self._known_reference.expected | self._expected,
            references=self._references,
            name=self.name,
        )
        readings: list[Reading] = []
        columns = joined.columns
        with self._predictions.open(
            joined.own, id=columns.id, time=columns.time, labels=joined.labels
        ) as rows:
            readings += look.of_table(rows)
            span = rows.span(look.time)
            if span is not None:
                self._warn_of_future(span[1], now)
                windows = self._windows(span[0], span[1], now)
                readings += look.of_windows(rows, windows)
                if windows:
                    self._judged = windows[-1].end
        for warning in look.warnings:
            self._warn(warning)
        return self._emitted.changed(readings, now)

    def _windows(self, first: datetime, last: datetime, now: datetime) -> list[Window]:
        """Return the windows to count: of a first look all, later those whose labels may have come since."""
        since = first
        if self._judged is not None:
            since = max(first, min(self._judged, now - self._late))
        windows: list[Window] = []
        window = self._calendar.at(min(last, now))
        while window.end > since and len(windows) < MOST_WINDOWS:
            if window.end <= now:
                windows.append(window)
            window = self._calendar.at(window.start - timedelta(microseconds=1))
        return windows[::-1]

    def _read_reference(self) -> None:
        if self._reference is None:
            return
        state = self._reference.fingerprint()
        if state is None or state != self._reference_state:
            self._known_reference = table_metrics(
                self._reference, self._asked, positive=self._positive, regression=self._regression
            )
            self._references = {key: found.value for key, found in self._known_reference.values.items()}
            self._reference_state = state

    def _warn_of_future(self, last: datetime, now: datetime) -> None:
        if last > now + _FUTURE:
            self._warn(
                f"{self.name}: expected times until now, got {last.isoformat()}: a window is judged after "
                f"its end; is timezone={str(self._zone)!r} right?"
            )

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            logger.warning("%s", text)
