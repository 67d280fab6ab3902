"""When the times of a file or a directory show a change for certain."""

from __future__ import annotations

import os

_COARSE_STEP = 10_000_000  # stamps that are multiples of this, in ns, may come from a coarse clock
_COARSE_SLACK = 2.1  # seconds; FAT keeps two seconds, ext2 and ext3 one
_FINE_SLACK = 0.05  # seconds; a kernel's tick is 1 to 10 ms


def is_settled(stat: os.stat_result, wall: float) -> bool:
    """Return whether a later change cannot get the same times any more.

    As with git's index, a stamp is worth nothing while another change could still get the same one. A wall
    clock that was set back makes stamps lie in the future, worthless until it has caught up.

    Args:
        stat: the result of ``os.stat``.
        wall: the wall clock just before that, in seconds since 1970.
    """
    latest = max(stat.st_mtime_ns, stat.st_ctime_ns)
    slack = _FINE_SLACK if stat.st_mtime_ns % _COARSE_STEP else _COARSE_SLACK
    return latest < (wall - slack) * 1e9
