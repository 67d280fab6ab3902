"""What may leave the monitor: nothing of its own, and nothing that is meant for the program it runs in."""

from __future__ import annotations

from threading import current_thread, main_thread


def is_for_the_program(error: BaseException) -> bool:
    """Tell whether an error has to go on its way: Ctrl-C or an exit, in the main thread, is not ours.

    In a thread of the monitor no signal ever raises anything. What is raised there, also by a part that
    calls ``sys.exit()`` or that panics in another language, is a fault of that part alone.
    """
    return not isinstance(error, Exception) and current_thread() is main_thread()


def told(error: BaseException) -> str:
    """Return the error's kind and text, also where its own methods fail."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return f"an unprintable {type(error).__name__}"
