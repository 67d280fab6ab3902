"""Trainings whose frameworks have no event for an error: the end of the program or of a cell shows it."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

logger = logging.getLogger(__name__)


class UnfinishedTraining:
    """Calls back when the program ends, or a cell of a notebook fails, before :meth:`close`.

    Every error passes to the hook that was there before.

    Args:
        on_left: called once with the error, None where there was none.
    """

    def __init__(self, on_left: Callable[[BaseException | None], None]) -> None:
        self._on_left = on_left
        self._process = os.getpid()
        self._is_closed = False
        self._hook = self._uncaught  # one object, so that it can be recognised
        self._before = sys.excepthook
        sys.excepthook = self._hook
        atexit.register(self._at_exit)
        self._shell = _shell()
        if self._shell is not None:
            self._shell.events.register("post_run_cell", self._after_cell)

    def close(self) -> None:
        """Take the hooks away; further calls do nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        atexit.unregister(self._at_exit)
        if sys.excepthook is self._hook:
            sys.excepthook = self._before
        if self._shell is not None:
            self._shell.events.unregister("post_run_cell", self._after_cell)

    def _leave(self, error: BaseException | None) -> None:
        if self._is_closed or self._process != os.getpid():
            return
        self.close()
        try:
            self._on_left(error)
        except Exception:
            logger.exception("the end of the training could not be reported")

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._leave(error.with_traceback(trace))
        self._before(kind, error, trace)

    def _at_exit(self) -> None:
        self._leave(None)

    def _after_cell(self, result: Any) -> None:
        if result.error_in_exec is not None:
            self._leave(result.error_in_exec)


def _shell() -> Any:
    """Return the shell of a notebook, None where there is none."""
    interactive = sys.modules.get("IPython.core.getipython")
    return None if interactive is None else interactive.get_ipython()
