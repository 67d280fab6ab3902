"""The store: which data of tasks it keeps, in which order, and after which failures."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from auto_model_monitor import LogEntry, LogReader
from auto_model_monitor.training import (
    Limits,
    LogPosition,
    StoreError,
    TaskState,
    TaskStateError,
    TaskStore,
    UnknownTaskError,
)
from auto_model_monitor.training.store import database
from tests.fakes import FakeClock
from tests.training.trainings import request

NOW = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)
RUNNING, COMPLETED, FAILED = TaskState.RUNNING, TaskState.COMPLETED, TaskState.FAILED


def line(text="x", **metrics):
    return LogEntry(timestamp=NOW, level="INFO", message=text, metrics=metrics, own_metrics=metrics)


def lines(first, last):
    return [line(f"line {number}") for number in range(first, last + 1)]


def ended(store, state=COMPLETED, **changes):
    task = store.add(request(**changes))
    store.move(task.id, RUNNING, "started")
    return store.move(task.id, state, "over", exit_code=0)


def test_a_new_task_is_pending(store):
    """A new task is pending with its request, and reading it returns an equal task."""
    task = store.add(request(device="cuda", priority=7), trainer="first")
    assert (task.state, task.progress, task.total_epochs, task.device) == (TaskState.PENDING, 0, 10, "cuda:0")
    assert (task.trainer, task.request.priority, task.latest_metrics) == ("first", 7, {})
    assert task.created_at.utcoffset() == timedelta(0)
    assert store.get(task.id) == task


def test_every_change_is_kept_with_its_time_and_reason(tmp_path):
    """Every change of state is stored with its reason and the clock's time."""
    clock = FakeClock()
    with closing(TaskStore(tmp_path, clock=clock)) as store:
        task = store.add(request())
        clock.advance(60)
        store.move(task.id, RUNNING, "started")
        clock.advance(3600)
        task = store.move(
            task.id, FAILED, "exit status 1: no", exit_code=1, finished=NOW + timedelta(minutes=31)
        )
        kept = store.transitions(task.id)
    assert [(one.state.value, one.reason) for one in kept] == [
        ("pending", "submitted"),
        ("running", "started"),
        ("failed", "exit status 1: no"),
    ]
    assert [one.time - NOW for one in kept] == [timedelta(0), timedelta(minutes=1), timedelta(minutes=31)]
    assert (task.started_at, task.finished_at) == (kept[1].time, kept[2].time)
    assert (task.created_at, task.updated_at) == (NOW, NOW + timedelta(minutes=61))
    assert (task.exit_code, task.reason) == (1, "exit status 1: no")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ([], COMPLETED),
        ([RUNNING], RUNNING),
        ([RUNNING, COMPLETED], RUNNING),
        ([RUNNING, COMPLETED], FAILED),
        ([TaskState.CANCELLED], RUNNING),
    ],
)
def test_invalid_transitions_are_refused(store, first, then):
    """No state follows a final one, and no task ends before it has started."""
    task = store.add(request())
    for state in first:
        store.move(task.id, state, "")
    before = store.get(task.id), store.transitions(task.id)
    with pytest.raises(TaskStateError, match=f"cannot become {then.value}"):
        store.move(task.id, then, "")
    assert (store.get(task.id), store.transitions(task.id)) == before


def test_a_completed_task_is_at_100_percent_and_no_other(store):
    """Progress reaches 100 only when the task completes."""
    assert ended(store).progress == 100
    assert ended(store, FAILED).progress == 0


def test_cancelling_depends_on_the_state(store):
    """A pending task is cancelled immediately, a running one keeps the request, an ended one refuses it."""
    waiting, running = store.add(request()), store.add(request())
    store.move(running.id, RUNNING, "started")
    assert store.request_cancel(waiting.id, "enough").state is TaskState.CANCELLED
    task = store.request_cancel(running.id, "enough")
    assert (task.state, task.cancelling, task.reason) == (RUNNING, True, "enough")
    assert store.resume_point(running.id).cancel_reason == "enough"
    assert not store.move(running.id, TaskState.CANCELLED, "enough").cancelling
    with pytest.raises(TaskStateError, match="has ended"):
        store.request_cancel(running.id, "again")


def test_the_highest_priority_goes_first_on_each_device(store):
    """The next task of a free device is the one with the highest priority, then the oldest."""
    asked = [("cuda:0", 5), ("cuda:0", 9), ("cpu", 9), ("cuda:0", 9), ("cuda:1", 10)]
    ids = [store.add(request(device=device, priority=priority)).id for device, priority in asked]
    order = []
    while (task := store.next_due({"cuda:1": 1})) is not None:
        order.append(ids.index(task.id))
        store.move(task.id, RUNNING, "")
    assert order == [1, 2, 3, 0]
    assert store.next_due({"cuda:1": 1}, per_device=2).id == ids[4]


