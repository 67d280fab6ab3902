"""Trainings that write huge logs: reading is bounded and fair, and loses no metric."""

from __future__ import annotations

import json
import re

import pytest

from auto_model_monitor import LogReader
from auto_model_monitor.training import LogPosition, TaskState, task_log
from tests.training.trainings import request, shell

LINE = "epoch is going well, nothing to see here, all is as it should be"


@pytest.mark.parametrize("flood", [1 << 16, 1 << 30])
def test_no_number_is_lost_in_a_flood(work, monkeypatch, flood):
    """A huge backlog is stored without its lines that hold no metric, and their number is stored instead."""
    monkeypatch.setattr(task_log, "FLOOD", flood)
    script = f"for n in 1 2 3 4; do echo 'Train Loss: 0.'$n; yes '{LINE}' | head -n 10000; done; echo end"
    here = work(shell(script), interval=0.5)
    task = here.run()
    entries = [json.loads(one.data) for one in here.store.entries(task.id, limit=100_000)]
    kept = sum(entry["message"] in (LINE, "end") for entry in entries)
    counts = [re.match(r"(\d+) lines without a metric", entry["message"]) for entry in entries]
    left_out = sum(int(count[1]) for count in counts if count)
    assert kept + left_out == 40_001
    assert (left_out > 0) == (flood < 1 << 20)
    assert [row.value for row in here.store.metrics(task.id)] == [0.1, 0.2, 0.3, 0.4]
    assert [one.seq for one in here.store.entries(task.id, limit=100_000)] == list(range(1, len(entries) + 1))


def test_a_flood_does_not_delay_other_tasks(work, tmp_path, monkeypatch):
    """While one training floods its log, another one is followed to its end."""
    monkeypatch.setattr(task_log, "FLOOD", 1 << 20)
    (tmp_path / "block").write_text(f"{LINE}\n" * 8000)
    loud = shell(f"while :; do cat {tmp_path}/block; sleep 0.01; done", "loud")
    here = work(loud, shell("echo 'Train Loss: 0.5'; exit 3", "quiet"), grace=0.1)
    noise = here.submit(trainer="loud", device="cuda:0")
    here.wait(noise, lambda task: task.last_seq > 0)
    for _ in range(3):
        task = here.run(trainer="quiet")
        assert (task.exit_code, task.latest_metrics["train_loss"]) == (3, 0.5)
    assert here.store.get(noise).state is TaskState.RUNNING
    here.dispatcher.cancel(noise)
    assert here.wait_end(noise).state is TaskState.CANCELLED


def test_a_log_that_is_not_yet_read_blocks_no_device(work, tmp_path, monkeypatch):
    """The next task of a device starts when the last one's processes have ended, its log read or not."""
    (tmp_path / "block").write_text(f"{LINE}\n" * 20_000)
    monkeypatch.setattr(task_log, "CHUNK", 1 << 12)
    here = work(shell(f"cat {tmp_path}/block", "long"), shell("echo here", "short"))
    first, second = here.submit(trainer="long"), here.submit(trainer="short")
    assert here.wait_end(second).state is TaskState.COMPLETED
    assert here.store.get(first).state is TaskState.RUNNING
    monkeypatch.setattr(task_log, "CHUNK", 1 << 20)
    assert here.wait_end(first).last_seq == 20_000


def test_a_huge_log_is_read_in_pieces(store):
    """However long the unread log is, one poll reads a bounded part of it."""
    task = store.add(request())
    folder = store.folder(task.id)
    folder.mkdir(parents=True)
    size = 256 << 20
    with (folder / "log.txt").open("wb") as log:
        log.write(b"Train Loss: 0.5\n")
        log.truncate(size)
        log.seek(size)
        log.write(b"\nTrain Loss: 0.25\n")
    followed = task_log.TaskLog(folder / "log.txt", LogPosition())
    batch = followed.read(store.now())
    assert batch.position.offset <= 2 * task_log.FLOOD_CHUNK
    assert sum(len(entry.message) for entry in batch.entries) <= 2 * task_log.FLOOD_CHUNK
    followed.close()


@pytest.mark.parametrize("flood", [-1, 1 << 30])
def test_a_reader_that_fails_loses_no_line(store, monkeypatch, caplog, flood):
    """A line that cannot be parsed is stored unchanged, and so are the other lines."""
    monkeypatch.setattr(task_log, "FLOOD", flood)
    read = LogReader.read

    def faulty(self, line, **options):
        if "0.5" in line:
            raise ZeroDivisionError("an unexpected error")
        return read(self, line, **options)

    monkeypatch.setattr(LogReader, "read", faulty)
    path = store.path / "log.txt"
    path.write_text("Train Loss: 0.75\nTrain Loss: 0.5\nTrain Loss: 0.25\n")
    followed = task_log.TaskLog(path, LogPosition())
    batch = followed.read(store.now())
    assert [entry.message for entry in batch.entries] == [f"Train Loss: {n}" for n in (0.75, 0.5, 0.25)]
    assert [dict(entry.own_metrics) for entry in batch.entries] == [
        {"train_loss": 0.75},
        {},
        {"train_loss": 0.25},
    ]
    assert "cannot be parsed" in caplog.text
    followed.close()
