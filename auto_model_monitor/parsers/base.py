"""What every parser is: one method for users to write, two for the package to call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, cast

from ..core.errors import ParseError
from ..core.readings import Reading
from ..text.cleaning import text_of


class BaseParser(ABC):
    """What reads the score in a name; a subclass needs :meth:`parse` alone.

    Attributes:
        metric: the name of the score if it is the same for every name, None when it varies.
        columnar: True when the score is the only number read from each name and ``metric`` is fixed.
    """

    metric: str | None = "score"
    columnar: bool = True

    @property
    def identity(self) -> str:
        """What the parser reads; a watch continues after a restart only where it is the same."""
        return self.metric or ""

    @abstractmethod
    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        """Return the score and the name, or ``(None, None)`` when the name holds no score."""

    def score(self, name: str) -> float | None:
        """Return the score in ``name``, which may be NaN or infinite; None when it holds none.

        Args:
            name: a file's name, or its path below the watched directory, with ``/``.

        Raises:
            ParseError: there is something where the score should be, but it cannot be read.
        """
        try:
            result = self.parse(name.rpartition("/")[2])
        except ParseError:
            raise
        except Exception as error:  # a user's code: whatever it does must not end a watch
            kind = type(error).__name__
            message = f"{type(self).__name__}.parse({name!r}) raised {kind}: {_shown(str, error)}"
            raise ParseError(message) from error
        return self._checked(result)

    def scores(self, names: Sequence[str]) -> list[float | None]:
        """Return what :meth:`score` returns for each name, with one call for very many.

        Raises:
            ParseError: one of them cannot be read; ask for each to learn which.
        """
        score = self.score
        return [score(name) for name in names]

    def readings(self, name: str, path: str = "") -> tuple[Reading, ...]:
        """Return every number read from ``name``, the score first; nothing when it holds no score.

        Args:
            name: a file's name, or its path below the watched directory, with ``/``.
            path: the same as a path on this machine.

        Raises:
            ParseError: there is something where the score should be, but it cannot be read.
        """
        value = self.score(name)
        if value is None:
            return ()
        return (Reading(metric=self.metric or "score", value=value, name=name, path=path),)

    def _checked(self, result: object) -> float | None:
        """Return the score of what ``parse`` returned; a scalar of numpy or torch is a number, too."""
        try:
            value: Any = None
            value, _ = cast("tuple[Any, Any]", result)
            if value is None:
                return None
            if type(value).__name__ in ("bool", "bool_"):  # bool_ is numpy's
                raise TypeError
            return float(value)
        except Exception:
            expected = "expected (score, filename) or (None, None)"
            message = f"{type(self).__name__}.parse: {expected}, got {_shown(repr, result)}"
            raise ParseError(message) from None


_LONGEST_QUOTE = 200  # characters


def _shown(shape: Callable[[object], str], thing: object) -> str:
    text = text_of(thing, shape)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
