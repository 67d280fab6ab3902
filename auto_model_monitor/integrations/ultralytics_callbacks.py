"""The callbacks of Ultralytics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, quiet


class UltralyticsCallbacks:
    """Reports the columns of ``results.csv`` of each epoch, ``last.pt`` and the end.

    Example:
        >>> callbacks = UltralyticsCallbacks("metrics/mAP50(B) > 0.5", sender="you@qq.com")  # doctest: +SKIP
        >>> callbacks.attach(model)  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"metrics/mAP50(B) > 0.5"``; none for messages about the end alone.
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
        self._epoch = -1
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

    def attach(self, model: Any) -> UltralyticsCallbacks:
        """Attach to a ``YOLO`` or another model of Ultralytics."""
        model.add_callback("on_train_start", self._begin)
        model.add_callback("on_train_epoch_start", self._begin_epoch)
        model.add_callback("on_fit_epoch_end", self._add)
        model.add_callback("on_train_end", self._end)
        return self

    @quiet
    def _begin(self, trainer: Any) -> None:
        self._reporter.begin(resumed=trainer.start_epoch > 0)

    @quiet
    def _begin_epoch(self, trainer: Any) -> None:
        self._epoch = trainer.epoch

    @quiet
    def _add(self, trainer: Any) -> None:
        if trainer.epoch != self._epoch:
            return  # at the end the best model is validated once more
        losses = trainer.label_loss_items(trainer.tloss, prefix="train")
        self._reporter.add({**losses, **trainer.metrics, **trainer.lr}, epoch=trainer.epoch + 1)
        if trainer.last.exists():
            self._reporter.name_checkpoint(trainer.last)
        self._reporter.flush()

    @quiet
    def _end(self, trainer: Any) -> None:
        self._reporter.end()
