"""Devices: one name for each, and what a training is shown of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..core.errors import ConfigError

_DEVICE = re.compile(r"([a-z]{2,16})(?::(0|[1-9][0-9]{0,3}))?")
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def device_name(text: object) -> str | None:
    """Return a device's full name, None where the text names none: ``cuda`` is ``cuda:0``.

    The processor is one device, however it is called.
    """
    found = _DEVICE.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    kind, number = found.groups()
    return kind if kind in ("cpu", "mps") else f"{kind}:{number or 0}"


def shown_device(device: str, environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return how a training is told of its device, and what its environment has to say.

    A training on ``cuda:2`` is shown the third card of those that the server itself may see, alone, so that
    for the training it is ``cuda:0``. One on the processor is shown no card.

    Args:
        device: a full name.
        environment: the server's own.

    Raises:
        ConfigError: the server may not see so many cards.
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
            f"device: expected one of the {len(cards)} cards that the server may see ({_VISIBLE}={own!r}), "
            f"got {device!r}; cuda:0 is the first of them"
        )
    return "cuda:0", {_VISIBLE: cards[int(number)]}


def _cards(visible: str) -> list[str]:
    """Return the cards of a list; as CUDA has it, the first invalid one ends the list."""
    cards: list[str] = []
    for card in visible.split(","):
        if not card.strip() or card.strip().startswith("-"):
            break
        cards.append(card.strip())
    return cards
