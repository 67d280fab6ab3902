"""Waiting for other people's code, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread, current_thread, main_thread
from typing import Generic, TypeVar

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or raise what it raises.

    In the main thread it is simply called: what hangs there can be seen, and interrupted.

    Raises:
        TimeoutError: it did not return in time; the thread it hangs in is left behind.
    """
    if current_thread() is main_thread():
        return call()
    attempt = _Attempt(call)
    thread = Thread(target=attempt.run, name="auto_model_monitor patience", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can be started, as at the interpreter's end
        return call()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:g} s")
    return attempt.result()


class _Attempt(Generic[T]):
    """One call and what became of it."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._returned: list[T] = []
        self._raised: BaseException | None = None

    def run(self) -> None:
        try:
            self._returned.append(self._call())
        except BaseException as error:
            self._raised = error

    def result(self) -> T:
        if self._raised is not None:
            raise self._raised
        return self._returned[0]
