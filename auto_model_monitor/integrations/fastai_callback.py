"""The callback of fastai."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastai.callback.core import Callback
from fastai.torch_core import rank_distrib

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, quiet


class FastaiCallback(Callback):  # type: ignore[misc] # of an untyped package
    """Reports what the recorder of a Learner records in each epoch, and the end.

    Example:
        >>> callback = FastaiCallback("valid_loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> learner.fit_one_cycle(5, cbs=[callback])  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"valid_loss < 0.4"``; none for messages about the end alone.
        config: who receives the messages; else it is made of ``settings``.
        notifiers: notifiers or URLs such as ``"dingtalk://TOKEN"``, instead of the config's mailbox.
        name: what the training is called; by default the script's name.
        settings: the arguments of a :class:`.MonitorConfig`, such as ``sender="you@qq.com"``.

    Raises:
        ConfigError: one of these is wrong.
    """

    order = 60  # after the recorder

    def __init__(
        self,
        *rules: Rule | str,
        config: MonitorConfig | None = None,
        notifiers: Sequence[Notifier | str] | None = None,
        name: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__()
        self._is_training = False
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

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
