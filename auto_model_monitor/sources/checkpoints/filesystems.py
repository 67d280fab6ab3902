"""What is known of the file system under a directory: can its times be trusted, is it the same directory.

A directory's modification time may spare a listing only where the kernel itself keeps it, for every
writer, at the moment of the change. That was measured on ext4 (with 256-byte inodes, and with 128-byte
inodes, which is how ext2 and ext3 keep time: one stamp a second), xfs, btrfs, tmpfs and overlay, with a
writer that tried to slip names past it; :mod:`.freshness` holds the rule that let none through.

Not trusted, and so listed at every poll: NFS, CIFS, FUSE (sshfs, s3fs, gcsfuse, rclone, bindfs), 9p and
virtiofs (Docker Desktop, WSL), because they serve attributes from a cache or make them up; Lustre, GPFS
and Ceph, because another machine's clock writes the stamps; zfs, f2fs, bcachefs, FAT and NTFS, because
they were not measured; and systems other than Linux, because they offer no such query.
"""

from __future__ import annotations

import os
import re
import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

TRUSTED = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "overlay"})
MOUNTINFO = "/proc/self/mountinfo"
_GET_VERSION = 0x80087601  # FS_IOC_GETVERSION: the inode's generation, new with every inode
_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """One line of mountinfo, as far as it matters."""

    device: int
    point: str
    kind: str


def is_trusted(directory: str, device: int) -> bool:
    """Return whether the times of ``directory`` on ``device`` follow every change immediately."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mount = _mount_of(os.path.realpath(directory))
    except (OSError, ValueError, LookupError):
        return False
    if mount is None or mount.kind not in TRUSTED:
        return False
    # A mount that another one hides has the longer path but not the device. btrfs gives each
    # subvolume a device of its own, which mountinfo does not know.
    return mount.device == device or mount.kind == "btrfs"


def _mount_of(path: str) -> Mount | None:
    """Return the mount that ``path`` lies on: the longest mount point, of equal ones the last."""
    found: Mount | None = None
    for mount in _mounts():
        inside = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if inside and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def _mounts() -> Iterator[Mount]:
    with open(MOUNTINFO, encoding="utf-8", errors="surrogateescape") as lines:  # noqa: PTH123
        for line in lines:
            fields = line.split()
            major, minor = map(int, fields[2].split(":"))
            kind = fields[fields.index("-", 6) + 1]
            yield Mount(os.makedev(major, minor), _ESCAPED.sub(_unescape, fields[4]), kind)


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))


def generation(directory: str) -> int | None:
    """Return the generation of the directory's inode, None where the file system has none.

    A directory that is removed and created again often reuses the inode number, never the generation.
    """
    if not sys.platform.startswith("linux"):
        return None
    import fcntl

    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # The kernel writes an int, although the request's number stands for a long: make room for both.
        answer = fcntl.ioctl(handle, _GET_VERSION, bytes(8))
    except OSError:
        return None
    finally:
        os.close(handle)
    return int(struct.unpack_from("i", answer)[0])
