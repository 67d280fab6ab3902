"""The outbox on disk: durable, private, shared between processes, and never fatal for a watch."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from auto_model_monitor import OutboxError, SQLiteOutbox
from auto_model_monitor.delivery import SCHEMA_VERSION, DeliveryState
from tests.fakes import alert, message


def opened(path, watch="watch"):
    return SQLiteOutbox(path, watch)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "outbox.db"


def test_another_process_finds_pending_deliveries(path):
    """What one process committed without closing the file, another one reads."""
    last = alert()
    first = opened(path)
    first.add(last, message(id=last.id), ["a"], 5.0)
    code = (
        "import sys; from auto_model_monitor import SQLiteOutbox;"
        "o = SQLiteOutbox(sys.argv[1], 'watch'); d = o.first_owed('a');"
        "print(d.message.id, d.due, o.last_alert('threshold').id)"
    )
    run = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [last.id, "5.0", last.id]


def test_only_the_owner_may_read_it(path):
    """The file and its journals are readable by their owner alone, whatever the umask."""
    umask = os.umask(0)
    try:
        outbox = opened(path)
        outbox.add(alert(), message(), ["a"], 0.0)
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    finally:
        os.umask(umask)


def test_watches_in_one_file_do_not_see_each_other(path):
    """Two watches share a file; each sees its own alerts, and a reader without a watch sees all."""
    mine, theirs = opened(path, "mine"), opened(path, "theirs")
    mine.add(alert(), message(id="m"), ["a"], 0.0)
    theirs.add(alert(), message(id="t"), ["a"], 0.0)
    theirs.start_run("x")
    assert mine.first_owed("a").message.id == "m"
    assert theirs.first_owed("a").message.id == "t"
    assert mine.last_alert("threshold") is not None
    assert mine.identity() is None
    assert [d.message.id for d in SQLiteOutbox(path, None).deliveries()] == ["m", "t"]


def test_writers_at_once_lose_nothing(path):
    """Eight threads with four connections write 200 alerts; every one is there once."""
    boxes = [opened(path) for _ in range(4)]

    def write(n):
        for k in range(25):
            boxes[n % 4].add(alert(), message(id=f"{n}-{k}"), ["a"], 0.0)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({d.message.id for d in boxes[0].deliveries()}) == 200


@pytest.mark.parametrize("damage", ["short", "noise", "text", "header"])
def test_a_damaged_file_is_set_aside(path, caplog, damage):
    """A truncated or overwritten file is renamed, reported and replaced by an empty one."""
    outbox = opened(path)
    for n in range(50):
        outbox.add(alert(), message("x" * 500, id=str(n)), ["a"], 0.0)
    outbox.close()
    data = path.read_bytes()
    chance = random.Random(1)
    path.write_bytes(
        {
            "short": data[: len(data) // 2 + 7],
            "noise": data[:100] + chance.randbytes(len(data) - 100),
            "text": b"this is no database" * 100,
            "header": chance.randbytes(100) + data[100:],
        }[damage]
    )
    fresh = opened(path)
    fresh.add(alert(), message(id="new"), ["a"], 0.0)
    assert fresh.first_owed("a").message.id == "new"
    assert (path.parent / "outbox.db.damaged-1").exists()
    assert "damaged" in caplog.text


def test_an_unwritable_place_is_one_error(tmp_path):
    """Where no file can be created, the OutboxError names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutboxError, match=r"outbox\.db cannot be opened"):
        opened(tmp_path / "file" / "outbox.db")


def test_a_file_that_is_locked_for_long_is_one_error(path):
    """While another process locks the file, a write waits for its timeout and then fails with an error."""
    outbox = SQLiteOutbox(path, "watch", timeout=0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutboxError, match="locked"):
        outbox.add(alert(), message(), ["a"], 0.0)
    holder.execute("ROLLBACK")
    outbox.add(alert(), message(), ["a"], 0.0)
    assert len(outbox.deliveries()) == 1


def test_an_alert_and_its_deliveries_are_one_transaction(path):
    """When storing a delivery fails, its alert is not stored either."""
    outbox = opened(path)
    with pytest.raises(OutboxError):
        outbox.add(alert(), message(), ["a", None], 0.0)
    assert outbox.last_alert("threshold") is None
    assert list(outbox.deliveries()) == []


def test_the_alerts_of_a_look_are_one_transaction(path):
    """When the last of a look cannot be stored, none of it is, and the same look can be added again."""
    outbox = opened(path)
    found = [replace(alert(), id=name, model=name) for name in ("a", "b", "a")]
    with pytest.raises(OutboxError, match="UNIQUE"):
        outbox.add_look(found, [(message(), ["mail"])], 0.0)
    assert outbox.last_alert(found[0].key) is None
    assert list(outbox.deliveries()) == []
    outbox.add_look(found[:2], [(message(), ["mail"])], 0.0)
    assert [outbox.last_alert(one.key) for one in found[:2]] == found[:2]


