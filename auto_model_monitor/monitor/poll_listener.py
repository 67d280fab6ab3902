"""What is called after each poll."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from ..core.alerts import Alert
from ..core.readings import ReadingBatch

#: Called after each poll with its readings and the alerts that were found in them.
Listener = Callable[[ReadingBatch, Sequence[Alert]], None]


@runtime_checkable
class WarnsAtTheEnd(Protocol):
    """A listener that knows more when the watch ends."""

    @abstractmethod
    def warn_at_the_end(self) -> None:
        """Warn of what has not come until now."""
        ...
