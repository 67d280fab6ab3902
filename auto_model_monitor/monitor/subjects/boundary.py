"""The one place where the errors of a watch's parts end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ...core.errors import MonitorError
from ...runtime.propagation import must_propagate
from ...text.cleaning import describe_error

logger = logging.getLogger(__name__)


class ErrorBoundary:
    """Logs what a part raises, and lets the watch continue.

    A :class:`~auto_model_monitor.core.errors.MonitorError` is a warning; anything else is a fault, logged
    with its traceback. The same failure of a part is logged once, until the part works again.

    Example:
        >>> boundary = ErrorBoundary()
        >>> with boundary("rule nan"):
        ...     pass
    """

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}

    @property
    def failures(self) -> dict[str, str]:
        """The parts that fail at present, each with its error."""
        return dict(self._failing)

    @contextmanager
    def __call__(self, part: str) -> Iterator[None]:
        """Run the block; ``part`` is its name in the log."""
        try:
            yield
        except BaseException as error:
            if must_propagate(error):
                raise
            self._log(part, error)
        else:
            if self._failing and self._failing.pop(part, None) is not None:
                logger.info("%s: works again", part)

    def _log(self, part: str, error: BaseException) -> None:
        is_expected = isinstance(error, MonitorError)
        text = str(error) if is_expected else describe_error(error)
        if self._failing.get(part) == text:
            return
        self._failing[part] = text
        if is_expected:
            logger.warning("%s: %s", part, text)
        else:
            logger.exception("%s: a fault, please report it; the watch continues", part)
