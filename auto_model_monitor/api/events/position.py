"""Where a client is in a stream, as it says itself."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..problems import Problem

_ID = re.compile(r"([0-9]{1,15})(-end)?")


class Position(NamedTuple):
    """The number of the last entry that a client has; ``ended``: it has the end, too."""

    seq: int = 0
    ended: bool = False

    @classmethod
    def of(cls, last_event_id: str | None, after: int | None) -> Position:
        """Return where a client goes on.

        Args:
            last_event_id: the header of that name; a browser sends it when it comes back, so that it wins
                over the address, which stays what it was.
            after: the query's number.

        Raises:
            Problem: the header holds no id of such a stream.
        """
        if last_event_id:
            found = _ID.fullmatch(last_event_id.strip())
            if found is None:
                raise Problem(400, "Last-Event-ID: expected a number, or one with '-end', got something else")
            return cls(int(found[1]), found[2] is not None)
        return cls(after or 0)
