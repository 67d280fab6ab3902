"""Doubles for the tests of the delivery."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes import RecordingNotifier, message


class Verifying(RecordingNotifier):
    """A notifier whose account check has the given outcome."""

    def __init__(self, outcome):
        super().__init__()
        self._outcome = outcome

    def verify(self):
        if self._outcome is not None:
            raise self._outcome


class Words:
    """Renders the queue's own messages as short texts."""

    def digest(self, messages):
        return message(f"digest of {len(messages)}", id="+".join(m.id for m in messages))

    def undelivered(self, alert, channel, original, reason):
        facts = {"rule": alert.rule}
        subject = f"{channel} refused {original.subject}: {reason}"
        return replace(message(subject, id=alert.id), facts=facts, level=alert.level)
