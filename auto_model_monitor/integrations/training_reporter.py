"""What every callback does: report metrics, name checkpoints, and report the end of the training."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from ..completion.completion_notifier import CompletionNotifier
from ..completion.training_run import TrainingRun
from ..core.script import script_name
from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from ..runtime.ranks import rank_of
from ..sources.reported import ReportedSource
from .unfinished_trainings import UnfinishedTraining

logger = logging.getLogger(__name__)

P = ParamSpec("P")

_GRACE = 4.0  # seconds for the message of the end
_MOST_HELD = 16  # moments, of a framework that names no further event
_ABANDONED = "the training was left before it was finished"


def quiet(event: Callable[P, None]) -> Callable[P, None]:
    """Return a callback's event whose own errors are logged, and never reach the training."""

    @wraps(event)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            event(*args, **kwargs)
        except Exception:
            logger.exception("%s failed; please report it; the training continues", event.__qualname__)

    return guarded


class TrainingReporter:
    """Reports one training at a time to a monitor of its own.

    Metrics are held until the next event, so that the checkpoint that is saved next is named with them.

    Attributes:
        monitor: the monitor; its ``repr()`` shows what was sent.
        ends_silently: the framework has no event for the end: a program that ends without an error has
            finished its training.

    Args:
        rules: rules or texts, such as ``"eval_loss < 0.4"``; none for messages about the end alone.
        config: who receives the messages; else it is made of ``settings``.
        notifiers: notifiers or URLs, instead of the config's mailbox.
        name: what the training is called; by default the script's name.
        settings: the arguments of a :class:`.MonitorConfig`, such as ``sender="you@qq.com"``.
        ends_silently: see above.

    Raises:
        ConfigError: one of these is wrong.
    """

    def __init__(
        self,
        rules: Sequence[Rule | str],
        config: MonitorConfig | None,
        notifiers: Sequence[Notifier | str] | None,
        name: str | None,
        settings: Mapping[str, Any],
        *,
        ends_silently: bool = False,
    ) -> None:
        self._arguments = (rules, config, notifiers, name, settings)
        self._name = name or script_name()
        self._source = ReportedSource(self._name)
        self.monitor = ModelMonitor(
            config, source=self._source, rules=list(rules), notifiers=notifiers, **settings
        )
        self.ends_silently = ends_silently
        self._held: list[tuple[dict[str, object], object, object]] = []
        self._run: TrainingRun | None = None
        self._unfinished: UnfinishedTraining | None = None
        self._process = 0

    def __deepcopy__(self, memo: object) -> TrainingReporter:
        """Return itself: frameworks copy callbacks, and a training has one monitor."""
        return self

    def __reduce__(self) -> tuple[Callable[..., TrainingReporter], tuple[object, ...]]:
        """Return how another process makes its own."""
        return _reporter, (*self._arguments, self.ends_silently)

    @property
    def is_running(self) -> bool:
        """Whether a training has begun and not ended."""
        return self._run is not None and self._process == os.getpid()

    @property
    def holds(self) -> bool:
        """Whether metrics wait for the name of their checkpoint."""
        return bool(self._held)

    def begin(self, *, resumed: bool = False, is_rank_zero: bool = True) -> None:
        """Note that a training begins.

        Args:
            resumed: whether it continues an earlier one, as from a checkpoint.
            is_rank_zero: whether the framework takes this process for the first one.
        """
        if self.is_running:
            self._end_unfinished(None)
        self._source.speaks = is_rank_zero and self._source.speaks
        if not is_rank_zero and not rank_of():
            return  # no launcher knows its rank, so it cannot leave its errors to the first one
        self._source.begin_run(resumed=resumed)
        if self._source.speaks:
            self.monitor.start()
        notifier = CompletionNotifier(
            self.monitor.config,
            monitor=self.monitor,
            log_file=None,
            notifiers=None,
            outbox=None,
            renderer=None,
            clock=self.monitor.clock,
            grace=_GRACE,
        )
        self._process = os.getpid()
        self._run = TrainingRun(notifier, self._name, 0.0)
        self._run.__enter__()
        self._unfinished = UnfinishedTraining(self._end_unfinished)

    def add(self, metrics: Mapping[str, object], epoch: object = None, step: object = None) -> None:
        """Take the metrics of one moment."""
        self._held.append((dict(metrics), epoch, step))
        if not self.is_running or len(self._held) > _MOST_HELD:
            self.flush()

    def name_checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Report what is held with the checkpoint that was saved with it."""
        self.flush(os.path.abspath(path))  # noqa: PTH100

    def flush(self, checkpoint: str | None = None) -> None:
        """Report what is held."""
        if not self._held:
            return
        held, self._held = self._held, []
        for metrics, epoch, step in held:
            self.monitor.report_numbers(metrics, epoch, step, checkpoint)

    def end(self, error: BaseException | None = None) -> None:
        """Report that the training has finished, or what ended it, and deliver what is pending."""
        self.flush()
        run, self._run = self._run, None
        if run is None or self._process != os.getpid():
            return
        if self._unfinished is not None:
            self._unfinished.close()
        if error is None:
            run.__exit__(None, None, None)
        else:
            run.__exit__(type(error), error, error.__traceback__)
        self.monitor.stop()

    def _end_unfinished(self, error: BaseException | None) -> None:
        """End a training that the program has left."""
        is_signalled = self._run is not None and self._run.was_signalled
        if error is None and (is_signalled or not self.ends_silently):
            error = SystemExit(_ABANDONED)
        self.end(error)


def _reporter(*arguments: Any) -> TrainingReporter:
    *given, ends_silently = arguments
    return TrainingReporter(*given, ends_silently=ends_silently)


def newest(paths: Sequence[str | os.PathLike[str]]) -> str | None:
    """Return the path that was written last, None where none exists."""
    found = [Path(path) for path in paths if path and Path(path).exists()]
    return str(max(found, key=lambda path: path.stat().st_mtime)) if found else None


def latest_of(results: Mapping[str, Mapping[str, Sequence[Any]]]) -> dict[str, object]:
    """Return the last value of each metric of each set as ``set-metric``; of a cross validation the mean."""
    metrics = {}
    for data, found in results.items():
        for metric, values in found.items():
            last = values[-1]
            metrics[f"{data}-{metric}"] = last[0] if isinstance(last, tuple) else last
    return metrics
