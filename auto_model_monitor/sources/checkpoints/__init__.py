"""Checkpoint names below a directory."""

from __future__ import annotations

from ...core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .directory import DirectorySource
    from .directory_tree import DirectoryTree, PollTime
    from .listing import EntryType

__all__ = ["DirectorySource", "DirectoryTree", "EntryType", "PollTime"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "DirectorySource": "directory",
        "DirectoryTree": "directory_tree",
        "EntryType": "listing",
        "PollTime": "directory_tree",
    },
)
