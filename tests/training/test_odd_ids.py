"""Ids that no store assigns: they lead to no other task's folder."""

from __future__ import annotations

import pytest

from auto_model_monitor.training.store import TaskStore


@pytest.mark.parametrize("task_id", ["", ".", "..", "../..", "/etc", "a/../../b", "tasks/x", b"\xff", 7])
def test_an_odd_id_has_a_folder_of_its_own(tmp_path, task_id):
    """The folder of an id, which is deleted with its task, is one directory below ``tasks``."""
    store = TaskStore(tmp_path / "store")
    folder = store.folder(task_id)
    assert folder.resolve().parent == (tmp_path / "store" / "tasks").resolve()
    store.close()
