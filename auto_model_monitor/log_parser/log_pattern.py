"""A user's own format of a line: a regex whose groups are metrics."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.capture_groups import literal_in, site_of, whole_number
from ..core.errors import ConfigError
from ..core.numbers import to_float
from ..core.pattern_safety import longest_text
from .entries import Number, ParsedLine, Stage
from .layout import MOST_METRICS
from .metric_names import EPOCH, STEP, TOTAL_EPOCHS
from .values import count_epochs, whole

_EXAMPLE = r"'loss is (?P<val_loss>[0-9.]+)'"
_EXPECTED = f"pattern: expected a regular expression with named groups, such as {_EXAMPLE}"
_AROUND = "\"'%,;:)]} \t"
_LONGEST = 4096  # characters: a regex of a user's may take the square of a line's length, or more


class LogPattern:
    """Reads the lines of one format.

    A named group is a metric: ``loss is (?P<val_loss>[0-9.]+)``. With the groups ``key`` and ``value`` the
    regex is looked for again and again in a line, and each find is a metric. The groups ``epoch``,
    ``total_epochs`` and ``step`` hold whole numbers; of ``epoch``, ``3/10`` is one, too. A number of which a
    group takes only a part is read to its end, and what is no number is left out.

    Attributes:
        pattern: the compiled regex.
        stage: the stage that a line of this format belongs to, None for what the rest of it implies.
        literal: a text that every such line holds; lines without it are not searched.

    Args:
        pattern: the regex.
        stage: the stage.
        literal: by default found out from the regex.

    Raises:
        ConfigError: the regex is none, has no named group, ``key`` without ``value``, may take very long to
            find nothing, or the stage is none.
    """

    def __init__(
        self, pattern: str | re.Pattern[str], *, stage: Stage | str | None = None, literal: str | None = None
    ) -> None:
        self.pattern = _compiled(pattern)
        self.stage = None if stage is None else _stage(stage)
        self.literal = literal_in(self.pattern) if literal is None else literal
        groups = self.pattern.groupindex
        self._pairs = "key" in groups
        if not groups:
            raise ConfigError(f"{_EXPECTED}, got {self.pattern.pattern!r}, which has none")
        if self._pairs != ("value" in groups):
            missing = "value" if self._pairs else "key"
            raise ConfigError(
                f"pattern: expected the groups 'key' and 'value' together, got {self.pattern.pattern!r}, "
                f"which has no group {missing!r}; name the group after the metric, or add (?P<{missing}>…)"
            )
        self._longest = longest_text([self.pattern.pattern], self.pattern.flags, _LONGEST)
        self._sites = {name: site_of(self.pattern, index) for name, index in groups.items()}

    def __repr__(self) -> str:
        """Show the regex."""
        return f"LogPattern({self.pattern.pattern!r})"

    def parse_line(self, line: str) -> ParsedLine | None:
        """Return the content of a line, None when it is not of this format."""
        if self.literal not in line:
            return None
        metrics: dict[str, Number] = {}
        step: int | None = None
        for name, text in self._found(line[: self._longest]):
            if name == STEP:
                step = whole(text)
            elif name == EPOCH:
                count_epochs(text, metrics)
            elif name == TOTAL_EPOCHS:
                total = whole(text)
                metrics.update({} if total is None else {name: total})
            else:
                value = to_float(text)
                metrics.update({} if value is None else {name: value})
        return ParsedLine(metrics, self.stage, step) if metrics or step is not None else None

    def _found(self, line: str) -> Iterator[tuple[str, str]]:
        """Yield names and numbers, as they are written."""
        for number, found in enumerate(self.pattern.finditer(line)):
            if number >= (MOST_METRICS if self._pairs else 1):
                return
            for name in self._sites:
                if found[name] is None or name == "key":
                    continue
                text = self._number(line, found, name)
                metric = (found["key"] or "").strip() if name == "value" else name
                if text and metric:
                    yield metric, text

    def _number(self, line: str, found: re.Match[str], name: str) -> str:
        text = found[name].strip(_AROUND)
        if name in (EPOCH, TOTAL_EPOCHS, STEP):
            return text
        start = found.start(name) + found[name].find(text)
        return whole_number(line, start, start + len(text), self._sites[name]) or ""


def _compiled(pattern: object) -> re.Pattern[str]:
    if isinstance(pattern, re.Pattern) and isinstance(pattern.pattern, str):
        return pattern
    if not isinstance(pattern, str):
        raise ConfigError(f"{_EXPECTED}, got {pattern!r}")
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(f"{_EXPECTED}, got {pattern!r}, which is none: {error}") from None


def _stage(stage: object) -> Stage:
    try:
        return Stage(stage)
    except ValueError:
        listed = ", ".join(each.value for each in Stage)
        raise ConfigError(f"stage: expected one of {listed}, got {stage!r}") from None
