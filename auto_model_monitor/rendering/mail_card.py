"""The HTML of a mail: one card, or a user's lines in the same frame.

Mail programs strip or rewrite most CSS, so every style is inline and the layout uses tables. The accent is
the only fixed colour, and readable on white and on black: text has the colour of the program, and quiet
parts are half transparent. The card is correct in light and dark mode, also where a program inverts
colours. It fetches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..text.cleaning import for_attribute, for_header, for_html
from .origin import Tone

# Green, amber, red and blue, each of contrast 4.5 or more: the first on white, the second on #2b2b2b. A
# program that ignores the media query and paints its own dark ground shifts colours by itself.
ACCENTS = {"calm": "#15805d", "warning": "#9c6300", "critical": "#d92323", "this": "#2f6fb2"}
ON_DARK = {"calm": "#3dbb8d", "warning": "#e09a2b", "critical": "#ff8080", "this": "#77b0ea"}
_DARK_STYLE = "".join(f".{name}{{color:{colour}!important}}" for name, colour in ON_DARK.items())
_LONGEST_PREHEADER = 140  # characters; more than any list of mails shows
_FONT = (
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei',"
    "'Noto Sans CJK SC','Noto Sans SC',Helvetica,Arial,sans-serif"
)
_MONOSPACED = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_BORDER = "1px solid rgba(128,128,128,.28)"
_WRAP = "overflow-wrap:anywhere;word-break:break-word"
_QUIET = "opacity:.66"
_DIGITS = "font-variant-numeric:tabular-nums"
_TABLE = f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="{_FONT}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its label.

    Attributes:
        label: its name.
        value: the number as a text.
        detail: the small text beside it.
    """

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The content of a card, from top to bottom.

    Attributes:
        sender: the name of the sender.
        heading: the event, in one sentence.
        score: the main figure.
        figures: the figures beside it.
        rows: label and value of everything else.
        advice: sections of HTML below the figures, from :func:`note_html` and :func:`block_html`.
        notes: the problems of the rendering, if any.
        blocks: label and text of preformatted parts, such as the end of a traceback.
        tone: the urgency of its accent.
        table: rows of cells; the first row names the columns.
        chart: a section of HTML below the figures, from :func:`section`.
        past: a section of HTML below the rows.
        preheader: what a list of mails shows beside the subject.
        footer: which watch sent it, and how to end it.
    """

    sender: str
    heading: str
    score: Figure
    figures: Sequence[Figure]
    rows: Sequence[tuple[str, str]]
    notes: Sequence[str] = ()
    advice: str = ""
    blocks: Sequence[tuple[str, str]] = ()
    tone: Tone = "calm"
    table: Sequence[Sequence[str]] = ()
    chart: str = ""
    past: str = ""
    preheader: str = ""
    footer: str = ""


def card_html(card: Card, *, title: str, lang: str) -> str:
    """Return the document that shows ``card``."""
    numbers = (_head(card), _figures(card.figures), card.advice, card.chart, _cells(card.table))
    texts = (_rows(card.rows), card.past, _blocks(card.blocks), _notes(card.notes), _footer(card.footer))
    body = "\n".join(filter(None, (*numbers, *texts)))
    return _document(body, title=title, lang=lang, preheader=card.preheader)


def coloured(html: str, accent: str) -> str:
    """Return finished HTML in one of the accents, readable on a light and on a dark ground."""
    return f'<span class="{accent}" style="color:{ACCENTS[accent]}">{html}</span>'


def section(label: str, html: str) -> str:
    """Return finished HTML as a part of a card, under a quiet label."""
    return (
        f'<tr><td style="padding:12px 20px 14px;border-top:{_BORDER}">'
        f'<div style="font-size:12px;line-height:1.5;{_QUIET}">{for_html(label)}</div>\n{html}</td></tr>'
    )


def block_html(label: str, text: str) -> str:
    """Return a preformatted text as a part of a card."""
    style = f"margin:6px 0 0;white-space:pre-wrap;{_WRAP};{_MONOSPACED};font-size:12px;line-height:1.5"
    return section(label, f'<pre style="{style}">\n{for_html(text)}</pre>')


def note_html(label: str, text: str) -> str:
    """Return sentences as a part of a card."""
    style = f"margin-top:4px;font-size:15px;line-height:1.5;white-space:pre-wrap;{_WRAP}"
    return section(label, f'<div style="{style}">{for_html(text)}</div>')


def lines_html(text: str, *, title: str, lang: str, notes: Sequence[str] = (), chart: str = "") -> str:
    """Return the document that shows ``text`` with its line breaks, blank lines and leading spaces."""
    style = f"margin:0;white-space:pre-wrap;{_WRAP};{_FONT};font-size:15px;line-height:1.7"
    # <pre> keeps the spaces without CSS. HTML drops the first line break after the tag, so add one.
    body = f'<tr><td style="padding:20px"><pre style="{style}">\n{for_html(text)}</pre></td></tr>'
    return _document("\n".join(filter(None, (body, chart, _notes(notes)))), title=title, lang=lang)


def _document(body: str, *, title: str, lang: str, preheader: str = "") -> str:
    return f"""<!DOCTYPE html>
