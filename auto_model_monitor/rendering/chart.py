"""The curve and the last scores as HTML for the card of a mail.

Without a picture the bars are cells of a table, which need no font and fetch nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.messages import Picture
from ..text.cleaning import for_attribute, for_html
from .curve import Curve
from .mail_card import ACCENTS, Card, coloured, section
from .sparkline import heights

_QUIET = "opacity:.66"
_PLAIN = "rgba(128,128,128,.5)"
# The colour of each mark on the picture.
_COLOURS = {"●": "this", "○": "calm", "◉": "calm", "╌": "warning"}
_TALLEST = 36  # pixels


def with_curve(card: Card, curve: Curve | None, picture: Picture | None) -> Card:
    """Return the card with the curve, or its picture where there is one, and the last scores."""
    if curve is None:
        return card
    rows = curve.rows()
    label = curve.words.history_latest.format(count=len(rows) - 1)
    return replace(
        card,
        chart=_bars_html(curve) if picture is None else picture_html(curve, picture),
        # A table of metrics says more than the last scores of one.
        past=section(label, _table(rows)) if rows and not card.table else "",
    )


def picture_html(curve: Curve, picture: Picture) -> str:
    """Return the section that shows the picture of ``curve``, which names the metric itself."""
    marked = (f"{coloured(text[:1], _COLOURS[text[:1]])}{for_html(text[1:])}" for text in curve.legend())
    return section(curve.words.history, _image(picture) + _legend(marked))


def _bars_html(curve: Curve) -> str:
    label = f"{curve.words.history} · {curve.metric}"
    return section(label, _bars(curve) + _legend(map(for_html, curve.named())))


def _image(picture: Picture) -> str:
    style = "display:block;width:100%;height:auto;border:0;border-radius:10px;margin-top:8px"
    alt = for_attribute(picture.alt)
    return f'<img src="cid:{picture.cid}" width="100%" alt="{alt}" style="{style}">'


def _bars(curve: Curve) -> str:
    values = curve.bars
    cells = []
    for value, height in zip(values, heights(values, _TALLEST), strict=True):
        best = ACCENTS["calm"] if value == curve.best_value else _PLAIN
        colour = ACCENTS["critical"] if height is None else best
        size = f"height:{4 + (height or 0)}px;width:7px;font-size:0;line-height:0"
        bar = f"{size};border-radius:2px;background:{colour}"
        cells.append(f'<td valign="bottom" style="padding:0 3px 0 0"><div style="{bar}"></div></td>')
    return (
        f'<table role="presentation" aria-hidden="true" cellpadding="0" cellspacing="0" '
        f'style="margin-top:10px"><tr>{"".join(cells)}</tr></table>'
    )


def _legend(pieces: Iterable[str]) -> str:
    spaced = " &nbsp; ".join(f'<span style="white-space:nowrap">{piece}</span>' for piece in pieces)
    return f'<div style="margin-top:8px;font-size:12px;line-height:1.6">{spaced}</div>' if spaced else ""


def _table(rows: Sequence[tuple[str, str, str]]) -> str:
    cell = "padding:3px 16px 3px 0"
    lines = "".join(
        f'<tr><td style="{cell}{_dimmed(number == 0 or not row[2])}">{for_html(row[0])}</td>'
        f'<td style="{cell}{_dimmed(number == 0)}">{for_html(row[1])}</td>'
        f'<td style="padding:3px 0">{coloured(for_html(row[2]), "calm")}</td></tr>'
        for number, row in enumerate(rows)
    )
    style = "margin-top:6px;font-size:13px;line-height:1.5;font-variant-numeric:tabular-nums"
    return f'<table role="presentation" cellpadding="0" cellspacing="0" style="{style}">{lines}</table>'


def _dimmed(quiet: bool) -> str:
    return f";{_QUIET}" if quiet else ""
