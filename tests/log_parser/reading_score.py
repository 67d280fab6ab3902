"""Compares what is read out of a log with what the framework computed.

A corpus is a log ``NAME.log`` beside ``NAME.truth.jsonl``, one line for each number: ``metric``, ``value``,
and where known ``epoch`` and ``also``, further names that are right. An ``optional`` number may be read but
need not: a running mean, a learning rate. Only numbers that stand in the log are expected.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from auto_model_monitor.core.readings import Reading
from auto_model_monitor.sources.logs.log_file import LogFileSource

CORPORA = Path(__file__).parent / "corpora"
_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_SPLITS = {
    **dict.fromkeys(["val", "valid", "validation", "eval", "evaluation", "dev"], "val"),
    **dict.fromkeys(["train", "training"], "train"),
    **dict.fromkeys(["test", "testing"], "test"),
}
_SAME = {"accuracy": "acc", "lr": "learningrate"}
# The names under which these are reported on the validation set, whatever the log calls them.
_OF_VALIDATION = {"map", "macrof1", "microf1", "precision", "recall", "top1", "top3", "top5"}
_MOST_RUNS = 32  # of one log
Key = tuple[str, str]


@dataclass(frozen=True)
class Truth:
    """A number that the framework computed."""

    metric: str
    value: float
    epoch: int | None = None
    optional: bool = False
    also: tuple[str, ...] = ()
    or_value: float | None = None

    @property
    def values(self) -> tuple[float, ...]:
        """Return the numbers of which one has to be read: of the batch, or the mean beside it."""
        return (self.value,) if self.or_value is None else (self.value, self.or_value)


@dataclass
class Score:
    """How well one log is read."""

    name: str
    expected: int = 0
    found: int = 0
    readings: int = 0
    true: int = 0
    wrong_epochs: int = 0
    misses: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """The share of the numbers that stand in the log which are read."""
        return self.found / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """The share of the readings that are true."""
        return self.true / self.readings if self.readings else 1.0

    def add(self, other: Score) -> None:
        """Count another log's numbers with one's own."""
        self.expected += other.expected
        self.found += other.found
        self.readings += other.readings
        self.true += other.true
        self.wrong_epochs += other.wrong_epochs
        self.misses += [f"{other.name}: {miss}" for miss in other.misses]


def key_of(name: str) -> Key:
    """Return the split that a name speaks of, and the rest of it without its spelling."""
    words = re.findall(
        r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name.replace("'s ", " ")).lower()
    )
    split = next((_SPLITS[word] for word in words if word in _SPLITS), "")
    rest = "".join(_SAME.get(word, word) for word in words if word not in _SPLITS)
    return split, re.sub(
        r"\A(top[0-9])(?:acc)?\Z|\Aacc(top[0-9])\Z", lambda found: found[1] or found[2], rest
    )


def truths_of(path: Path) -> list[Truth]:
    """Return what stands in a file of truth, each number once."""
    found: dict[Truth, None] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row = {
            key: row[key]
            for key in ("metric", "value", "epoch", "optional", "also", "or_value")
            if key in row
        }
        found[Truth(**{**row, "value": float(row["value"]), "also": tuple(row.get("also", ()))})] = None
    return list(found)


def read(path: Path) -> list[Reading]:
    """Return every number that is read out of a finished log."""
    source = LogFileSource(path)
    return [reading for _ in range(_MOST_RUNS) for reading in source.read()]  # each run comes by itself


def shown(value: float) -> Iterator[float]:
    """Return the numbers as which programs show a number, from the longest to the shortest."""
    yield value
    if math.isfinite(value):
        fewest = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2
        yield from (float(f"{value:.{places}f}") for places in range(17, fewest - 1, -1))
        yield from (float(f"{value:.{digits}g}") for digits in range(17, 2, -1))


def is_shown_as(value: float, number: float) -> bool:
    """Return whether a number is another one with fewer digits."""
    if math.isnan(value) or math.isnan(number):
        return math.isnan(value) and math.isnan(number)
    return any(each == number for each in shown(value))


class Right:
    """What may be read out of a log, and under which names."""

    def __init__(self, truths: list[Truth]) -> None:
        self._splits: dict[str, set[str]] = {}
        self._by_rest: dict[str, list[tuple[Truth, str]]] = {}
        for truth in truths:
            for split, rest in {key_of(each) for each in (truth.metric, *truth.also)}:
                self._splits.setdefault(rest, set()).add(split)
                self._by_rest.setdefault(rest, []).append((truth, split))

    def named(self, metric: str) -> list[Truth]:
        """Return the numbers of which that is a right name."""
        split, rest = key_of(metric)
        return [truth for truth, of in self._by_rest.get(rest, ()) if self._is_right(split, of, rest)]

    def _is_right(self, split: str, of: str, rest: str) -> bool:
        if split == of:
            return True
        if not split:
            return (rest in _OF_VALIDATION and of == "val") or self._splits[rest] == {of}
        return not of and split == "train" and rest == "loss"


def standing(log: Path, truths: list[Truth]) -> list[Truth]:
    """Return the numbers that have to be read: those that stand in the log."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", " ", log.read_bytes().decode("utf-8", "replace"))
    numbers = {float(number) for number in _NUMBER.findall(text)}
    has_nan = re.search(r"\b(?:nan|inf)\b", text, re.IGNORECASE) is not None
    return [
        truth
        for truth in truths
        if not truth.optional
        and ((has_nan and not math.isfinite(truth.value)) or any(n in numbers for n in shown(truth.value)))
    ]


def score(name: str, log: Path, truths: list[Truth], readings: Iterable[Reading] | None = None) -> Score:
    """Compare the readings of a log with the truth about it."""
    right, result = Right(truths), Score(name)
    seen: set[Truth] = set()
    for reading in read(log) if readings is None else readings:
        result.readings += 1
        named = right.named(reading.metric)
        meant = [truth for truth in named if any(is_shown_as(value, reading.value) for value in truth.values)]
        fits = [truth for truth in meant if truth.epoch is None or reading.epoch in (None, truth.epoch)]
        label = f"{reading.metric} {reading.value!r} (epoch {reading.epoch})"
        if not meant:
            result.misses.append(f"{'false value' if named else 'false name'}: {label}")
        elif not fits:
            result.wrong_epochs += 1
            result.misses.append(f"wrong epoch: {label}, not {sorted({truth.epoch or 0 for truth in meant})}")
        result.true += bool(meant)
        seen.update(fits or meant)
    for truth in standing(log, truths):
        result.expected += 1
        result.found += truth in seen
        if truth not in seen:
            result.misses.append(f"not read: {truth.metric} {truth.value:.6g} (epoch {truth.epoch})")
    return result


def recorded(folder: Path = CORPORA) -> Iterator[tuple[str, Path, list[Truth]]]:
    """Return the corpora of a folder: name, log and truth."""
    for truth in sorted(folder.rglob("*.truth.jsonl")):
        name = truth.name.removesuffix(".truth.jsonl")
        yield name, truth.with_name(f"{name}.log"), truths_of(truth)
