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
from .records import SideFileEntry, is_training_table
from .text_log import TextLog
from .trainer_state import TrainerState

_TABLES = frozenset({"metrics.csv", "results.csv", "summary.csv", "progress.csv", "log.tsv"})
_LINES = frozenset({"scalars.json", "trainer_log.jsonl"})
_STATE = "trainer_state.json"
_EVENTS = "events.out.tfevents"  # CatBoost's name ends here; others add the time and the host
_MMCV = ".log.json"
_HEADER = 1 << 14  # bytes in which a table names its columns
_OWN_LOG = re.compile(r"monitor_[0-9]{14}\.log")  # a watch's run log repeats what it read
#: The names by which files of numbers are found, for people.
LOOKED_FOR = (
    "trainer_state.json, trainer_log.jsonl, scalars.json, *.log.json, metrics.csv, results.csv, summary.csv, "
    "progress.csv, log.tsv, events.out.tfevents*, and, where there is none of these, a .csv, .tsv or .log of "
    "a training"
)
_CHECKPOINT = re.compile(r"(?:tmp-)?checkpoint-[0-9]+")  # transformers renames it once it is whole


class SideFile(Protocol):
    """Reads the entries of one file."""

    @property
    def waits(self) -> bool:
        """Whether it must be read again although nothing has changed."""
        ...

    @property
    def repeats(self) -> bool:
        """Whether entries come again when the file is rewritten or copied."""
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
    known = name in _TABLES or name in _LINES or name == _STATE
    return known or name.startswith(_EVENTS) or name.endswith(_MMCV)


def may_be_side_file(name: str) -> bool:
    """Return whether files of that name may hold a training's numbers, as those of Keras do."""
    return name.lower().endswith((".csv", ".tsv", ".log")) and not _OWN_LOG.fullmatch(name)


def header_of(path: str) -> str | None:
    """Return the first line of a file, None where it is not written yet."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            text = file.read(_HEADER).decode("utf-8-sig", "replace").lstrip()
    except OSError:
        return None
    line, ended, _ = text.partition("\n")
    return line if ended or len(text) >= _HEADER // 4 else None


def unnamed_side_file(path: str, header: str) -> SideFile | None:
    """Return what reads a table or a log of any name, None where it is none of a training.

    Args:
        path: the file.
        header: its first line.
    """
    delimiter = max(",;\t", key=header.count)
    if delimiter in header and is_training_table(cell.strip() for cell in header.split(delimiter)):
        return CsvTable(path)
    return TextLog(path) if path.lower().endswith(".log") else None


def side_file(path: str) -> SideFile | None:
    """Return what reads a file, None where it is of no known kind."""
    folder, name = os.path.split(path)
    if name == _STATE:
        return TrainerState(path)
    if name.startswith(_EVENTS):
        # Keras writes the same tags into the folders train and validation, CatBoost into learn and test.
        parent = os.path.basename(folder)  # noqa: PTH119
        return EventFile(path, split="train" if parent == "learn" else split_in_heading(parent))
    if name in _LINES or name.endswith(_MMCV):
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
