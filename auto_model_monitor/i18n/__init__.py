"""The texts that a person receives, and the formats of numbers, times and sizes."""

from .catalogue import metric_text, wording
from .cause_names import cause_text
from .formats import (
    ABSENT,
    distinct_texts,
    duration_text,
    exact_gain,
    number_text,
    percent_text,
    rounded,
    size_text,
    time_text,
    zoned_time_text,
)
from .wording import Language, Wording

__all__ = [
    "ABSENT",
    "Language",
    "Wording",
    "cause_text",
    "distinct_texts",
    "duration_text",
    "exact_gain",
    "metric_text",
    "number_text",
    "percent_text",
    "rounded",
    "size_text",
    "time_text",
    "wording",
    "zoned_time_text",
]
