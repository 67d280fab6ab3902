"""The delivery queue: one worker per notifier, and none delays another or the caller."""

from __future__ import annotations

import logging
from dataclasses import replace
from threading import Event, Thread

import pytest

from auto_model_monitor import Level, MemoryOutbox
from auto_model_monitor.delivery import DeliveryQueue, DeliveryState
from tests.delivery.doubles import Verifying, Words
from tests.fakes import RecordingNotifier, alert, message, permanent, transient


class Hanging:
    """A notifier that hangs until `let_go` is set."""

    name = "hanging"

    def __init__(self):
        self.let_go = Event()
        self.entered = Event()

    def send(self, message):
        self.entered.set()
        self.let_go.wait(30)


def test_a_hanging_notifier_delays_neither_the_caller_nor_other_notifiers():
    """add() returns and the other notifier sends while one hangs; close() is bounded."""
    hanging, notifier = Hanging(), RecordingNotifier()
    queue = DeliveryQueue([hanging, notifier])
    try:
        queue.add(alert(), message())
        assert notifier.arrived.wait(100)
        assert hanging.entered.wait(100)
        queue.close(0.05)
    finally:
        hanging.let_go.set()


def test_closing_delivers_what_is_due_and_logs_the_rest(caplog):
    """close() delivers what is due and logs what is still pending, with the reason."""
    good, bad = RecordingNotifier("good"), RecordingNotifier("bad", [transient("451 later")])
    queue = DeliveryQueue([good, bad])
    queue.add(alert(), message("the subject"))
    queue.close(100)
    assert len(good.sent) == 1
    assert "bad: NOT delivered: the subject: 451 later" in caplog.text


def test_notifiers_of_one_name_each_get_the_message():
    """Two notifiers of the same name each get the message."""
    notifiers = [RecordingNotifier("same"), RecordingNotifier("same")]
    queue = DeliveryQueue(notifiers)
    queue.add(alert(), message())
    queue.close(100)
    assert [len(n.sent) for n in notifiers] == [1, 1]


def test_a_notifier_with_min_level_gets_only_urgent_messages():
    """A notifier with min_level gets messages of that level and above; the others get all."""
    everything, urgent = RecordingNotifier("everything"), RecordingNotifier("urgent")
    urgent.min_level = Level.WARNING
    queue = DeliveryQueue([everything, urgent])
    for level in Level:
        queue.add(alert(), replace(message(level.value, id=level.value), level=level))
    queue.close(100)
    assert [m.subject for m in everything.sent] == ["info", "warning", "critical"]
    assert [m.subject for m in urgent.sent] == ["warning", "critical"]


def test_a_permanent_refusal_is_reported_through_the_other_notifiers():
    """A permanent refusal is reported through the other notifiers; a refused report is not reported again."""
    bad = RecordingNotifier("bad", [permanent()])
    good = RecordingNotifier("good")
    queue = DeliveryQueue([bad, good], words=Words())
    queue.add(alert(), message("hello"))
    queue.close(100)
    assert [m.subject for m in good.sent] == ["hello", "bad refused hello: 550 no such user"]
    alone = RecordingNotifier("alone", [permanent(), permanent()])
    twin = RecordingNotifier("twin", [permanent(), permanent(), permanent()])
    queue = DeliveryQueue([alone, twin], words=Words())
    queue.add(alert(), message("hello"))
    queue.close(100)
    assert alone.attempts + twin.attempts <= 4


@pytest.mark.parametrize("first", ["bad", "good"])
def test_a_refusal_while_closing_is_reported_and_all_workers_end(first):
    """A refusal during close() is reported through a worker that had ended, and all workers end."""
    closing = Event()

    class Late(RecordingNotifier):
        def send(self, message):
            assert closing.wait(60)
            super().send(message)

    bad, good = Late("bad", [permanent()]), RecordingNotifier("good")
    queue = DeliveryQueue([bad, good] if first == "bad" else [good, bad], words=Words())
    queue.add(alert(), message("hello"))
    assert good.arrived.wait(60)
    (ends,) = [worker for worker in queue.workers if worker.name == "good"]
    closed = []
    closer = Thread(target=lambda: closed.append(queue.close(600)))
    closer.start()
    ends.join(60)
    closing.set()
    closer.join(60)
    assert closed
    assert [m.subject for m in good.sent] == ["hello", "bad refused hello: 550 no such user"]
    assert not any(worker.is_running for worker in queue.workers)


class Counting(Verifying):
    """Counts the checks of its account."""

    def __init__(self):
        super().__init__(None)
        self.checks = 0

    def verify(self):
        self.checks += 1


