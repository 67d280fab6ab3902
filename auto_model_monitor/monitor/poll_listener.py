"""What is called after each poll."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.alerts import Alert
from ..core.readings import ReadingBatch

#: Called after each poll with its readings and the alerts that were found in them.
Listener = Callable[[ReadingBatch, Sequence[Alert]], None]
