"""The callbacks of Ultralytics."""

from __future__ import annotations

from typing import Any

from .reporting_callback import ReportingCallback
from .training_reporter import quiet


class UltralyticsCallbacks(ReportingCallback):
    """Reports the columns of ``results.csv`` of each epoch, ``last.pt`` and the end.

    Example:
        >>> callbacks = UltralyticsCallbacks("metrics/mAP50(B) > 0.5", sender="you@qq.com")  # doctest: +SKIP
        >>> callbacks.attach(model)  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    _epoch = -1

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
