"""The log of predictions that a serving process writes."""

from __future__ import annotations

import logging
import os
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter, time

from ...core.contracts import listed
from ...core.errors import ConfigError
from .json_rows import line_of, named_features
from .line_writer import LineWriter, line_writer

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Any

    from ...core.clocks import Clock

logger = logging.getLogger(__name__)

COLUMNS = ("id", "time", "model", "version", "prediction", "score", "latency", "error")
"""The columns of a prediction besides its features; always written, because readers guess types from them."""

_RESERVED = frozenset((*COLUMNS, "label"))


class PredictionLog:
    """Writes predictions and their labels into files that ``PredictionSource`` reads without settings.

    A serving process uses it as it answers::

        log = PredictionLog("predictions/", model="credit", version="git")

        with log.prediction(id=request.id, features=request.features) as row:
            row.score = model.predict_proba([row.features])[0, 1]
            row.prediction = row.score >= 0.5

        log.label(id="42", label=1)  # weeks later, from any process

    The block's seconds become the row's ``latency``, and the type of an exception that leaves it becomes its
    ``error``; the exception itself propagates unchanged, and its text is not written. The call copies the
    features and returns; a thread writes them every 0.2 seconds and at the end of the process. Nothing of it
    raises into the program or waits for the disk: while the disk is full, 10,000 rows wait in memory, and
    what is beyond them is dropped, counted and logged. It works from threads, from asyncio, and before and
    after a fork.

    The folder holds JSON lines, of each day (in UTC) and process one file for predictions,
    ``predictions-2026-11-28-….jsonl``, and one for labels, ``labels-2026-11-28-….jsonl``. A prediction has
    the columns ``id``, ``time`` (ISO 8601 in UTC), ``model``, ``version``, ``prediction``, ``score``,
    ``latency`` (seconds), ``error`` and each feature under its own name; features without names are ``x0``,
    ``x1``, …; one whose name is taken, such as ``time``, is ``feature_time``. A label has ``id``, ``time``,
    ``label`` and ``model``.

    Args:
        folder: where the files lie, readable by their owner alone; created when the first row is written.
        model: the model's name.
        version: the model's version; ``"git"`` is the commit of the current directory when the log is
            created, with ``-dirty`` where files differ from it, and none outside a repository.
        exclude: features that are never written, such as ``["name", "phone"]``.
        clock: the time of the rows; by default the machine's.

    Raises:
        ConfigError: ``exclude`` is no list of names, or names a column that is no feature.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        model: str | None = None,
        version: str | None = None,
        exclude: Iterable[str] = (),
        clock: Clock | None = None,
    ) -> None:
        self.model = model
        self._now: Callable[[], float] = time if clock is None else lambda: clock.now().timestamp()
        self.version = version
        self._excluded = _checked(exclude)
        if version == "git":
            from .git_version import git_version

            self.version = git_version()
        self._writer: LineWriter = line_writer(Path(folder).absolute())

    def __repr__(self) -> str:
        """Show the folder and the model."""
        return f"PredictionLog({os.fspath(self._writer.folder)!r}, model={self.model!r})"

    @property
    def dropped(self) -> int:
        """The rows that this process lost, because the disk was full or too slow."""
        return self._writer.dropped

    def prediction(self, *, features: Any = None, id: object = None) -> Prediction:
        """Return a row to fill in a ``with`` block.

        Args:
            features: what the model is asked about: a mapping, a row of a table, a list or an array.
            id: what a label refers to later; by default a new one, which ``row.id`` holds.
        """
        return Prediction(self, features, id)

    def label(self, *, id: object, label: object) -> None:
        """Write what a prediction should have been; of several labels of one id the last counts.

        Args:
            id: the prediction's.
            label: the right answer.
        """
        now, model = self._now(), self.model
        self._writer.add(lambda: _label_line(now, id, label, model))

    def close(self) -> None:
        """Write what is pending; give up on a disk that hangs for four seconds. A later row starts again."""
        self._writer.close()

    def _add(self, row: Prediction, seconds: float, error: str | None) -> None:
        values = (row.id, row._began, row.prediction, row.score, seconds, error)
        features = row._features
        self._writer.add(lambda: self._prediction_line(values, features))

    def _prediction_line(
        self, values: tuple[object, float, object, object, float, str | None], features: dict[object, object]
    ) -> tuple[str, bytes]:
        key, began, prediction, score, seconds, error = values
        moment = _moment(began)
        row: dict[str, object] = {
            "id": str(key),
            "time": moment,
            "model": self.model,
            "version": self.version,
            "prediction": prediction,
            "score": score,
            "latency": round(seconds, 7),
            "error": error,
        }
        for feature, value in features.items():
            name = str(feature)
            if name not in self._excluded:
                # Readers in SQL do not distinguish upper and lower case.
                row[f"feature_{name}" if name.lower() in _RESERVED else name] = value
        return f"predictions-{moment[:10]}", line_of(row)


class Prediction:
    """A row of the log, from :meth:`PredictionLog.prediction`; written when its ``with`` block ends.

    Args:
        log: where it is written.
        features: as they were given.
        id: as it was given; by default a new one.

    Attributes:
        id: what a label refers to.
        features: as they were given.
        prediction: the model's answer, such as a class or a number.
        score: its probability of the positive class, if it gives one.
    """

    __slots__ = ("_began", "_features", "_log", "_started", "features", "id", "prediction", "score")

    def __init__(self, log: PredictionLog, features: Any, id: object) -> None:
        self._log = log
        self.id: object = os.urandom(16).hex() if id is None else id
        self.features: Any = features
        # Copied now, because the program may change them; all else waits for the thread.
        try:
            self._features = named_features(features)
        except Exception as problem:
            logger.debug("the features of %r cannot be logged: %r", self.id, problem)
            self._features = {}
        self.prediction: object = None
        self.score: object = None

    def __enter__(self) -> Prediction:
        """Start to take the time."""
        self._began = self._log._now()
        self._started = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Write the row; an exception propagates."""
        seconds = perf_counter() - self._started
        self._log._add(self, seconds, None if kind is None else kind.__name__)


def _label_line(now: float, key: object, label: object, model: str | None) -> tuple[str, bytes]:
    moment = _moment(now)
    line = line_of({"id": str(key), "time": moment, "label": label, "model": model})
    return f"labels-{moment[:10]}", line


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="microseconds")


def _checked(exclude: Iterable[str]) -> frozenset[str]:
    names = frozenset(str(name) for name in listed("exclude", exclude, '["name", "phone"]'))
    taken = sorted(names & _RESERVED)
    if taken:
        raise ConfigError(f"exclude: expected names of features, got {taken}, which are columns of the log")
    return names