@pytest.mark.parametrize("verify", [False, True])
def test_an_account_is_checked_only_on_request_and_once(verify):
    """Without verify=True there is no login; with it exactly one, however often the queue is opened."""
    notifier, outbox = Counting(), MemoryOutbox()
    queue = DeliveryQueue([notifier])
    for n in range(3):
        queue.open(outbox, verify=verify)
        queue.add(alert(), message(id=f"m{n}"))
        queue.workers[0].close()  # its thread ends, and the next open() starts another one
        queue.workers[0].join(60)
    queue.close(60)
    assert (notifier.checks, len(notifier.sent)) == (int(verify), 3)


class NoThread:
    """A thread that the system cannot start."""

    def __init__(self, **options):
        pass

    def start(self):
        raise RuntimeError("can't start new thread")


def test_without_threads_close_delivers_itself(monkeypatch):
    """Where no thread can start, close() called outside the main thread sends what is pending."""
    first, second = RecordingNotifier("first"), RecordingNotifier("second")
    queue = DeliveryQueue([first, second])
    closer = Thread(target=lambda: queue.close(60))
    monkeypatch.setattr("auto_model_monitor.delivery.worker.Thread", NoThread)
    queue.add(alert(), message("a"))
    closer.start()
    closer.join(60)
    assert [m.subject for m in [*first.sent, *second.sent]] == ["a", "a"]


@pytest.mark.parametrize(("seconds", "sent"), [(60, ["a"]), (0, [])])
def test_without_threads_close_in_the_main_thread_sends_in_its_time(monkeypatch, caplog, seconds, sent):
    """Where no thread can start, close() in the main thread sends what is pending, unless it has no time."""
    notifier, outbox = RecordingNotifier(), MemoryOutbox()
    queue = DeliveryQueue([notifier])
    monkeypatch.setattr("auto_model_monitor.delivery.worker.Thread", NoThread)
    queue.open(outbox)
    queue.add(alert(), message("a"))
    queue.close(seconds)
    assert [m.subject for m in notifier.sent] == sent
    assert ("recorder: NOT delivered: a: no answer yet" in caplog.text) is (not sent)


def test_with_threads_close_leaves_the_sending_to_them():
    """close() outside the main thread never sends a second time what a slow thread is still sending."""
    hanging, outbox = Hanging(), MemoryOutbox()
    queue = DeliveryQueue([hanging])
    queue.open(outbox)
    queue.add(alert(), message("a"))
    assert hanging.entered.wait(60)
    hanging.entered.clear()
    closer = Thread(target=lambda: queue.close(0.0))
    closer.start()
    closer.join(60)
    assert not hanging.entered.is_set()
    hanging.let_go.set()
    queue.workers[0].join(60)
    assert [d.state for d in outbox.deliveries()] == [DeliveryState.DELIVERED]


def test_pending_messages_of_an_earlier_run_are_logged(caplog):
    """What is pending from an earlier run is logged; for a notifier that is gone, with what to do."""
    outbox = MemoryOutbox()
    outbox.add(alert(), message("the subject"), ["recorder", "gone"], 0.0)
    queue = DeliveryQueue([RecordingNotifier()])
    with caplog.at_level(logging.INFO):
        queue.open(outbox)
        queue.close(60)
    records = [record for record in caplog.records if "pending from an earlier run" in record.message]
    assert [record.levelno for record in records] == [logging.INFO, logging.WARNING]
    assert "outbox drop 2" in records[1].message


def test_each_notifier_gets_one_message_about_the_alerts_of_its_level():
    """Of one look a notifier gets one message about what it accepts, the worst first, or none."""
    levels = {"mail": "info", "chat": "info", "sms": "critical"}
    notifiers = {name: RecordingNotifier(name) for name in levels}
    for name, notifier in notifiers.items():
        notifier.min_level = levels[name]
    found = [
        replace(alert(value), id=name, model=name, level=level)
        for name, value, level in (
            ("warned", 0.003, Level.WARNING),
            ("near", 0.0039, Level.CRITICAL),
            ("far", 0.001, Level.CRITICAL),
        )
    ]
    queue = DeliveryQueue(list(notifiers.values()))
    render = lambda alerts: message(" ".join(a.model for a in alerts), id=str(len(alerts)))  # noqa: E731
    queue.add_look(found, render)
    queue.add_look(found[:1], render)
    queue.close(100)
    subjects = {name: [m.subject for m in notifier.sent] for name, notifier in notifiers.items()}
    everything = ["far near warned", "warned"]
    assert subjects == {"mail": everything, "chat": everything, "sms": ["far near"]}
