"""What a network is shown of images: slightly moved while it learns, and always with the same statistics."""

from __future__ import annotations

from ._torch import Tensor, torch

# The mean and deviation of ImageNet's colours, to which published weights are used.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_PART = 8  # images are moved by up to this part of their side, as in the paper's CIFAR: 4 pixels of 32


def normalised(images: Tensor) -> Tensor:
    """Return bytes as numbers around zero."""
    mean = torch.tensor(_MEAN, device=images.device).view(1, 3, 1, 1)
    deviation = torch.tensor(_DEVIATION, device=images.device).view(1, 3, 1, 1)
    return (images.float() / 255 - mean) / deviation


def moved(images: Tensor, chance: torch.Generator) -> Tensor:
    """Move each image by a random vector; its border is repeated where nothing is known.

    Args:
        images: n x channels x height x width.
        chance: where the vectors come from, on the processor.
    """
    count, channels, height, width = images.shape
    rows = _steps(count, height, chance).to(images.device)
    columns = _steps(count, width, chance).to(images.device)
    numbers = torch.arange(count, device=images.device).view(-1, 1, 1, 1)
    colours = torch.arange(channels, device=images.device).view(1, -1, 1, 1)
    return images[numbers, colours, rows.view(count, 1, -1, 1), columns.view(count, 1, 1, -1)]


def mirrored(images: Tensor, chance: torch.Generator) -> Tensor:
    """Mirror half of the images, drawn at random, left to right."""
    turned = (torch.rand(len(images), generator=chance) < 0.5).to(images.device)
    return torch.where(turned.view(-1, 1, 1, 1), images.flip(-1), images)


def _steps(count: int, length: int, chance: torch.Generator) -> Tensor:
    most = length // _PART
    shift = torch.randint(-most, most + 1, (count, 1), generator=chance)
    return (torch.arange(length) + shift).clamp(0, length - 1)
