"""The constructor and the monitor that all callbacks share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter


class ReportingCallback:
    """What is the same in the callbacks of all frameworks; each has its own class beside this one.

    Attributes:
        ends_silently: the framework has no event for the end: a program that ends without an error has
            finished its training.

    Args:
        rules: rules or texts, such as ``"val_loss < 0.4"``; none for messages about the end alone.
        config: who receives the messages; else it is made of ``settings``.
        notifiers: notifiers or URLs such as ``"dingtalk://TOKEN"``, instead of the config's mailbox.
        name: what the training is called; by default the script's name.
        settings: the arguments of a :class:`.MonitorConfig`, such as ``sender="you@qq.com"``.

    Raises:
        ConfigError: one of these is wrong.
    """

    ends_silently: ClassVar[bool] = False

    def __init__(
        self,
        *rules: Rule | str,
        config: MonitorConfig | None = None,
        notifiers: Sequence[Notifier | str] | None = None,
        name: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__()  # the framework's class
        self._reporter = TrainingReporter(
            rules, config, notifiers, name, settings, ends_silently=self.ends_silently
        )

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor
