"""Looking below the watched directory."""

from __future__ import annotations

import inspect
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from auto_model_monitor import CustomParser, DefaultParser, DirectorySource, ReadingBatch
from auto_model_monitor.sources.checkpoints import filesystems
from auto_model_monitor.sources.checkpoints.directory_tree import DEEPEST

if TYPE_CHECKING:
    from .conftest import Counter, ObedientClock

Watch = Callable[..., DirectorySource]
Write = Callable[..., None]


def names(batch: ReadingBatch) -> list[str]:
    return sorted(reading.name for reading in batch)


def test_names_below_are_read_with_their_folders(tmp_path: Path, watch: Watch, write: Write) -> None:
    """Names in folders, and in folders that come later, must be read, each with its way."""
    write(tmp_path, "loss_0.5.pt", "a/loss_0.4.pt", "a/b/loss_0.3.pt", "a/notes.txt")
    source = watch(tmp_path, recursive=True)
    first = source.read()
    assert names(first) == ["a/b/loss_0.3.pt", "a/loss_0.4.pt", "loss_0.5.pt"]
    assert {reading.path for reading in first} == {str(tmp_path / name) for name in names(first)}
    write(tmp_path, "a/b/loss_0.2.pt", "c/d/e/loss_0.1.pt")
    assert names(source.read()) == ["a/b/loss_0.2.pt", "c/d/e/loss_0.1.pt"]
    assert source.seen == 5


def test_without_recursive_nothing_below_is_looked_at(tmp_path: Path, watch: Watch, write: Write) -> None:
    """Only the directory itself is read unless more is asked for."""
    write(tmp_path, "loss_0.5.pt", "a/loss_0.4.pt")
    assert names(watch(tmp_path).read()) == ["loss_0.5.pt"]


def test_a_checkpoint_that_is_a_folder_is_not_entered(tmp_path: Path, watch: Watch, write: Write) -> None:
    """What lies in a checkpoint is its parts; nor are hidden and unfinished folders entered."""
    write(tmp_path, "loss_0.5/loss_0.1.pt", ".git/loss_0.2.pt", "tmp_x/loss_0.3.pt", "loss_./loss_0.3.pt")
    assert names(watch(tmp_path, recursive=True).read()) == ["loss_0.5"]


def test_a_metric_with_a_slash_is_read_from_folder_and_name(tmp_path: Path, write: Write) -> None:
    """Lightning writes ``val/loss`` as a folder; the parser must get to see it."""
    write(tmp_path, "epoch=2-val/loss=0.12.ckpt")
    batch = DirectorySource(tmp_path, DefaultParser(), recursive=True).read()
    assert [reading.value for reading in batch] == [0.12]


def test_no_folder_is_read_twice_through_links(tmp_path: Path, watch: Watch, write: Write) -> None:
    """Loops and links to what is read anyway must add nothing, whichever is listed first."""
    write(tmp_path, "version_3/loss_0.5.pt")
    for link in ("aaa_latest", "latest", "zzz_latest"):
        (tmp_path / link).symlink_to("version_3")
    (tmp_path / "version_3" / "up").symlink_to("..")
    (tmp_path / "loop").symlink_to(".")
    source = watch(tmp_path, recursive=True)
    assert names(source.read()) == ["version_3/loss_0.5.pt"]
    write(tmp_path, "version_4/loss_0.4.pt")
    (tmp_path / "latest").unlink()
    (tmp_path / "latest").symlink_to("version_4")
    assert names(source.read()) == ["version_4/loss_0.4.pt"]
    assert names(source.read()) == []


def test_a_link_out_of_the_tree_is_followed(tmp_path: Path, watch: Watch, write: Write) -> None:
    """Checkpoints that are kept on another disk behind a link must be read."""
    write(tmp_path, "elsewhere/run/loss_0.5.pt", "watched/notes")
    (tmp_path / "watched" / "disk").symlink_to(tmp_path / "elsewhere")
    source = watch(tmp_path / "watched", recursive=True)
    assert names(source.read()) == ["disk/run/loss_0.5.pt"]
    write(tmp_path, "elsewhere/run/loss_0.4.pt")
    assert names(source.read()) == ["disk/run/loss_0.4.pt"]


def test_a_folder_that_goes_and_comes_back_is_read_anew(tmp_path: Path, watch: Watch, write: Write) -> None:
    """A folder below that is removed takes its names with it; no run ends by that."""
    write(tmp_path, "a/loss_0.5.pt", "b/loss_0.4.pt")
    source = watch(tmp_path, recursive=True)
    source.read()
    shutil.rmtree(tmp_path / "a")
    assert names(source.read()) == []
    write(tmp_path, "a/loss_0.5.pt")
    batch = source.read()
    assert (names(batch), batch.new_run) == (["a/loss_0.5.pt"], False)