<html lang="{for_attribute(lang)}" style="color-scheme:light dark">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>{for_attribute(title)}</title>
<style>@media (prefers-color-scheme:dark){{{_DARK_STYLE}}}</style>
</head>
<body style="margin:0;padding:12px;{_FONT};-webkit-text-size-adjust:100%">{_hidden(preheader)}
{_TABLE};max-width:520px;margin:0 auto;border:{_BORDER};border-radius:14px;border-collapse:separate">
{body}
</table>
</body>
</html>
"""


def _head(card: Card) -> str:
    accent, length = ACCENTS[card.tone], len(card.score.value)
    size = 48 if length <= 8 else 34 if length <= 12 else 24
    dot = f"display:inline-block;width:8px;height:8px;border-radius:4px;background:{accent}"
    label = " · ".join(filter(None, (card.score.label, card.score.detail)))
    big = f"font-size:{size}px;font-weight:700;line-height:1.2;letter-spacing:-.02em"
    return (
        '<tr><td style="padding:20px 20px 16px">'
        f'<div style="font-size:12px;line-height:1.5"><span style="{dot}"></span>&nbsp; '
        f'<span style="{_QUIET}">{for_html(card.sender)}</span></div>'
        '<div style="margin-top:6px;font-size:17px;font-weight:600;line-height:1.45">'
        f"{for_html(card.heading)}</div>"
        f'<div style="margin-top:20px;font-size:13px;line-height:1.5;{_WRAP};{_QUIET}">'
        f"{for_html(label)}</div>"
        f'<div style="{big};{_DIGITS};{_WRAP}">{coloured(for_html(card.score.value), card.tone)}'
        "</div></td></tr>"
    )


def _figures(figures: Sequence[Figure]) -> str:
    if not figures:
        return ""
    cells = "".join(_figure(figure, 100 // len(figures)) for figure in figures)
    return (
        f'<tr><td style="padding:0 8px 18px 20px">{_TABLE};table-layout:fixed"><tr>{cells}</tr></table>'
        "</td></tr>"
    )


def _figure(figure: Figure, width: int) -> str:
    size = 17 if len(figure.value) <= 9 else 13
    detail = f'<div style="font-size:12px;line-height:1.5;{_QUIET}">{for_html(figure.detail)}</div>'
    return (
        f'<td valign="top" width="{width}%" style="padding:0 10px 0 0">'
        f'<div style="font-size:12px;line-height:1.5;{_QUIET}">{for_html(figure.label)}</div>'
        f'<div style="font-size:{size}px;font-weight:600;line-height:1.5;{_DIGITS};{_WRAP}">'
        f"{for_html(figure.value)}</div>{detail if figure.detail else ''}</td>"
    )


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    style = "padding:5px 0;font-size:14px;line-height:1.5"
    lines = "".join(
        f'<tr><td valign="top" width="72" style="{style};padding-right:12px">'
        f'<span style="{_QUIET}">{for_html(label)}</span></td>'
        f'<td valign="top" style="{style};{_DIGITS};{_WRAP}">{for_html(value)}</td></tr>'
        for label, value in rows
    )
    return f'<tr><td style="padding:12px 20px 14px;border-top:{_BORDER}">{_TABLE}">{lines}</table></td></tr>'


def _cells(table: Sequence[Sequence[str]]) -> str:
    if not table:
        return ""
    cell = f"padding:4px 10px 4px 0;{_WRAP}"
    quiet = f' style="{_QUIET}"'
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td valign="top"{width} style="{cell}"><span{"" if row else quiet}>{for_html(text)}</span></td>'
            for text, width in zip(texts, _widths(table), strict=False)
        )
        + "</tr>"
        for row, texts in enumerate(table)
    )
    style = f"table-layout:fixed;font-size:13px;line-height:1.5;{_DIGITS}"
    return (
        f'<tr><td style="padding:10px 10px 12px 20px;border-top:{_BORDER}">{_TABLE};{style}">{lines}</table>'
        "</td></tr>"
    )


def _widths(table: Sequence[Sequence[str]]) -> list[str]:
    """Return the width of each column: short ones are fixed, the others share the rest."""
    widths = []
    for column in zip(*table, strict=False):
        # A Chinese character is as wide as two letters.
        longest = max(sum(1 + (letter > "\u2e80") for letter in text) for text in column)
        widths.append(f' width="{longest * 7 + 14}"' if longest <= 16 else "")
    return widths if "" in widths else [""] * len(widths)


def _blocks(blocks: Sequence[tuple[str, str]]) -> str:
    return "\n".join(block_html(label, text) for label, text in blocks)


def _notes(notes: Sequence[str]) -> str:
    style = f"padding:14px 20px;border-top:{_BORDER};font-size:13px;line-height:1.6;{_WRAP}"
    return "\n".join(f'<tr><td style="{style}">{for_html(note)}</td></tr>' for note in notes)


def _footer(footer: str) -> str:
    if not footer:
        return ""
    style = f"padding:12px 20px 16px;border-top:{_BORDER};font-size:12px;line-height:1.6;{_WRAP}"
    lines = "<br>".join(map(for_html, footer.splitlines()))
    return f'<tr><td style="{style}"><span style="{_QUIET}">{lines}</span></td></tr>'


def _hidden(preheader: str) -> str:
    """Return a text that a list of mails shows, and the mail itself does not."""
    if not preheader:
        return ""
    style = "display:none;max-height:0;overflow:hidden;font-size:1px;line-height:1px;mso-hide:all"
    text = for_html(for_header(preheader, _LONGEST_PREHEADER))
    return f'\n<div style="{style}" aria-hidden="true">{text}</div>'
