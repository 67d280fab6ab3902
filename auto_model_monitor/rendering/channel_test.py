"""The message that tests a channel."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from ..core.messages import Message
from ..i18n import Language, wording, zoned_time_text
from ..text.cleaning import for_name
from .mail_card import Card, Figure, card_html
from .origin import MARKS, Origin


def channel_test_message(language: Language | None, *, host: str, time: datetime) -> Message:
    """Return a message that looks like an alert and states that it is a test.

    Args:
        language: its language; None for the locale's.
        host: the machine that sends it.
        time: when, with its zone.
    """
    words = wording(language)
    subject = Origin(host=host).subject(MARKS["calm"], words.test_subject)
    heading = words.test_heading.format(host=for_name(host))
    rows = [(words.time, zoned_time_text(time)), (words.host, for_name(host))]
    lines = (words.line.format(label=label, value=value) for label, value in rows)
    card = Card(
        sender=words.sender,
        heading=heading,
        score=Figure(label=words.test_label, value="OK"),
        figures=(),
        rows=rows,
        notes=[words.test_content],
        preheader=words.test_content,
    )
    return Message(
        id=uuid4().hex,
        time=time,
        subject=subject,
        text="\n\n".join([words.sentence.format(sentence=heading), words.test_content, "\n".join(lines)]),
        html=card_html(card, title=subject, lang=words.tag),
        facts={
            "rule": "test-notify",
            "kind": "test",
            "host": host,
            "timestamp": time.isoformat(timespec="seconds"),
        },
    )
