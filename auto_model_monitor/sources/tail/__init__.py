"""Growing files and pipes, read line by line."""

from __future__ import annotations

from ...core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .line_follower import LineFollower
    from .tailed_file import Restart, TailedFile
    from .tailed_pipe import TailedPipe

__all__ = ["LineFollower", "Restart", "TailedFile", "TailedPipe"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "LineFollower": "line_follower",
        "Restart": "tailed_file",
        "TailedFile": "tailed_file",
        "TailedPipe": "tailed_pipe",
    },
)
