"""How programs name their files: which names are no checkpoints yet."""

from __future__ import annotations


def ignored_because(name: str) -> str | None:
    """Return why a file or folder of that name is not looked at, None when it is."""
    last = name.rpartition("/")[2]
    lower = last.lower()
    if lower.startswith(".nfs"):
        return "left by NFS for a file that was deleted while open (.nfs*)"
    if lower.startswith("."):
        return "hidden (.*)"
    if lower.startswith("tmp"):
        return "temporary (tmp*)"
    if lower.endswith(".tmp"):
        return "temporary (*.tmp)"
    if lower.endswith("-unfinished"):
        return "still being written (*-unfinished)"
    return None
