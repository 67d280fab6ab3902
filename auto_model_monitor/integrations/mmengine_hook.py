"""The hook of MMEngine, and so of MMDetection, MMSegmentation and others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, quiet

_NO_METRICS = ("train/time", "train/data_time")


class MMEngineHook(Hook):  # type: ignore[misc] # of an untyped package
    """Reports the losses of each epoch, the metrics of each validation, checkpoints and the end.

    Example:
        >>> hook = MMEngineHook("accuracy/top1 > 90", sender="you@qq.com")  # doctest: +SKIP
        >>> Runner(..., custom_hooks=[hook]).train()  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"accuracy/top1 > 90"``; none for messages about the end alone.
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

    @quiet
    def before_train(self, runner: Any) -> None:
        """Begin."""
        self._reporter.begin(resumed=runner.iter > 0, is_rank_zero=is_main_process())

    @quiet
    def after_train_epoch(self, runner: Any) -> None:
        """Take the latest losses of the training, under the names of ``scalars.json``."""
        scalars = runner.message_hub.log_scalars
        losses = {
            name.removeprefix("train/"): buffer.current()
            for name, buffer in scalars.items()
            if name.startswith("train/") and name not in _NO_METRICS
        }
        self._reporter.add(losses, epoch=runner.epoch + 1, step=runner.iter)

    @quiet
    def after_val_epoch(self, runner: Any, metrics: Any = None) -> None:
        """Take the metrics of a validation."""
        self._reporter.add(metrics or {}, epoch=runner.epoch, step=runner.iter)
        saved = runner.message_hub.runtime_info.get("last_ckpt")
        if saved:
            self._reporter.name_checkpoint(saved)

    @quiet
    def before_train_epoch(self, runner: Any) -> None:
        """Report the epoch before."""
        self._reporter.flush()

    @quiet
    def after_train(self, runner: Any) -> None:
        """Report the end."""
        self._reporter.end()
