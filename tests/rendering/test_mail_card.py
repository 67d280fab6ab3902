"""Tests of the HTML of a mail."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor.rendering.mail_card import Card, Figure, card_html, lines_html
from auto_model_monitor.text.cleaning import for_html

VOID = {"meta", "wbr", "br", "img"}
ALLOWED = {
    "html",
    "head",
    "title",
    "style",
    "body",
    "table",
    "tr",
    "td",
    "div",
    "span",
    "pre",
    *(VOID - {"img"}),
}
HOSTILE = "<link rel=stylesheet href=http://x.example/a.css>\"'&lt;</pre></td><script>&#65;"


class Reader(HTMLParser):
    """Reads a document as a mail program does: its pieces of text, its tags, whether they nest."""

    def __init__(self, document: str) -> None:
        """Read ``document``."""
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """See that it ends what was begun last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a piece of text of the body."""
        if "body" in self.open:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        """What is read, and copied."""
        return "".join(self.pieces)


def card(value: str = "0.003", name: str = "epoch_10_val_loss_0.003_acc_0.95.pt") -> Card:
    """Return a card with one of each."""
    return Card(
        sender="Model monitor",
        heading="It happened",
        score=Figure(label="Score", value=value, detail=name),
        figures=(Figure(label="Threshold", value="0.004", detail="25%"),),
        rows=[("File", name), ("Time", "2026-11-20 20:34:12 UTC+08:00")],
        notes=[f"Note {name}"],
    )


@pytest.mark.parametrize(
    "document", [card_html(card(), title="t", lang="en"), lines_html("a", title="t", lang="zh")]
)
def test_nothing_is_fetched_and_every_style_is_inline(document: str) -> None:
    """A document has no link, image or script, and one style sheet: colours for the dark."""
    reader = Reader(document)
    assert reader.open == []
    assert {tag for tag, _ in reader.tags} <= ALLOWED
    for _, attributes in reader.tags:
        assert not {"href", "src", "background", "srcset"} & set(attributes)
        assert "url(" not in (attributes.get("style") or "")
    (sheet,) = re.findall("<style>(.*?)</style>", document)
    assert re.fullmatch(r"@media \(prefers-color-scheme:dark\)\{(\.\w+\{color:#\w{6}!important\})+\}", sheet)
    assert '<meta name="color-scheme" content="light dark">' in document
    # No ground is painted, so the text's colour and the ground's always come from one hand.
    assert "background" not in re.sub(r'<span style="display:inline-block[^>]*>', "", document)


def test_hostile_text_stays_text_wherever_it_stands() -> None:
    """Markup in any part of the card, the lines or the title is shown as it is written."""
    hostile = Card(
        sender=HOSTILE,
        heading=HOSTILE,
        score=Figure(label=HOSTILE, value=HOSTILE, detail=HOSTILE),
        figures=(Figure(label=HOSTILE, value=HOSTILE, detail=HOSTILE),),
        rows=[(HOSTILE, HOSTILE)],
        notes=[HOSTILE],
    )
    for document, times in (
        (card_html(hostile, title=HOSTILE, lang=HOSTILE), 11),
        (lines_html(HOSTILE, title=HOSTILE, lang=HOSTILE, notes=[HOSTILE]), 2),
    ):
        reader = Reader(document)
        assert {tag for tag, _ in reader.tags} <= ALLOWED
        assert reader.open == []
        assert reader.text.count(HOSTILE) == times


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    """Not one character is added, lost or changed, so that a copied name is the name."""
    text = text.replace("\x00", "")  # HTML has no way to say NUL
    reader = Reader(f"<body>{for_html(text)}</body>")
    assert reader.text == text
    assert {tag for tag, _ in reader.tags} <= {"body", "span", "wbr"}


@pytest.mark.parametrize(
    "text",
    [
        "0.95.pt",
        "0.000750",
        "epoch_10_val_loss_0.003_acc_0.95.pt",
        "2026-11-20 20:34:12 UTC+08:00",
        "http://x.example/model.pt",
        "www.example.com",
        "a@qq.com",
        "13800138000",
        "/data/run.sh/x.py",
    ],
)
def test_no_piece_of_text_looks_like_a_link(text: str) -> None:
    """No piece holds a dot, an at sign, a colon beside other text, a date or a telephone number."""
    for piece in Reader(f"<body>{for_html(text)}</body>").pieces:
        assert not re.search(r"\w[.@:/]|[.@:/]\w|\d-\d|\d{5}", piece), piece


@given(st.text(alphabet="ab <&\n\t ", max_size=40))
def test_lines_are_kept_as_they_are_written(text: str) -> None:
    """Line breaks, blank lines and spaces, also the first ones, are in the HTML as in the text."""
    document = lines_html(text, title="t", lang="en")
    shown = document[document.index("<pre ") : document.index("</pre>")]
    # A browser drops the line break that follows the tag.
    assert Reader(f"<body>{shown}</pre></body>").text == f"\n{text}"


def test_a_long_score_is_smaller() -> None:
    """A score of any length fits the width of a phone."""
    sizes = [
        int(re.search(r"font-size:(\d+)px;font-weight:700", card_html(card(v), title="", lang="en"))[1])  # type: ignore[index]
        for v in ("0.003", "0.00312345", "1.2345678901234568e-05")
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3
