"""The handler of PyTorch-Ignite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ignite.engine import Events

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, quiet


class IgniteHandler:
    """Reports the metrics of a trainer and its evaluators, and the end.

    Example:
        >>> handler = IgniteHandler("validation/loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> handler.attach(trainer, validation=evaluator)  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"validation/loss < 0.4"``; none for messages about the end alone.
        config: who receives the messages; else it is made of ``settings``.
        notifiers: notifiers or URLs such as ``"dingtalk://TOKEN"``, instead of the config's mailbox.
        name: what the training is called; by default the script's name.
        settings: the arguments of a :class:`.MonitorConfig`, such as ``sender="you@qq.com"``.

    Raises:
        ConfigError: one of these is wrong.
    """

    def __init__(
        self,
        *rules: Rule | str,
        config: MonitorConfig | None = None,
        notifiers: Sequence[Notifier | str] | None = None,
        name: str | None = None,
        **settings: Any,
    ) -> None:
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

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
