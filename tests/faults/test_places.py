"""Odd paths and poor disks: no alert is missed or repeated."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys

import pytest

from auto_model_monitor import (
    CustomParser,
    DirectorySource,
    MailboxNotifier,
    MemoryOutbox,
    ModelMonitor,
    MonitorConfig,
    SQLiteOutbox,
)
from auto_model_monitor.delivery import FallbackOutbox
from auto_model_monitor.runtime.run_log import OneLineFormatter, run_log
from tests.fakes import RecordingNotifier, alert, message

needs_bytes = pytest.mark.skipif(sys.platform != "linux", reason="needs names that are bytes")


def alerts_of(folder, log_dir):
    """Return the values of the alerts of a new process at its first check."""
    parser = CustomParser(r"loss_([0-9.]+)")
    config = MonitorConfig(folder, 0.5, log_dir=log_dir, parser=parser)
    notifier = RecordingNotifier()
    monitor = ModelMonitor(config, notifiers=[notifier])
    alerts = monitor.check()
    assert not alerts or notifier.arrived.wait(100)
    monitor.stop()
    return [a.reading.value for a in alerts]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "ckpts"
    folder.mkdir()
    (folder / "loss_0.1.pt").touch()
    return folder


@needs_bytes
def test_a_watched_path_of_no_characters_is_watched(tmp_path):
    """A directory whose name is no valid UTF-8 is watched, reported once, and recognised after a restart."""
    folder = tmp_path / os.fsdecode(b"ck\xffpts")
    folder.mkdir()
    (folder / "loss_0.1.pt").touch()
    assert [alerts_of(folder, tmp_path / "logs") for _ in range(2)] == [[0.1], []]


@needs_bytes
def test_a_log_dir_of_no_characters_keeps_mails(tmp_path, folder):
    """A log_dir whose name is no valid UTF-8 holds the outbox and the mailbox."""
    log_dir = tmp_path / os.fsdecode(b"lo\xffgs")
    monitor = ModelMonitor(MonitorConfig(folder, 0.5, log_dir=log_dir))
    monitor.check()
    monitor.stop()
    assert [path.suffix for path in (log_dir / "mailbox").iterdir()] == [".eml"]


def test_a_restart_while_nothing_can_be_written_repeats_nothing(tmp_path, folder):
    """A read-only outbox still prevents repeated alerts; new ones are sent from memory."""
    assert alerts_of(folder, tmp_path / "logs") == [0.1]
    holder = sqlite3.connect(tmp_path / "logs" / "outbox.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert alerts_of(folder, tmp_path / "logs") == []
    holder.execute("ROLLBACK")
    holder.close()


def test_what_memory_owes_is_not_said_to_be_kept(tmp_path):
    """An outbox that continues in memory does not promise that a later process finds pending deliveries."""

    class Broken(MemoryOutbox):
        def add(self, *_):
            raise OSError(28, "No space left on device")

    box = FallbackOutbox(Broken())
    assert box.outlives_the_process
    box.add(alert(), message(), ["x"], 0.0)
    assert not box.outlives_the_process
    assert not box.close()


def test_what_disk_and_memory_owe_can_be_gone_through(tmp_path):
    """Iterating over the pending deliveries returns each once and ends."""
    disk = SQLiteOutbox(tmp_path / "outbox.db")
    box = FallbackOutbox(disk)
    for n in range(2):
        box.add(alert(), message(id=f"disk{n}"), ["x"], 10.0)
    add, disk.add = disk.add, None  # type: ignore[method-assign]
    for n in range(2):
        box.add(alert(), message(id=f"memory{n}"), ["x"], 20.0)
    disk.add = add
    found = [box.first_owed("x")]
    while len(found) < 10 and (later := box.first_owed("x", found[-1].id)) is not None:
        found.append(later)
    assert [delivery.message.id for delivery in found] == ["disk0", "disk1", "memory0", "memory1"]
    disk.close()


def test_a_training_that_changes_its_directory_is_watched_where_it_was_meant(tmp_path, folder, monkeypatch):
    """Relative paths mean the directory at the time when they were given, not that of the moment."""
    monkeypatch.chdir(tmp_path)
    source = DirectorySource("ckpts", CustomParser(r"loss_([0-9.]+)"))
    box = MailboxNotifier("mails")
    monkeypatch.chdir("/")
    assert len(source.read()) == 1
    box.send(message())
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 1


def test_no_mark_of_direction_reaches_a_terminal():
    """What reorders a line on the screen is written out, as are all control characters."""
    marks = [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x1B, 0x9B, 0x0A, 0x0D]
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", ("".join(map(chr, marks)),), None)
    assert OneLineFormatter().format(record).isprintable()


def test_no_error_of_a_user_s_code_forges_a_line_or_moves_the_cursor(tmp_path):
    """A traceback whose text holds line breaks and escape codes stays indented and harmless."""
    with run_log(tmp_path) as path:
        try:
            raise ValueError("\n2026-01-01 00:00:00 - root - INFO - forged\x1b[2J")
        except ValueError:
            logging.getLogger("auto_model_monitor.x").exception("it failed")
    text = path.read_text(encoding="utf-8")
    assert "\x1b" not in text
    assert all(line.startswith("  ") for line in text.splitlines()[1:])


@needs_bytes
def test_a_hostile_name_is_harmless_in_somebody_s_own_log(tmp_path, caplog):
    """The lines that go to other people's handlers hold no raw control character of a name either."""
    folder = tmp_path / "ckpts"
    folder.mkdir()
    (folder / "loss_0.1_\x1b[2J\nforged.pt").touch()
    with caplog.at_level(logging.INFO):
        assert [alerts_of(folder, tmp_path / "logs") for _ in range(2)] == [[0.1], []]
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("auto_model_monitor")]
    assert any("forged" in text for text in ours)
    assert all(text.isprintable() for text in ours)


def test_two_monitors_of_one_second_write_each_line_once(tmp_path):
    """Two watches that share a log_dir and begin in one second share a file, and no line is doubled."""
    with run_log(tmp_path) as first, run_log(tmp_path) as second:
        logging.getLogger("auto_model_monitor").warning("only once")
    lines = [p.read_text().count("only once") for p in {first, second}]
    assert lines == [1] * len(lines)
