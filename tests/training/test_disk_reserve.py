"""A store on a full disk: cancelling and deleting work, and health, metrics and reasons name the disk."""

from __future__ import annotations

from contextlib import closing

import pytest

from auto_model_monitor.training import StoreError, TaskState, TaskStore
from tests.small_disks import fill, small_disk_at
from tests.training.trainings import request, shell


@pytest.fixture
def small_disk(tmp_path):
    """A file system of eight mebibytes."""
    with small_disk_at(tmp_path / "small", "8m") as point:
        yield point


def exhaust(store):
    for _ in range(200):
        store.add(request(), trainer="x")


@pytest.mark.parametrize("state", ["pending", "running", "completed", "failed", "cancelled"])
def test_cancelling_and_deleting_work_on_a_full_disk(small_disk, state):
    """Whatever its state, a task can be cancelled or deleted although nothing else can be stored."""
    with closing(TaskStore(small_disk / "store")) as store:
        task = store.add(request(), trainer="x")
        if state != "pending":
            store.move(task.id, TaskState.RUNNING, "started")
        if state not in ("pending", "running"):
            store.move(task.id, TaskState(state), "ended")
        fill(small_disk)
        with pytest.raises(StoreError, match=r"full|disk I/O"):
            exhaust(store)
        assert store.trouble()
        if state in ("pending", "running"):
            store.request_cancel(task.id, "no room")
        if state == "running":
            store.move(task.id, TaskState.CANCELLED, "no room")
        store.delete(task.id)
        assert task.id not in {one.id for one in store.tasks(limit=1000)[0]}
        (small_disk / "filler").unlink()
        store.add(request(), trainer="x")
        assert store.trouble() == ""


def test_a_failure_names_the_full_disk(work, small_disk):
    """A training that fails while the disk is full has the disk in its reason."""
    here = work(shell(f"cat /dev/zero > {small_disk}/filler 2>/dev/null; exit 3"), path=small_disk / "store")
    reason = here.run().reason
    assert reason.startswith("exit status 3")
    assert f"the disk of {small_disk}/store is full" in reason
