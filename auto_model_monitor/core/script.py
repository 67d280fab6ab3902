"""The script that this process runs."""

from __future__ import annotations

import sys
from pathlib import Path


def script_name() -> str:
    """Return the name of the script's file; ``python`` where there is none, as at a prompt."""
    return Path(sys.argv[0]).name if sys.argv and sys.argv[0] not in ("", "-c") else "python"
