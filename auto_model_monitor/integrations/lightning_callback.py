"""The callback of Lightning."""

from __future__ import annotations

import sys
from typing import Any

if "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules:
    from pytorch_lightning.callbacks import Callback, ModelCheckpoint
else:
    from lightning.pytorch.callbacks import Callback, ModelCheckpoint

from .reporting_callback import ReportingCallback
from .training_reporter import newest, quiet


class LightningCallback(ReportingCallback, Callback):  # type: ignore[misc] # of an untyped package
    """Reports what a LightningModule logs in each epoch and validation, checkpoints, the end and a crash.

    Example:
        >>> callback = LightningCallback("val_loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> Trainer(callbacks=[callback]).fit(model)  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Forget an earlier training."""
        self._before: dict[str, Any] = {}
        self._saved: set[str] = set()

    @quiet
    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin."""
        self._reporter.begin(resumed=trainer.ckpt_path is not None, is_rank_zero=trainer.is_global_zero)

    @quiet
    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Report what was logged before."""
        self._flush(trainer)

    @quiet
    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Note the metrics so far."""
        self._flush(trainer)
        self._before = dict(trainer.callback_metrics)

    @quiet
    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Take the metrics of the validation."""
        if not trainer.sanity_checking:
            self._add(trainer)

    @quiet
    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Take the metrics of the training."""
        self._add(trainer)

    @quiet
    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Report the end."""
        self._flush(trainer)
        self._reporter.end(KeyboardInterrupt() if trainer.interrupted else None)

    @quiet
    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Report the crash."""
        self._reporter.end(exception)

    def _add(self, trainer: Any) -> None:
        """Take what has been computed since the last time: such values are other objects."""
        now = dict(trainer.callback_metrics)
        new = {name: value for name, value in now.items() if self._before.get(name) is not value}
        self._before = now
        if new:
            self._reporter.add(new, epoch=trainer.current_epoch, step=trainer.global_step)

    def _flush(self, trainer: Any) -> None:
        if not self._reporter.holds:
            return
        paths = {
            path
            for callback in trainer.checkpoint_callbacks
            if isinstance(callback, ModelCheckpoint)
            for path in (*callback.best_k_models, callback.best_model_path, callback.last_model_path)
        }
        saved = newest([*(paths - self._saved)])
        self._saved |= paths
        if saved:
            self._reporter.name_checkpoint(saved)
        self._reporter.flush()
