"""The callback of Hugging Face's Trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from .reporting_callback import ReportingCallback
from .training_reporter import quiet


class HuggingFaceCallback(ReportingCallback, TrainerCallback):  # type: ignore[misc] # of an untyped package
    """Reports what a Trainer of transformers logs, its checkpoints and its end.

    Example:
        >>> callback = HuggingFaceCallback("eval_loss < 0.4", sender="you@qq.com")  # doctest: +SKIP
        >>> Trainer(model, args, callbacks=[callback], ...)  # doctest: +SKIP

    The arguments are those of every callback, :class:`.ReportingCallback`.
    """

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
