"""One run of a training, from its beginning to its end."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from threading import Thread
from types import TracebackType

from .completion_notifier import CompletionNotifier
from .ending import ending_of
from .termination import Terminations

logger = logging.getLogger(__name__)

# Which process of a distributed training this is, as its starters say. What counts over all machines goes
# before what counts on one; the first that is set decides.
_RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "LOCAL_RANK")
# Seconds beyond the grace in which the alert is made and committed.
_BEYOND = 3.0
_HERE = str(Path(__file__).parent)

_terminations = Terminations()


def speaks(environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether this process is the one that speaks for a distributed training: that of rank 0."""
    found = os.environ if environment is None else environment
    ranks = (found.get(name, "").strip() for name in _RANKS)
    return next((int(rank) == 0 for rank in ranks if rank.isascii() and rank.isdigit()), True)


class TrainingRun:
    """One run of a training; a context manager that lets every error go on its way.

    Args:
        notifier: what tells of the end.
        name: what the training is called.
        min_seconds: what ends sooner is not told of.
        waits: True gives the delivery its seconds before the caller goes on; False gives them at the
            interpreter's end, so that an event loop is not held up.
    """

    def __init__(
        self, notifier: CompletionNotifier, name: str, min_seconds: float, *, waits: bool = True
    ) -> None:
        """Take the parts; nothing begins yet."""
        self._notifier = notifier
        self._name = name
        self._min_seconds = min_seconds
        self._waits = waits
        self._process = 0
        self._begun = 0.0
        self._listens = False

    def __enter__(self) -> None:
        """Begin."""
        try:
            self._process = os.getpid()
            self._begun = self._notifier.clock.monotonic()
            self._listens = _terminations.begin()
            if speaks():
                _beside(self._notifier.deliver_earlier, "what was owed from before").start()
        except Exception:
            logger.exception("the beginning of %s went wrong here; the training goes on", self._name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell of the end."""
        try:
            # A child that was forked in the training and comes out of it here is not the training.
            if os.getpid() == self._process and speaks():
                self._end(error, trace)
        except (KeyboardInterrupt, SystemExit):
            # Somebody is in a hurry, and need not wait; the training's own error goes before this one.
            if error is None:
                raise
        except Exception:
            logger.exception("the end of %s could not be told; the program goes on", self._name)
        finally:
            if self._listens:
                _terminations.end()

    def _end(self, error: BaseException | None, trace: TracebackType | None) -> None:
        seconds = self._notifier.clock.monotonic() - self._begun
        if seconds < self._min_seconds:
            logger.info("%s ended after %.3g s, too soon to be told of", self._name, seconds)
            return
        while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
            trace = trace.tb_next
        ending = ending_of(error, trace, _terminations.caught if self._listens else None)
        tell = partial(self._notifier.tell, self._name, ending, seconds)
        # In a thread, because a disk, a server or a user's renderer may hang; the caller waits so long only.
        thread = _beside(tell, f"the end of {self._name}", daemon=self._waits)
        try:
            thread.start()
        except RuntimeError:  # at the interpreter's end no thread can be started any more
            tell()
            return
        if self._waits:
            thread.join(self._notifier.grace + _BEYOND)


def _beside(call: Callable[[], None], what: str, *, daemon: bool = True) -> Thread:
    def guarded() -> None:
        try:
            call()
        except BaseException:  # in a thread of our own nothing is meant for the program
            logger.exception("%s could not be told; the program goes on", what)

    return Thread(target=guarded, name="auto_model_monitor completion", daemon=daemon)
