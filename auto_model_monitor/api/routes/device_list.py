"""The devices of this machine, as the page's form offers them; a request may name others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_CARD = re.compile(r"nvidia[0-9]+")


def visible_devices(environment: Mapping[str, str], folder: Path = Path("/dev")) -> list[str]:
    """Return ``cpu`` and the GPUs that a training here would see, without asking a driver.

    Args:
        environment: the server's own; ``CUDA_VISIBLE_DEVICES`` limits the GPUs.
        folder: the directory with the device files.
    """
    try:
        cards = sum(1 for file in folder.iterdir() if _CARD.fullmatch(file.name))
    except OSError:
        cards = 0
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        cards = min(cards, len([card for card in visible.split(",") if card.strip() not in ("", "-1")]))
    return ["cpu", *(f"cuda:{number}" for number in range(cards))]
