"""A notifier that several watches share."""

from __future__ import annotations

from threading import Lock, Thread

import pytest

from auto_model_monitor import Level, MemoryOutbox, NotificationError
from auto_model_monitor.delivery import DeliveryQueue
from auto_model_monitor.notifiers import SharedNotifier
from tests.fakes import RecordingNotifier, message, permanent


class Exclusive(RecordingNotifier):
    """Notices when two messages are handed over at the same time."""

    def __init__(self):
        super().__init__()
        self.inside = Lock()

    def send(self, message):
        assert self.inside.acquire(blocking=False)
        super().send(message)
        self.inside.release()


def test_one_message_at_a_time():
    """However many watches send concurrently, the notifier gets one message after the other."""
    notifier, turn = Exclusive(), Lock()
    all_shared = [SharedNotifier(notifier, turn, verifies=False) for _ in range(8)]
    threads = [
        Thread(target=lambda shared=shared: [shared.send(message(id=str(n))) for n in range(50)])
        for shared in all_shared
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(notifier.sent) == 400


def test_it_has_the_name_level_and_errors_of_its_notifier():
    """Name, level and errors are the notifier's; verify() exists only with verifies=True."""
    notifier = RecordingNotifier("email to a@b.c", failures=[permanent()])
    notifier.min_level = Level.WARNING
    notifier.verify = lambda: None
    first, second = (SharedNotifier(notifier, Lock(), verifies=verifies) for verifies in (True, False))
    assert (first.name, first.min_level, second.min_level) == ("email to a@b.c", Level.WARNING, Level.WARNING)
    assert [hasattr(shared, "verify") for shared in (first, second)] == [True, False]
    with pytest.raises(NotificationError, match="no such user"):
        first.send(message())
    assert repr(first).startswith("SharedNotifier(")


def test_the_account_is_verified_once_for_all_watches():
    """Of several watches that share a notifier, only the one with verifies=True logs in."""
    logins = []
    notifier, lock = RecordingNotifier(), Lock()
    notifier.verify = lambda: logins.append(1)
    shared = [SharedNotifier(notifier, lock, verifies=first) for first in (True, False, False)]
    queues = [DeliveryQueue([one]) for one in shared]
    for queue in queues:
        queue.open(MemoryOutbox(), verify=True)
    for queue in queues:
        queue.close(60)
    assert logins == [1]
