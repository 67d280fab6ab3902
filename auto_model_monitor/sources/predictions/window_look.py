"""One look at a table of predictions: all metrics of some windows."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.readings import Reading
from ...tables import RowCondition, TableRows, Windows
from .prediction_columns import missing_column
from .row_metrics import RowMetrics
from .row_parts import Partition
from .row_quality import ExpectedValues, row_quality
from .table_metrics import JoinedColumns, is_regression
from .window_readings import (
    NamedValue,
    References,
    add_throughput,
    gaps,
    grouped_values,
    readings_of,
    values_by_name,
)
from .windows import Window


class WindowLook:
    """Computes the readings of one look.

    Args:
        joined: the columns of the table.
        positive: the canonical text of the positive label.
        regression: as in :class:`RowMetrics`; None where the labels decide.
        min_rows: the fewest rows of which a metric is computed.
        expected: the values that the features may have.
        references: the metrics of the reference.
        name: the table's name.

    Attributes:
        time: the column of the time.
        warnings: what a person should know about the rows.

    Raises:
        SourceError: the table has no column of times.
    """

    def __init__(
        self,
        joined: JoinedColumns,
        *,
        positive: str,
        regression: bool | None,
        min_rows: int,
        expected: ExpectedValues,
        references: References,
        name: str,
    ) -> None:
        if joined.columns.time is None:
            raise missing_column("time", "time", joined.kinds, name)
        self.time = joined.columns.time
        self.warnings: list[str] = []
        self._joined = joined
        self._positive = positive
        self._regression = regression
        self._min_rows = min_rows
        self._expected = expected
        self._references = references
        self._name = name

    def of_table(self, rows: TableRows) -> list[Reading]:
        """Return what is wrong with the table as a whole."""
        undated = rows.counts((), [RowCondition(column=self.time, operator="missing")]).get((), 0)
        counts = {**rows.left_out(), "undated": undated}
        counts.pop("duplicates", None)  # counted by window
        count = rows.counts().get((), 0) if undated or counts.get("unreadable") else 1
        if not count:
            self.warnings.append(
                f"{self._name}: none of {counts['unreadable']} lines can be read: "
                "are its format, its delimiter and its encoding as they should be?"
            )
        elif undated == count:
            self.warnings.append(
                f"{self._name}: expected times such as 2026-11-27 08:00:00 in the column {self.time!r}, "
                f"got none in {count} rows: they belong to no window"
            )
        return [
            Reading(metric=metric, value=float(count), name=self._name) for metric, count in counts.items()
        ]

    def of_windows(self, rows: TableRows, windows: Sequence[Window]) -> list[Reading]:
        """Return the metrics of windows that follow each other."""
        if not windows:
            return []
        columns = self._joined.columns
        edges = (*(window.start for window in windows), windows[-1].end)
        within = Windows(self.time, edges)
        where = [
            RowCondition(column=self.time, operator=">=", value=edges[0]),
            RowCondition(column=self.time, operator="<", value=edges[-1]),
        ]
        regression = self._is_regression(rows)
        whole = Partition(windows=within, model=columns.model)
        further = [column for column in (columns.label, columns.prediction, columns.error) if column]
        rows = rows.selected(where, [*whole.keys, *columns.by, *further])
        metrics = RowMetrics(
            rows, columns, positive=self._positive, regression=regression, min_rows=self._min_rows
        )
        parts = metrics.of(whole)
        add_throughput(parts, windows, self._min_rows)
        found: list[NamedValue] = [
            (part, value.metric, value) for part, known in parts.items() for value in values_by_name(known)
        ]
        rows_of = {part: known.rows for part, known in parts.items()}
        for part, values in row_quality(rows, whole, columns, self._expected, rows_of).items():
            enough = rows_of[part] >= self._min_rows
            found += ((part, v.metric, v) for v in values if enough or v.metric == "duplicates")
        for column in columns.by:
            parts = metrics.of(Partition(windows=within, model=columns.model, column=column))
            add_throughput(parts, windows, self._min_rows)
            found += grouped_values(parts, column, self._min_rows)
            found += ((part, value.metric, value) for part, value in gaps(parts, column, self._min_rows))
        self._check_positive(metrics)
        return readings_of(found, windows, self._references)

    def _is_regression(self, rows: TableRows) -> bool:
        return is_regression(rows, self._joined) if self._regression is None else self._regression

    def _check_positive(self, metrics: RowMetrics) -> None:
        if len(metrics.labels) == 2 and self._positive not in metrics.labels:
            labels = " and ".join(sorted(map(repr, metrics.labels)))
            self.warnings.append(
                f"positive: expected one of the labels {labels} of {self._name}, got {self._positive!r}: "
                "precision, recall, F1 and AUC are not computed"
            )
