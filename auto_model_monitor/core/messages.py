"""Messages: what a person receives, finished."""

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
    """One picture that stands in the HTML of a message.

    Attributes:
        cid: the content-ID, without angle brackets, by which the HTML names it: ``<img src="cid:…">``.
        png: the picture.
        alt: what it shows, for those who do not see it.

    Raises:
        RenderingError: it is larger than 1 MiB, or the content-ID is no token that a header can carry.
    """

    cid: str
    png: bytes = field(repr=False)
    alt: str = ""

    def __post_init__(self) -> None:
        """Refuse what no mail should carry."""
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
    """One message, ready to be handed over.

    Attributes:
        id: unique, equal over every attempt; a mail's Message-ID is made of it.
        time: when what it tells was seen, with its zone.
        subject: one line of text, without line breaks.
        text: the whole content as plain text, its lines ended by line feeds.
        html: the whole content as an HTML document.
        level: how urgent it is.
        facts: the same for programs: ``metric``, ``score``, ``threshold`` and more, as JSON can hold them.
        pictures: what the HTML shows beside its text; a channel without HTML leaves them out.
    """

    id: str
    time: datetime
    subject: str
    text: str
    html: str
    level: Level = Level.INFO
    facts: Mapping[str, Fact] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
