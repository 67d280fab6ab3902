"""The optimizer, its learning-rate schedule, and mixed precision."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import Any

from ._torch import Tensor, torch

_WARM_UP = 0.1  # fraction of all steps in which the rate rises …
_LONGEST_WARM_UP = 1000  # … and the largest number of these steps
_DECAY = 0.05  # as for DeiT


class Optimisation:
    """Updates the weights: the learning rate rises linearly, then falls along half a cosine.

    Attributes:
        precision: the number format in which the network computes, such as ``bfloat16``.

    Args:
        network: the network, on its device.
        rate: the highest learning rate.
        steps: the number of steps in the training.
        mixed: compute in 16 bits where that is safe; on CUDA only.
    """

    def __init__(self, network: Any, *, rate: float, steps: int, mixed: bool) -> None:
        device = next(network.parameters()).device
        mixed = mixed and device.type == "cuda"
        half = torch.bfloat16 if mixed and torch.cuda.is_bf16_supported() else torch.float16
        self.precision = str(half if mixed else torch.float32).removeprefix("torch.")
        self._device = device.type
        self._half = half if mixed else None
        # float16 cannot hold small gradients, so the loss is scaled up and the gradients down again.
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._half is torch.float16)
        self._optimizer = _optimizer(network, rate)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, _rate_factor(steps))

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._schedule.get_last_lr()[0])

    def computing(self) -> AbstractContextManager[None]:
        """Return the context in which the network computes."""
        context: AbstractContextManager[None] = torch.autocast(
            self._device, dtype=self._half, enabled=self._half is not None
        )
        return context

    def follow(self, loss: Tensor) -> None:
        """Compute the gradients of a loss."""
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()

    def step(self) -> None:
        """Update the weights."""
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._schedule.step()


def _rate_factor(steps: int) -> Any:
    """Return a function from a step's number, from 0, to its fraction of the highest rate."""
    warm_up = max(1, min(_LONGEST_WARM_UP, round(steps * _WARM_UP)))

    def factor(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        done = (step - warm_up) / max(1, steps - warm_up)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    return factor


def _optimizer(network: Any, rate: float) -> Any:
    """Apply weight decay to matrices only, not to biases and normalisation factors."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": _DECAY},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate)