def test_the_list_is_filtered_and_paged(store):
    """Filters narrow the list and its total, and pages follow each other from the newest task."""
    for number in range(30):
        task = store.add(request(device=f"cuda:{number % 3}", model=f"m{number % 2}"), trainer="t")
        if number % 5 == 0:
            store.move(task.id, RUNNING, "")
    page, total = store.tasks(limit=4, offset=2)
    assert total == 30
    assert [task.created_at for task in page] == sorted((task.created_at for task in page), reverse=True)
    assert store.tasks(limit=2)[0] + page == store.tasks(limit=6)[0]
    assert store.tasks(states=[RUNNING])[1] == 6
    assert store.tasks(states=[RUNNING, TaskState.PENDING], device="cuda", model="m0")[1] == 5
    assert store.tasks(device="cuda:2", states=[RUNNING])[1] == 2
    assert store.tasks(trainer="t", limit=0) == ([], 30)
    assert store.tasks(trainer="other") == ([], 0)
    assert store.tasks(offset=10**30) == ([], 30)
    assert store.tasks(device="' OR 1 --") == ([], 0)


def test_entries_are_numbered_and_their_metrics_stored(store):
    """Entries count from 1, and their numbers are in the history bit by bit and in the task."""
    task, reader = store.add(request()), LogReader()
    texts = [
        "Epoch [1/4] started",
        "Train Loss: 0.1, Train Accuracy: 33.3%",
        "hello",
        "Validation Loss: 1e-300",
    ]
    _, stored = store.append(
        task.id, [reader.read(text, time=NOW) for text in texts], LogPosition(77, "f", {"epoch": 2})
    )
    assert [one.seq for one in stored] == [1, 2, 3, 4]
    assert store.append(task.id, lines(5, 6))[1][0].seq == 5
    assert [one[:2] for one in store.entries(task.id)][:4] == [one[:2] for one in stored]
    assert [one.seq for one in store.entries(task.id, after=3, limit=2)] == [4, 5]
    assert [(row.seq, row.epoch, row.metric, row.value) for row in store.metrics(task.id)] == [
        (2, 1, "train_acc", 33.3),
        (2, 1, "train_loss", 0.1),
        (4, 1, "val_loss", 1e-300),
    ]
    task = store.get(task.id)
    assert (task.last_seq, task.current_epoch, task.progress, task.total_epochs) == (6, 1, 25, 4)
    assert task.latest_metrics["val_loss"] == 1e-300
    assert store.resume_point(task.id).position == LogPosition(77, "f", {"epoch": 2})
    assert store.extremes(task.id)["train_acc"].largest_epoch == 1
    assert b'"message":"hello","metrics":{},"stage":null' in stored[2].data


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 5e-324, 0.1 + 0.2, -0.0, 2**63 - 1, -(2**63) + 1, 0, 1.0]
)
def test_any_number_is_kept_as_it_is(store, value):
    """Every number, NaN and infinity included, is read back bit by bit with its type."""
    task = store.add(request())
    store.append(task.id, [line(val_loss=value)])
    (row,) = store.metrics(task.id)
    assert (repr(row.value), type(row.value)) == (repr(value), type(value))
    assert repr(store.get(task.id).latest_metrics["val_loss"]) == repr(value)


def test_a_number_that_no_database_holds_is_kept_as_near_as_can_be(store):
    """An integer of more than 64 bits becomes a float, and its batch is stored."""
    task = store.add(request())
    store.append(task.id, [line(val_loss=10**20)])
    assert [row.value for row in store.metrics(task.id)] == [1e20]


def test_the_numbers_of_one_entry_are_never_separated(store):
    """A page of the history ends at the end of an entry, so that the next page misses nothing."""
    task = store.add(request())
    entries = [line(**{f"m{n}": n for n in range(count)}) for count in (3, 3, 1, 7, 2)]
    store.append(task.id, entries)
    found, after = [], 0
    while page := store.metrics(task.id, after=after, limit=4):
        assert {row.seq for row in page}.isdisjoint(row.seq for row in found)
        found += page
        after = page[-1].seq
    assert found == store.metrics(task.id)
    assert len(found) == 16
    assert [row.seq for row in store.metrics(task.id, metric="m1")] == [1, 2, 4, 5]
    assert [row.seq for row in store.metrics(task.id, metric="m1", after=2, limit=1)] == [4]


