"""How long the campaigns of the tests last: a tenth by default, in full where THOROUGH=1 asks for it.

What costs minutes and seldom finds anything new runs in full once in ``.ci/run``. Property tests are found
by hypothesis' own marker, other campaigns have the marker ``campaign``:

    THOROUGH=1 KILLS=200 python -m pytest -m "campaign or hypothesis"
"""

from __future__ import annotations

import os

THOROUGH = os.environ.get("THOROUGH", "0") not in ("", "0")


def examples(full: int) -> int:
    """Return how many of ``full`` examples are tried."""
    return full if THOROUGH else -(-full // 10)
