"""What a person receives, in words: the catalogue, and how numbers, times and names are written."""

from .catalogue import Language, Wording, wording
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
