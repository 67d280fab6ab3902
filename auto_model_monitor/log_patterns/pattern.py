"""A user's own format of a line: a regex whose groups are metrics."""

from __future__ import annotations

import re

from ..errors import ConfigError
from ..patterns import is_whole, to_float
from .entries import Number, Said, Stage

_COUNTERS = ("epoch", "total_epochs", "step")


class LogPattern:
    """Reads lines of one format.

    A named group is a metric: ``val_loss: (?P<val_loss>[0-9.]+)``. With the groups ``key`` and ``value``
    the regex is looked for again and again in the line, and each find is a metric.
    The groups ``epoch``, ``total_epochs`` and ``step`` hold whole numbers.

    Attributes:
        pattern: the compiled regex.
        stage: the stage that a line of this format belongs to, None for none.
    """

    def __init__(self, pattern: str | re.Pattern[str], *, stage: Stage | str | None = None) -> None:
        """Take the regex.

        Raises:
            ConfigError: it is no regex, or has no named group, or the stage is none.
        """
        self.pattern = _compiled(pattern)
        self.stage = None if stage is None else _stage(stage)
        names = set(self.pattern.groupindex)
        self._pairs = {"key", "value"} <= names
        if not names:
            raise ConfigError(
                "pattern: wanted a regular expression with named groups, such as "
                f"'loss is (?P<val_loss>[0-9.]+)', got {self.pattern.pattern!r}, which has none"
            )

    def said(self, line: str) -> Said | None:
        """Return what a line says, None when it is not of this format."""
        metrics: dict[str, Number] = {}
        step: int | None = None
        for found in self.pattern.finditer(line):
            groups = found.groupdict()
            if self._pairs:
                groups[groups.pop("key") or ""] = groups.pop("value")
            for name, text in groups.items():
                value = to_float(text.strip().rstrip("%")) if text else None
                if value is None or not name:
                    continue
                if name == "step":
                    step = int(value) if is_whole(text or "") else None
                elif name not in _COUNTERS:
                    metrics[name] = value
                elif is_whole(text or ""):
                    metrics[name] = int(value)
            if not self._pairs:
                break
        if not metrics and step is None:
            return None
        return Said(metrics, self.stage, step)


def _compiled(pattern: object) -> re.Pattern[str]:
    wanted = "pattern: wanted a regular expression with named groups, such as 'loss is (?P<val_loss>[0-9.]+)'"
    if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
        return pattern
    if not isinstance(pattern, str):
        raise ConfigError(f"{wanted}, got {pattern!r}")
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(f"{wanted}, got {pattern!r}, which is none: {error}") from None


def _stage(stage: object) -> Stage:
    try:
        return Stage(stage)
    except ValueError:
        listed = ", ".join(each.value for each in Stage)
        raise ConfigError(f"stage: wanted one of {listed}, got {stage!r}") from None