def test_a_person_can_retry_and_drop_deliveries(path):
    """A refused delivery can be retried, a pending one dropped, a delivered one neither."""
    outbox = opened(path)
    for n in range(3):
        outbox.add(alert(), message(id=str(n)), ["a"], 0.0)
    refused, owed, done = outbox.deliveries()
    outbox.refused(refused, "550")
    outbox.delivered(replace(done, settled=7.0))
    assert outbox.retry(refused.id, 9.0)
    assert outbox.drop(owed.id, 8.0)
    assert not outbox.drop(owed.id, 9.0)
    assert not outbox.retry(done.id, 9.0)
    assert not outbox.drop(done.id)
    assert not outbox.drop(999)
    states = [d.state for d in outbox.deliveries()]
    assert states == [DeliveryState.OWED, DeliveryState.DROPPED, DeliveryState.DELIVERED]
    assert [d.settled for d in outbox.deliveries()] == [None, 8.0, 7.0]


def version_of(path):
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return version


def set_version(path, version, statement=""):
    connection = sqlite3.connect(path)
    connection.executescript(f"{statement}; PRAGMA user_version = {version};")
    connection.close()


_TO_OLDER = {
    0: "DROP TABLE due_times; ALTER TABLE deliveries DROP COLUMN settled",
    1: "DROP TABLE due_times; ALTER TABLE deliveries DROP COLUMN settled",
    2: "DROP TABLE due_times",
}


@pytest.mark.parametrize("version", list(_TO_OLDER))
def test_a_file_of_an_older_version_is_upgraded(path, version):
    """Deliveries that an older version wrote are read, and from then on settled ones have their time."""
    outbox = opened(path)
    for n in range(2):
        outbox.add(alert(), message(id=str(n)), ["a"], 0.0)
    outbox.close()
    set_version(path, version, _TO_OLDER[version])
    first, second = opened(path), opened(path)
    first.delivered(replace(first.first_owed("a"), settled=5.0))
    assert [(d.message.id, d.settled) for d in second.deliveries()] == [("0", 5.0), ("1", None)]
    first.record_due(7.0)
    assert second.last_due() == 7.0
    assert version_of(path) == SCHEMA_VERSION


@pytest.mark.parametrize("existing", [False, True])
def test_a_file_of_a_newer_version_is_refused_and_left_unchanged(path, existing):
    """A newer schema is an error with both versions and a remedy; the file is neither changed nor renamed."""
    outbox = opened(path)
    outbox.add(alert(), message(), ["a"], 0.0)
    outbox.close()
    set_version(path, SCHEMA_VERSION + 1)
    before = path.read_bytes()
    expected = f"expected schema version {SCHEMA_VERSION} or older, got {SCHEMA_VERSION + 1}.*pip install -U"
    with pytest.raises(OutboxError, match=expected):
        SQLiteOutbox(path, "watch", existing=existing)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_upgrade_that_fails_changes_nothing(path):
    """An upgrade is one transaction: when one statement fails, the file keeps its old version and tables."""
    opened(path).close()
    set_version(path, 0, "DROP INDEX owed")  # the column exists already, so the second step fails
    with pytest.raises(OutboxError, match="cannot be opened"):
        opened(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'owed'").fetchall() == []
    connection.close()
    assert version_of(path) == 0


def test_the_outbox_after_damage_and_its_journal_are_private(path):
    """After damage the new file and its journal have mode 0600; the old journal is kept apart."""
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    path.chmod(0o644)
    journal = path.with_name("outbox.db-journal")
    journal.write_bytes(b"\0an old journal")  # SQLite removes one that could be applied
    journal.chmod(0o644)
    umask = os.umask(0)
    try:
        outbox = opened(path)
        outbox.add(alert(), message(), ["a"], 0.0)
    finally:
        os.umask(umask)
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, journal)] == [0o600, 0o600]
    assert path.with_name("outbox.db.damaged-1-journal").read_bytes() == b"\0an old journal"
    assert outbox._connection.execute("PRAGMA journal_mode").fetchone() == ("truncate",)


def test_a_second_damaged_file_does_not_overwrite_the_first(path):
    """Each damaged file gets a number of its own."""
    path.parent.mkdir()
    for content in (b"first" * 100, b"second" * 100):
        path.write_bytes(content)
        opened(path).close()
    kept = [path.with_name(f"outbox.db.damaged-{n}").read_bytes()[:5] for n in (1, 2)]
    assert kept == [b"first", b"secon"]


@pytest.mark.parametrize("content", [None, "text", "database"])
def test_a_file_that_is_no_outbox_stays_unchanged(path, content):
    """With existing=True a file that is no outbox stays unchanged, and no file is created."""
    path.parent.mkdir()
    if content == "text":
        path.write_text("my notes\n" * 50)
    elif content == "database":
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE mine (a)")
        other.commit()
        other.close()
    before = path.read_bytes() if content else None
    with pytest.raises(OutboxError, match="cannot be opened"):
        SQLiteOutbox(path, None, existing=True)
    assert [file.name for file in path.parent.iterdir()] == (["outbox.db"] if content else [])
    assert before is None or path.read_bytes() == before
