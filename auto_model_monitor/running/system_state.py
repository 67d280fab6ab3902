"""What the system knows of a run: processes killed for memory, and disks without space."""

# ruff: noqa: PTH123

from __future__ import annotations

import os

_LITTLE = 1 << 20  # bytes of free space below which a disk is full


def oom_kills() -> int:
    """Return how many processes of this control group the kernel has killed for want of memory."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="replace") as file:
            groups = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return 0
    return max([0, *(_count(path) for group in groups for path in _counters(*group))])


def _counters(_: str, controllers: str, group: str) -> list[str]:
    """Return where the counter of a group may be: in a container its path may be cut off."""
    if controllers == "memory":
        return [f"/sys/fs/cgroup/memory{name}/memory.oom_control" for name in (group, "")]
    if not controllers:
        return [f"/sys/fs/cgroup{name}/memory.events" for name in (group, "", f"/unified{group}")]
    return []


def _count(path: str) -> int:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            pairs = [line.split() for line in file]
        return next((int(pair[1]) for pair in pairs if pair[0] == "oom_kill"), 0)
    except (OSError, ValueError, IndexError):
        return 0


def is_full(path: str) -> bool:
    """Return whether the file system of a path has no space or no inodes left for this user."""
    try:
        found = os.statvfs(path)
    except OSError:
        return False
    least = min(_LITTLE, found.f_blocks * found.f_frsize // 100)
    return found.f_blocks > 0 and (
        found.f_bavail * found.f_frsize <= least or (found.f_files > 0 and found.f_favail == 0)
    )


def full_disk() -> str:
    """Return the first directory of those that a training writes to whose disk is full; empty if none is."""
    names = (".", os.environ.get("TMPDIR") or "/tmp", os.environ.get("HOME", "."))
    return next((os.path.abspath(name) for name in names if is_full(name)), "")  # noqa: PTH100
