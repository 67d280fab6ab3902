"""Renders an alert whatever a user's renderer does."""

from __future__ import annotations

import logging
from functools import partial
from html import escape

from ..core.alerts import Alert
from ..core.contracts import require
from ..core.messages import Message
from ..rendering import Renderer
from ..runtime.propagation import must_propagate
from ..runtime.timeout import run_with_timeout
from .message_renderer import MessageRenderer

logger = logging.getLogger(__name__)


class SafeRenderer:
    """Falls back to the default message, and from there to the bare facts.

    Args:
        renderer: the renderer to try first; None for the default.

    Raises:
        ConfigError: the renderer has no ``render()``.
    """

    def __init__(self, renderer: MessageRenderer | None) -> None:
        if renderer is not None:
            require("renderer", renderer, MessageRenderer, "Renderer()")
        self._renderer: MessageRenderer = renderer or Renderer()

    def render(self, alert: Alert, seconds: float) -> Message:
        """Return the message; the user's renderer gets ``seconds``."""
        first = partial(run_with_timeout, seconds, partial(self._renderer.render, alert))
        for render in (first, partial(_default_message, alert)):
            try:
                message = render()
            except BaseException as error:
                if must_propagate(error):
                    raise
                logger.exception("the renderer failed; the default message is sent")
            else:
                if isinstance(message, Message):
                    return message
                logger.error("the renderer returned no Message; the default message is sent")
        return bare_message(alert)


def _default_message(alert: Alert) -> Message:
    return Renderer().render(alert)


def bare_message(alert: Alert) -> Message:
    """Return the rule, the metric, its value and the name, for an alert that no renderer can render."""
    reading = alert.reading
    facts = "" if reading is None else f": {reading.metric} {reading.value!r} {reading.name}"
    text = f"{alert.rule}{facts}"
    html = f"<p>{escape(text)}</p>"
    return Message(id=alert.id, time=alert.time, subject=text, text=text, html=html, level=alert.level)
