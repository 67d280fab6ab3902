"""The numbers that frameworks write into files beside their checkpoints."""

from __future__ import annotations

import os
from collections.abc import Callable

from ...core.clocks import Clock
from ...log_parser import LogEntry
from ..checkpoints.directory_tree import DEEPEST
from ..logs.log_source import LogSource
from .run_files import RunFiles
from .side_file import is_side_file, side_file
from .side_file_scan import SideFileScan

__all__ = ["SideFileSource", "is_side_file", "side_file"]


class SideFileSource(LogSource):
    """Reads the numbers in files that frameworks keep beside their checkpoints, as they are written.

    ==========================  ===============================================================
    ``trainer_state.json``      transformers, and what is built on it
    ``metrics.csv``             Lightning
    ``results.csv``             Ultralytics
    ``summary.csv``             timm
    ``scalars.json``            MMEngine
    ``trainer_log.jsonl``       LLaMA-Factory
    ``*.log.json``              MMCV
    ``progress.csv``            Stable-Baselines3
    ``log.tsv``                 poutyne
    ``events.out.tfevents…``    TensorBoard, by PyTorch, Lightning, Keras, CatBoost and others
    ==========================  ===============================================================

    Where a directory holds none of these, other tables with an epoch or a step, and ``*.log``, are read.

    Metrics have the names that they have in logs: ``eval_accuracy`` is ``val_acc``. The name of a reading is
    the file's with the number of the line or the entry, such as ``metrics.csv:12``. A file that is half
    written, rewritten, or copied into the next checkpoint repeats no reading.

    Args:
        path: one such file or another ``.csv``, or a directory: then all of them in it and below it are read,
            also those that come later. It need not exist yet.
        from_start: False skips what is there at the first poll.
        metric: the metric that is meant where a rule names none.
        clock: the time; by default the machine's.
        on_entry: called with each new entry.
        deepest: how many levels of folders below a directory are looked into.
        only: what belongs to the training; None for everything.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        from_start: bool = True,
        metric: str | None = None,
        clock: Clock | None = None,
        on_entry: Callable[[LogEntry], None] | None = None,
        deepest: int = DEEPEST,
        only: RunFiles | None = None,
    ) -> None:
        name = os.fspath(path)
        scan = SideFileScan(name, clock=clock, on_entry=on_entry, deepest=deepest, only=only)
        super().__init__(scan, name=name, from_start=from_start, metric=metric, clock=clock)
