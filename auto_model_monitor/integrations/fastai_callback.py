"""The callback of fastai."""

from __future__ import annotations

from fastai.callback.core import Callback
from fastai.torch_core import rank_distrib

from .reporting_callback import ReportingCallback
from .training_reporter import quiet


class FastaiCallback(ReportingCallback, Callback):  # type: ignore[misc] # of an untyped package
    """Reports what the recorder of a Learner records in each epoch, and the end.

    Example:
        >>> callback = FastaiCallback("valid_loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> learner.fit_one_cycle(5, cbs=[callback])  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    order = 60  # after the recorder

    _is_training = False

    @quiet
    def before_fit(self) -> None:
        """Begin, unless the learner only looks for a learning rate or predicts."""
        self._is_training = not (hasattr(self.learn, "lr_finder") or hasattr(self.learn, "gather_preds"))
        if self._is_training:
            self._reporter.begin(is_rank_zero=rank_distrib() == 0)

    @quiet
    def after_epoch(self) -> None:
        """Take the row of the recorder's table."""
        if self._is_training:
            names, values = self.recorder.metric_names[1:-1], self.recorder.values[-1]
            self._reporter.add(dict(zip(names, values, strict=False)), epoch=self.epoch)

    @quiet
    def before_epoch(self) -> None:
        """Report the epoch before."""
        self._reporter.flush()

    @quiet
    def after_fit(self) -> None:
        """Report the end."""
        if self._is_training:
            self._reporter.end()
