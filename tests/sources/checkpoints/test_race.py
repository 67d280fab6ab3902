"""The race between a writer and a look, on file systems with fine and with coarse stamps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auto_model_monitor import CustomParser, DirectorySource
from auto_model_monitor.sources.checkpoints import filesystems
from tests.campaigns import THOROUGH

Mount = Callable[[str], Path]
SECONDS = 3.0 if THOROUGH else 0.7
# Writes in bursts that fall into one tick of the clock, with pauses in which a careless watch goes blind.
WRITER = """
import os, random, sys, time
folder, seconds = sys.argv[1], float(sys.argv[2])
chance, number, end = random.Random(7), 0, time.monotonic() + seconds
while time.monotonic() < end:
    for _ in range(chance.randint(1, 4)):
        number += 1
        os.close(os.open(f"{folder}/loss_{number}.pt", os.O_CREAT | os.O_WRONLY))
    time.sleep(chance.choice((0, 0.0002, 0.001, 0.004, 0.02)))
print(number)
"""


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount a small file system of a kind, made in a file: ``mount("ext2")``."""
    mounted: list[Path] = []

    def make(kind: str) -> Path:
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            pytest.skip("mounting a file system needs root")
        if shutil.which("mke2fs") is None:
            pytest.skip("mke2fs is not installed")
        image, point = tmp_path / "image", tmp_path / "mounted"
        with image.open("wb") as file:
            file.truncate(64 << 20)
        point.mkdir()
        many = ["-N", "20000", "-I", "128"]
        subprocess.run(["mke2fs", "-q", "-F", "-t", kind, *many, str(image)], check=True, timeout=200)
        command = ["mount", "-o", "loop", str(image), str(point)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
        if done.returncode:
            pytest.skip(f"no loop device here: {done.stderr.strip()}")
        mounted.append(point)
        return point

    yield make
    for point in mounted:
        subprocess.run(["umount", str(point)], check=True, timeout=200)


def race(folder: Path) -> tuple[int, Counter[str], int]:
    """Let a writer run against a source; return what was written, what was read, and the idle looks."""
    assert filesystems.is_trusted(str(folder), folder.stat().st_dev)
    source = DirectorySource(folder, CustomParser(r"loss_([0-9]+)\.pt"))
    command = [sys.executable, "-c", WRITER, str(folder), str(SECONDS)]
    read: Counter[str] = Counter()
    spared = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        while writer.poll() is None:
            read.update(reading.name for reading in source.read())
        assert writer.stdout is not None
        written = int(writer.stdout.read())
    # The looks that follow are what a quiet directory gets: whatever is missing now is missed for good.
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        before = source.seen
        read.update(reading.name for reading in source.read())
        spared += source.seen == before
        time.sleep(0.002)
    return written, read, spared


def check(label: str, folder: Path) -> None:
    written, read, looks = race(folder)
    missed, doubled = written - len(read), sum(read.values()) - len(read)
    print(f"{label}: {written} written, {missed} missed, {doubled} doubled; {looks} looks found nothing")
    assert written
    assert (missed, doubled) == (0, 0)


@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["ext2", "ext4"])
def test_nothing_is_missed_where_stamps_have_a_second(kind: str, mount: Mount) -> None:
    """Against a hostile writer on one-second stamps, no name may be missed or read twice."""
    folder = mount(kind)
    assert folder.stat().st_mtime_ns % 1_000_000_000 == 0
    check(f"{kind}, 128-byte inodes", folder)


@pytest.mark.campaign
def test_nothing_is_missed_where_stamps_are_fine(tmp_path: Path) -> None:
    """Against a hostile writer on the local file system, no name may be missed or read twice."""
    if not filesystems.is_trusted(str(tmp_path), tmp_path.stat().st_dev):
        pytest.skip("the file system of the temporary folder is not trusted")
    check("local", tmp_path)


@pytest.mark.campaign
@pytest.mark.skipif(not THOROUGH, reason="needs many seconds; set THOROUGH=1")
def test_a_rule_without_slack_would_miss_names(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is real: without the slack, names are missed for good on one-second stamps."""
    folder = mount("ext2")
    monkeypatch.setattr(
        "auto_model_monitor.sources.checkpoints.freshness.is_settled", lambda stat, wall: True
    )
    missed = 0
    for attempt in range(6):  # on a busy machine a writer may be too slow to win the race each time
        (inside := folder / str(attempt)).mkdir()
        written, read, _ = race(inside)
        missed = written - len(read)
        print(f"without slack: {written} written, {missed} missed")
        if missed:
            break
    assert missed
