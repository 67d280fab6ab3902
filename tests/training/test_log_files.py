"""The limit on a training's log, and the log as a whole."""

from __future__ import annotations

import os

import pytest

from auto_model_monitor import ConfigError
from auto_model_monitor.training import Dispatcher, TaskState
from auto_model_monitor.training.log_files import end_of_log, shorten
from tests.training.trainings import shell
from tests.waiting import until

CHATTER = (
    'i=0; while [ $i -lt 4000 ]; do echo "line $i: a text without a number of interest"; i=$((i+1)); done\n'
)


_LIMIT = 600_000


def sizes(folder):
    return {path.name: path.stat().st_size for path in folder.glob("log*.txt")}


def test_a_log_stays_below_its_limit_and_no_line_is_lost(work, tmp_path):
    """Many times the limit are written; the files stay small, and every line becomes an entry, once."""
    parts = f'{CHATTER} echo "val_loss: 0.$part"; read x < {tmp_path}/go'
    script = f"for part in 1 2 3 4 5 6; do {parts}; done; exit 3"
    os.mkfifo(tmp_path / "go")
    here = work(shell(script), max_log=_LIMIT)
    task_id = here.submit()
    folder = here.store.folder(task_id)
    for part in range(1, 7):
        until(lambda: here.store.get(task_id).last_seq == 4001 * part)  # noqa: B023
        assert sum(sizes(folder).values()) <= _LIMIT
        until(lambda: sizes(folder)["log.txt"] <= _LIMIT // 3)
        with (tmp_path / "go").open("w") as go:
            go.write("\n")
    task = here.wait_end(task_id)
    assert task.last_seq >= 6 * 4001
    losses = [row.value for row in here.store.metrics(task_id, metric="val_loss")]
    assert losses == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert task.state is TaskState.FAILED
    assert task.reason == "exit status 3: val_loss: 0.6"


@pytest.mark.parametrize(
    ("size", "read", "done"),
    [
        (0, 0, None),
        (30_000, 30_000, 0),
        (30_000, 29_000, None),
        (70_000, 10_000, 60_000),
        (19_000, 19_000, None),
    ],
)
def test_what_is_unread_waits_until_the_log_is_twice_as_long(tmp_path, size, read, done):
    """A log is emptied at a third of its limit if it was read, at two thirds in any case."""
    (tmp_path / "log.txt").write_bytes(b"x" * size)
    assert shorten(tmp_path, read, 60_000) == done
    assert sizes(tmp_path).get("log.txt") == (size if done is None else 0)
    assert ("log.1.txt" in sizes(tmp_path)) is (done is not None)


def test_the_end_of_a_log_is_found_in_both_files(tmp_path):
    """What explains a failure is found although the log has just been emptied."""
    (tmp_path / "log.1.txt").write_bytes(b"ValueError: no images\n")
    (tmp_path / "log.txt").write_bytes(b"")
    assert end_of_log(tmp_path / "log.txt", 100) == b"ValueError: no images\n"
    (tmp_path / "log.txt").write_bytes(b"end\n")
    assert end_of_log(tmp_path / "log.txt", 10) == b"mages\nend\n"[-10:]


def test_nothing_else_than_a_file_is_emptied(tmp_path):
    """A pipe or a link in the log's place is left alone."""
    (tmp_path / "other").write_bytes(b"x" * 90_000)
    (tmp_path / "log.txt").symlink_to(tmp_path / "other")
    assert shorten(tmp_path, 90_000, 60_000) is None
    assert (tmp_path / "other").stat().st_size == 90_000


def test_a_limit_that_is_too_small_is_refused(store):
    """A limit below 64 KiB is refused with the least one."""
    with pytest.raises(ConfigError, match="max_log: expected at least 65536"):
        Dispatcher(store, [shell("true")], max_log=1000)
