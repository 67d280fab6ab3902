"""The state of one graphics card, and its course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..i18n import size_text


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """What a card's driver says now.

    Attributes:
        number: the card's number, from 0.
        use: the share of the last second in which it computed; None where it does not say.
        used_bytes: memory in use.
        total_bytes: its memory.
        celsius: its temperature; None where it does not say.
    """

    number: int
    use: float | None
    used_bytes: int
    total_bytes: int
    celsius: float | None


class Cards(Protocol):
    """The cards of a training."""

    def read(self) -> Sequence[CardState]:
        """Return the state of each card."""
        ...


class CardCourse:
    """The mean use and the largest memory of each card so far."""

    def __init__(self) -> None:
        self._uses: dict[int, tuple[float, int]] = {}
        self._largest: dict[int, CardState] = {}

    def add(self, card: CardState) -> None:
        """Take one state into account."""
        if card.use is not None:
            total, count = self._uses.get(card.number, (0.0, 0))
            self._uses[card.number] = (total + card.use, count + 1)
        before = self._largest.get(card.number)
        if before is None or card.used_bytes > before.used_bytes:
            self._largest[card.number] = card

    def text(self) -> str:
        """Return a part for each card: ``GPU 0: 87%, 71.2 GB / 150 GB``; empty where none was seen."""
        return ", ".join(self._part(number, card) for number, card in sorted(self._largest.items()))

    def _part(self, number: int, card: CardState) -> str:
        total, count = self._uses.get(number, (0.0, 0))
        use = f"{100 * total / count:.0f}% · " if count else ""
        return f"GPU {number}: {use}{size_text(card.used_bytes)} / {size_text(card.total_bytes)}"
