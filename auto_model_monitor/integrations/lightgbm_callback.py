"""The callback of LightGBM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, quiet


class LightGBMCallback:
    """Reports the metrics of each boosting round as ``valid_0-l2``, and the end.

    LightGBM has no event for an early stop: it is reported when the program ends.

    Example:
        >>> callback = LightGBMCallback("valid_0-l2 < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> lightgbm.train(parameters, data, valid_sets=[valid], callbacks=[callback])  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"valid_0-l2 < 0.4"``; none for messages about the end alone.
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
        self.order = 25  # after the metrics are recorded, and before early stopping leaves the round
        self.before_iteration = False
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings, ends_silently=True)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

    def __call__(self, env: Any) -> None:
        """Take the metrics of a round, as ``evals_result`` does."""
        self._round(env)

    @quiet
    def _round(self, env: Any) -> None:
        if not self._reporter.is_running or env.iteration == env.begin_iteration:
            self._reporter.begin(resumed=env.begin_iteration > 0)
        results = env.evaluation_result_list or ()
        metrics = {f"{result[0]}-{result[1]}": result[2] for result in results}
        self._reporter.add(metrics, epoch=env.iteration)
        self._reporter.flush()
        if env.iteration == env.end_iteration - 1:
            self._reporter.end()
