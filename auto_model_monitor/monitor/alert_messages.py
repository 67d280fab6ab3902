"""Renders the alerts of a monitor, each with the readings of its metric so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..core.alerts import Alert
from ..core.host import host_name
from ..core.messages import Message
from ..core.metric_history import Point
from ..core.readings import Reading
from ..rendering import Renderer
from .message_renderer import MessageRenderer
from .safe_rendering import SafeRenderer


class AlertMessages:
    """Makes one message of an alert, or of the alerts of one look.

    Args:
        renderer: what renders them; None for the default.
        source: the name of the source, for the default.
        points: returns the readings of a reading's metric so far.

    Raises:
        ConfigError: the renderer has no ``render()``.
    """

    def __init__(
        self, renderer: MessageRenderer | None, source: str, points: Callable[[Reading], Sequence[Point]]
    ) -> None:
        self._renderer = SafeRenderer(renderer or Renderer(watch_dir=source, host=host_name()))
        self._points = points

    def of(self, alert: Alert, seconds: float) -> Message:
        """Return the message about one alert; a user's renderer gets ``seconds``."""
        if alert.reading is not None and not alert.history:
            alert = replace(alert, history=self._points(alert.reading))
        return self._renderer.render(alert, seconds)

    def of_look(self, alerts: Sequence[Alert], seconds: float) -> Message:
        """Return the message about the alerts of one look, the worst first."""
        if len(alerts) == 1:
            return self.of(alerts[0], seconds)
        return self._renderer.render_look(alerts, seconds)
