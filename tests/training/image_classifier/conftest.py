"""Folders of class folders that train in a second."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

# These networks are too small for several threads, which would only stand in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_COLOURS = {"blue": (30, 60, 200), "green": (40, 190, 60), "red": (210, 40, 40)}


@pytest.fixture
def colours(tmp_path: Path) -> Callable[..., Path]:
    """Write images of one colour each, with some noise: ``train = colours("train", count=8)``."""
    image = pytest.importorskip("PIL.Image")

    def write(name: str, *, count: int = 4, side: int = 8) -> Path:
        chance = random.Random(name)
        for colour, mean in _COLOURS.items():
            folder = tmp_path / name / colour
            folder.mkdir(parents=True)
            for number in range(count):
                noisy = bytes(max(0, min(255, value + chance.randint(-30, 30))) for value in mean * side**2)
                image.frombytes("RGB", (side, side), noisy).save(folder / f"{number}.png")
        return tmp_path / name

    return write
