"""Metrics out of counts and sums: pure functions, standard library only."""

from .classification import ConfusionMatrix, classification_metrics
from .group_gap import group_gap
from .metric_value import MetricValue
from .operation import PERCENTILES, error_metrics, latency_metrics, percentiles, throughput
from .ranking import BINS, MOST_SCORES, ScoreTally
from .regression import ErrorSums, regression_metrics

__all__ = [
    "BINS",
    "MOST_SCORES",
    "PERCENTILES",
    "ConfusionMatrix",
    "ErrorSums",
    "MetricValue",
    "ScoreTally",
    "classification_metrics",
    "error_metrics",
    "group_gap",
    "latency_metrics",
    "percentiles",
    "regression_metrics",
    "throughput",
]
