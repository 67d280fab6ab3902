"""Several problems of a configuration, collected into one error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from ..core.errors import ConfigError

_MOST = 20  # a person reads no more of one file


def shortened(problems: Iterable[str], prefix: str = "") -> list[str]:
    """Return the first problems, and in place of many further ones that there are more."""
    first = list(islice(problems, _MOST + 1))
    return first if len(first) <= _MOST else [*first[: _MOST - 1], f"{prefix}and more: is it the right file?"]


class ConfigProblems(list[str]):
    """Collects the problems of several steps, so that one error reports them all."""

    @contextmanager
    def collected(self, prefix: str = "") -> Iterator[None]:
        """Add the problems of a ``ConfigError`` that the block raises, and end the block."""
        try:
            yield
        except ConfigError as error:
            self.extend(f"{prefix}{problem}" for problem in error.problems)

    def raise_any(self) -> None:
        """Raise the error with every problem, if there is one.

        Raises:
            ConfigError: there is a problem.
        """
        if self:
            raise ConfigError(self)
