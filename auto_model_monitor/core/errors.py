"""The errors of the package: one family, each with a base class of the standard library."""

from __future__ import annotations

from collections.abc import Sequence


class MonitorError(Exception):
    """Base of every error that this package raises."""


class ConfigError(MonitorError, ValueError):
    """A configuration that cannot work.

    Args:
        problems: one problem, or all of them.

    Attributes:
        problems: all problems, each with what was expected and what was got.
    """

    def __init__(self, problems: Sequence[str] | str) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        lines = self.problems
        text = lines[0] if len(lines) == 1 else "\n".join([f"{len(lines)} problems:", *_dashed(lines)])
        super().__init__(text)


def _dashed(lines: Sequence[str]) -> list[str]:
    return [f"  - {line}" for line in lines]


class MissingExtraError(MonitorError, ImportError):
    """An optional package that is not installed; the text names the command that installs it."""


class ParseError(MonitorError, ValueError):
    """A name with an unreadable score: something other than a number stands in its place."""


class SourceError(MonitorError, OSError):
    """A source that cannot be read at the moment; the next poll may succeed."""


class OutboxError(MonitorError, OSError):
    """An outbox that cannot be read or written at the moment, as on a full disk."""


class RuleError(MonitorError, ValueError):
    """A rule that cannot decide on its readings."""


class RenderingError(MonitorError, ValueError):
    """A message that cannot be rendered as the user asked."""


class NotificationError(MonitorError, ConnectionError):
    """A message that a notifier failed to send.

    Args:
        message: the reason.
        permanent: True when a retry of the same message would fail again.
        needs_person: True when a person has to remove the cause, as with an address that is not on a list.
        only_this: True when it concerns this message alone: later ones need not wait for it.

    Attributes:
        permanent: True when a retry of the same message would fail again.
        needs_person: True when a person has to remove the cause; the others are informed meanwhile.
        only_this: True when the service may accept other messages.
    """

    def __init__(
        self, message: str, *, permanent: bool = False, needs_person: bool = False, only_this: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.needs_person = needs_person
        self.only_this = only_this


class AuthenticationError(NotificationError):
    """A login that the server refused; retried slowly, because the code can be renewed.

    Args:
        message: the reason.
        permanent: True when a retry of the same message would fail again.
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message, permanent=permanent, needs_person=True)
