"""The warnings of the package's log while ``monitor --once`` looks, each shown once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ..runtime.run_log import LOGGER, OneLineFormatter
from ..text.terminal import Terminal


class LookWarnings(logging.Handler):
    """Keeps warnings until it is known which of them the documents of the look show as errors.

    Args:
        hide: returns a text without the values of variables.
    """

    def __init__(self, hide: Callable[[str], str]) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(OneLineFormatter("%(message)s", hide))
        self._texts: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        self._texts[self.format(record)] = None

    def are_known(self, texts: Iterable[str]) -> None:
        """Forget the warnings that are shown elsewhere."""
        for text in texts:
            self._texts.pop(text, None)

    def show(self, screen: Terminal) -> None:
        """Show what is left."""
        for text in self._texts:
            screen.say(text)


@contextmanager
def look_warnings(screen: Terminal, hide: Callable[[str], str]) -> Iterator[LookWarnings]:
    """Show the warnings that the block logs at its end, in place of the program's own handlers."""
    kept, before = LookWarnings(hide), LOGGER.propagate
    LOGGER.addHandler(kept)
    LOGGER.propagate = False
    try:
        yield kept
    finally:
        LOGGER.removeHandler(kept)
        LOGGER.propagate = before
        kept.show(screen)
