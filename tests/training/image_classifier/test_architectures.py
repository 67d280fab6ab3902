"""The sizes of images, patches and layers."""

from __future__ import annotations

import pytest

from auto_model_monitor.training.image_classifier.architectures import (
    ARCHITECTURES,
    ResNet,
    patch_for,
    size_for,
)


@pytest.mark.parametrize(
    ("sides", "size"),
    [
        ([8], 8),
        ([1], 8),
        ([28, 28, 28], 32),
        ([32] * 9 + [4000], 32),
        ([64], 64),
        ([65], 80),
        ([96, 100], 96),
        ([300, 400, 500], 224),
    ],
)
def test_small_images_stay_small(sides: list[int], size: int) -> None:
    """Images are trained on at about their own median size, and at most at 224 pixels."""
    assert size_for(sides) == size


def test_the_patches_of_a_transformer_fit_every_size_that_is_chosen() -> None:
    """The size chosen for any images is a whole number of patches, 16 to 256 of them."""
    for side in range(1, 400):
        size = size_for([side])
        assert size % patch_for(size) == 0, side
        assert 16 <= (size // patch_for(size)) ** 2 <= 256, side


def test_the_stages_of_residual_networks_are_as_wide_as_in_their_paper() -> None:
    """The stages have the widths of the paper's table 1."""
    widths = {name: net.widths for name, net in ARCHITECTURES.items() if isinstance(net, ResNet)}
    assert widths["resnet18"] == widths["resnet34"] == (64, 128, 256, 512)
    assert widths["resnet50"] == widths["resnet101"] == (256, 512, 1024, 2048)
