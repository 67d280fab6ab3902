"""How weights follow their gradients: the optimizer, its rate over time, and the precision of the sums."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import Any

from ._torch import Tensor, torch

_WARM_UP = 0.1  # part of all steps in which the rate rises …
_LONGEST_WARM_UP = 1000  # … but no more steps than these
_DECAY = 0.05  # as DeiT is trained


class Optimisation:
    """Takes the steps of a training: a linear warm-up, then the rate falls as half a cosine does.

    Attributes:
        precision: in which numbers the network computes, such as ``bfloat16``.
    """

    def __init__(self, network: Any, *, rate: float, steps: int, mixed: bool) -> None:
        """Take the network, already on its device.

        Args:
            network: whose weights are learnt.
            rate: the highest learning rate.
            steps: how many steps there will be.
            mixed: compute in 16 bits where that is safe; on CUDA only.
        """
        device = next(network.parameters()).device
        mixed = mixed and device.type == "cuda"
        half = torch.bfloat16 if mixed and torch.cuda.is_bf16_supported() else torch.float16
        self.precision = str(half if mixed else torch.float32).removeprefix("torch.")
        self._device = device.type
        self._half = half if mixed else None
        # float16 has no small numbers: the loss is scaled up, and the gradients down again.
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._half is torch.float16)
        self._optimizer = _optimizer(network, rate)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, _course(steps))

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self._schedule.get_last_lr()[0])

    def computing(self) -> AbstractContextManager[None]:
        """Return the context in which the network is to compute."""
        context: AbstractContextManager[None] = torch.autocast(
            self._device, dtype=self._half, enabled=self._half is not None
        )
        return context

    def follow(self, loss: Tensor) -> None:
        """Compute the gradients of a loss; the weights stay as they are."""
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()

    def step(self) -> None:
        """Change the weights."""
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._schedule.step()


def _course(steps: int) -> Any:
    """Return the part of the highest rate as a function of the step's number, from 0 on."""
    warm_up = max(1, min(_LONGEST_WARM_UP, round(steps * _WARM_UP)))

    def part(step: int) -> float:
        if step < warm_up:
            return (step + 1) / warm_up
        done = (step - warm_up) / max(1, steps - warm_up)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    return part


def _optimizer(network: Any, rate: float) -> Any:
    """Let only matrices decay: biases and the factors of a normalisation have no cause to be small."""
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": _DECAY},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=rate)
