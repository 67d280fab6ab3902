"""The errors that the package raises: one family, each with a standard-library cousin."""

from __future__ import annotations

from collections.abc import Sequence


class MonitorError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigError(MonitorError, ValueError):
    """A configuration that cannot work.

    Attributes:
        problems: every problem found, each with what was expected and what was got.
    """

    def __init__(self, problems: Sequence[str] | str) -> None:
        """Take one problem or all of them."""
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        lines = self.problems
        text = lines[0] if len(lines) == 1 else "\n".join([f"{len(lines)} problems:", *_dashed(lines)])
        super().__init__(text)


def _dashed(lines: Sequence[str]) -> list[str]:
    return [f"  - {line}" for line in lines]


class MissingExtraError(MonitorError, ImportError):
    """An optional package that is not installed; the text names the line that installs it."""


class ParseError(MonitorError, ValueError):
    """A name that holds something where a score should stand, but no score that can be read."""


class SourceError(MonitorError, OSError):
    """A source that cannot be read at the moment; the next look may succeed."""


class OutboxError(MonitorError, OSError):
    """An outbox that cannot be read or written at the moment, as on a full disk."""


class RuleError(MonitorError, ValueError):
    """A rule that cannot decide on what it was given."""


class RenderingError(MonitorError, ValueError):
    """A message that could not be put into words as the user wished."""


class NotificationError(MonitorError, ConnectionError):
    """A message that a notifier could not hand over.

    Attributes:
        permanent: True when the same message will be refused again, so that trying again is useless.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        """Take the reason and whether it will last."""
        super().__init__(message)
        self.permanent = permanent


class AuthenticationError(NotificationError):
    """A login that the server refused; tried again slowly, because the code can be renewed."""
