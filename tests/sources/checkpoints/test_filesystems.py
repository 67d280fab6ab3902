"""What is known of the file system under a directory."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from auto_model_monitor.sources.checkpoints import filesystems

LINES = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:50 / /home rw,relatime shared:2 master:1 - nfs4 server:/home rw
31 30 0:51 / /home/a\040b\134c rw - xfs /dev/vdb rw
32 27 0:60 /@ /data rw - btrfs /dev/vdc rw
33 27 0:70 / /mnt/s3 rw - fuse.s3fs s3fs rw
34 27 0:80 / /stack rw - nfs server:/x rw
35 34 0:81 / /stack rw - tmpfs tmpfs rw
36 27 0:90 / /hidden/below rw - ext4 /dev/vdd rw
37 27 0:91 / /hidden rw - cifs //server/x rw
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mountinfo is Linux's own")


@pytest.fixture
def mounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(LINES.lstrip())
    monkeypatch.setattr(filesystems, "MOUNTINFO", str(table))


@pytest.mark.usefixtures("mounts")
@pytest.mark.parametrize(
    ("directory", "device", "trusted"),
    [
        ("/srv/run", (254, 0), True),
        ("/", (254, 0), True),
        ("/home/me", (0, 50), False),
        ("/homes", (254, 0), True),
        ("/home/a b\\c/run", (0, 51), True),
        ("/data/run", (0, 1234), True),  # a btrfs subvolume has a device of its own
        ("/mnt/s3", (0, 70), False),
        ("/stack/run", (0, 81), True),
        ("/hidden/below/run", (0, 91), False),  # a later mount lies over the longer mount point
        ("/srv/run", (0, 99), False),  # mounted since the table was read
    ],
)
def test_the_mount_with_the_longest_way_decides(
    directory: str, device: tuple[int, int], trusted: bool
) -> None:
    """A directory must be trusted by the file system it is really on, and only if that is known."""
    assert filesystems.is_trusted(directory, os.makedev(*device)) is trusted


@pytest.mark.parametrize(
    "content", [None, "", "nonsense\n", "1 2 x:y / / rw - ext4 a b\n", "1 2 3:4 / / rw\n"]
)
def test_an_unreadable_table_of_mounts_trusts_nothing(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it cannot be known what a directory is on, it must not be trusted."""
    if content is not None:
        (tmp_path / "mountinfo").write_text(content)
    monkeypatch.setattr(filesystems, "MOUNTINFO", str(tmp_path / "mountinfo"))
    assert not filesystems.is_trusted(str(tmp_path), tmp_path.stat().st_dev)


def test_what_is_not_linux_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere there is no table of mounts to ask, so every look lists."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not filesystems.is_trusted(str(tmp_path), tmp_path.stat().st_dev)
    assert filesystems.generation(str(tmp_path)) is None


def test_a_remade_directory_has_another_generation(tmp_path: Path) -> None:
    """The number of an inode is used again, its generation is not."""
    run = tmp_path / "run"
    run.mkdir()
    first = filesystems.generation(str(run))
    if first is None:
        pytest.skip("this file system tells no generation of an inode")
    assert filesystems.generation(str(run)) == first
    shutil.rmtree(run)
    run.mkdir()
    assert filesystems.generation(str(run)) != first
    assert filesystems.generation(str(run / "missing")) is None
