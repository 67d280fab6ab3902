"""The names of the metrics that predictions can have."""

from __future__ import annotations

from itertools import product

from .prediction_columns import PredictionColumns
from .row_quality import ExpectedValues, quality_metrics

_CLASSIFIER = ("precision", "recall", "f1")
_AVERAGES = ("", "_macro", "_micro", "_weighted")


def offered_metrics(columns: PredictionColumns, expected: ExpectedValues) -> list[str]:
    """Return all metrics, however little data there is.

    Whether the labels are classes or numbers shows with the first of them: the metrics of both are offered.
    """
    of_rows = _of_rows(columns)
    names = ["rows", "labelled", "throughput", *of_rows]
    offered = [*names, *quality_metrics(columns, expected), "unreadable", "labels_unmatched", "undated"]
    for column in columns.by:
        offered += [f"{name}@{column}:*" for name in names]
        offered += [f"{name}_gap@{column}" for name in of_rows if not name.endswith(_AVERAGES[1:])]
    return [*offered, "error_rate@error:*"] if columns.error is not None else offered


def _of_rows(columns: PredictionColumns) -> list[str]:
    names: list[str] = []
    if columns.label is not None and columns.prediction is not None:
        names += ["accuracy", *map("".join, product(_CLASSIFIER, _AVERAGES)), "mae", "rmse", "r2"]
    if columns.label is not None and columns.score is not None:
        names += ["auc", "log_loss"]
    if columns.latency is not None:
        names += ["latency_p50", "latency_p95", "latency_p99"]
    return names if columns.error is None else [*names, "error_rate"]