def test_a_tree_made_anew_is_a_new_run(tmp_path: Path, watch: Watch, write: Write) -> None:
    """With the watched directory all of its folders were removed, so what is there now is a new run."""
    run = tmp_path / "run"
    write(run, "version_0/loss_0.1.pt")
    source = watch(run, recursive=True)
    source.read()
    run.rename(tmp_path / "old")
    write(run, "version_0/loss_0.9.pt")
    batch = source.read()
    assert (names(batch), batch.new_run) == (["version_0/loss_0.9.pt"], True)


def test_a_tree_that_comes_back_repeats_nothing(tmp_path: Path, watch: Watch, write: Write) -> None:
    """Names in folders that were read before must be known again."""
    write(tmp_path, "run/a/loss_0.1.pt", "run/b/loss_0.2.pt")
    source = watch(tmp_path / "run", recursive=True)
    source.read()
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    (tmp_path / "run").rename(tmp_path / "old")
    (tmp_path / "copy").rename(tmp_path / "run")
    write(tmp_path, "run/b/loss_0.3.pt")
    batch = source.read()
    assert (names(batch), batch.new_run) == (["b/loss_0.3.pt"], False)


def test_a_folder_that_fails_is_skipped_with_one_warning(
    tmp_path: Path,
    watch: Watch,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A folder that may not be read must not keep the others from being read."""
    write(tmp_path, "good/loss_0.5.pt", "bad/loss_0.4.pt")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("bad"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    source = watch(tmp_path, recursive=True)
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(os, "scandir", refuse)
        assert names(source.read()) == ["good/loss_0.5.pt"]
        assert names(source.read()) == []
        assert len(caplog.records) == 1
        assert "Permission denied" in caplog.text
    assert names(source.read()) == ["bad/loss_0.4.pt"]


def nest(folder: Path, levels: int) -> None:
    """Make that many nested folders, each by its short name: a long path costs the square of it."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        for _ in range(levels):
            Path("d").mkdir()
            os.chdir("d")
        Path("loss_0.1.pt").touch()
    finally:
        os.chdir(here)


def test_a_deep_tree_is_read_without_recursion(tmp_path: Path, watch: Watch) -> None:
    """A name as deep as any is looked for must be read with fewer frames left than it has folders above."""
    nest(tmp_path, DEEPEST)
    source, limit = watch(tmp_path, recursive=True), sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + DEEPEST // 2)
    try:
        found = source.read()
    finally:
        sys.setrecursionlimit(limit)
    assert names(found) == ["d/" * DEEPEST + "loss_0.1.pt"]


def test_a_very_deep_tree_ends_no_look(
    tmp_path: Path, watch: Watch, write: Write, calls: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    """Of folders in each other without end, a limited number is watched, with one warning."""
    write(tmp_path, "loss_0.5.pt")
    nest(tmp_path, DEEPEST + 20)
    source = watch(tmp_path, recursive=True)
    calls.take()
    assert names(source.read()) == ["loss_0.5.pt"]
    assert calls.take()[1] == DEEPEST + 1
    write(tmp_path, "d/" * DEEPEST + "d2/loss_0.2.pt", "d/" * DEEPEST + "loss_0.3.pt")
    assert names(source.read()) == ["d/" * DEEPEST + "loss_0.3.pt"]
    (record,) = caplog.records
    assert f"expected folders at most {DEEPEST} levels below" in record.getMessage()


def test_an_idle_pass_costs_one_stat_a_directory(
    tmp_path: Path, watch: Watch, write: Write, clock: ObedientClock, calls: Counter
) -> None:
    """When nothing changes, a tree must cost one stat for each directory and no listing."""
    write(tmp_path, *(f"a{i}/b{j}/loss_{i}.{j}.pt" for i in range(10) for j in range(9)))
    clock.pass_by(3600)
    if not filesystems.is_trusted(str(tmp_path), tmp_path.stat().st_dev):
        pytest.skip("the file system of the temporary folder is not trusted")
    source = watch(tmp_path, CustomParser(r"loss_([0-9.]+)"), recursive=True)
    assert len(source.read()) == 90
    calls.take()
    source.read()
    assert calls.take() == (101, 0)
    write(tmp_path, "a3/b4/loss_0.5.pt")
    calls.take()
    assert names(source.read()) == ["a3/b4/loss_0.5.pt"]
    assert calls.take() == (102, 1)
