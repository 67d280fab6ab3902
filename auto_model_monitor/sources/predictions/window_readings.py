"""Metrics of windows, models and groups as readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...core.readings import Reading
from ...evaluation import MetricValue, group_gap, throughput
from ...evaluation.intervals import wilson
from ...evaluation.metric_value import measured
from .row_metrics import PartMetrics, Parts
from .row_parts import Part
from .windows import Window

#: What a model's metric was on the reference, by model and metric; the model None is any.
References = Mapping[tuple[str | None, str], float]

_UNLIKE_METRICS = ("rows", "labelled", "throughput")  # whose gap between groups means nothing


def values_by_name(part: PartMetrics, min_rows: int, seconds: float | None) -> list[MetricValue]:
    """Return the counts of a part, and its metrics, where it has enough rows for any."""
    found = measured("rows", part.rows, part.rows)
    found += measured("labelled", part.labelled / part.rows, part.rows, wilson(part.labelled, part.rows))
    if part.rows >= min_rows and seconds is not None:
        found += throughput(part.rows, seconds)
    return found + part.metrics


def gaps(parts: Parts, column: str, min_rows: int) -> Iterator[tuple[Part, MetricValue]]:
    """Yield the largest gap of each metric between the groups of each window and model."""
    by_metric: dict[tuple[int, str, str], dict[str, MetricValue]] = {}
    for part, known in parts.items():
        if known.rows >= min_rows:
            for found in known.metrics:
                if found.metric not in _UNLIKE_METRICS and "@" not in found.metric:
                    of_groups = by_metric.setdefault((part.window, part.model, found.metric), {})
                    of_groups[part.group] = found
    for (window, model, metric), of_groups in by_metric.items():
        for found in group_gap(metric, column, of_groups):
            yield Part(window, model, ""), found


def grouped(parts: Parts, column: str, min_rows: int, windows: Sequence[Window]) -> Iterator[_Named]:
    """Yield the metrics of each group with enough rows, under names such as ``recall@sex:f``."""
    for part, known in parts.items():
        if known.rows < min_rows:
            continue
        for found in values_by_name(known, min_rows, windows[part.window].seconds):
            if "@" not in found.metric:  # the types of errors are of all rows
                group = f"{column}:{part.group}"
                yield part, f"{found.metric}@{group}", found


def readings_of(found: Iterable[_Named], windows: Sequence[Window], references: References) -> list[Reading]:
    """Return readings by window, model and metric."""
    readings = []
    for part, metric, value in found:
        window, model = windows[part.window], part.model or None
        readings.append(
            Reading(
                metric=metric,
                value=value.value,
                name=window.label,
                model=model,
                group=metric.partition("@")[2] or None,
                time=window.end,
                rows=value.rows,
                low=value.low,
                high=value.high,
                reference=references.get((model, metric), references.get((None, metric))),
            )
        )
    return sorted(readings, key=lambda r: (r.time, r.model or "", "@" in r.metric, r.metric))


_Named = tuple[Part, str, MetricValue]
