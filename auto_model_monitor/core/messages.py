"""Messages: rendered and ready to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .alerts import Level
from .errors import RenderingError

Fact = str | float | int | None

LARGEST_PICTURE = 1 << 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture in the HTML of a message.

    Attributes:
        cid: the content-ID, without angle brackets, by which the HTML names it: ``<img src="cid:…">``.
        png: the picture.
        alt: a description for readers who do not see it.

    Raises:
        RenderingError: it is larger than 1 MiB, or the content-ID is not valid in a header.
    """

    cid: str
    png: bytes = field(repr=False)
    alt: str = ""

    def __post_init__(self) -> None:
        if len(self.png) > LARGEST_PICTURE:
            size = len(self.png)
            raise RenderingError(
                f"picture: expected at most {LARGEST_PICTURE} bytes, got {size}: draw it smaller"
            )
        if not self.cid or not set(self.cid) <= _IN_A_CONTENT_ID:
            raise RenderingError(f"picture: expected a content-ID such as 'curve@host', got {self.cid!r}")


_IN_A_CONTENT_ID = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, ready to send.

    Attributes:
        id: unique, and the same in every attempt; a mail's Message-ID derives from it.
        time: when the alert was found, with its zone.
        subject: one line of text, without line breaks.
        text: the whole content as plain text, its lines ended by line feeds.
        html: the whole content as an HTML document.
        level: how urgent it is.
        facts: the same for programs: ``metric``, ``score``, ``threshold`` and more, as JSON values.
        pictures: the pictures of the HTML; a notifier without HTML omits them.
    """

    id: str
    time: datetime
    subject: str
    text: str
    html: str
    level: Level = Level.INFO
    facts: Mapping[str, Fact] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
