"""Run user code with a timeout."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread, current_thread, main_thread
from typing import TypeVar

T = TypeVar("T")


def run_with_timeout(seconds: float, call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or raise what it raises.

    In the main thread the call has no time limit: a user sees a hang there and can interrupt it.

    Raises:
        TimeoutError: the call is still running after ``seconds``; its daemon thread is abandoned.
    """
    if current_thread() is main_thread():
        return call()
    results: list[T] = []
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=attempt, name="auto_model_monitor timeout", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread can start, as at interpreter exit
        return call()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError(f"no answer within {seconds:g} s")
    if errors:
        raise errors.pop()
    return results[0]
