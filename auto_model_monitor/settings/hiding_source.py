"""Sources whose names and errors show the variables of a file in place of their values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.readings import ReadingBatch
from ..monitor.parts import source_key
from ..monitor.watch_outbox import WatchOutbox
from ..sources import Identified, Source
from .variables import Variables


def hiding(kind: type[Any], variables: Variables) -> type[Any]:
    """Return a kind of source that hides the values of variables in its name, its identity and its errors.

    These are what messages, the log and the outbox hold of a source.
    """

    def read(self: Any) -> ReadingBatch:
        with variables.hidden():
            found: ReadingBatch = kind.read(self)
            return found

    members: dict[str, object] = {"read": read}
    for name in ("name", "identity"):
        if name in vars(kind):
            members[name] = property(_hidden(vars(kind)[name], variables))
    return type(kind.__name__, (kind,), {"__doc__": kind.__doc__, **members})


def _hidden(shown: property, variables: Variables) -> Any:
    return lambda source: variables.hide(shown.__get__(source))


def outbox_of_hidden(source: Source, variables: Variables, log_dir: Path | None) -> WatchOutbox:
    """Return the outbox of such a source, with what version 0.7 stored under its full name."""
    key = source_key(source)
    identity = source.identity if isinstance(source, Identified) else None
    return WatchOutbox(
        log_dir, key, is_legacy=lambda stored: variables.hide(stored) == key, identity=identity
    )
