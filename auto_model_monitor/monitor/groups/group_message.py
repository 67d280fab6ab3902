"""The message about several watches."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.alerts import Alert
from ...core.clocks import Clock
from ...core.messages import Message
from ...i18n import Language, duration_text, number_text, zoned_time_text
from ...rendering import Renderer
from ...rendering.mail_card import Card, Figure, card_html
from ...rendering.origin import MARKS, Origin
from ...text.cleaning import for_name
from .group_silence import AllSilentRule, Member


class GroupRenderer(Renderer):
    """Renders a group's own alerts with a line for each watch, and any other alert as its base does.

    Args:
        members: the watches, as they are when an alert is rendered.
        language: the language.
        clock: on which the silences are counted.
        host: the machine to name.
    """

    def __init__(
        self, members: Sequence[Member], language: Language | None, clock: Clock, host: str = ""
    ) -> None:
        super().__init__(language=language, host=host)
        self._group = Origin(host=host)
        self._members = members
        self._clock = clock
        self._where = host

    def render(self, alert: Alert) -> Message:
        """Return the message."""
        if alert.rule != AllSilentRule.name:
            return super().render(alert)
        words = self._words
        count = len(self._members)
        key = "all_silent_resolved" if alert.resolved else "all_silent"
        sender = words.resolved if alert.resolved else words.sender
        sentence = words.event_sentences[key].format(directories=count)
        subject = self._group.subject(MARKS["resolved" if alert.resolved else "calm"], sentence)
        rows = [(words.directory, self._line(member)) for member in self._members]
        rows += [(words.time, zoned_time_text(alert.time)), (words.host, for_name(self._where))]
        rows = [(label, value) for label, value in rows if value]
        text = "\n".join(words.line.format(label=label, value=value) for label, value in rows)
        card = Card(
            sender=sender,
            heading=sentence,
            score=Figure(label=words.labels["directories"], value=str(count)),
            figures=[],
            rows=rows,
        )
        return Message(
            id=alert.id,
            time=alert.time,
            subject=subject,
            text=f"{sentence}{words.heading_end}\n\n{text}",
            html=card_html(card, title=subject, lang=words.tag),
            level=alert.level,
            facts={
                **alert.details,
                "rule": alert.rule,
                "kind": alert.kind.value,
                "level": alert.level.value,
                "resolved": alert.resolved,
                "timestamp": alert.time.isoformat(timespec="seconds"),
            },
        )

    def _line(self, member: Member) -> str:
        words, best = self._words, member.progress.best
        parts = [for_name(member.name)]
        if best is not None:
            parts.append(f"{words.labels['best']} {for_name(best.metric)} {number_text(best.value)}")
        if member.updated is not None:
            silent = duration_text(self._clock.monotonic() - member.updated, words.duration_units)
            parts.append(f"{words.labels['silent_seconds']} {silent}")
        return " · ".join(parts)
