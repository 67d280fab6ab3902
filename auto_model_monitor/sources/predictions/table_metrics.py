"""The metrics of a whole table, such as the rows that a model was tested on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...evaluation import MetricValue
from ...tables import Labels, Table, TableRows
from .prediction_columns import PredictionColumns, missing_column
from .row_metrics import RowMetrics
from .row_parts import Partition
from .row_quality import ExpectedValues, values_of
from .window_readings import gaps, grouped_values, values_by_name

_MOST_CLASSES = 100  # of labels that are whole numbers; more of them are numbers to come near to


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedColumns:
    """What a table and the table of its labels have.

    Attributes:
        columns: what the columns mean.
        kinds: what they hold.
        labels: the table of the labels; None where they are a column, or there are none yet.
    """

    columns: PredictionColumns
    kinds: Mapping[str, str]
    labels: Labels | None

    @property
    def own(self) -> list[str]:
        """The columns of the table itself that a look asks for; no metric is about the ids themselves."""
        columns = replace(self.columns, id=None, label=None if self.labels else self.columns.label)
        return columns.used


def joined_columns(
    table: Table, asked: PredictionColumns, labels: Table | None = None
) -> JoinedColumns | None:
    """Return the columns of a table and of its labels; None where the table has nothing yet.

    Raises:
        SourceError: a column is missing, or a table cannot be read now.
    """
    kinds = dict(table.columns())
    if not kinds:
        return None
    label_kinds = {} if labels is None else labels.columns()
    if labels is None or not label_kinds:
        return JoinedColumns(columns=asked.found_in(kinds, table.name), kinds=kinds, labels=None)
    columns = asked.found_in(kinds, table.name, elsewhere=("label",))
    for role, column, where in (
        ("id", columns.id, kinds),
        ("id", columns.id, label_kinds),
        ("label", columns.label, label_kinds),
    ):
        if column is None or column not in where:
            name = table.name if where is kinds else labels.name
            raise missing_column(role, column or str(getattr(asked, role)), where, name)
    time = asked.time if asked.time in label_kinds else None
    answers = Labels(table=labels, id=columns.id or "", label=columns.label or "", time=time)
    kinds[answers.label] = label_kinds[answers.label]
    return JoinedColumns(columns=columns, kinds=kinds, labels=answers)


def is_regression(rows: TableRows, joined: JoinedColumns) -> bool:
    """Return whether labels and predictions are numbers to come near to, not classes.

    They are where a label is no whole number, or where there are more than a hundred different ones; not
    where the model gives a score.
    """
    label, prediction = joined.columns.label, joined.columns.prediction
    if label is None or prediction is None or joined.columns.score is not None:
        return False
    if {joined.kinds.get(label), joined.kinds.get(prediction)} != {"number"}:
        return False
    values = [str(value) for (value,) in rows.counts([label]) if value is not None]
    return len(values) > _MOST_CLASSES or not all(value.lstrip("-").isdigit() for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMetrics:
    """The metrics of a whole table.

    Attributes:
        values: each metric of each model; the model None is the only one.
        expected: the values that its features have.
    """

    values: Mapping[tuple[str | None, str], MetricValue] = field(default_factory=dict)
    expected: ExpectedValues = field(default_factory=ExpectedValues)


def table_metrics(
    table: Table,
    asked: PredictionColumns,
    *,
    labels: Table | None = None,
    positive: str = "1",
    regression: bool | None = None,
    min_rows: int = 1,
) -> TableMetrics:
    """Return the metrics of all rows of a table, of each model and each group.

    Args:
        table: the table.
        asked: what its columns mean.
        labels: the table of its labels, if they are not a column.
        positive: the canonical text of the positive label.
        regression: as in :class:`RowMetrics`; by default it is decided by the labels.
        min_rows: groups with fewer rows have no metric.

    Raises:
        SourceError: a column is missing, or a table cannot be read now.
    """
    joined = joined_columns(table, replace(asked, time=None), labels)
    if joined is None:
        return TableMetrics()
    columns = joined.columns
    values: dict[tuple[str | None, str], MetricValue] = {}
    with table.open(joined.own, id=columns.id, labels=joined.labels) as rows:
        if regression is None:
            regression = is_regression(rows, joined)
        metrics = RowMetrics(rows, columns, positive=positive, regression=regression, min_rows=min_rows)
        for part, known in metrics.of(Partition(model=columns.model)).items():
            for found in values_by_name(known):
                values[part.model or None, found.metric] = found
        for column in columns.by:
            parts = metrics.of(Partition(model=columns.model, column=column))
            for part, name, found in grouped_values(parts, column, min_rows):
                values[part.model or None, name] = found
            for part, found in gaps(parts, column, min_rows):
                values[part.model or None, found.metric] = found
        return TableMetrics(values=values, expected=values_of(rows, columns, joined.kinds))
