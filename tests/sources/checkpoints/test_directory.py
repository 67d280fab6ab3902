"""One look at a directory of checkpoints after another."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_model_monitor import (
    BaseParser,
    Comparison,
    CustomParser,
    DirectorySource,
    ParseError,
    Reading,
    ReadingBatch,
    SourceError,
)
from auto_model_monitor.sources.checkpoints import filesystems

Watch = Callable[..., DirectorySource]
Write = Callable[..., None]


def names(batch: ReadingBatch) -> list[str]:
    return sorted(reading.name for reading in batch)


def test_what_is_there_counts_and_then_only_what_is_new(tmp_path: Path, watch: Watch, write: Write) -> None:
    """Every name must be read once, from the first look on."""
    write(tmp_path, "loss_0.5.pt", "loss_0.4.pt", "config.yaml")
    source = watch(tmp_path)
    assert names(source.read()) == ["loss_0.4.pt", "loss_0.5.pt"]
    assert names(source.read()) == []
    write(tmp_path, "loss_0.3.pt", "notes.txt")
    assert names(source.read()) == ["loss_0.3.pt"]
    assert source.seen == 3
    assert source.name == str(tmp_path)


def test_a_reading_carries_its_name_and_path(tmp_path: Path, watch: Watch, write: Write) -> None:
    """A reading names its file."""
    write(tmp_path, "loss_0.5.pt")
    best = watch(tmp_path).read().best(Comparison.LOWER)
    assert best is not None
    assert (best.value, best.name, best.path) == (0.5, "loss_0.5.pt", str(tmp_path / "loss_0.5.pt"))


def test_a_name_that_was_deleted_and_written_again_is_new(tmp_path: Path, watch: Watch, write: Write) -> None:
    """What is compared is the last listing, not all that ever was."""
    write(tmp_path, "loss_0.5.pt", "loss_0.6.pt")
    source = watch(tmp_path)
    source.read()
    (tmp_path / "loss_0.5.pt").unlink()
    assert names(source.read()) == []
    write(tmp_path, "loss_0.5.pt")
    assert names(source.read()) == ["loss_0.5.pt"]


def test_keeping_only_the_best_reports_each_and_is_no_new_run(
    tmp_path: Path, watch: Watch, write: Write
) -> None:
    """A training that deletes the last checkpoint and writes the next reuses inodes; none may be missed."""
    source = watch(tmp_path)
    for number in range(9, 0, -1):
        write(tmp_path, f"loss_0.{number}.pt")
        batch = source.read()
        assert names(batch) == [f"loss_0.{number}.pt"]
        assert not batch.new_run
        (tmp_path / f"loss_0.{number}.pt").unlink()


def test_only_files_and_folders_are_checkpoints(tmp_path: Path, watch: Watch, write: Write) -> None:
    """A FIFO, a dangling link and a device must not be read, nor opened; a folder and links must be."""
    write(tmp_path, "loss_5.pt", "loss_4_folder/part")
    (tmp_path / "loss_3_link").symlink_to("loss_5.pt")
    (tmp_path / "loss_2_link").symlink_to("loss_4_folder")
    os.mkfifo(tmp_path / "loss_0.1_fifo")
    (tmp_path / "loss_0.2_dangling").symlink_to("nowhere")
    (tmp_path / "loss_0.3_device").symlink_to("/dev/zero")
    source = watch(tmp_path)
    assert names(source.read()) == ["loss_2_link", "loss_3_link", "loss_4_folder", "loss_5.pt"]
    os.mkfifo(tmp_path / "loss_0.01_fifo")
    write(tmp_path, "loss_1.pt")
    assert names(source.read()) == ["loss_1.pt"]
    write(tmp_path, "nowhere")
    assert names(source.read()) == ["loss_0.2_dangling"]


def test_the_best_of_very_many_is_never_a_fifo(tmp_path: Path, watch: Watch, write: Write) -> None:
    """The kind must be known for each name, also where there are too many for one stat each."""
    write(tmp_path, *(f"loss_{number}.pt" for number in range(1, 200)))
    os.mkfifo(tmp_path / "loss_0.5.pt")
    best = watch(tmp_path).read().best(Comparison.LOWER)
    assert best is not None
    assert best.value == 1


def test_a_file_that_vanishes_while_it_is_looked_at_is_no_error(
    tmp_path: Path, watch: Watch, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that went between listing and looking must be skipped, and read if it comes back."""
    write(tmp_path, "loss_0.5.pt")
    source = watch(tmp_path)
    source.read()
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [*listdir(path), "loss_0.4.pt"])
    write(tmp_path, "loss_0.6.pt")
    assert names(source.read()) == ["loss_0.6.pt"]
    monkeypatch.undo()
    write(tmp_path, "loss_0.4.pt")
    assert names(source.read()) == ["loss_0.4.pt"]


