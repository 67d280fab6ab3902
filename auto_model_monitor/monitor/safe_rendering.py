"""Renders an alert whatever a user's renderer does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from ..core.alerts import Alert, most_urgent
from ..core.contracts import require
from ..core.messages import Message
from ..rendering import Renderer
from ..runtime.propagation import must_propagate
from ..runtime.timeout import run_with_timeout
from .message_renderer import MessageRenderer, RendersLook

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
        own = partial(self._renderer.render, alert)
        return _first_message(own, partial(_default_message, alert), seconds) or bare_message(alert)

    def render_look(self, alerts: Sequence[Alert], seconds: float) -> Message:
        """Return one message about the alerts of one look, the worst first."""
        default = partial(_default_look_message, alerts)
        own = (
            partial(self._renderer.render_look, alerts)
            if isinstance(self._renderer, RendersLook)
            else default
        )
        return _first_message(own, default, seconds) or bare_look_message(alerts)


def _first_message(
    own: Callable[[], Message], default: Callable[[], Message], seconds: float
) -> Message | None:
    """Return the first message that is made; None where neither is."""
    for render in (partial(run_with_timeout, seconds, own), default):
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
    return None


def _default_message(alert: Alert) -> Message:
    return Renderer().render(alert)


def _default_look_message(alerts: Sequence[Alert]) -> Message:
    return Renderer().render_look(alerts)


def bare_message(alert: Alert) -> Message:
    """Return the rule, the metric, its value and the name, for an alert that no renderer can render."""
    from html import escape  # its table of entities is wanted here alone

    reading = alert.reading
    facts = "" if reading is None else f": {reading.metric} {reading.value!r} {reading.name}"
    text = f"{alert.rule}{facts}"
    html = f"<p>{escape(text)}</p>"
    return Message(id=alert.id, time=alert.time, subject=text, text=text, html=html, level=alert.level)


def bare_look_message(alerts: Sequence[Alert]) -> Message:
    """Return the bare facts of several alerts, the number of them in the subject."""
    from html import escape

    first, level = bare_message(alerts[0]), most_urgent(alerts)
    subject = f"{len(alerts)} alerts: {first.subject}"
    return replace(first, subject=subject, text=subject, html=f"<p>{escape(subject)}</p>", level=level)
