"""An outbox of length 0 has lost its content; one that is only being created never looks like it."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys

import pytest

from auto_model_monitor import SQLiteOutbox
from auto_model_monitor.core.errors import OutboxError
from tests.fakes import alert, message

_OPEN = """
import logging, sys
from auto_model_monitor import SQLiteOutbox
logging.basicConfig(level="ERROR")
sys.stdin.readline()
SQLiteOutbox(sys.argv[1], sys.argv[2], timeout=30).close()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "outbox.db"


@pytest.mark.parametrize("journal", [None, b"", b"a journal"])
@pytest.mark.parametrize("before", ["used", "never an outbox"])
def test_an_empty_file_is_reported_as_damaged(path, caplog, journal, before):
    """A file of length 0 is set aside with its journal, reported, and replaced by an outbox that works."""
    path.parent.mkdir()
    if before == "used":
        outbox = SQLiteOutbox(path, "watch")
        outbox.add(alert(), message(), ["a"], 0.0)
        outbox.close()
    path.write_bytes(b"")
    if journal is not None:
        path.with_name("outbox.db-journal").write_bytes(journal)
    with caplog.at_level(logging.ERROR):
        outbox = SQLiteOutbox(path, "watch")
    assert "is damaged (its length is 0)" in caplog.text
    assert path.with_name("outbox.db.damaged-1").read_bytes() == b""
    if journal:
        assert path.with_name("outbox.db.damaged-1-journal").read_bytes() == journal
    outbox.add(alert(), message(id="new"), ["a"], 0.0)
    assert [delivery.message.id for delivery in outbox.deliveries()] == ["new"]
    outbox.close()


def test_the_list_reports_an_empty_file_and_leaves_it(path):
    """With existing=True an empty file is an error that says so, and stays as it is."""
    path.parent.mkdir()
    path.write_bytes(b"")
    with pytest.raises(OutboxError, match="damaged: its length is 0"):
        SQLiteOutbox(path, None, existing=True)
    assert [file.name for file in path.parent.iterdir()] == ["outbox.db"]


def test_a_new_outbox_is_complete_and_alone(path, caplog):
    """A new outbox is private, leaves no other file of its creation, and a second opening reports nothing."""
    umask = os.umask(0)
    try:
        SQLiteOutbox(path, "one").close()
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {file.name for file in path.parent.iterdir()} <= {"outbox.db", "outbox.db-journal"}
    SQLiteOutbox(path, "two").close()
    assert caplog.text == ""


def test_without_hard_links_the_file_is_created_in_place(path, monkeypatch, caplog):
    """On a file system without hard links a new outbox works too."""

    def refuse(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    outbox = SQLiteOutbox(path, "watch")
    outbox.add(alert(), message(), ["a"], 0.0)
    outbox.close()
    assert caplog.text == ""
    assert {file.name for file in path.parent.iterdir()} <= {"outbox.db", "outbox.db-journal"}


def test_processes_that_start_together_report_nothing(path):
    """Several processes that create the same outbox together take none of their own files for damaged."""
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, str(path), str(number)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(6)
    ]
    ends = []
    for process in starts:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in starts:
        ends.append((process.communicate()[1], process.returncode))
    assert ends == [("", 0)] * 6
    assert not list(path.parent.glob("*damaged*"))
