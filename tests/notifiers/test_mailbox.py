"""The mailbox that is a folder."""

from __future__ import annotations

import os
import stat
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from auto_model_monitor import MailboxNotifier, NotificationError, Notifier


def test_each_message_becomes_one_eml_file(tmp_path, make_message):
    """A message is written as a mail into a folder that is made when it is needed."""
    mailbox = MailboxNotifier(tmp_path / "deep" / "mails", receiver="a@qq.com, b@163.com")
    assert not mailbox.folder.exists()
    message = make_message()
    mailbox.send(message)
    (path,) = mailbox.folder.iterdir()
    assert path == mailbox.path_of(message)
    assert path.name == "20261120-123456-01234567.eml"
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert mail["Subject"] == message.subject
    assert mail["To"] == "a@qq.com, b@163.com"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n") == message.text


def test_the_same_message_has_one_file(tmp_path, make_message):
    """A second attempt replaces the file, and other messages have other files, also in the same second."""
    mailbox: Notifier = MailboxNotifier(tmp_path)
    for number in ("alert-0001", "alert-0002", "alert-0001"):
        mailbox.send(make_message(id=number))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_is_there_whole_or_not_at_all(tmp_path, make_message, monkeypatch):
    """Until the content is on disk only a hidden name exists, and a failure leaves nothing behind."""
    mailbox = MailboxNotifier(tmp_path)
    seen = []

    def full(handle):
        if stat.S_ISREG(os.fstat(handle).st_mode):
            seen.extend(path.name for path in tmp_path.iterdir())
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotificationError, match="No space left") as caught:
        mailbox.send(make_message())
    assert not caught.value.permanent
    assert [name for name in seen if not name.startswith(".")] == []
    assert list(tmp_path.iterdir()) == []


def test_the_name_appears_by_a_rename(tmp_path, make_message, monkeypatch):
    """The final name is given to a finished file in one step; when that fails, nothing is left."""

    def refuse(*_):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(NotificationError, match="Permission denied"):
        MailboxNotifier(tmp_path).send(make_message())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_folder_that_cannot_be_is_a_notification_error(tmp_path, make_message, below):
    """A folder whose place is taken by a file is an error that names it and may pass."""
    place = tmp_path / "file"
    place.write_text("x")
    with pytest.raises(NotificationError, match="expected a writable folder") as caught:
        MailboxNotifier(place / below).send(make_message())
    assert not caught.value.permanent
    assert caught.value.__context__ is None


def test_name_and_repr_tell_the_folder(tmp_path):
    """Logs can say where the mails lie."""
    assert str(tmp_path) in MailboxNotifier(tmp_path).name
    assert str(tmp_path) in repr(MailboxNotifier(str(tmp_path)))
