"""The position of a client in a stream, as the client reports it."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..web.problem_details import HTTPProblem

_ID = re.compile(r"([0-9]{1,15})(-end)?")


class StreamCursor(NamedTuple):
    """The position of a client in a stream.

    Attributes:
        seq: the number of the last entry that the client has.
        ended: the client has the end event, too.
    """

    seq: int = 0
    ended: bool = False

    @classmethod
    def parse(cls, last_event_id: str | None, after: int | None) -> StreamCursor:
        """Return the position to continue from.

        Args:
            last_event_id: the header of that name. It wins over ``after``, because a browser that reconnects
                sends it with an unchanged address.
            after: the number in the query.

        Raises:
            HTTPProblem: the header is not an id of such a stream.
        """
        if last_event_id:
            found = _ID.fullmatch(last_event_id.strip())
            if found is None:
                text = "Last-Event-ID: expected a number, or one with '-end', got something else"
                raise HTTPProblem(400, text)
            return cls(int(found[1]), found[2] is not None)
        return cls(after or 0)
