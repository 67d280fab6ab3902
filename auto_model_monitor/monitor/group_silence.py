"""When several watches are silent: what each has heard, and the rule that speaks for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.alerts import Alert, AlertKind, Level
from ..core.clocks import Clock
from ..core.readings import Reading, ReadingBatch
from ..rules import StalledRule
from ..rules.stalled import ENOUGH_GAPS
from .summary import WatchSummary

#: Where no gap can be called usual yet, so many seconds are a silence.
LONG = 6 * 3600.0


class Member:
    """One watch of a group, heard from among its rules; it never speaks itself.

    Attributes:
        name: what is watched.
        looked: whether the first look is over.
        moves: at how many later looks there was something new.
        silent: whether nothing new has come for too long.
        heard: when something new came last, on the clock that never goes back; None before that.
        latest: the last new reading.
        progress: what the watch has seen.
    """

    def __init__(self, name: str, progress: WatchSummary, silent_after: str | float) -> None:
        """Take the watch's name, and how long is too long.

        Raises:
            ConfigError: that is no time.
        """
        self.name = name
        self.progress = progress
        self.looked = False
        self.moves = 0
        self.silent = False
        self.heard: float | None = None
        self.latest: Reading | None = None
        self._by_gaps = isinstance(silent_after, str)
        self._usual = _Silence(StalledRule(silent_after))
        self._long = _Silence(StalledRule(LONG))

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Listen; return nothing."""
        self._usual.listen(readings)
        self._long.listen(readings)
        if len(readings):
            self.moves += self.looked
            self.heard = readings.seconds
            self.latest = readings[-1]
        too_few = self._by_gaps and self.moves < ENOUGH_GAPS
        self.silent = self._usual.lasts or (too_few and self._long.lasts)
        self.looked = True
        return None


class _Silence:
    """Whether a rule's last word was that nothing comes any more."""

    def __init__(self, rule: StalledRule) -> None:
        self._rule = rule
        self.lasts = False

    def listen(self, readings: ReadingBatch) -> None:
        alert = self._rule.evaluate(readings)
        if alert is not None:
            self.lasts = not alert.resolved


class Members:
    """The source of a group: whatever is new in any of its watches.

    Attributes:
        name: what it is called in logs.
        identity: the same for every run, as the group goes on whichever of its directories begins anew.
    """

    identity = "group"

    def __init__(self, members: Sequence[Member], clock: Clock) -> None:
        """Take the members."""
        self.name = f"all of {len(members)} directories"
        self._members = members
        self._clock = clock
        self._seen: list[Reading | None] = [None] * len(members)

    def read(self) -> ReadingBatch:
        """Return the latest reading of each watch in which it is another than at the last call."""
        latest = [member.latest for member in self._members]
        new = [
            now for now, before in zip(latest, self._seen, strict=True) if now is not None and now != before
        ]
        self._seen = latest
        return ReadingBatch(time=self._clock.now(), seconds=self._clock.monotonic(), others=new)


class AllSilentRule:
    """Speaks once when the last of several watches has fallen silent, and once when one moves again.

    Args:
        members: the watches.
    """

    name = "all silent"

    def __init__(self, members: Sequence[Member]) -> None:
        """Start with nothing told."""
        self._members = members
        self._told = False
        self._moves = 0

    def resume(self, alert: Alert | None) -> None:
        """Go on within a silence that was told."""
        self._told = alert is not None and not alert.resolved

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when all are silent, or when one of them no longer is."""
        moves = sum(member.moves for member in self._members)
        if not self._told:
            if not all(member.silent for member in self._members):
                return None
        elif moves == self._moves:
            return None
        self._told, self._moves = not self._told, moves
        details = {"directories": len(self._members)}
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.STALLED,
            level=Level.WARNING,
            resolved=not self._told,
            details=details,
        )
