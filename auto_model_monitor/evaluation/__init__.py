"""Metrics out of counts and sums: pure functions, standard library only."""

from .classification import ConfusionMatrix, classification_metrics
from .group_gap import group_gap
from .metric_value import MetricValue
from .operation import PERCENTILES, error_metrics, latency_metrics, throughput
from .ranking import ScoreSums, score_metrics
from .regression import ErrorSums, regression_metrics

__all__ = [
    "PERCENTILES",
    "ConfusionMatrix",
    "ErrorSums",
    "MetricValue",
    "ScoreSums",
    "classification_metrics",
    "error_metrics",
    "group_gap",
    "latency_metrics",
    "regression_metrics",
    "score_metrics",
    "throughput",
]
