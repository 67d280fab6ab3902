"""The handler of PyTorch-Ignite."""

from __future__ import annotations

from typing import Any

from ignite.engine import Events

from .reporting_callback import ReportingCallback
from .training_reporter import quiet


class IgniteHandler(ReportingCallback):
    """Reports the metrics of a trainer and its evaluators, and the end.

    Example:
        >>> handler = IgniteHandler("validation/loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> handler.attach(trainer, validation=evaluator)  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    def attach(self, trainer: Any, **evaluators: Any) -> IgniteHandler:
        """Attach to a trainer, and to evaluators under the names that their metrics begin with.

        Args:
            trainer: the engine that trains.
            evaluators: engines, such as ``validation=evaluator``, whose ``accuracy`` is then
                ``validation/accuracy``.
        """
        trainer.add_event_handler(Events.STARTED, self._begin)
        trainer.add_event_handler(Events.EPOCH_STARTED, self._flush)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, self._add, trainer, "")
        trainer.add_event_handler(Events.COMPLETED, self._end)
        for name, evaluator in evaluators.items():
            evaluator.add_event_handler(Events.COMPLETED, self._add, trainer, f"{name}/")
        return self

    @quiet
    def _begin(self, engine: Any) -> None:
        self._reporter.begin(resumed=engine.state.iteration > 0)

    @quiet
    def _flush(self, engine: Any) -> None:
        self._reporter.flush()

    @quiet
    def _add(self, engine: Any, trainer: Any, prefix: str) -> None:
        metrics = {f"{prefix}{name}": value for name, value in engine.state.metrics.items()}
        if metrics:
            self._reporter.add(metrics, epoch=trainer.state.epoch, step=trainer.state.iteration)

    @quiet
    def _end(self, engine: Any) -> None:
        self._reporter.end()
