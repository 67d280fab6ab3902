"""PyTorch, imported in this one place (extra ``trainer``)."""

from __future__ import annotations

import os

from ...core.extras import extra

# Threads that wait in a busy loop slow down the threads that they wait for: on two busy cores, an epoch took
# 151 s with busy waiting and 16 s without.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

with extra("trainer"):
    import torch
    from torch import Tensor, nn
    from torch.nn import functional

__all__ = ["Tensor", "functional", "nn", "torch"]
