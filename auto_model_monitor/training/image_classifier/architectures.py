"""The networks that can be trained, and the sizes of images and patches.

Sources: the tables of the ResNet paper (https://arxiv.org/abs/1512.03385, tables 1 and 6) and of DeiT
(https://arxiv.org/abs/2012.12877, table 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

SMALL = 32  # pixels; up to this size ResNets are built as in the paper's section on CIFAR
_LARGEST = 224  # pixels; larger images are reduced to this usual size
_MULTIPLES = ((64, 8), (_LARGEST, 16))  # so that the patches of a ViT fit


@dataclass(frozen=True, slots=True, kw_only=True)
class ResNet:
    """A residual network.

    Attributes:
        bottleneck: a block has three layers instead of two.
        depths: the number of blocks in each stage.
    """

    bottleneck: bool
    depths: tuple[int, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of output channels of each stage."""
        return tuple(64 * 2**stage * (4 if self.bottleneck else 1) for stage in range(len(self.depths)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ViT:
    """A vision transformer of twelve layers.

    Attributes:
        width: the length of a token's vector.
        heads: the number of attention heads.
    """

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
    """Return the size in pixels to which images are scaled for training; small images stay small.

    Args:
        sides: the shorter sides of a sample of the images, in pixels; at least one.
    """
    side = median_low(sides)
    for most, multiple in _MULTIPLES:
        if side <= most:
            return max(multiple, (side + multiple - 1) // multiple * multiple)
    return _LARGEST


def patch_for(size: int) -> int:
    """Return the side of a ViT's patches in pixels, so that there are at most 256."""
    if size <= 16:
        return 2
    return 4 if size <= 64 else 16


def least_batch(model: str) -> int:
    """Return the smallest batch, in images; a ResNet normalises over the batch."""
    return 2 if isinstance(ARCHITECTURES[model], ResNet) else 1
