"""The kinds of files beside checkpoints that hold numbers, known by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Protocol

from ...log_parser.metric_names import split_in_heading
from .csv_table import CsvTable
from .event_file import EventFile
from .json_lines import JsonLines
from .records import SideFileEntry
from .trainer_state import TrainerState

_TABLES = frozenset({"metrics.csv", "results.csv", "summary.csv"})
_LINES = frozenset({"scalars.json", "trainer_log.jsonl"})
_STATE = "trainer_state.json"
_EVENTS = "events.out.tfevents."
_CHECKPOINT = re.compile(r"checkpoint-[0-9]+")


class SideFile(Protocol):
    """Reads the entries of one file."""

    @property
    def waits(self) -> bool:
        """Whether it must be read again although nothing has changed."""
        ...

    def entries(self, *, at_end: bool) -> Iterator[SideFileEntry]:
        """Yield what is new, or everything where the file was rewritten.

        Raises:
            SourceError: the file cannot be read now.
        """
        ...

    def close(self) -> None:
        """Close the file."""
        ...


def is_side_file(name: str) -> bool:
    """Return whether files of that name hold the numbers of a training."""
    return name in _TABLES or name in _LINES or name == _STATE or name.startswith(_EVENTS)


def side_file(path: str) -> SideFile | None:
    """Return what reads a file, None where it is of no known kind."""
    folder, name = os.path.split(path)
    if name == _STATE:
        return TrainerState(path)
    if name.startswith(_EVENTS):
        # Keras writes the same tags into the folders train and validation.
        return EventFile(path, split=split_in_heading(os.path.basename(folder)))  # noqa: PTH119
    if name in _LINES:
        return JsonLines(path)
    if name in _TABLES or name.lower().endswith((".csv", ".tsv")):
        return CsvTable(path)
    return None


def label_of(name: str) -> str:
    """Return a file's label: the copies in all checkpoints have one label.

    Args:
        name: the path relative to the watched directory, with ``/``.
    """
    *folders, last = name.split("/")
    if last == _STATE and folders and _CHECKPOINT.fullmatch(folders[-1]):
        folders.pop()
    return "/".join([*folders, last])
