"""The HTML of a mail: one calm card, or a user's own lines in the same frame.

Mail programs strip or rewrite most of CSS. So every style is inline and the layout is made of tables. No colour
is fixed but one, the accent, which can be read on white and on black: text takes the program's own colour,
and the quiet parts are made of it by opacity. That is all that light and dark need. Nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ACCENT = "#1a8f6a"
_SANS = (
    "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC','Noto Sans SC',Helvetica,Arial,sans-serif"
)
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"
_LINE = "1px solid rgba(128,128,128,.28)"
_WRAP = "overflow-wrap:anywhere;word-break:break-word"
_QUIET = "opacity:.66"

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"}
)
# What mail programs look for when they make links by themselves: "0.95.pt" is a domain to them, "0.000750" a
# telephone number, "2026-11-20" a date. They look within one piece of text, so each of these stands in a
# <span> of its own. A zero-width character would do the same, and would be copied into the user's shell.
_LINKABLE = re.compile(r"[.@:/]|(?<=[0-9])-(?=[0-9])|[0-9]{4}(?=[0-9])|_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with what it is called.

    Attributes:
        label: what it is.
        value: the number, written.
        detail: what stands small beside it.
    """

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the card shows, from top to bottom.

    Attributes:
        sender: who speaks.
        heading: what happened, in a sentence.
        score: the number that it is about.
        figures: the numbers beside which it stands.
        rows: label and value of everything else.
        notes: what went wrong on the way, if anything.
    """

    sender: str
    heading: str
    score: Figure
    figures: Sequence[Figure]
    rows: Sequence[tuple[str, str]]
    notes: Sequence[str] = ()


def escape(text: str) -> str:
    """Return ``text`` as HTML that shows it, and copies as it, and in which no mail program makes a link."""
    # First the spans, in pieces: in the escaped text "&#39;" would look like a number.
    pieces = []
    end = 0
    for match in _LINKABLE.finditer(text):
        pieces.append(text[end : match.start()].translate(_ESCAPES))
        # A long name may be broken after each underscore; <wbr> is not copied.
        pieces.append("_<wbr>" if match[0] == "_" else f"<span>{match[0]}</span>")
        end = match.end()
    pieces.append(text[end:].translate(_ESCAPES))
    return "".join(pieces)


def card_html(card: Card, *, title: str, lang: str) -> str:
    """Return the document that shows ``card``."""
    body = _head(card) + _figures(card.figures) + _rows(card.rows) + _notes(card.notes)
    return _document(body, title=title, lang=lang)


def lines_html(text: str, *, title: str, lang: str, notes: Sequence[str] = ()) -> str:
    """Return the document that shows ``text`` as it is written: line breaks, blank lines, leading spaces."""
    # <pre>, because every program keeps its spaces, also those that know no CSS. A line break right after
    # the tag is dropped by HTML, so there is always one.
    style = f"margin:0;white-space:pre-wrap;{_WRAP};font-family:{_SANS};font-size:15px;line-height:1.7"
    body = f'<tr><td style="padding:20px"><pre style="{style}">\n{escape(text)}</pre></td></tr>'
    return _document(body + _notes(notes), title=title, lang=lang)


def _document(body: str, *, title: str, lang: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(lang)}" style="color-scheme:light dark">\n<head>\n'
        '<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">\n'
        f"<title>{title.translate(_ESCAPES)}</title>\n</head>\n"
        f'<body style="margin:0;padding:0;font-family:{_SANS};-webkit-text-size-adjust:100%">\n'
        '<div style="padding:12px">\n'
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;'
        f"margin:0 auto;border:{_LINE};border-radius:14px;border-collapse:separate;"
        f'font-family:{_SANS}">\n{body}\n</table>\n</div>\n</body>\n</html>\n'
    )


def _head(card: Card) -> str:
    size = 46 if len(card.score.value) <= 8 else 34 if len(card.score.value) <= 12 else 24
    return (
        '<tr><td style="padding:22px 20px 18px">'
        f'<div style="font-size:12px;font-weight:600;letter-spacing:.06em;color:{ACCENT}">'
        f"{escape(card.sender)}</div>"
        f'<div style="margin-top:4px;font-size:16px;font-weight:600;line-height:1.45">'
        f"{escape(card.heading)}</div>"
        f'<div style="margin-top:20px;font-size:13px;{_WRAP}"><span style="{_QUIET}">'
        f"{escape(card.score.label)} · {escape(card.score.detail)}</span></div>"
        f'<div style="margin-top:2px;font-size:{size}px;font-weight:700;line-height:1.2;'
        f'letter-spacing:-.02em;font-variant-numeric:tabular-nums;color:{ACCENT};{_WRAP}">'
        f"{escape(card.score.value)}</div></td></tr>\n"
    )


def _figures(figures: Sequence[Figure]) -> str:
    width = 100 // max(len(figures), 1)
    cells = "".join(
        f'<td valign="top" width="{width}%" style="padding:0 8px 0 0">'
        f'<div style="font-size:12px;{_QUIET}">{escape(figure.label)}</div>'
        f'<div style="margin-top:2px;font-size:17px;font-weight:600;font-variant-numeric:tabular-nums;'
        f'{_WRAP}">{escape(figure.value)}</div>'
        f'<div style="font-size:12px;{_QUIET}">{escape(figure.detail)}</div></td>'
        for figure in figures
    )
    return (
        '<tr><td style="padding:0 12px 18px 20px"><table role="presentation" width="100%" cellpadding="0" '
        f'cellspacing="0" style="table-layout:fixed;font-family:{_SANS}"><tr>{cells}</tr></table></td></tr>\n'
    )


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<tr><td valign="top" width="84" style="padding:5px 12px 5px 0;font-size:13px;line-height:1.5">'
        f'<span style="{_QUIET}">{escape(label)}</span></td>'
        f'<td valign="top" style="padding:5px 0;font-size:13px;line-height:1.5;font-family:{_MONO};{_WRAP}">'
        f"{escape(value)}</td></tr>"
        for label, value in rows
    )
    return (
        f'<tr><td style="padding:12px 20px 16px;border-top:{_LINE}"><table role="presentation" width="100%" '
        f'cellpadding="0" cellspacing="0" style="font-family:{_SANS}">{lines}</table></td></tr>\n'
    )


def _notes(notes: Sequence[str]) -> str:
    return "".join(
        f'<tr><td style="padding:12px 20px 14px;border-top:{_LINE};font-size:13px;line-height:1.6;{_WRAP}">'
        f"{escape(note)}</td></tr>\n"
        for note in notes
    )
