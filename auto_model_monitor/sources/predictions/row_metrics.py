"""The metrics of each part of a table's rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ...evaluation import (
    PERCENTILES,
    ConfusionMatrix,
    ErrorSums,
    MetricValue,
    ScoreSums,
    classification_metrics,
    error_metrics,
    latency_metrics,
    regression_metrics,
    score_metrics,
)
from ...tables import AbsoluteDifference, Moments, NegativeLog, RowCondition, TableRows
from ...tables.table_values import Cell, Keys, Value
from .prediction_columns import PredictionColumns
from .row_parts import Part, Partition

_NO_ERROR = (None, "0")  # a column of errors may hold types, or only whether there was one


@dataclass(slots=True)
class PartMetrics:
    """What is known of a part.

    Attributes:
        rows: its rows.
        labelled: those with a label.
        metrics: the metrics that they define.
    """

    rows: int = 0
    labelled: int = 0
    metrics: list[MetricValue] = field(default_factory=list)


Parts = dict[Part, PartMetrics]
_Matrices = dict[Part, dict[tuple[Hashable, Hashable], int]]
_Found = Iterable[tuple[Part, list[MetricValue]]]


class RowMetrics:
    """Computes the metrics of rows with a handful of queries, however many parts there are.

    Args:
        rows: the rows.
        columns: what their columns mean.
        positive: the canonical text of the positive label.
        regression: True where labels are numbers to come near to, False where they are classes.
        min_rows: parts with fewer rows have no metric, and with fewer labelled rows none about labels.

    Attributes:
        labels: the labels that occurred, of a classifier.
    """

    def __init__(
        self,
        rows: TableRows,
        columns: PredictionColumns,
        *,
        positive: str = "1",
        regression: bool = False,
        min_rows: int = 1,
    ) -> None:
        self._rows = rows
        self._columns = columns
        self._positive = positive
        self._regression = regression and columns.label is not None
        self._min_rows = max(min_rows, 1)
        self.labels: set[Hashable] = set()

    def of(self, partition: Partition) -> Parts:
        """Return the metrics of each part that has rows."""
        parts: Parts = {}
        matrices: _Matrices = {}
        by_answer = self._by_class if not self._regression else self._by_presence
        for part, label, prediction, count in by_answer(partition):
            known = parts.setdefault(part, PartMetrics())
            known.rows += count
            if label is not None:
                known.labelled += count
                if prediction is not None:
                    matrices.setdefault(part, {})[label, prediction] = count
                    self.labels.add(label)
        for family in self._families(matrices, parts.values()):
            for part, found in family(partition):
                if part in parts and parts[part].rows >= self._min_rows:
                    parts[part].metrics += found
        return parts

    def _families(
        self, matrices: _Matrices, parts: Collection[PartMetrics]
    ) -> list[Callable[[Partition], _Found]]:
        """Return what computes metrics; none where no part has enough rows, which saves its queries."""
        columns = self._columns
        families: list[Callable[[Partition], _Found]] = []
        if all(known.rows < self._min_rows for known in parts):
            return families
        if any(known.labelled >= self._min_rows for known in parts):
            if self._regression:
                families.append(self._regressed)
            else:
                families.append(lambda _: self._classified(matrices))
                if columns.score is not None:
                    families.append(self._scored)
        if columns.latency is not None:
            families.append(self._latencies)
        if columns.error is not None:
            families.append(self._errors)
        return families

    def _by_class(self, partition: Partition) -> Iterable[tuple[Part, Cell, Cell, int]]:
        """Yield the rows of each part by label and prediction."""
        label, prediction = self._columns.label, self._columns.prediction
        for part, rest, count in self._counts(partition, [c for c in (label, prediction) if c is not None]):
            cells = list(rest)
            yield (
                part,
                cells.pop(0) if label is not None else None,
                cells.pop(0) if prediction is not None else None,
                count,
            )

    def _by_presence(self, partition: Partition) -> Iterable[tuple[Part, Cell, Cell, int]]:
        """Yield the rows of each part by whether they have a label."""
        label = RowCondition(column=self._columns.label or "", operator="missing")
        for part, _, count in self._counts(partition, where=[label]):
            yield part, None, None, count
        for part, _, count in self._counts(partition, where=[_present(self._columns.label)]):
            yield part, "", None, count

    def _classified(self, matrices: _Matrices) -> _Found:
        for part, counts in matrices.items():
            matrix = ConfusionMatrix(counts)
            if matrix.rows >= self._min_rows:
                yield part, classification_metrics(matrix, self._positive)

    def _scored(self, partition: Partition) -> _Found:
        score, label = self._columns.score or "", self._columns.label or ""
        where = [_present(label)]
        losses: dict[Part, dict[Cell, tuple[Moments, ...]]] = {}
        logs = (NegativeLog(score), NegativeLog(score, of_complement=True))
        for keys, moments in self._rows.moments(logs, [*partition.keys, label], where).items():
            part, (value,) = partition.split(keys)
            if part is not None:
                losses.setdefault(part, {})[value] = moments
        ranks: dict[Part, dict[Cell, tuple[int, float]]] = {}
        for keys, ranked in self._rows.rank_sums(score, label, partition.keys, where).items():
            part, (value,) = partition.split(keys)
            if part is not None:
                ranks.setdefault(part, {})[value] = ranked.rows, ranked.ranks
        for part, by_label in ranks.items():
            sums = _score_sums(by_label, losses.get(part, {}), self._positive)
            if sums is not None and sums.positives + sums.negatives >= self._min_rows:
                yield part, score_metrics(sums)

    def _regressed(self, partition: Partition) -> _Found:
        label, prediction = self._columns.label, self._columns.prediction
        if label is None or prediction is None:
            return
        where = [_present(label), _present(prediction)]
        every = self._rows.moments([label], (), where).get(())
        about: dict[Value, float] = {label: (every[0].mean or 0.0) if every else 0.0}
        difference = AbsoluteDifference(prediction, label)
        sums = self._rows.moments([difference, label], partition.keys, where, about)
        for keys, (errors, labels) in sums.items():
            part, _ = partition.split(keys)
            if part is not None and errors.rows >= self._min_rows:
                whole = labels.rows == errors.rows
                yield (
                    part,
                    regression_metrics(
                        ErrorSums(
                            rows=errors.rows,
                            absolute=errors.total,
                            squared=errors.squares,
                            spread=labels.squares if whole else 0.0,
                            shift=labels.shifted if whole else 0.0,
                        )
                    ),
                )

    def _latencies(self, partition: Partition) -> _Found:
        latency = self._columns.latency or ""
        fractions = [percent / 100 for percent in PERCENTILES]
        counts = self._rows.moments([latency], partition.keys)
        for keys, found in self._rows.quantiles(latency, fractions, partition.keys).items():
            part, _ = partition.split(keys)
            rows = counts[keys][0].rows if keys in counts else 0
            if part is not None and rows >= self._min_rows:
                yield part, latency_metrics(found, rows)

    def _errors(self, partition: Partition) -> _Found:
        types: dict[Part, dict[str, int]] = {}
        rows: dict[Part, int] = {}
        for part, (kind,), count in self._counts(partition, [self._columns.error or ""]):
            rows[part] = rows.get(part, 0) + count
            of_part = types.setdefault(part, {})
            if kind not in _NO_ERROR:
                of_part[str(kind)] = of_part.get(str(kind), 0) + count
        for part, of_part in types.items():
            yield part, error_metrics(of_part, rows[part])

    def _counts(
        self, partition: Partition, further: Sequence[str] = (), where: Sequence[RowCondition] = ()
    ) -> Iterable[tuple[Part, Keys, int]]:
        found = self._rows.counts([*partition.keys, *further], where)
        for keys, count in found.items():
            part, rest = partition.split(keys)
            if part is not None:
                yield part, rest, count


def _score_sums(
    ranks: Mapping[Cell, tuple[int, float]], losses: Mapping[Cell, tuple[Moments, ...]], positive: str
) -> ScoreSums | None:
    """Return the sums of a binary classifier's scores; None where there are more labels than two."""
    if len({positive, *ranks}) > 2:
        return None
    rows, rank_sum = ranks.get(positive, (0, 0.0))
    others = sum(count for label, (count, _) in ranks.items() if label != positive)
    of_label = [moments[label != positive] for label, moments in losses.items() if label in ranks]
    probabilities = sum(moments.rows for moments in of_label) == rows + others
    return ScoreSums(
        positives=rows,
        negatives=others,
        ranks=rank_sum,
        losses=sum(moments.total for moments in of_label) if probabilities else None,
        square_losses=sum(moments.squares for moments in of_label),
    )


def _present(column: str | None) -> RowCondition:
    return RowCondition(column=column or "", operator="present")
