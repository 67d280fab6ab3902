"""Names of files that are no checkpoints yet: hidden, temporary, still being written."""

from __future__ import annotations

from ..core.numbers import compiled

#: What programs put behind the name of a file that they have not finished.
UNFINISHED = (
    *("-unfinished", ".part", ".partial", ".filepart", ".crdownload", ".opdownload", ".download"),
    *(".downloading", ".lock", ".aria2", ".incomplete", ".temp", ".swp", ".xltd", ".!qb", ".!ut", "~"),
)
#: What stands in the name of a temporary file, with a number behind it.
TEMPORARY = ".tmp"
_TEMPORARY_COPY = r"\.tmp(?:[._-]?[0-9]+|[._-][0-9a-f]{6,}|[._-]?[0-9a-f]{8}-[0-9a-f-]{27})\Z"


def ignored_because(name: str) -> str | None:
    """Return why a file or folder of that name is ignored, None when it is not."""
    lower = name.rpartition("/")[2].lower()
    if lower.startswith(".nfs"):
        return "left by NFS for a file that was deleted while open (.nfs*)"
    if lower.startswith("."):
        return "hidden (.*)"
    if lower.startswith("tmp") or lower.endswith(".tmp"):
        return "temporary (tmp*)" if lower.startswith("tmp") else "temporary (*.tmp)"
    if lower.endswith(UNFINISHED):
        mark = next(mark for mark in UNFINISHED if lower.endswith(mark))
        return f"still being written (*{mark})"
    if TEMPORARY in name and compiled(_TEMPORARY_COPY).search(name) is not None:
        return "temporary (*.tmp.NNN)"
    return None
