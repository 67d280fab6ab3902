"""The scores of many names, collected without an object for each."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from ...core.errors import ParseError
from ...core.numbers import shortest
from ...core.readings import Reading, ReadingBatch
from ...parsers import BaseParser
from ...runtime.propagation import must_propagate
from ...text.cleaning import describe_error, for_log_line

logger = logging.getLogger(__name__)
_CHUNK = 4096
_LOGGED = 10  # unreadable names that one poll logs; the rest are counted


class ScoreColumns:
    """What one poll has found so far: names, their scores, and further readings.

    Attributes:
        names: relative to the watched directory, each with a score.
    """

    def __init__(self, parser: BaseParser, directory: str) -> None:
        self.names: list[str] = []
        self._values: list[float] = []
        self._parser = parser
        self._directory = directory
        self._readings: dict[str, tuple[Reading, ...]] = {}
        self._unreadable: dict[str, str] = {}

    def add(self, names: Sequence[str]) -> None:
        """Read these names and keep those that hold a score."""
        read = self._read_scores if self._parser.columnar else self._read_all
        rest = iter(names)
        while chunk := list(islice(rest, _CHUNK)):
            read(chunk)

    def _read_scores(self, names: list[str]) -> None:
        try:
            values = self._parser.scores(names)
        except BaseException as error:  # one unreadable name must not cost the others
            if _is_no_fault_of_a_name(error):
                raise
            values = [self._score(name) for name in names]
        if not _are_all_numbers(values):
            names = [name for name, value in zip(names, values, strict=True) if value is not None]
            values = [value for value in values if value is not None]
        self.names += names
        self._values += values  # type: ignore[arg-type]

    def _score(self, name: str) -> float | None:
        try:
            return self._parser.score(name)
        except BaseException as error:
            self._note(name, error)
            return None

    def _read_all(self, names: list[str]) -> None:
        for name in names:
            try:
                readings = self._parser.readings(name, self._path(name))
                value = float(readings[0].value) if readings else None
            except BaseException as error:
                self._note(name, error)
                continue
            if value is not None:
                self.names.append(name)
                self._values.append(value)
                self._readings[name] = readings

    def _note(self, name: str, error: BaseException) -> None:
        """Keep why a name cannot be read; a parser is user code and may raise anything."""
        if _is_no_fault_of_a_name(error):
            raise error
        known = isinstance(error, ParseError)
        self._unreadable[name] = str(error) if known else describe_error(error)

    @property
    def has_unreadable(self) -> bool:
        """Whether a name could not be read."""
        return bool(self._unreadable)

    def leave_out(self, known: set[str]) -> None:
        """Forget the names in ``known``: they were read before."""
        kept = [(n, v) for n, v in zip(self.names, self._values, strict=True) if n not in known]
        self.names = [name for name, _ in kept]
        self._values = [value for _, value in kept]
        for name in known:
            self._unreadable.pop(name, None)
            self._readings.pop(name, None)

    def log_unreadable(self) -> None:
        """Log the names that could not be read."""
        for name, reason in islice(self._unreadable.items(), _LOGGED):
            quoted = repr(name)
            text = reason if quoted in reason else f"{quoted}: {reason}"
            logger.warning("no score from %s", for_log_line(text))
        if len(self._unreadable) > _LOGGED:
            logger.warning("no score from %d more names", len(self._unreadable) - _LOGGED)

    def batch(self, time: datetime, *, seconds: float = 0.0, new_run: bool) -> ReadingBatch:
        """Return what was found, as one batch."""
        others = [reading for readings in self._readings.values() for reading in readings[1:]]
        return ReadingBatch(
            time=time,
            seconds=seconds,
            names=self.names,
            values=self._values,
            build=self._build,
            others=others,
            new_run=new_run,
        )

    def _build(self, name: str, value: float) -> Reading:
        readings = self._readings.get(name)
        found = readings[0] if readings else self._parser.readings(name, self._path(name))[0]
        short = shortest(float(found.value))
        return replace(found, value=short) if abs(short - found.value) > 0 else found

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, name)  # noqa: PTH118 - no Path object for each name


def _are_all_numbers(values: list[float | None]) -> bool:
    """Return whether no value is None, five times as fast as a search for None."""
    try:
        sum(values)  # type: ignore[arg-type]
    except TypeError:
        return False
    return True


def _is_no_fault_of_a_name(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or must_propagate(error)
