"""PyTorch, imported in this one place (extra ``trainer``)."""

from __future__ import annotations

import os

from ...core.extras import extra

# Threads that wait for each other in a busy loop take the time from whom they wait for: on two cores that
# were in use, an epoch took 151 s with that and 16 s without.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

with extra("trainer"):
    import torch
    from torch import Tensor, nn
    from torch.nn import functional

__all__ = ["Tensor", "functional", "nn", "torch"]
