"""The callback of Keras 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, quiet


class KerasCallback(keras.callbacks.Callback):  # type: ignore[misc] # of an untyped package
    """Reports the metrics of each epoch of ``fit()``, and its end.

    Example:
        >>> callback = KerasCallback("val_loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> model.fit(x, y, validation_split=0.1, callbacks=[callback])  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"val_loss < 0.4"``; none for messages about the end alone.
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
        super().__init__()
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

    @quiet
    def on_train_begin(self, logs: Any = None) -> None:
        """Begin."""
        self._reporter.begin()

    @quiet
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take what ``History.history`` gets."""
        self._reporter.add(logs or {}, epoch=epoch)

    @quiet
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Report the epoch before."""
        self._reporter.flush()

    @quiet
    def on_train_end(self, logs: Any = None) -> None:
        """Report the end."""
        self._reporter.end()