def test_an_unfinished_checkpoint_is_read_when_its_marker_goes(
    tmp_path: Path, watch: Watch, write: Write
) -> None:
    """NeMo marks what it still writes by a neighbour; neither must be read before the marker goes."""
    write(tmp_path, "loss_0.5-unfinished", "loss_0.5/weights", "loss_0.6")
    source = watch(tmp_path)
    assert names(source.read()) == ["loss_0.6"]
    write(tmp_path, "loss_0.4-unfinished", "loss_0.4.ckpt", "loss_0.4-EMA.ckpt")
    assert names(source.read()) == []
    (tmp_path / "loss_0.5-unfinished").unlink()
    assert names(source.read()) == ["loss_0.5"]
    (tmp_path / "loss_0.4-unfinished").unlink()
    assert names(source.read()) == ["loss_0.4-EMA.ckpt", "loss_0.4.ckpt"]
    assert names(source.read()) == []


def test_temporary_and_hidden_names_are_no_checkpoints(tmp_path: Path, watch: Watch, write: Write) -> None:
    """What is being written must be read under its final name only."""
    write(tmp_path, ".loss_0.1.pt", "tmp_loss_0.2", "loss_0.3.pt.tmp", "loss_0.4-unfinished", ".nfs_loss_0.1")
    source = watch(tmp_path)
    assert names(source.read()) == []
    (tmp_path / "loss_0.3.pt.tmp").rename(tmp_path / "loss_0.3.pt")
    assert names(source.read()) == ["loss_0.3.pt"]


def test_a_directory_that_is_not_there_yet_is_read_when_it_is(
    tmp_path: Path, watch: Watch, write: Write
) -> None:
    """Waiting for a directory is one clear error at each look, and no new run when it comes."""
    source = watch(tmp_path / "run")
    for _ in range(2):
        with pytest.raises(SourceError, match=r"expected a directory .*run', got 'No such file"):
            source.read()
    write(tmp_path, "run/loss_0.5.pt")
    batch = source.read()
    assert names(batch) == ["loss_0.5.pt"]
    assert not batch.new_run


