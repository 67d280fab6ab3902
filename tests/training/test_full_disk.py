"""A full disk: trainings continue, one error is logged, and everything is stored later."""

from __future__ import annotations

import os

import pytest

from auto_model_monitor.training import StoreError, TaskState
from tests.small_disks import fill, small_disk_at
from tests.training.trainings import shell
from tests.waiting import until

RUNNING, FAILED = TaskState.RUNNING, TaskState.FAILED


@pytest.fixture
def small_disk(tmp_path):
    """A file system of four mebibytes."""
    with small_disk_at(tmp_path / "small", "4m") as point:
        yield point


def test_log_lines_are_stored_when_there_is_room_again(work, tmp_path, small_disk, caplog):
    """While the database cannot grow no log line is lost, and the error is logged once."""
    (tmp_path / "logs").mkdir()
    (small_disk / "store").mkdir()
    (small_disk / "store" / "tasks").symlink_to(tmp_path / "logs")
    os.mkfifo(tmp_path / "go")
    script = f'echo first; read x < {tmp_path}/go; for n in 1 2 3; do echo "Train Loss: 0.$n"; done; exit 5'
    here = work(shell(script), path=small_disk / "store")
    task_id = here.submit()
    here.wait_line(task_id, "first")
    filler = fill(small_disk)
    (tmp_path / "go").write_text("on\n")
    until((here.store.folder(task_id) / "exit-1").exists)
    until(lambda: "cannot be written" in caplog.text)
    with pytest.raises(StoreError, match="cannot be written"):
        here.submit()
    looks = here.store.get(task_id)
    assert (looks.state, looks.last_seq) == (RUNNING, 1)
    filler.unlink()
    task = here.wait_end(task_id)
    assert (task.state, task.exit_code) == (FAILED, 5)
    assert here.messages(task_id) == ["first", "Train Loss: 0.1", "Train Loss: 0.2", "Train Loss: 0.3"]
    assert [row.value for row in here.store.metrics(task_id)] == [0.1, 0.2, 0.3]
    until(lambda: "are followed again" in caplog.text)
    assert caplog.text.count("the trainings continue") == 1
    assert caplog.text.count("are followed again") == 1


def test_an_end_on_a_full_disk_is_known(work, tmp_path, small_disk):
    """The exit status is recorded even if the disk of the store is full."""
    os.mkfifo(tmp_path / "go")
    here = work(shell(f"echo first; read x < {tmp_path}/go; exit 5"), path=small_disk / "store")
    task_id = here.submit()
    here.wait_line(task_id, "first")
    filler = fill(small_disk)
    (tmp_path / "go").write_text("on\n")
    until((here.store.folder(task_id) / "exit-1").exists)
    filler.unlink()
    task = here.wait_end(task_id)
    assert (task.state, task.exit_code) == (FAILED, 5)


def test_a_start_on_a_full_disk_fails_with_its_reason(work, tmp_path, small_disk):
    """A training whose files cannot be written does not start, and its task has the reason."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "tasks").symlink_to(small_disk)
    fill(small_disk)
    task = work(shell("echo begun"), path=tmp_path / "store").run()
    assert task.state is FAILED
    assert task.reason.startswith("could not be started: ")
    assert "No space left" in task.reason
