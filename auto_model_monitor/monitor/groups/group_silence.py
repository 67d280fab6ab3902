"""When several watches are silent: the state of each, and the rule about all of them."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.alerts import Alert, AlertKind, Level
from ...core.clocks import Clock
from ...core.readings import Reading, ReadingBatch
from ...rules import StalledRule
from ...rules.stalled import ENOUGH_GAPS
from ..summary import WatchSummary

#: Seconds that are a silence while no gap can be called usual yet.
LONG = 6 * 3600.0


class Member:
    """The state of one watch of a group.

    Attributes:
        name: what is watched.
        polled: whether the first poll is over.
        moves: the number of later polls that found something new.
        found: the number of readings of all polls.
        silent: whether nothing new has come for too long.
        updated: when something new came last, on the monotonic clock; None before that.
        latest: the last new reading.
        progress: what the watch has seen.

    Args:
        name: what is watched.
        progress: what the watch has seen.
        silent_after: seconds, or a number of usual gaps such as ``"3x"``.

    Raises:
        ConfigError: ``silent_after`` is neither.
    """

    def __init__(self, name: str, progress: WatchSummary, silent_after: str | float) -> None:
        self.name = name
        self.progress = progress
        self.polled = False
        self.moves = 0
        self.found = 0
        self.silent = False
        self.updated: float | None = None
        self.latest: Reading | None = None
        self._by_gaps = isinstance(silent_after, str)
        self._usual = _Silence(StalledRule(silent_after))
        self._long = _Silence(StalledRule(LONG))

    def update(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Take in what a poll of the watch found."""
        self._usual.update(readings)
        self._long.update(readings)
        if len(readings):
            self.moves += self.polled
            self.found += len(readings)
            self.updated = readings.seconds
            self.latest = readings[-1]
        too_few = self._by_gaps and self.moves < ENOUGH_GAPS
        self.silent = self._usual.lasts or (too_few and self._long.lasts)
        self.polled = True


class _Silence:
    """Whether a rule's last alert was of a silence that lasts."""

    def __init__(self, rule: StalledRule) -> None:
        self._rule = rule
        self.lasts = False

    def update(self, readings: ReadingBatch) -> None:
        alert = self._rule.evaluate(readings)
        if alert is not None:
            self.lasts = not alert.resolved


class Members:
    """The source of a group: what is new in any of its watches.

    Attributes:
        name: the name in logs.
        identity: the same for every run: the group continues whichever of its directories is replaced.

    Args:
        members: the watches.
        clock: the time.
    """

    identity = "group"

    def __init__(self, members: Sequence[Member], clock: Clock) -> None:
        self.name = f"all of {len(members)} directories"
        self._members = members
        self._clock = clock
        self._seen: list[Reading | None] = [None] * len(members)

    def continues(self, reading: Reading) -> bool:
        """Return True: a group is the same in every run, once any of its watches has something to read."""
        return True

    def read(self) -> ReadingBatch:
        """Return the latest reading of each watch in which it is another than at the last call."""
        latest = [member.latest for member in self._members]
        new = [
            now for now, before in zip(latest, self._seen, strict=True) if now is not None and now != before
        ]
        self._seen = latest
        return ReadingBatch(time=self._clock.now(), seconds=self._clock.monotonic(), others=new)


class AllSilentRule:
    """Alerts once when the last of several watches has become silent, and once when one moves again.

    Args:
        members: the watches.
    """

    name = "all silent"

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._open = False
        self._moves = 0
        self._before: float | None = None

    def resume(self, alert: Alert | None) -> None:
        """Restore a silence that was reported and is not resolved.

        What a first poll finds is all that there is. So only more than was there at the silence is a move.
        """
        self._open = alert is not None and not alert.resolved
        found = alert.details.get("found") if alert is not None else None
        self._before = found if isinstance(found, (int, float)) else None

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when all are silent, or when one of them no longer is.

        Before the first poll of every watch nothing is known of all of them.
        """
        if not all(member.polled for member in self._members):
            return None
        moves = sum(member.moves for member in self._members)
        found = sum(member.found for member in self._members)
        before, self._before = self._before, None
        if not self._open:
            if not all(member.silent for member in self._members):
                return None
        elif moves == self._moves and (before is None or found <= before):
            return None
        self._open, self._moves = not self._open, moves
        details = {"directories": len(self._members), "found": found}
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.STALLED,
            level=Level.WARNING,
            resolved=not self._open,
            details=details,
        )