def test_a_file_in_the_directory_s_place_is_a_clear_error(tmp_path: Path, watch: Watch, write: Write) -> None:
    """A file must not be taken for an empty directory."""
    write(tmp_path, "run")
    with pytest.raises(SourceError, match=r"Not a directory.*name the directory that holds"):
        watch(tmp_path / "run").read()


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.EACCES, errno.EINTR])
def test_a_directory_that_fails_for_a_while_is_read_on(
    code: int, tmp_path: Path, watch: Watch, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a disk or a server failed, old names are not new again and new ones are read."""
    write(tmp_path, "loss_0.5.pt")
    source = watch(tmp_path)
    source.read()
    write(tmp_path, "loss_0.4.pt")

    def fail(path: str) -> list[str]:
        raise OSError(code, os.strerror(code), path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", fail)
        with pytest.raises(SourceError, match=os.strerror(code)):
            source.read()
    batch = source.read()
    assert names(batch) == ["loss_0.4.pt"]
    assert not batch.new_run


def test_a_directory_that_may_not_be_read_is_a_clear_error(tmp_path: Path) -> None:
    """A user without the right to read gets an error with a remedy."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0)
    code = (
        "import os, sys\n"
        "sys.path[:] = eval(sys.argv[2])\n"
        "from auto_model_monitor.parsers import CustomParser\n"
        "from auto_model_monitor.sources.checkpoints.directory import DirectorySource\n"
        "source = DirectorySource(sys.argv[1], CustomParser('([0-9]+)'))\n"
        "os.geteuid() or os.setuid(65534)\n"
        "try: source.read()\n"
        "except OSError as error: print(type(error).__name__, error)\n"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith("pytest"):
            folder.chmod(folder.stat().st_mode | 0o011)
    command = [sys.executable, "-c", code, str(tmp_path / "run"), repr(sys.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    (tmp_path / "run").chmod(0o700)
    assert done.stdout.startswith("SourceError expected a directory")
    assert "Permission denied" in done.stdout
    assert "chmod" in done.stdout


@pytest.mark.parametrize("looks_between", [0, 1])
def test_a_recreated_directory_is_a_new_run(
    looks_between: int, tmp_path: Path, watch: Watch, write: Write
) -> None:
    """A removed and remade directory is read from its start, seen missing or not, whatever inode it gets."""
    run = tmp_path / "run"
    write(run, "loss_0.1.pt", "config.yaml")
    source = watch(run)
    assert not source.read().new_run
    shutil.rmtree(run)
    for _ in range(looks_between):
        with pytest.raises(SourceError):
            source.read()
    run.mkdir()
    write(run, "config.yaml")
    if looks_between == 0 and filesystems.generation(str(run)) is None:
        pytest.skip("this file system tells no generation of an inode")
    assert names(source.read()) == []
    write(run, "loss_0.9.pt")
    batch = source.read()
    assert (names(batch), batch.new_run) == (["loss_0.9.pt"], True)
    write(run, "loss_0.8.pt")
    assert not source.read().new_run


def test_a_directory_that_was_away_and_comes_back_is_no_new_run(
    tmp_path: Path, watch: Watch, write: Write
) -> None:
    """A share that was away for a moment repeats no reading."""
    run, away = tmp_path / "run", tmp_path / "away"
    write(run, "loss_0.1.pt")
    source = watch(run)
    source.read()
    run.rename(away)
    with pytest.raises(SourceError):
        source.read()
    write(away, "loss_0.05.pt")
    away.rename(run)
    batch = source.read()
    assert (names(batch), batch.new_run) == (["loss_0.05.pt"], False)


def test_a_new_directory_in_the_same_inode_is_a_new_run(
    tmp_path: Path, watch: Watch, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without inode generations, a directory that was missing and holds no known name is a new run."""
    monkeypatch.setattr(filesystems, "generation", lambda directory: None)
    run, away = tmp_path / "run", tmp_path / "away"
    write(run, "loss_0.1.pt")
    source = watch(run)
    source.read()
    run.rename(away)
    with pytest.raises(SourceError):
        source.read()
    (away / "loss_0.1.pt").unlink()
    write(away, "loss_0.9.pt")
    away.rename(run)
    batch = source.read()
    assert (names(batch), batch.new_run) == (["loss_0.9.pt"], True)


def test_another_directory_with_an_old_name_in_it_is_no_new_run(
    tmp_path: Path, watch: Watch, write: Write
) -> None:
    """Where one of the old names remains, it is the same run in another place."""
    run = tmp_path / "run"
    write(run, "loss_0.1.pt", "loss_0.2.pt")
    source = watch(run)
    source.read()
    run.rename(tmp_path / "old")
    write(run, "loss_0.2.pt", "loss_0.3.pt")
    batch = source.read()
    assert (names(batch), batch.new_run) == (["loss_0.3.pt"], False)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
def test_a_mount_that_comes_and_goes_repeats_nothing(tmp_path: Path, watch: Watch, write: Write) -> None:
    """While a share is away its empty mount point is seen; what comes back is not new."""
    keep = tmp_path / "keep"
    point = tmp_path / "point"
    write(keep, "loss_0.1.pt", "loss_0.2.pt")
    point.mkdir()
    mount = ["mount", "--bind", str(keep), str(point)]
    tmpfs = ["mount", "-t", "tmpfs", "tmpfs", str(keep)]
    if subprocess.run(tmpfs, capture_output=True, check=False, timeout=200).returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        write(keep, "loss_0.1.pt", "loss_0.2.pt")
        subprocess.run(mount, check=True, timeout=200)
        source = watch(point)
        assert len(source.read()) == 2
        for _ in range(3):
            subprocess.run(["umount", str(point)], check=True, timeout=200)
            assert len(source.read()) == 0
            subprocess.run(mount, check=True, timeout=200)
            batch = source.read()
            assert (len(batch), batch.new_run) == (0, False)
        write(keep, "loss_0.05.pt")
        assert names(source.read()) == ["loss_0.05.pt"]
    finally:
        subprocess.run(["umount", str(point)], check=False, capture_output=True, timeout=200)
        subprocess.run(["umount", str(keep)], check=False, capture_output=True, timeout=200)


def test_an_unreadable_name_is_logged_once_and_ends_nothing(
    tmp_path: Path, watch: Watch, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    """The first ten names without a score are logged, the rest counted, and none a second time."""
    write(tmp_path, "loss_0.5.pt", *(f"loss_..{number}" for number in range(25)))
    source = watch(tmp_path)
    with caplog.at_level(logging.INFO, "auto_model_monitor"):
        assert names(source.read()) == ["loss_0.5.pt"]
    assert len(caplog.records) == 11
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert "15 more" in caplog.text
    caplog.clear()
    write(tmp_path, "loss_0.4.pt")
    source.read()
    assert caplog.records == []


class Stubborn(BaseParser):
    """Refuses every name, quoting it as it is."""

    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        raise ParseError(f"cannot read {filename}")


def test_hostile_names_are_read_and_logged_harmlessly(
    tmp_path: Path, watch: Watch, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever bytes a name holds, it must be read, and reach the log as one printable line."""
    hostile = [
        b"\n",
        b"\r",
        b"\x1b[2J",
        "\u202e".encode(),
        b"\xff\xfe",
        b"{0.__class__}",
        "模型".encode(),
        b"%s",
    ]
    raw = [b"loss_%d.5_%b" % (number, piece) for number, piece in enumerate(hostile)]
    raw.append(b"loss_9.5_".ljust(255, b"x"))
    for name in raw:
        os.close(os.open(os.fsencode(tmp_path) + b"/" + name, os.O_CREAT | os.O_WRONLY))
    assert names(watch(tmp_path).read()) == sorted(map(os.fsdecode, raw))
    watch(tmp_path, Stubborn()).read()
    assert len(caplog.records) == len(raw)
    for record in caplog.records:
        assert record.getMessage().isprintable()
        record.getMessage().encode()
    assert "模型" in caplog.text


def test_names_with_several_numbers_give_a_reading_for_each(
    tmp_path: Path, watch: Watch, write: Write
) -> None:
    """The score of each name is what the best is chosen by; the other numbers are readings as well."""
    write(tmp_path, "loss_0.5_acc_0.9.pt", "loss_0.4_acc_0.8.pt")
    batch = watch(tmp_path, CustomParser(r"loss_(?P<score>[0-9.]+)_acc_(?P<acc>[0-9.]+)\.pt")).read()
    assert len(batch) == 4
    assert batch.best(Comparison.LOWER) == _reading("loss", 0.4, "loss_0.4_acc_0.8.pt", tmp_path)
    assert batch.best(Comparison.HIGHER, "acc") == _reading("acc", 0.9, "loss_0.5_acc_0.9.pt", tmp_path)


def _reading(metric: str, value: float, name: str, folder: Path) -> Reading:
    return Reading(metric=metric, value=value, name=name, path=str(folder / name))


def test_a_twin_of_a_name_is_not_preferred(tmp_path: Path, watch: Watch, write: Write) -> None:
    """Of equal scores the shortest name must be the best one, whatever the directory's order."""
    write(tmp_path, "loss_0.5-v1.ckpt", "loss_0.5.ckpt", "loss_0.5-v2.ckpt")
    best = watch(tmp_path).read().best(Comparison.LOWER)
    assert best is not None
    assert best.name == "loss_0.5.ckpt"
