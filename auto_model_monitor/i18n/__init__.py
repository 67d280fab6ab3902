"""What a person receives, in words: the catalogue, and how numbers, times and names are written."""

from .catalogue import Language, Wording, wording
from .formats import (
    ABSENT,
    clean_name,
    clean_text,
    duration_text,
    exact_gain,
    number_text,
    one_line,
    percent_text,
    size_text,
    time_text,
    zoned_time_text,
)

__all__ = [
    "ABSENT",
    "Language",
    "Wording",
    "clean_name",
    "clean_text",
    "duration_text",
    "exact_gain",
    "number_text",
    "one_line",
    "percent_text",
    "size_text",
    "time_text",
    "wording",
    "zoned_time_text",
]
