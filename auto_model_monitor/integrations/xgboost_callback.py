"""The callback of XGBoost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xgboost.callback import TrainingCallback

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, latest_of, quiet


class XGBoostCallback(TrainingCallback):  # type: ignore[misc] # of an untyped package
    """Reports the metrics of each boosting round, named as XGBoost prints them, and the end.

    Example:
        >>> callback = XGBoostCallback("validation_0-rmse < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> XGBRegressor(callbacks=[callback]).fit(x, y, eval_set=[(xv, yv)])  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"validation_0-rmse < 0.4"``; none for messages about the end alone.
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
        super().__init__()
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

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
        self._reporter.add(latest_of(evals_log), epoch=epoch)
        self._reporter.flush()

    @quiet
    def _end(self) -> None:
        self._reporter.end()
