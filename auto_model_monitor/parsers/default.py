"""A parser that knows how the usual frameworks name their checkpoints."""

from __future__ import annotations

import logging
from typing import NoReturn

from ..core.comparison import Comparison, usual_direction
from ..core.errors import ConfigError, ParseError
from ..core.numbers import compiled, positional, to_float
from ..core.readings import Reading
from ..text.cleaning import for_name
from .base import BaseParser
from .name_shapes import NameShapeCache
from .names import (
    NameEntry,
    counts_in,
    entries_in,
    folder_part,
    metric_in,
    score_name,
    was_not_logged,
    whole,
    words_of,
)

logger = logging.getLogger(__name__)

_WORD = r"[^\W_]+"


class DefaultParser(BaseParser):
    """Reads ``ckpt_<score>_<step>``, ``<epoch>-<score>``, ``key=number`` and ``key_number`` names.

    These are what Lightning, Keras, ignite, MONAI, fairseq, NeMo and many a training script write. A name
    in which nothing is certainly a score yields none.

    Args:
        metric: such as ``val_loss``; ``-val_loss`` stands for a val_loss that was written negated.

    Raises:
        ConfigError: the metric is no text or has no letter.
    """

    columnar = False

    def __init__(self, metric: str | None = None) -> None:
        if metric is not None and (not isinstance(metric, str) or not compiled(_WORD).search(metric)):
            raise ConfigError(f"metric: expected a metric's name such as 'val_loss', got {metric!r}")
        self._negated = metric is not None and metric.startswith("-")
        self.metric = metric[1:] if metric and self._negated else metric
        self._shapes = NameShapeCache()
        self._has_warned = False

    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        """Return the score and the name, or ``(None, None)`` when it holds none that can be chosen and read.

        The log has the reason: at WARNING the first time, then at DEBUG.
        """
        try:
            numbers = self._numbers(filename)
        except ParseError as error:
            logger.log(logging.DEBUG if self._has_warned else logging.WARNING, "%s", error)
            self._has_warned = True
            return None, None
        return (numbers[0][1], filename) if numbers else (None, None)

    def score(self, name: str) -> float | None:
        """Return the score in ``name``, None when it holds none.

        Raises:
            ParseError: the name holds several metrics and none was chosen, or one that cannot be read.
        """
        if type(self).parse is not DefaultParser.parse:
            return super().score(name)
        numbers = self._numbers(name)
        return numbers[0][1] if numbers else None

    def readings(self, name: str, path: str = "") -> tuple[Reading, ...]:
        """Return the score, then the other metrics in ``name``; nothing when it holds no score.

        Raises:
            ParseError: the name holds several metrics and none was chosen, or one that cannot be read.
        """
        if type(self).parse is not DefaultParser.parse:
            return super().readings(name, path)
        return self._shapes.readings(name, path, self._readings)

    def _readings(self, name: str, path: str) -> tuple[Reading, ...]:
        epoch, step = counts_of(name)
        return tuple(
            Reading(metric=metric, value=value, name=name, path=path, epoch=epoch, step=step)
            for metric, value in self._numbers(name)
        )

    def _numbers(self, name: str) -> list[tuple[str, float]]:
        """Return the score and the other metrics of a name, each under its metric's name."""
        parents, _, last = name.rpartition("/")
        folder = folder_part(parents) if parents else ""
        entries = [_in_folder(entry, folder) for entry in entries_in(last)]
        scores = [entry for entry in entries if score_name(entry)]
        chosen = self._only(last, scores) if self.metric is None else self._named(last, entries)
        if chosen is None:
            return self._by_place(last) if not scores else []
        others = [(_canonical(entry)[0], _value(entry)) for entry in scores if entry is not chosen]
        return [
            self._score(last, chosen),
            *((metric, value) for metric, value in others if value is not None),
        ]

    def _by_place(self, last: str) -> list[tuple[str, float]]:
        """Return a score that has no name; a metric that was asked for is never guessed."""
        if self.metric is not None and words_of(self.metric) != ("score",):
            return []
        found = positional(last)
        value = None if found is None else to_float(found["score"])
        return [] if value is None else [(self.metric or "score", self._signed(value))]

    def _only(self, last: str, scores: list[NameEntry]) -> NameEntry | None:
        """Return the only score of a name."""
        if len(scores) > 1:
            _refuse_to_choose(last, [_canonical(entry)[0] for entry in scores])
        return scores[0] if scores else None

    def _named(self, last: str, entries: list[NameEntry]) -> NameEntry | None:
        """Return the entry of the metric that was asked for, or else the only one whose name ends so."""
        expected = words_of(self.metric or "")
        mine = [entry for entry in entries if words_of(entry.key)[-len(expected) :] == expected]
        if usual_direction(self.metric or "") is Comparison.LOWER:
            mine = [entry for entry in mine if not was_not_logged(entry)]
        exact = [entry for entry in mine if expected in (words_of(key) for key in _spellings(entry))]
        found = exact or mine
        if len(found) > 1:
            _refuse_to_choose(last, [_canonical(entry)[0] for entry in found])
        return found[0] if found else None

    def _score(self, last: str, entry: NameEntry) -> tuple[str, float]:
        value = to_float(entry.text)
        metric, marked = _canonical(entry)
        if value is None:
            raise ParseError(f"{last!r}: expected a number for {for_name(metric)}, got {entry.text!r}")
        if self.metric is None:
            if value < 0 and not marked and _may_be_negated(last, metric):
                raise ParseError(
                    f"{last!r}: {for_name(metric)}={entry.text} may be a loss below zero, or one that was "
                    f"negated so that higher is better, as ignite asks for; choose metric={metric!r} to "
                    f"take it as written, or metric={'-' + metric!r} to turn its sign"
                )
            return metric, 0.0 - value if marked else value
        if marked and words_of(self.metric) != words_of(metric_in(entry.key)):
            return self.metric, 0.0 - value
        return self.metric, self._signed(value)

    def _signed(self, value: float) -> float:
        return 0.0 - value if self._negated else value


