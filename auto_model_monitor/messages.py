"""Messages: what a person receives, finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .alerts import Level

Fact = str | float | int | None


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
        facts: the same for programs: ``metric``, ``value``, ``threshold`` and the like, as JSON can hold them.
    """

    id: str
    time: datetime
    subject: str
    text: str
    html: str
    level: Level = Level.INFO
    facts: Mapping[str, Fact] = field(default_factory=dict)
