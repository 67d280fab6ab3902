"""Sources: the places from which numbers come."""

from __future__ import annotations

from typing import Protocol

from ..core.readings import ReadingBatch


class Source(Protocol):
    """Anything that can be asked what is new.

    It may say more, for a watch that goes on after a restart. ``identity``, a text, tells what is watched
    from what is made anew in its place. ``continues(told: Reading) -> bool``, asked after the first look that
    found anything, tells whether that goes on from what was told of, and is trusted more.
    """

    @property
    def name(self) -> str:
        """What is being watched, as a person would call it: the directory's path."""
        ...

    def read(self) -> ReadingBatch:
        """Return what is new since the last call.

        Raises:
            SourceError: it cannot be read now; the next call may succeed.
        """
        ...