def test_a_batch_is_kept_whole_or_not_at_all(store):
    """An entry that cannot be written reverts its whole batch, and the position with it."""
    task = store.add(request())
    store.append(task.id, lines(1, 3), LogPosition(30))

    class Unprintable:
        def __iter__(self):
            yield line(val_loss=1.0)
            raise RuntimeError

        def __len__(self):
            return 2

    with pytest.raises(RuntimeError):
        store.append(task.id, Unprintable(), LogPosition(50))
    assert (store.get(task.id).last_seq, store.resume_point(task.id).position.offset) == (3, 30)
    assert store.append(task.id, lines(4, 4))[1][0].seq == 4
    assert store.metrics(task.id) == []


def test_the_log_and_the_history_have_limits(tmp_path):
    """Beyond the limits the oldest lines are deleted, as ``first_seq`` shows, and the oldest metrics."""
    limits = Limits(most_entries=100, most_bytes=1 << 20, most_metrics=50)
    with closing(TaskStore(tmp_path, limits=limits)) as store:
        task = store.add(request())
        for number in range(100):
            store.append(task.id, [line(f"{number} {n}", val_loss=number + n) for n in range(10)])
            assert len(store.entries(task.id)) <= 110
            assert len(store.metrics(task.id)) <= 55
        first = store.get(task.id).first_seq
        kept = store.entries(task.id)
        assert [one.seq for one in kept] == list(range(first, 1001))
        assert first >= 890
        assert store.metrics(task.id)[-1].seq == 1000
        assert store.extremes(task.id)["val_loss"].smallest == 0


def test_long_lines_count_by_their_bytes(tmp_path):
    """The limit of bytes holds for long lines, and at least the last line is kept."""
    with closing(TaskStore(tmp_path, limits=Limits(most_bytes=20_000))) as store:
        task = store.add(request())
        for _ in range(20):
            store.append(task.id, [line("x" * 3000) for _ in range(5)])
            assert sum(len(one.data) for one in store.entries(task.id)) <= 20_000
        store.append(task.id, [line("x" * 30_000)])
        assert [one.seq for one in store.entries(task.id)] == [101]
        store.append(task.id, [line("x" * 30_000)])
        assert [one.seq for one in store.entries(task.id)] == [102]


def test_what_ended_can_be_deleted_and_nothing_else(store):
    """A deleted task leaves no row and no file, and other tasks are unchanged."""
    gone, stays, waits = ended(store), ended(store), store.add(request())
    for task in (gone, stays):
        store.append(task.id, [line(val_loss=1.0)] * 10)
        store.folder(task.id).mkdir(parents=True)
        (store.folder(task.id) / "log.txt").write_text("x")
    with pytest.raises(TaskStateError, match="cancel it"):
        store.delete(waits.id)
    store.delete(gone.id)
    assert not store.folder(gone.id).exists()
    assert len(store.entries(stays.id)) == len(store.metrics(stays.id)) == 10
    connection = sqlite3.connect(store.path / "training.db")
    counts = [
        connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("tasks", "entries", "metrics", "follows", "doomed")
    ]
    connection.close()
    assert counts == [2, 10, 10, 2, 0]


def test_an_interrupted_deletion_is_completed(tmp_path, monkeypatch):
    """A deletion that the server's death interrupted is completed when the store is opened."""
    store = TaskStore(tmp_path)
    task = ended(store)
    store.append(task.id, lines(1, 12_000))
    store.folder(task.id).mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr(TaskStore, "_purge_deleted", lambda _: None)
        store.delete(task.id)
        store.close()
    assert (tmp_path / "tasks" / task.id).exists()
    with closing(TaskStore(tmp_path)) as again, pytest.raises(UnknownTaskError):
        again.get(task.id)
    assert not (tmp_path / "tasks" / task.id).exists()
    with closing(sqlite3.connect(tmp_path / "training.db")) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (0,)


def test_any_reason_can_be_kept(store):
    """A reason with lone surrogates, as from a path, is stored as closely as possible."""
    waiting, running = store.add(request()), store.add(request())
    assert store.request_cancel(waiting.id, "no \udcff\0").reason == "no \\udcff\0"
    store.move(running.id, RUNNING, "")
    assert store.move(running.id, FAILED, "/data/\udcff").reason == "/data/\\udcff"
    assert store.transitions(running.id)[-1].reason == "/data/\\udcff"


