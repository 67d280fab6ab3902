"""One run of a training, from its start to its end."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from types import TracebackType

from ..core.alerts import AlertKind
from ..runtime.ranks import rank_of
from .completion_notifier import CompletionNotifier
from .ending import ending_of
from .termination import Terminations

logger = logging.getLogger(__name__)

_COMMIT_TIMEOUT = 3.0  # seconds beyond the grace to build and commit the alert
_HERE = str(Path(__file__).parent)

_terminations = Terminations()


class TrainingRun:
    """A context manager around one run of a training; every error propagates.

    Args:
        notifier: sends the alert about the end.
        name: the training's name.
        min_seconds: shorter runs are not reported.
        waits: True waits for the delivery before the caller continues; False waits at interpreter exit, so
            that an event loop is not blocked.
    """

    def __init__(
        self, notifier: CompletionNotifier, name: str, min_seconds: float, *, waits: bool = True
    ) -> None:
        self._notifier = notifier
        self._name = name
        self._min_seconds = min_seconds
        self._waits = waits
        self._process = 0
        self._started_at = 0.0
        self._handles_signals = False

    @property
    def was_signalled(self) -> bool:
        """Whether a signal that ends the program came while it ran."""
        return self._handles_signals and _terminations.caught is not None

    def __enter__(self) -> None:
        try:
            self._process = os.getpid()
            self._started_at = self._notifier.clock.monotonic()
            self._handles_signals = _terminations.begin()
            if not rank_of():
                _thread(self._notifier.deliver_pending, "pending alerts").start()
        except Exception:
            logger.exception("the start of %s could not be recorded; the training continues", self._name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # A child that the training forked may leave the block here too; it is not the training.
            if os.getpid() == self._process:
                self._end(error, trace)
        except (KeyboardInterrupt, SystemExit):
            # The user does not want to wait; the training's own error takes precedence.
            if error is None:
                raise
        except Exception:
            logger.exception("the end of %s could not be reported; the program continues", self._name)
        finally:
            if self._handles_signals:
                _terminations.end()

    def _end(self, error: BaseException | None, trace: TracebackType | None) -> None:
        seconds = self._notifier.clock.monotonic() - self._started_at
        if seconds < self._min_seconds and not rank_of():
            logger.info("%s ended after %.3g s, less than min_seconds; not reported", self._name, seconds)
            return
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
            trace = trace.tb_next
        ending = ending_of(error, trace, _terminations.caught if self._handles_signals else None)
        rank = rank_of()
        if rank and ending.kind is not AlertKind.CRASHED:
            return
        notify = partial(self._notifier.notify, self._name, ending, seconds, rank)
        # In a thread, because a disk, a server or a user's renderer may hang: the wait is limited.
        thread = _thread(notify, f"the end of {self._name}", daemon=self._waits)
        try:
            thread.start()
        except RuntimeError:  # no thread can start at interpreter exit
            notify()
            return
        if self._waits:
            thread.join(self._notifier.grace + _COMMIT_TIMEOUT)


def _thread(call: Callable[[], None], what: str, *, daemon: bool = True) -> Thread:
    def guarded() -> None:
        try:
            call()
        except BaseException:  # in our own thread nothing may propagate
            logger.exception("%s could not be reported; the program continues", what)

    return Thread(target=guarded, name="auto_model_monitor completion", daemon=daemon)
