"""Which devices this machine has: what the page's form offers. A request may name others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_CARD = re.compile(r"nvidia[0-9]+")


def devices(environment: Mapping[str, str], folder: Path = Path("/dev")) -> list[str]:
    """Return ``cpu`` and the cards that a training here would be shown, asking no driver.

    Args:
        environment: the server's own; ``CUDA_VISIBLE_DEVICES`` in it narrows the cards down.
        folder: where the cards stand as files.
    """
    try:
        cards = sum(1 for file in folder.iterdir() if _CARD.fullmatch(file.name))
    except OSError:
        cards = 0
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        cards = min(cards, len([card for card in visible.split(",") if card.strip() not in ("", "-1")]))
    return ["cpu", *(f"cuda:{number}" for number in range(cards))]
