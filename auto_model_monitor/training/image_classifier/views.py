"""Preprocessing: normalise images, and shift or mirror them at random for training."""

from __future__ import annotations

from ._torch import Tensor, torch

# The mean and standard deviation of ImageNet's colours, which published weights expect.
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_PART = 8  # images are shifted by at most 1/8 of their side, as in the ResNet paper for CIFAR: 4 of 32 pixels


def normalised(images: Tensor) -> Tensor:
    """Return images of bytes with zero mean and unit deviation."""
    mean = torch.tensor(_MEAN, device=images.device).view(1, 3, 1, 1)
    deviation = torch.tensor(_DEVIATION, device=images.device).view(1, 3, 1, 1)
    return (images.float() / 255 - mean) / deviation


def moved(images: Tensor, chance: torch.Generator) -> Tensor:
    """Shift each image by a random vector; the border is repeated to fill the gap.

    Args:
        images: n x channels x height x width.
        chance: the random generator, on the CPU.
    """
    count, channels, height, width = images.shape
    rows = _steps(count, height, chance).to(images.device)
    columns = _steps(count, width, chance).to(images.device)
    numbers = torch.arange(count, device=images.device).view(-1, 1, 1, 1)
    colours = torch.arange(channels, device=images.device).view(1, -1, 1, 1)
    return images[numbers, colours, rows.view(count, 1, -1, 1), columns.view(count, 1, 1, -1)]


def mirrored(images: Tensor, chance: torch.Generator) -> Tensor:
    """Mirror a random half of the images left to right."""
    turned = (torch.rand(len(images), generator=chance) < 0.5).to(images.device)
    return torch.where(turned.view(-1, 1, 1, 1), images.flip(-1), images)


def _steps(count: int, length: int, chance: torch.Generator) -> Tensor:
    most = length // _PART
    shift = torch.randint(-most, most + 1, (count, 1), generator=chance)
    return (torch.arange(length) + shift).clamp(0, length - 1)
