"""Whether the chosen direction is that in which the metric improves."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ...core.alerts import Alert
from ...core.comparison import Comparison, usual_direction
from ...core.readings import ReadingBatch

logger = logging.getLogger(__name__)


class DirectionCheck:
    """Warns once where the chosen ``comparison_mode`` contradicts the name of the metric.

    Args:
        chosen: the direction that the user chose.
    """

    def __init__(self, chosen: Comparison) -> None:
        self._chosen = chosen
        self._warned = False

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Compare the chosen direction with the usual one of the score."""
        if self._warned or not len(readings):
            return
        usual = usual_direction(readings.score)
        if usual is not None and usual is not self._chosen:
            self._warned = True
            text = "comparison_mode is %r, but %s usually improves when it gets %s: is that meant?"
            logger.warning(text, self._chosen.value, readings.score, usual.value)
