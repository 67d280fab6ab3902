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

#: A part, the whole name of a metric, and its value.
NamedValue = tuple[Part, str, MetricValue]

#: What a model's metric was on the reference, by model and metric; the model None is any.
References = Mapping[tuple[str | None, str], float]

_AVERAGES = ("_macro", "_micro", "_weighted")


def values_by_name(part: PartMetrics) -> list[MetricValue]:
    """Return the counts of a part, and its metrics."""
    found = measured("rows", part.rows, part.rows)
    found += measured("labelled", part.labelled / part.rows, part.rows, wilson(part.labelled, part.rows))
    return found + part.metrics


def add_throughput(parts: Parts, windows: Sequence[Window], min_rows: int) -> None:
    """Add the predictions per second of each window with enough rows."""
    for part, known in parts.items():
        if known.rows >= min_rows:
            known.metrics += throughput(known.rows, windows[part.window].seconds)


def gaps(parts: Parts, column: str, min_rows: int) -> Iterator[tuple[Part, MetricValue]]:
    """Yield the largest gap of each metric between the groups of each window and model."""
    by_metric: dict[tuple[int, str, str], dict[str, MetricValue]] = {}
    for part, known in parts.items():
        if known.rows >= min_rows:
            for found in known.metrics:
                if _has_gap(found.metric):
                    of_groups = by_metric.setdefault((part.window, part.model, found.metric), {})
                    of_groups[part.group] = found
    for (window, model, metric), of_groups in by_metric.items():
        for found in group_gap(metric, column, of_groups):
            yield Part(window, model, ""), found


def _has_gap(metric: str) -> bool:
    """Return whether a gap between groups means something of its own."""
    return metric != "throughput" and "@" not in metric and not metric.endswith(_AVERAGES)


def grouped_values(parts: Parts, column: str, min_rows: int) -> Iterator[NamedValue]:
    """Yield the metrics of each group with enough rows, under names such as ``recall@sex:f``."""
    for part, known in parts.items():
        if known.rows < min_rows:
            continue
        for found in values_by_name(known):
            if "@" not in found.metric:  # the types of errors are of all rows
                yield part, f"{found.metric}@{column}:{part.group}", found


def readings_of(
    found: Iterable[NamedValue], windows: Sequence[Window], references: References
) -> list[Reading]:
    """Return readings by window, model and metric."""
    readings = []
    for part, metric, value in found:
        window, model = windows[part.window], part.model or None
        readings.append(
            Reading(
                metric=metric,
                value=float(value.value),
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
