"""When a directory's times show that it need not be listed again."""

from __future__ import annotations

import os

from ...core.file_times import is_settled

_CLOCK_JUMP = 0.5  # seconds between the two clocks that are no longer drift


class Freshness:
    """Remembers a directory's attributes just before a listing, and how long they stay valid.

    As with git's index, a stamp is worth nothing while another change could still get the same one.
    So the stamp is kept only when it was older than the clock's step at the moment before the listing;
    else the directory is listed again at the next poll. A wall clock that was set back makes stamps lie
    in the future, which leaves them worthless until it has caught up; a wall clock that moved against
    the monotonic clock since the listing ends the trust immediately.
    """

    __slots__ = ("_lead", "_stamp", "_until")

    def __init__(self) -> None:
        self._stamp: tuple[int, int, int, int] | None = None
        self._until = 0.0
        self._lead = 0.0

    def spares_listing(self, stat: os.stat_result, *, wall: float, monotonic: float) -> bool:
        """Return whether a directory with these attributes needs no listing.

        Args:
            stat: the result of ``os.stat`` for the directory, now.
            wall: the wall clock, in seconds since 1970.
            monotonic: the monotonic clock, in seconds.
        """
        if self._stamp is None or monotonic >= self._until:
            return False
        return _stamp(stat) == self._stamp and abs(wall - monotonic - self._lead) < _CLOCK_JUMP

    def note(self, stat: os.stat_result, *, wall: float, monotonic: float, until: float) -> None:
        """Remember the attributes for a listing that follows.

        Args:
            stat: the result of ``os.stat`` before the listing.
            wall: the wall clock, read before the listing.
            monotonic: the monotonic clock at the same moment.
            until: the monotonic time at which a full listing is due in any case.
        """
        self._until = until
        self._lead = wall - monotonic
        self._stamp = _stamp(stat) if is_settled(stat, wall) else None

    def forget(self) -> None:
        """Force a listing at the next poll."""
        self._stamp = None


def _stamp(stat: os.stat_result) -> tuple[int, int, int, int]:
    # ctime as well, because cp -a, tar and rsync set a directory's mtime back.
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev
