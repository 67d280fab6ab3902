"""The callback of CatBoost."""

from __future__ import annotations

from typing import Any

from .reporting_callback import ReportingCallback
from .training_reporter import latest_of, quiet


class CatBoostCallback(ReportingCallback):
    """Reports the metrics of each boosting round as ``validation-Logloss``, and the end.

    CatBoost has no event for the end of a training: it is reported when the next one begins or the program
    ends.

    Example:
        >>> callback = CatBoostCallback("validation-Logloss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> CatBoostClassifier().fit(x, y, eval_set=(xv, yv), callbacks=[callback])  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    ends_silently = True
    _latest = -1

    def after_iteration(self, info: Any) -> bool:
        """Take the metrics of a round, as ``get_evals_result()`` does; never stop the training."""
        self._round(info)
        return True

    @quiet
    def _round(self, info: Any) -> None:
        if not self._reporter.is_running or info.iteration <= self._latest:
            self._reporter.begin()
        self._latest = info.iteration
        self._reporter.add(latest_of(info.metrics or {}), step=info.iteration)
        self._reporter.flush()
