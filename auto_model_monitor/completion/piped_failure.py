"""The failure of a training that was piped in, as far as its output shows one."""

from __future__ import annotations

from datetime import datetime

from ..core.alerts import Alert, AlertKind, Level
from ..diagnosis import Diagnosis, KeptLines, diagnose
from ..i18n import Language
from ..text.cleaning import from_terminal, without_secrets
from .run_report import RULE, cause_details

_LAST_LINES = 20


class PipedFailure:
    """Keeps what a pipe carried, and says at its end whether the training failed.

    Args:
        command: what people call the training, such as the command line of this program.
        language: of the cause and the remedy.
    """

    def __init__(self, command: str, language: Language) -> None:
        self._command = command
        self._language = language
        self._kept = KeptLines()

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the pipe."""
        self._kept.feed(data)

    def diagnosis(self) -> Diagnosis | None:
        """Return why it failed; None where the output shows no failure. Its exit status is not known."""
        found = diagnose(self._kept.lines(), None, language=self._language)
        return None if found.cause == "none" else found

    def alert(self, found: Diagnosis, time: datetime) -> Alert:
        """Return the alert about the failure."""
        lines = self._kept.tail(_LAST_LINES).split("\n")
        shown = "\n".join(line for line in map(from_terminal, lines) if line.strip("~^ "))
        details = {
            "name": "stdin",
            "command": self._command,
            **cause_details(found, self._language),
            "log": without_secrets(shown),
        }
        return Alert(
            rule=RULE,
            time=time,
            kind=AlertKind.CRASHED,
            level=Level.CRITICAL,
            details={key: value for key, value in details.items() if value not in (None, "")},
        )
