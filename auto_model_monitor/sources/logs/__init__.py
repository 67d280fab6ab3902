"""Training logs: files, pipes and logging handlers."""

from __future__ import annotations

from ...core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .log_batch import Location, LogBatch
    from .log_file import LogFileSource
    from .log_handler import TrainingLogHandler
    from .log_source import LogSource
    from .log_stream import LogStreamSource

__all__ = ["Location", "LogBatch", "LogFileSource", "LogSource", "LogStreamSource", "TrainingLogHandler"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Location": "log_batch",
        "LogBatch": "log_batch",
        "LogFileSource": "log_file",
        "LogSource": "log_source",
        "LogStreamSource": "log_stream",
        "TrainingLogHandler": "log_handler",
    },
)
