"""What is wrong with the rows: missing values, values out of range, categories never seen before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ...evaluation import MetricValue
from ...evaluation.intervals import wilson
from ...evaluation.metric_value import measured
from ...tables import DUPLICATES, Holds, RowCondition, TableRows
from .prediction_columns import PredictionColumns
from .row_parts import Part, Partition

_MOST_CATEGORIES = 1_000  # of a column with more, each new value is nothing special


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedValues:
    """What values the columns may have.

    Attributes:
        ranges: the least and the greatest number of a column.
        categories: all values of a column.
    """

    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    categories: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __or__(self, other: ExpectedValues) -> ExpectedValues:
        """Return both; the other counts for a column that both know."""
        return ExpectedValues(
            ranges={**self.ranges, **other.ranges}, categories={**self.categories, **other.categories}
        )


def row_quality(
    rows: TableRows,
    partition: Partition,
    columns: PredictionColumns,
    expected: ExpectedValues,
    rows_of: Mapping[Part, int],
) -> dict[Part, list[MetricValue]]:
    """Return for each part ``duplicates``, and the shares ``missing@age``, ``out_of_range@age``, ….

    Args:
        rows: the rows.
        partition: how they are divided.
        columns: what their columns mean.
        expected: what values they may have.
        rows_of: the number of rows of each part.
    """
    named = _conditions(columns, expected)
    counted: list[str | Holds] = [Holds(condition) for condition in named.values()]
    if columns.id is not None:
        counted.append(DUPLICATES)
    if not counted:
        return {}
    found: dict[Part, list[MetricValue]] = {}
    for keys, sums in rows.moments(counted, partition.keys).items():
        part, _ = partition.split(keys)
        of = 0 if part is None else rows_of.get(part, 0)
        if part is None or not of:
            continue
        metrics = found.setdefault(part, [])
        for metric, moments in zip([*named, "duplicates"], sums, strict=False):
            count = round(moments.total)
            if metric == "duplicates":
                metrics += measured(metric, count, of)
            else:
                metrics += measured(metric, count / of, of, wilson(count, of))
    return found


def values_of(rows: TableRows, columns: PredictionColumns, kinds: Mapping[str, str]) -> ExpectedValues:
    """Return the ranges and the categories that the features have in a reference."""
    features = [column for column in columns.features or () if column in kinds]
    numbers = [column for column in features if kinds[column] == "number"]
    ranges = {}
    if numbers:
        for column, moments in zip(numbers, rows.moments(numbers).get((), ()), strict=False):
            if moments.low is not None and moments.high is not None:
                ranges[column] = moments.low, moments.high
    categories = {}
    for column in features:
        if kinds[column] == "text":
            values = [str(value) for (value,) in rows.counts([column]) if value is not None]
            if len(values) <= _MOST_CATEGORIES:
                categories[column] = values
    return ExpectedValues(ranges=ranges, categories=categories)


def _conditions(columns: PredictionColumns, expected: ExpectedValues) -> dict[str, RowCondition]:
    """Return the conditions whose rows are counted, by the metric that counts them."""
    watched = [*filter(None, (columns.prediction, columns.score)), *(columns.features or ())]
    ranges = dict(expected.ranges)
    if columns.score is not None:
        ranges.setdefault(columns.score, (0.0, 1.0))
    named = {f"missing@{column}": RowCondition(column=column, operator="missing") for column in watched}
    for column in watched:
        if column in ranges:
            named[f"out_of_range@{column}"] = RowCondition(
                column=column, operator="outside", value=ranges[column]
            )
        if column in expected.categories:
            named[f"new_categories@{column}"] = RowCondition(
                column=column, operator="not in", value=expected.categories[column]
            )
    return named


def quality_metrics(columns: PredictionColumns, expected: ExpectedValues) -> list[str]:
    """Return the metrics that :func:`row_quality` can find."""
    return [*_conditions(columns, expected), "duplicates"]
