"""Records of named numbers, such as a row of a table, parsed as the metrics of a training."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ...core.comparison import names_a_metric
from ...core.numbers import compiled, shortest, to_float
from ...log_parser import Number, ParsedLine, Stage
from ...log_parser.metric_names import EPOCH, STEP, TOTAL_EPOCHS, MetricName, metric_name

# The names of the step in LLaMA-Factory and in Stable-Baselines3.
_STEPS = frozenset({"current_steps", "time/total_timesteps", "total_timesteps"})
# Ultralytics writes metrics/mAP50(B), where B are the boxes, M the masks and P the poses; Stable-Baselines3
# writes rollout/ep_rew_mean, which its table on the screen shows as ep_rew_mean.
_GROUPED = r"(?:metrics|rollout)/(.+?)(?:\(B\))?"
# What only a validation measures, where no name states the split.
_OF_VALIDATION = re.compile(r"val|top[135]_acc$|mAP|precision$|recall$|m(?:a|i)cro_f1$")


class SideFileEntry(NamedTuple):
    """What one record holds.

    Attributes:
        number: which one of its file it is.
        parsed: its numbers and its stage.
        epoch: the epoch that it belongs to, if one is known.
    """

    number: int
    parsed: ParsedLine
    epoch: int | None


def parse_record(record: Mapping[str, object], *, split: str = "") -> ParsedLine | None:
    """Return what a record holds, None when none of its numbers is a metric or a count.

    Args:
        record: numbers, or what is written for them, by their names.
        split: what it was measured on, where the names do not state it, such as ``val``.
    """
    metrics: dict[str, Number] = {}
    step: int | None = None
    found: list[tuple[MetricName, float]] = []
    for key, value in record.items():
        name, number = _named(key), _number(value)
        if name is None or number is None:
            continue
        if name.base == STEP:
            step = _count(number) if step is None else step
        elif name.base in (EPOCH, TOTAL_EPOCHS):
            count = _count(number)
            metrics |= {} if count is None else {name.base: count}
        else:
            found.append((name, number))
    trains = not split and any(name.base == "loss" and not name.split for name, _ in found)
    for name, number in found:
        metrics.setdefault(name.metric(split=split, beside_loss=trains), number)
    return ParsedLine(metrics, _stage(metrics), step) if metrics else None


def is_training_table(header: Iterable[str]) -> bool:
    """Return whether columns of these names hold the metrics of a training by its epochs or steps."""
    names = {cell: _named(cell) for cell in header}
    counts = any(name is not None and name.base in (EPOCH, STEP) for name in names.values())
    return counts and any(
        name is not None and not name.counts and names_a_metric(cell) for cell, name in names.items()
    )


def _named(key: str) -> MetricName | None:
    if key in _STEPS:
        return MetricName(STEP, STEP)
    grouped = compiled(_GROUPED).fullmatch(key)
    return metric_name(grouped[1] if grouped else key, structured=True)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        found = to_float(value.strip())
        return None if found is None else shortest(found)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return shortest(float(value))
    except OverflowError:
        return None


def _count(number: float) -> int | None:
    """Return a counter; transformers counts epochs in parts: at 0.5 the first one is half way."""
    return math.ceil(number) if 0 <= number < 1e15 else None


def _stage(metrics: Mapping[str, Number]) -> Stage | None:
    trains = any(name.startswith("train") for name in metrics)
    validates = any(_OF_VALIDATION.match(name) for name in metrics)
    if validates:
        return Stage.EPOCH_END if trains else Stage.VALIDATION
    return Stage.TRAINING if trains else None