def _in_folder(entry: NameEntry, folder: str) -> NameEntry:
    """Put the folder's part of a metric's name before a key that begins a name."""
    if not folder or not entry.explicit or entry.start:
        return entry
    return NameEntry(folder + entry.key, entry.text, entry.explicit, entry.start)


def _canonical(entry: NameEntry) -> tuple[str, bool]:
    """Return the metric's name, and whether the entry is marked as a loss with its sign turned.

    ignite keeps the highest scores, so that a loss is handed to it, and written, as ``neg_val_loss=-0.12``.
    """
    metric = score_name(entry) or metric_in(entry.key) or entry.key
    mark, _, rest = metric.partition("_")
    if mark.lower() in ("neg", "negative") and usual_direction(rest) is Comparison.LOWER:
        return rest, True
    return metric, False


def _spellings(entry: NameEntry) -> tuple[str, str]:
    return metric_in(entry.key), _canonical(entry)[0]


def _value(entry: NameEntry) -> float | None:
    value = to_float(entry.text)
    return 0.0 - value if value is not None and _canonical(entry)[1] else value


def _may_be_negated(last: str, metric: str) -> bool:
    """Return whether a loss below zero is written as ignite writes scores: ``best_model_3_val_loss=…``."""
    before = last.partition("=")[0]
    ignite = last.count("=") == 1 and before.endswith(f"_{metric}")
    return ignite and usual_direction(metric) is Comparison.LOWER


def _refuse_to_choose(last: str, metrics: list[str]) -> NoReturn:
    listed = for_name(", ".join(dict.fromkeys(metrics)))
    example = for_name(metrics[0])
    raise ParseError(
        f"{last!r} holds several metrics: {listed}; choose one with DefaultParser(metric={example!r}) "
        f"or --metric {example}"
    )


def counts_of(name: str) -> tuple[int | None, int | None]:
    """Return the epoch and the step that a name and its folders give."""
    found = positional(name.rpartition("/")[2])
    if found is not None:
        groups = found.groupdict()
        return whole(groups.get("epoch")), whole(groups.get("step"))
    return counts_in(tuple(entry for part in name.split("/") for entry in entries_in(part)))
