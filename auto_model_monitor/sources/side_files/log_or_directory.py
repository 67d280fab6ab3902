"""What comes at a path at which nothing is yet: a log, or a directory of files of numbers."""

from __future__ import annotations

import os

from ...core.readings import Reading
from ..logs.log_batch import LogBatch
from ..logs.log_file import LogFileSource
from ..logs.log_source import LogSource
from . import SideFileSource


class LogOrDirectorySource:
    """Reads a log, unless a directory comes in its place; what comes first decides.

    Attributes:
        name: the path.

    Args:
        log: reads the path as a log.
        directory: reads it as a directory.
    """

    def __init__(self, log: LogFileSource, directory: SideFileSource) -> None:
        self.name = log.name
        self._path = os.path.abspath(log.name)  # noqa: PTH100 - as it is meant now
        self._source: LogSource = log
        self._directory: SideFileSource | None = directory

    @property
    def ended(self) -> bool:
        """Whether everything was read after :meth:`finish`."""
        return self._source.ended

    def finish(self) -> None:
        """Declare that the writer has ended."""
        self._source.finish()
        if self._directory is not None:
            self._directory.finish()

    def read(self) -> LogBatch:
        """Return what is new since the last call.

        Raises:
            SourceError: there is nothing that can be read now; the next call may succeed.
        """
        if self._directory is not None and os.path.lexists(self._path):
            if os.path.isdir(self._path):  # noqa: PTH112
                self._source = self._directory
            self._directory = None
        return self._source.read()

    def metric_name(self, metric: str) -> str:
        """Return the name under which a log's metric is reported: ``val_loss`` for ``eval_loss``."""
        return self._source.metric_name(metric)

    def continues(self, reading: Reading) -> bool:
        """Return whether ``reading`` is of the training that is read."""
        return self._source.continues(reading)
