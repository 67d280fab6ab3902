"""The callback of Hugging Face's Trainer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from .training_reporter import TrainingReporter, quiet


class HuggingFaceCallback(TrainerCallback):  # type: ignore[misc] # of an untyped package
    """Reports what a Trainer of transformers logs, its checkpoints and its end.

    Example:
        >>> callback = HuggingFaceCallback("eval_loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> Trainer(model, args, callbacks=[callback], ...)  # doctest: +SKIP

    Args:
        rules: rules or texts, such as ``"eval_loss < 0.4"``; none for messages about the end alone.
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
        self._reporter = TrainingReporter(rules, config, notifiers, name, settings)

    @property
    def monitor(self) -> ModelMonitor:
        """The monitor; its ``repr()`` shows what was sent."""
        return self._reporter.monitor

    @quiet
    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin."""
        is_first = bool(state.is_world_process_zero)
        self._reporter.begin(resumed=state.global_step > 0, is_rank_zero=is_first)

    @quiet
    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Take what ``state.log_history`` gets."""
        metrics = dict(logs or {})
        epoch = metrics.pop("epoch", state.epoch)
        self._reporter.add(metrics, epoch=epoch, step=state.global_step)

    @quiet
    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Name the checkpoint."""
        self._reporter.name_checkpoint(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    @quiet
    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Report what no checkpoint was saved with."""
        self._reporter.flush()

    @quiet
    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Report the end."""
        self._reporter.end()
