"""A monitor as it is shown at a prompt and in a notebook: what it watches, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..core.alerts import Alert
from ..i18n import number_text, time_text
from ..text.cleaning import for_html, for_name

if TYPE_CHECKING:
    from .loop import Monitor


def text_of(monitor: Monitor) -> str:
    """Return one line, with a further one for each of the latest alerts."""
    names = ", ".join(f"{name}={value}" for name, value in _facts(monitor).items())
    lines = [f"{type(monitor).__name__}({names})"]
    return "\n".join([*lines, *(f"  {' '.join(row)}" for row in _alerts(monitor))])


def html_of(monitor: Monitor) -> str:
    """Return a small table of the same."""
    named = ((f"<b>{for_html(name)}</b>", for_html(value)) for name, value in _facts(monitor).items())
    facts = "".join(map(_row, named))
    alerts = "".join(_row([for_html(cell) for cell in row]) for row in _alerts(monitor))
    head = f"<thead><tr><th colspan=2>{for_html(type(monitor).__name__)}</th></tr></thead>"
    table = f"<table>{head}<tbody>{facts}</tbody></table>"
    return f"{table}<table><tbody>{alerts}</tbody></table>" if alerts else table


def _facts(monitor: Monitor) -> dict[str, str]:
    best = monitor.progress.best
    return {
        "watches": for_name(monitor.source.name),
        "rules": "[" + ", ".join(for_name(rule.name) for rule in monitor.rules) + "]",
        "notifies": "[" + ", ".join(map(for_name, monitor.delivery_queue.names)) + "]",
        "best": "none" if best is None else f"{for_name(best.metric)} {number_text(best.value)}",
        "alerts": str(monitor.progress.alerts),
    }


def _alerts(monitor: Monitor) -> list[tuple[str, str, str]]:
    return [(time_text(alert.time), for_name(alert.rule), _about(alert)) for alert in monitor.progress.latest]


def _about(alert: Alert) -> str:
    reading = alert.reading
    if reading is None:
        return alert.kind.value
    counts = {"epoch": reading.epoch, "step": reading.step}
    at = ", ".join(f"{name} {count}" for name, count in counts.items() if count is not None)
    state = "resolved: " if alert.resolved else ""
    return f"{state}{for_name(reading.metric)} {number_text(reading.value)} ({at or for_name(reading.name)})"


def _row(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
