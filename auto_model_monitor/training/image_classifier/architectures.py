"""The networks that can be trained, and the shapes that follow from the size of the images.

Sources: the tables of the ResNet paper (https://arxiv.org/abs/1512.03385, tables 1 and 6) and of DeiT
(https://arxiv.org/abs/2012.12877, table 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

SMALL = 32  # pixels; up to here ResNets are built as their paper does for CIFAR
_LARGEST = 224  # pixels; the usual size, to which larger images are reduced
_MULTIPLES = ((64, 8), (_LARGEST, 16))  # so that the patches of a ViT fit


@dataclass(frozen=True, slots=True, kw_only=True)
class ResNet:
    """A residual network: how many layers its stages have, and how wide they are."""

    bottleneck: bool
    depths: tuple[int, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """The channels that leave each stage."""
        return tuple(64 * 2**stage * (4 if self.bottleneck else 1) for stage in range(len(self.depths)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ViT:
    """A vision transformer of twelve layers."""

    width: int
    heads: int


ARCHITECTURES: Mapping[str, ResNet | ViT] = {
    "resnet18": ResNet(bottleneck=False, depths=(2, 2, 2, 2)),
    "resnet34": ResNet(bottleneck=False, depths=(3, 4, 6, 3)),
    "resnet50": ResNet(bottleneck=True, depths=(3, 4, 6, 3)),
    "resnet101": ResNet(bottleneck=True, depths=(3, 4, 23, 3)),
    "vit-tiny": ViT(width=192, heads=3),
    "vit-small": ViT(width=384, heads=6),
    "vit-base": ViT(width=768, heads=12),
}


def size_for(sides: Sequence[int]) -> int:
    """Return the size in pixels at which images are trained on: small ones stay small.

    Args:
        sides: the shorter sides of some of the images, in pixels; at least one.
    """
    side = median_low(sides)
    for most, multiple in _MULTIPLES:
        if side <= most:
            return max(multiple, (side + multiple - 1) // multiple * multiple)
    return _LARGEST


def patch_for(size: int) -> int:
    """Return the side of a ViT's patches: about as many of them as the paper has, or fewer."""
    if size <= 16:
        return 2
    return 4 if size <= 64 else 16


def least_batch(model: str) -> int:
    """Return how many images a batch must have: a ResNet normalises over the batch."""
    return 2 if isinstance(ARCHITECTURES[model], ResNet) else 1
