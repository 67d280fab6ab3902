"""Which exceptions leave the monitor, and how the others are described."""

from __future__ import annotations

from threading import current_thread, main_thread


def must_propagate(error: BaseException) -> bool:
    """Return whether an exception belongs to the program: Ctrl-C or an exit in the main thread.

    No signal raises in a thread of the monitor. An exit or a panic there, as from a part that calls
    ``sys.exit()``, is a fault of that part alone.
    """
    return not isinstance(error, Exception) and current_thread() is main_thread()
