"""Parsers: from a checkpoint's name to the score in it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from .errors import ConfigError, ParseError
from .patterns import RUN
from .readings import Reading


class BaseParser(ABC):
    """What reads the score in a name; a subclass needs :meth:`parse` alone.

    Attributes:
        metric: the name of the score if it is the same for every name, None when it varies.
        columnar: True when the score is the only number read from each name and ``metric`` is fixed.
    """

    metric: str | None = "score"
    columnar: bool = True

    @abstractmethod
    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        """Return the score and the name, or ``(None, None)`` when the name holds no score."""

    def score(self, name: str) -> float | None:
        """Return the score in ``name``, None when it holds none.

        Raises:
            ParseError: there is something, but it cannot be read.
        """
        try:
            result = self.parse(name.rpartition("/")[2])
        except ParseError:
            raise
        except Exception as error:
            message = f"{type(self).__name__}.parse({name!r}) raised {type(error).__name__}: {error}"
            raise ParseError(message) from error
        return self._checked(result)

    def readings(self, name: str, path: str = "") -> tuple[Reading, ...]:
        """Return every number in ``name``, the score first; nothing when there is none.

        Raises:
            ParseError: there is something, but it cannot be read.
        """
        value = self.score(name)
        if value is None:
            return ()
        return (Reading(metric=self.metric or "score", value=value, name=name, path=path),)

    def _checked(self, result: object) -> float | None:
        try:
            value, _ = result  # type: ignore[misc]
            if value is None:
                return None
            if isinstance(value, bool):
                raise TypeError
            return float(value)
        except Exception:
            wanted = "(score, filename) or (None, None)"
            message = f"{type(self).__name__}.parse must return {wanted}, got {result!r:.200}"
            raise ParseError(message) from None


class CustomParser(BaseParser):
    """Reads the score by a regular expression."""

    def __init__(self, pattern: str | re.Pattern[str], metric: str | None = None) -> None:
        """Take the pattern, whose first group is the score."""
        try:
            self.pattern = re.compile(pattern)
        except (re.error, TypeError) as error:
            raise ConfigError(f"pattern: wanted a regular expression, got {pattern!r}: {error}") from None
        if not self.pattern.groups:
            raise ConfigError(f"pattern: wanted a group around the score, got {pattern!r}")
        self.metric = metric or "score"
        self._group = "score" if "score" in self.pattern.groupindex else 1

    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        """Return the score and the name, or ``(None, None)``."""
        found = self.pattern.search(filename)
        if found is None:
            return None, None
        text = found[self._group]
        number = re.match(RUN, text)
        if number is None:
            raise ParseError(f"{filename!r}: wanted a number, got {text!r}")
        return float(number[0]), filename


class DefaultParser(BaseParser):
    """Reads the names that the usual frameworks write, without a pattern."""

    def __init__(self, metric: str | None = None) -> None:
        """Take the metric to read, if a name may hold several."""
        self.metric = metric
        self.columnar = False
        self._pattern = re.compile(rf"(?:loss|acc|accuracy|score|ckpt)[_=]({RUN})")

    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        """Return the score and the name, or ``(None, None)``."""
        found = self._pattern.search(filename)
        return (None, None) if found is None else (float(found[1]), filename)


def suggest_pattern(names: Sequence[str], metric: str | None = None) -> str | None:
    """Return a pattern for :class:`CustomParser` that fits most of the names, None when none does."""
    return None
