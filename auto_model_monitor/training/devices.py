"""Device names, and how a training sees its device."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..core.errors import ConfigError

_DEVICE = re.compile(r"([a-z]{2,16})(?::(0|[1-9][0-9]{0,3}))?")
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def device_name(text: object) -> str | None:
    """Return a device's full name, None for any other text: ``cuda`` is ``cuda:0``, ``cpu:1`` is ``cpu``."""
    found = _DEVICE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    kind, number = found.groups()
    return kind if kind in ("cpu", "mps") else f"{kind}:{number or 0}"


def visible_device(device: str, environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the device's name inside the training, and the environment variables that select it.

    A training on ``cuda:2`` sees only the third of the server's cards, as its ``cuda:0``. A training on the
    CPU sees no card.

    Args:
        device: a full name.
        environment: the server's environment.

    Raises:
        ConfigError: the server sees fewer cards.
    """
    if device == "cpu":
        return device, {_VISIBLE: ""}
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return device, {}
    own = environment.get(_VISIBLE)
    if own is None:
        return "cuda:0", {_VISIBLE: number}
    cards = _cards(own)
    if int(number) >= len(cards):
        raise ConfigError(
            f"device: expected one of the {len(cards)} cards that the server sees ({_VISIBLE}={own!r}), "
            f"got {device!r}; cuda:0 is the first of them"
        )
    return "cuda:0", {_VISIBLE: cards[int(number)]}


def _cards(visible: str) -> list[str]:
    """Return the cards of a list; the first invalid one ends the list, as in CUDA."""
    cards: list[str] = []
    for card in visible.split(","):
        if not card.strip() or card.strip().startswith("-"):
            break
        cards.append(card.strip())
    return cards
