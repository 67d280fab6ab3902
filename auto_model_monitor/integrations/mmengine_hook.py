"""The hook of MMEngine, and so of MMDetection, MMSegmentation and others."""

from __future__ import annotations

from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from .reporting_callback import ReportingCallback
from .training_reporter import quiet

_NO_METRICS = ("train/time", "train/data_time")


class MMEngineHook(ReportingCallback, Hook):  # type: ignore[misc] # of an untyped package
    """Reports the losses of each epoch, the metrics of each validation, checkpoints and the end.

    Example:
        >>> hook = MMEngineHook("accuracy/top1 > 90", sender="you@qq.com")  # doctest: +SKIP
        >>> Runner(..., custom_hooks=[hook]).train()  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

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
