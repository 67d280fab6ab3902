"""The callback of XGBoost."""

from __future__ import annotations

from typing import Any

from xgboost.callback import TrainingCallback

from .reporting_callback import ReportingCallback
from .training_reporter import latest_of, quiet


class XGBoostCallback(ReportingCallback, TrainingCallback):  # type: ignore[misc] # of an untyped package
    """Reports the metrics of each boosting round, named as XGBoost prints them, and the end.

    Example:
        >>> callback = XGBoostCallback("validation_0-rmse < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> XGBRegressor(callbacks=[callback]).fit(x, y, eval_set=[(xv, yv)])  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    def before_training(self, model: Any) -> Any:
        """Begin."""
        self._begin()
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Take what ``evals_result()`` gets; never stop the training."""
        self._add(epoch, evals_log)
        return False

    def after_training(self, model: Any) -> Any:
        """Report the end."""
        self._end()
        return model

    @quiet
    def _begin(self) -> None:
        self._reporter.begin()

    @quiet
    def _add(self, epoch: int, evals_log: Any) -> None:
        self._reporter.add(latest_of(evals_log), step=epoch)
        self._reporter.flush()

    @quiet
    def _end(self) -> None:
        self._reporter.end()
