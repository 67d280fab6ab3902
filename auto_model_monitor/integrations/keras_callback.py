"""The callback of Keras 3."""

from __future__ import annotations

from typing import Any

import keras

from .reporting_callback import ReportingCallback
from .training_reporter import quiet


class KerasCallback(ReportingCallback, keras.callbacks.Callback):  # type: ignore[misc] # of an untyped package
    """Reports the metrics of each epoch of ``fit()``, and its end.

    Example:
        >>> callback = KerasCallback("val_loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> model.fit(x, y, validation_split=0.1, callbacks=[callback])  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    @quiet
    def on_train_begin(self, logs: Any = None) -> None:
        """Begin."""
        self._reporter.begin()

    @quiet
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Take what ``History.history`` gets, under the number that Keras prints."""
        self._reporter.add(logs or {}, epoch=epoch + 1)

    @quiet
    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Report the epoch before."""
        self._reporter.flush()

    @quiet
    def on_train_end(self, logs: Any = None) -> None:
        """Report the end."""
        self._reporter.end()
