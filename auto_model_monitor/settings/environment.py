"""The environment variable that names the channels."""

from __future__ import annotations

import os

#: Holds the URLs of ``notify``.
NOTIFY = "AUTO_MODEL_MONITOR_NOTIFY"


def notify_of_environment() -> str:
    """Return the URLs that the environment gives, as one text."""
    return os.environ.get(NOTIFY, "").strip()