def test_an_unknown_task_is_named(store):
    """Every method names the task that does not exist."""
    for ask in (
        store.get,
        store.delete,
        store.transitions,
        store.entries,
        store.metrics,
        store.extremes,
        store.resume_point,
        lambda task_id: store.move(task_id, RUNNING, ""),
        lambda task_id: store.request_cancel(task_id, ""),
        lambda task_id: store.append(task_id, []),
    ):
        with pytest.raises(UnknownTaskError, match="abc-123") as caught:
            ask("abc-123")
        assert isinstance(caught.value, LookupError)


def test_it_belongs_to_its_owner(store):
    """No other user of the machine can read the store."""
    assert store.path.stat().st_mode & 0o777 == 0o700
    assert (store.path / "training.db").stat().st_mode & 0o777 == 0o600


def test_one_process_at_a_time_has_it(tmp_path):
    """A second process is refused with the first one's pid, and succeeds after the first is killed."""
    code = (
        "import sys, time; from auto_model_monitor.training import TaskStore; "
        "store = TaskStore(sys.argv[1]); print('open', flush=True); time.sleep(100)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as first:
        try:
            assert first.stdout.readline() == b"open\n"
            with pytest.raises(StoreError, match=f"process {first.pid}"):
                TaskStore(tmp_path)
        finally:
            first.send_signal(signal.SIGKILL)
    TaskStore(tmp_path).close()


@pytest.mark.parametrize("how", ["no database", "torn pages", "cut short"])
def test_a_damaged_store_is_refused_with_advice(tmp_path, how):
    """A damaged database is refused unchanged, with advice."""
    with closing(TaskStore(tmp_path)) as store:
        task = store.add(request())
        store.append(task.id, [line(val_loss=n) for n in range(3000)])
    path = tmp_path / "training.db"
    whole = path.read_bytes()
    damaged = {
        "no database": b"these are not the bytes that you look for" * 100,
        "torn pages": whole[:4096] + os.urandom(len(whole) - 4096),
        "cut short": whole[: len(whole) // 2],
    }[how]
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"damaged.*mv .*training\.db"):
        TaskStore(tmp_path)
    assert path.read_bytes() == damaged
    path.rename(tmp_path / "training.db.damaged")
    TaskStore(tmp_path).close()


def test_damage_that_shows_later_is_reported_too(store):
    """A database that is damaged while it is open raises the same error with the same advice."""
    task = store.add(request())
    store.append(task.id, lines(1, 5000))
    with (store.path / "training.db").open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(1 << 16))
    caught = set()
    for after in range(0, 5000, 100):
        store._database._reader.execute("PRAGMA shrink_memory")
        try:
            store.entries(task.id, after)
        except StoreError as error:
            caught.add(str(error))
    assert caught
    assert all("damaged" in text and "mv " in text for text in caught)


def test_a_store_of_a_later_version_is_left_alone(tmp_path):
    """A store that a later version wrote is refused, and not changed."""
    TaskStore(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "training.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="schema version up to 1, got 99"):
        TaskStore(tmp_path)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    """A store at the path of a file is refused with the reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be created"):
        TaskStore(tmp_path / "file" / "store")


def test_a_closed_store_raises_its_own_error(tmp_path):
    """Every method of a closed store raises a StoreError."""
    store = TaskStore(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.tasks()
    with pytest.raises(StoreError, match="closed"):
        store.add(request())


def test_many_threads_may_read_while_one_writes(store, monkeypatch):
    """Readers see complete batches only, and neither readers nor the writer fail."""
    monkeypatch.setattr(database, "_LOCK_TIMEOUT", 0.0)
    task = store.add(request())
    done, faults = threading.Event(), []

    def ask():
        try:
            while not done.is_set():
                found = store.get(task.id)
                assert found.last_seq % 7 == 0
                assert len(store.entries(task.id, limit=10_000)) >= found.last_seq
                assert store.tasks()[1] == 1
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        store.append(task.id, lines(1, 7))
    done.set()
    for thread in threads:
        thread.join()
    assert not faults
    assert store.get(task.id).last_seq == 420


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_folder_that_others_use_keeps_its_mode(tmp_path):
    """A new or empty folder becomes private; in any other folder, the files of the store are private."""
    used, empty, new = tmp_path / "used", tmp_path / "empty", tmp_path / "new"
    for folder in (used, empty):
        folder.mkdir()
        folder.chmod(0o755)
    (used / "train.py").touch()
    for folder, mode in ((used, 0o755), (empty, 0o700), (new, 0o700)):
        for _ in range(2):
            TaskStore(folder).close()
            assert stat.S_IMODE(folder.stat().st_mode) == mode
    mine = [path for path in used.iterdir() if path.name != "train.py"]
    assert mine
    assert not any(path.stat().st_mode & 0o077 for path in mine)
