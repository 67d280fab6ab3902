"""The callback of LightGBM."""

from __future__ import annotations

from typing import Any

from .reporting_callback import ReportingCallback
from .training_reporter import quiet


class LightGBMCallback(ReportingCallback):
    """Reports the metrics of each boosting round as ``valid_0-l2``, and the end.

    LightGBM has no event for an early stop: it is reported when the program ends.

    Example:
        >>> callback = LightGBMCallback("valid_0-l2 < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> lightgbm.train(parameters, data, valid_sets=[valid], callbacks=[callback])  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

    ends_silently = True
    order = 25  # after the metrics are recorded, and before early stopping leaves the round
    before_iteration = False

    def __call__(self, env: Any) -> None:
        """Take the metrics of a round, as ``evals_result`` does."""
        self._round(env)

    @quiet
    def _round(self, env: Any) -> None:
        if not self._reporter.is_running or env.iteration == env.begin_iteration:
            self._reporter.begin(resumed=env.begin_iteration > 0)
        results = env.evaluation_result_list or ()
        metrics = {f"{result[0]}-{result[1]}": result[2] for result in results}
        self._reporter.add(metrics, step=env.iteration)
        self._reporter.flush()
        if env.iteration == env.end_iteration - 1:
            self._reporter.end()
