"""The callback of CatBoost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, latest_of, quiet


class CatBoostCallback:
    """Reports the metrics of each boosting round as ``validation-Logloss``, and the end.

    CatBoost has no event for the end of a training: it is reported when the next one begins or the program
    ends.

    Example:
        >>> callback = CatBoostCallback("validation-Logloss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> CatBoostClassifier().fit(x, y, eval_set=(xv, yv), callbacks=[callback])  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"validation-Logloss < 0.4"``; none for messages about the end alone.
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
        self._latest = -1
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings, ends_silently=True)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

    def after_iteration(self, info: Any) -> bool:
        """Take the metrics of a round, as ``get_evals_result()`` does; never stop the training."""
        self._round(info)
        return True

    @quiet
    def _round(self, info: Any) -> None:
        if not self._reporter.is_running or info.iteration <= self._latest:
            self._reporter.begin()
        self._latest = info.iteration
        self._reporter.add(latest_of(info.metrics or {}), epoch=info.iteration)
        self._reporter.flush()
