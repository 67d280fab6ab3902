"""Preprocessing: small shifts, mirroring and normalisation."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from auto_model_monitor.training.image_classifier.views import (  # noqa: E402 - only where PyTorch is
    mirrored,
    moved,
    normalised,
)


def chance(seed: int = 0) -> torch.Generator:
    """Return a source of random numbers."""
    return torch.Generator().manual_seed(seed)


def test_images_are_moved_by_up_to_an_eighth_each_its_own_way() -> None:
    """Each image is shifted in its own direction, by at most an eighth of its side, in all three colours."""
    images = torch.zeros(500, 3, 16, 16, dtype=torch.uint8)
    images[:, :, 8, 8] = 255
    places = moved(images, chance()).nonzero()
    assert len(places) == 500 * 3
    away = places[:, 2:] - 8
    assert (away.min(), away.max()) == (-2, 2)
    assert len(away.unique(dim=0)) == 25


def test_the_border_is_repeated() -> None:
    """The gap is filled with the nearest pixels, so that an image of columns stays one."""
    columns = torch.arange(16, dtype=torch.uint8).expand(50, 3, 16, 16)
    for image in moved(columns, chance()):
        assert image.equal(image[0, 0].expand(3, 16, 16))
        steps = image[0, 0].int().diff()
        assert steps.min() >= 0
        assert steps.max() == 1


def test_about_half_of_the_images_are_mirrored() -> None:
    """Each image is itself or its mirror image, and both occur."""
    image = torch.arange(3 * 4 * 4, dtype=torch.uint8).view(1, 3, 4, 4)
    turned = [shown.equal(image[0].flip(-1)) for shown in mirrored(image.expand(200, 3, 4, 4), chance())]
    assert 70 < sum(turned) < 130


def test_the_same_seed_gives_the_same_images() -> None:
    """Two generators with the same seed shift and mirror alike, and another seed differs."""
    images = torch.randint(255, (20, 3, 16, 16), generator=chance(), dtype=torch.uint8)
    assert moved(images, chance(1)).equal(moved(images, chance(1)))
    assert not moved(images, chance(1)).equal(moved(images, chance(2)))


def test_colours_become_numbers_around_zero() -> None:
    """ImageNet's mean colour becomes 0, and one deviation more 1."""
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    found = normalised(torch.stack([mean * 255, (mean + deviation) * 255]).view(2, 3, 1, 1))
    assert torch.allclose(found[0], torch.zeros(3, 1, 1), atol=1e-5)
    assert torch.allclose(found[1], torch.ones(3, 1, 1), atol=1e-5)
