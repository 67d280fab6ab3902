"""The texts that a person receives, and the formats of numbers, times and sizes."""

from .catalogue import wording
from .formats import (
    ABSENT,
    duration_text,
    exact_gain,
    number_text,
    percent_text,
    size_text,
    time_text,
    zoned_time_text,
)
from .wording import Language, Wording

__all__ = [
    "ABSENT",
    "Language",
    "Wording",
    "duration_text",
    "exact_gain",
    "number_text",
    "percent_text",
    "size_text",
    "time_text",
    "wording",
    "zoned_time_text",
]
