"""Alerts about the graphics cards of a training: idle, full or hot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from ..core.alerts import Alert, AlertKind, Detail, Level
from ..core.errors import ConfigError
from ..core.readings import ReadingBatch
from .card_state import CardCourse, Cards, CardState

GpuQuantity = Literal["idle", "memory", "temperature"]

_BUSY = 0.05  # the share of time above which a card works: a screen or a kept connection uses less
# What must be left below the limit to resolve, so that a card at the limit does not alert again and again.
_MARGINS = {"idle": 0.0, "memory": 0.02, "temperature": 3.0}
_KINDS = {
    "idle": AlertKind.GPU_IDLE,
    "memory": AlertKind.GPU_MEMORY,
    "temperature": AlertKind.GPU_TEMPERATURE,
}


_DETAILS = {
    "idle": ("idle_seconds", "limit_seconds"),
    "memory": ("used_percent", "limit_percent"),
    "temperature": ("celsius", "limit_celsius"),
}


class GpuRule:
    """Alerts once when a card of the training is idle, nearly full or hot, and resolves once when none is.

    A card is idle while it computes less than 5 % of the time at every poll. Needs the extra ``gpu``.

    Args:
        quantity: ``"idle"``, ``"memory"`` or ``"temperature"``.
        limit: seconds of idleness, the share of the memory between 0 and 1, or degrees Celsius.
        cards: reads the cards; by default from NVIDIA's driver.
        name: the name of the rule; needed only when two rules would share one.

    Raises:
        ConfigError: the limit cannot be one, or there is no card or driver.
        MissingExtraError: nvidia-ml-py is not installed.
    """

    about_the_machine = True

    def __init__(
        self, quantity: GpuQuantity, limit: float, *, cards: Cards | None = None, name: str | None = None
    ) -> None:
        if quantity not in get_args(GpuQuantity):
            raise ConfigError(f"quantity: expected one of {', '.join(_KINDS)}, got {quantity!r}")
        most = 1.0 if quantity == "memory" else math.inf
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < most:
            raise ConfigError(
                f"limit: expected a number above 0{' and below 1' * (most == 1)}, got {limit!r}"
            )
        self.quantity = quantity
        self.limit = limit
        self.name = name or f"gpu {quantity}"
        self._cards = cards if cards is not None else _cards_of_this_machine()
        self._course = CardCourse()
        self._busy_at: dict[int, float] = {}
        self._alerted: int | None = None  # the card that was alerted of

    @property
    def course(self) -> CardCourse:
        """The use and the memory of the cards so far."""
        return self._course

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert: which card was beyond the limit."""
        card = None if alert is None or alert.resolved else alert.details.get("card")
        self._alerted = card if isinstance(card, int) else None

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when a card goes beyond the limit, or when none is beyond it any more.

        Raises:
            RuleError: the driver does not answer.
        """
        values = dict(self._values(self._cards.read(), readings.seconds))
        if not values:
            return None
        worst = max(values, key=values.__getitem__)
        if self._alerted is None and self._is_beyond(values[worst]):
            self._alerted = worst
            return self._alert(readings, worst, values[worst], resolved=False)
        if self._alerted is not None and values[worst] < self.limit - _MARGINS[self.quantity]:
            card, self._alerted = self._alerted, None
            return self._alert(readings, card, values.get(card, values[worst]), resolved=True)
        return None

    def _is_beyond(self, value: float) -> bool:
        return value >= self.limit if self.quantity == "idle" else value > self.limit

    def _values(self, cards: Iterable[CardState], now: float) -> Iterator[tuple[int, float]]:
        """Yield the value of each card that the limit is about, if the card knows it."""
        for card in cards:
            self._course.add(card)
            if self.quantity == "memory":
                yield card.number, card.used_bytes / card.total_bytes
            elif self.quantity == "temperature" and card.celsius is not None:
                yield card.number, card.celsius
            elif self.quantity == "idle" and card.use is not None:
                if card.use >= _BUSY:
                    self._busy_at[card.number] = now
                yield card.number, now - self._busy_at.setdefault(card.number, now)

    def _alert(self, readings: ReadingBatch, card: int, value: float, *, resolved: bool) -> Alert:
        figures: dict[str, tuple[Detail, Detail]] = {
            "idle_seconds": (value, self.limit),
            "used_percent": (round(100 * value, 1), 100 * self.limit),
            "celsius": (value, self.limit),
        }
        key, limit = _DETAILS[self.quantity]
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=_KINDS[self.quantity],
            level=Level.WARNING,
            resolved=resolved,
            details={"card": card, key: figures[key][0], limit: figures[key][1]},
        )


def _cards_of_this_machine() -> Cards:
    from .graphics_cards import GraphicsCards  # an extra, which other watches do without

    return GraphicsCards()
