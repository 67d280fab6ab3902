"""When a listing may be spared."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auto_model_monitor import DirectorySource
from auto_model_monitor.sources.checkpoints import filesystems
from auto_model_monitor.sources.checkpoints.freshness import Freshness

if TYPE_CHECKING:
    from .conftest import Counter, ObedientClock

Watch = Callable[..., DirectorySource]
Write = Callable[..., None]
SECOND = 1_000_000_000


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "is_trusted", lambda directory, device: True)


def stat_at(
    stamp_ns: int, *, changed_ns: int | None = None, inode: int = 7, device: int = 1
) -> os.stat_result:
    """Make the stat of a directory with these stamps."""
    changed = stamp_ns if changed_ns is None else changed_ns
    seconds = (stamp_ns // SECOND, stamp_ns // SECOND, changed // SECOND)
    exact = {"st_mtime_ns": stamp_ns, "st_ctime_ns": changed, "st_atime_ns": stamp_ns}
    return os.stat_result((0o40755, inode, device, 2, 0, 0, 4096, *seconds), exact)


@pytest.mark.parametrize(
    ("stamp_ns", "age", "spared"),
    [
        (1_000_000_001, 0.04, False),
        (1_000_000_001, 0.06, True),
        (1_004_000_000, 0.06, True),
        (1_000_000_000, 0.06, False),
        (1_000_000_000, 2.0, False),
        (1_000_000_000, 2.2, True),
        (1_010_000_000, 2.0, False),
        (1_000_000_001, -3600.0, False),
    ],
)
def test_a_stamp_counts_only_when_no_other_change_can_get_it(stamp_ns: int, age: float, spared: bool) -> None:
    """A stamp must be older than the clock's tick: 50 ms for fine stamps, 2.1 s for coarse ones."""
    freshness = Freshness()
    wall = stamp_ns / SECOND + age
    freshness.note(stat_at(stamp_ns), wall=wall, monotonic=0.0, until=600.0)
    assert freshness.spares_listing(stat_at(stamp_ns), wall=wall + 1, monotonic=1.0) is spared


def test_any_difference_in_the_stat_asks_for_a_listing() -> None:
    """Both stamps, the inode and the device must be those of the listing."""
    freshness = Freshness()
    freshness.note(stat_at(1_000_000_001), wall=9.0, monotonic=0.0, until=600.0)

    def spared(stat: os.stat_result) -> bool:
        return freshness.spares_listing(stat, wall=10.0, monotonic=1.0)

    assert spared(stat_at(1_000_000_001))
    assert not spared(stat_at(1_000_000_002, changed_ns=1_000_000_001))
    assert not spared(stat_at(1_000_000_001, changed_ns=1_000_000_002))
    assert not spared(stat_at(1_000_000_001, inode=8))
    assert not spared(stat_at(1_000_000_001, device=2))


def test_a_change_of_the_ctime_alone_is_as_young_as_a_change() -> None:
    """``cp -a`` sets the mtime back; the ctime then shows how recent the change is."""
    freshness = Freshness()
    stat = stat_at(1_000_000_001, changed_ns=99_000_000_001)
    freshness.note(stat, wall=99.01, monotonic=0.0, until=600.0)
    assert not freshness.spares_listing(stat, wall=100.0, monotonic=0.99)


def test_the_trust_ends_after_a_while_and_when_the_wall_clock_jumps() -> None:
    """Nothing may be spared past the bound, nor after somebody has set the clock."""
    freshness = Freshness()
    stat = stat_at(1_000_000_001)
    freshness.note(stat, wall=50.0, monotonic=0.0, until=600.0)
    assert freshness.spares_listing(stat, wall=649.9, monotonic=599.9)
    assert not freshness.spares_listing(stat, wall=650.0, monotonic=600.0)
    assert not freshness.spares_listing(stat, wall=40.0, monotonic=10.0)
    assert not freshness.spares_listing(stat, wall=4000.0, monotonic=10.0)
    freshness.forget()
    assert not freshness.spares_listing(stat, wall=60.0, monotonic=10.0)


@pytest.mark.usefixtures("trusted")
def test_an_idle_look_is_one_stat(
    tmp_path: Path, watch: Watch, write: Write, clock: ObedientClock, calls: Counter
) -> None:
    """When nothing has changed, a look must cost one stat, and a change must still be seen."""
    write(tmp_path, *(f"loss_{number}.pt" for number in range(50)))
    clock.pass_by(3600)
    source = watch(tmp_path)
    assert len(source.read()) == 50
    calls.take()
    for _ in range(3):
        assert len(source.read()) == 0
    assert calls.take() == (3, 0)
    clock.pass_by(599)
    source.read()
    assert calls.take() == (1, 0)
    clock.pass_by(1)
    source.read()
    assert calls.take() == (1, 1)
    source.read()
    assert calls.take() == (1, 0)
    write(tmp_path, "loss_0.5.pt")
    assert len(source.read()) == 1


@pytest.mark.usefixtures("trusted")
def test_a_young_change_is_listed_until_its_stamp_is_old(
    tmp_path: Path, watch: Watch, write: Write, clock: ObedientClock, calls: Counter
) -> None:
    """Within the clock's tick of a change every look must list; afterwards none."""
    write(tmp_path, "loss_0.5.pt")
    clock.wall = time.time()
    source = watch(tmp_path)
    source.read()
    calls.take()
    source.read()
    assert calls.take() == (1, 1)
    clock.pass_by(10)
    source.read()
    assert calls.take() == (1, 1)
    source.read()
    assert calls.take() == (1, 0)


@pytest.mark.parametrize("answer", [False, True])
def test_only_a_trusted_file_system_is_spared(
    answer: bool,
    tmp_path: Path,
    watch: Watch,
    write: Write,
    clock: ObedientClock,
    calls: Counter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On NFS and its like every look must list, however quiet the directory is."""
    monkeypatch.setattr(filesystems, "is_trusted", lambda directory, device: answer)
    write(tmp_path, "loss_0.5.pt")
    clock.pass_by(3600)
    source = watch(tmp_path)
    source.read()
    calls.take()
    source.read()
    assert calls.take() == (1, 0 if answer else 1)
