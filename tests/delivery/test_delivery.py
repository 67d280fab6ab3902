"""Delivery: what is owed is handed over, in order, patiently, and without holding anybody up."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest

from auto_model_monitor.core.alerts import Level
from auto_model_monitor.core.errors import AuthenticationError
from auto_model_monitor.delivery import Backoff, DeliveryQueue, DeliveryState, DeliveryWorker, MemoryOutbox
from auto_model_monitor.delivery.worker import SEVEN_DAYS_OF_ATTEMPTS
from tests.fakes import FakeClock, RecordingNotifier, alert, message, permanent, transient


def worker_for(notifier, outbox, clock):
    even = Backoff(uniform=lambda low, high: 1.0)
    return DeliveryWorker(notifier, outbox, clock, even)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def outbox():
    return MemoryOutbox()


def owe(outbox, clock, *subjects, channel="recorder"):
    for n, subject in enumerate(subjects):
        outbox.add(alert(), message(subject, id=f"m{n}"), [channel], clock.now().timestamp())


def test_messages_arrive_in_the_order_in_which_they_were_added(outbox, clock):
    """A channel delivers its messages oldest first."""
    notifier = RecordingNotifier()
    owe(outbox, clock, "a", "b", "c")
    assert worker_for(notifier, outbox, clock).deliver_due() is None
    assert [m.subject for m in notifier.sent] == ["a", "b", "c"]
    assert {d.state for d in outbox.deliveries()} == {DeliveryState.DELIVERED}


def test_a_server_that_is_down_is_asked_ever_more_rarely(outbox, clock):
    """Three hours without a server: doubling waits up to half an hour, then the same message arrives once."""
    notifier = RecordingNotifier(failures=[transient()] * 13)
    channel = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a")
    waits = []
    while (wait := channel.deliver_due()) is not None:
        waits.append(wait)
        clock.advance(wait)
    assert waits[:9] == [10, 20, 40, 80, 160, 320, 640, 1280, 1800]
    assert sum(waits) > 2.5 * 3600
    assert [m.id for m in notifier.sent] == ["m0"]
    assert notifier.attempts == 14


def test_a_failure_keeps_the_order(outbox, clock):
    """While the oldest message waits for its next attempt, no later one overtakes it."""
    notifier = RecordingNotifier(failures=[transient()])
    channel = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a", "b")
    assert channel.deliver_due() == 10
    assert notifier.sent == []
    clock.advance(10)
    assert channel.deliver_due() is None
    assert [m.subject for m in notifier.sent] == ["a", "b"]


def test_a_message_refused_for_good_lets_the_next_pass(outbox, clock, caplog):
    """A permanent refusal is recorded and shown, and does not block what comes after it."""
    notifier = RecordingNotifier(failures=[permanent()])
    owe(outbox, clock, "a", "b")
    worker_for(notifier, outbox, clock).deliver_due()
    assert [m.subject for m in notifier.sent] == ["b"]
    assert [d.state for d in outbox.deliveries()] == [DeliveryState.REFUSED, DeliveryState.DELIVERED]
    assert "no such user" in outbox.deliveries()[0].error
    assert "NOT delivered" in caplog.text


def test_a_refused_login_is_tried_again_slowly(outbox, clock):
    """A wrong code is not hammered at the provider: the next attempt is half an hour away."""
    notifier = RecordingNotifier(failures=[AuthenticationError("535")])
    owe(outbox, clock, "a")
    assert worker_for(notifier, outbox, clock).deliver_due() == 1800


def test_a_message_is_given_up_after_seven_days(outbox, clock):
    """What no attempt of seven days could deliver is recorded as refused, and the next one gets its turn."""
    notifier = RecordingNotifier(failures=[transient()] * SEVEN_DAYS_OF_ATTEMPTS)
    channel = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a", "b")
    begin = clock.seconds
    while (wait := channel.deliver_due()) is not None:
        clock.advance(wait)
    assert clock.seconds - begin == pytest.approx(7 * 24 * 3600, rel=0.01)
    assert [d.state for d in outbox.deliveries()] == [DeliveryState.REFUSED, DeliveryState.DELIVERED]


@pytest.mark.parametrize("days", [-1, 1, 8])
def test_a_clock_that_jumps_loses_and_delays_nothing(outbox, clock, days):
    """Set back a day, the next attempt comes within the hour; set forward a week, nothing is given up."""
    notifier = RecordingNotifier(failures=[transient()])
    channel = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a")
    channel.deliver_due()
    clock.wall += timedelta(days=days)
    waited = 0.0
    while (wait := channel.deliver_due()) is not None:
        waited += wait
        clock.advance(wait)
    assert len(notifier.sent) == 1
    assert waited <= 3600


def test_a_fault_in_a_notifier_is_no_end(outbox, clock, caplog):
    """An error that is no NotificationError is logged with its traceback and tried again."""
    notifier = RecordingNotifier(failures=[ZeroDivisionError("oops")])
    channel = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a")
    assert channel.deliver_due() == 10
    assert "ZeroDivisionError" in caplog.text
    clock.advance(10)
    channel.deliver_due()
    assert len(notifier.sent) == 1


class Hanging:
    """A notifier that hangs until it is let go."""

    name = "hanging"

    def __init__(self):
        self.let_go = Event()
        self.entered = Event()

    def send(self, message):
        self.entered.set()
        self.let_go.wait(30)


def test_a_hanging_channel_holds_up_neither_the_caller_nor_another_channel():
    """add() returns and the other channel delivers while one channel hangs; closing is bounded."""
    hanging, notifier = Hanging(), RecordingNotifier()
    queue = DeliveryQueue([hanging, notifier])
    try:
        queue.add(alert(), message())
        assert notifier.arrived.wait(100)
        assert hanging.entered.wait(100)
        queue.close(0.05)
    finally:
        hanging.let_go.set()


def test_closing_delivers_what_is_due_and_names_what_is_not(caplog):
    """At the end what is due is delivered, and what is still owed is said with its reason."""
    good, bad = RecordingNotifier("good"), RecordingNotifier("bad", [transient("451 later")])
    queue = DeliveryQueue([good, bad])
    queue.add(alert(), message("the subject"))
    queue.close(10)
    assert len(good.sent) == 1
    assert "bad: NOT delivered: the subject: 451 later" in caplog.text


def test_notifiers_of_one_name_are_kept_apart():
    """Two notifiers of the same name each get the message."""
    notifiers = [RecordingNotifier("same"), RecordingNotifier("same")]
    queue = DeliveryQueue(notifiers)
    queue.add(alert(), message())
    queue.close(10)
    assert [len(n.sent) for n in notifiers] == [1, 1]


class Verifying(RecordingNotifier):
    """A notifier whose account check ends as told."""

    def __init__(self, outcome):
        super().__init__()
        self._outcome = outcome

    def verify(self):
        if self._outcome is not None:
            raise self._outcome


@pytest.mark.parametrize(
    ("outcome", "level", "refused"),
    [
        (None, logging.INFO, False),
        (AuthenticationError("535 see the help page"), logging.ERROR, True),
        (transient("nobody answers"), logging.WARNING, False),
        (ZeroDivisionError("oops"), logging.ERROR, False),
    ],
)
def test_the_account_is_checked_once_and_what_was_found_is_said(
    outbox, clock, caplog, outcome, level, refused
):
    """A refused login is kept for whoever waits; anything else is only said, and the watch goes on."""
    channel = worker_for(Verifying(outcome), outbox, clock)
    with caplog.at_level(logging.INFO):
        channel.verify()
    assert caplog.records[-1].levelno == level
    assert (channel.refused_login is not None) is refused


def test_the_memory_of_an_outbox_is_bounded(clock):
    """Settled deliveries are forgotten, oldest first; what is owed never is."""
    outbox = MemoryOutbox(keep=3)
    owe(outbox, clock, "owed", channel="dead")
    for n in range(10):
        owe(outbox, clock, f"s{n}")
        worker_for(RecordingNotifier(), outbox, clock).deliver_due()
    subjects = [d.message.subject for d in outbox.deliveries()]
    assert subjects[0] == "owed"
    assert subjects[1:] == ["s6", "s7", "s8", "s9"]


def test_waits_are_spread_by_chance_within_their_bounds():
    """The random part lengthens or shortens a wait by a fifth at most."""
    backoff = Backoff()
    for failures in (1, 5, 50, 10**6):
        plain = min(10.0 * 2 ** min(failures - 1, 32), 1800.0)
        assert 0.8 * plain <= backoff.next_after(failures) <= 1.2 * plain


class Words:
    """The queue's words, as short as they can be."""

    def digest(self, messages):
        return message(f"digest of {len(messages)}", id="+".join(m.id for m in messages))

    def undelivered(self, alert, channel, original, reason):
        facts = {"rule": alert.rule}
        subject = f"{channel} refused {original.subject}: {reason}"
        return replace(message(subject, id=alert.id), facts=facts, level=alert.level)


def digesting(notifier, outbox, clock, seconds=600.0):
    even = Backoff(uniform=lambda low, high: 1.0)
    return DeliveryWorker(notifier, outbox, clock, even, digest=seconds, gather=Words().digest)


def test_a_digest_gathers_what_is_not_urgent(outbox, clock):
    """Messages of level info wait for the end of the window and go out as one; a single one as it is."""
    notifier = RecordingNotifier()
    channel = digesting(notifier, outbox, clock)
    owe(outbox, clock, "a")
    assert channel.deliver_due() == 600
    clock.advance(500)
    owe(outbox, clock, "b", "c")
    assert channel.deliver_due() == 100
    clock.advance(100)
    assert channel.deliver_due() is None
    owe(outbox, clock, "d")
    clock.advance(600)
    channel.deliver_due()
    assert [m.subject for m in notifier.sent] == ["digest of 3", "d"]
    assert {d.state for d in outbox.deliveries()} == {DeliveryState.DELIVERED}


def test_what_is_urgent_does_not_wait_for_a_digest(outbox, clock):
    """A warning goes out at once, while what was found before it is still being gathered."""
    notifier = RecordingNotifier()
    channel = digesting(notifier, outbox, clock)
    owe(outbox, clock, "a")
    urgent = replace(message("urgent", id="u"), level=Level.WARNING)
    outbox.add(alert(), urgent, ["recorder"], clock.now().timestamp())
    assert channel.deliver_due() == 600
    assert [m.subject for m in notifier.sent] == ["urgent"]


def test_a_digest_that_fails_is_postponed_whole_and_the_end_cuts_it_short(outbox, clock):
    """A failed digest stays owed with all its parts; at the end what was gathered goes out early."""
    notifier = RecordingNotifier(failures=[transient()])
    channel = digesting(notifier, outbox, clock)
    owe(outbox, clock, "a", "b")
    clock.advance(600)
    assert channel.deliver_due() == 10
    clock.advance(10)
    channel.deliver_due()
    owe(outbox, clock, "c", "d")
    channel.close()
    channel.deliver_due()
    assert [m.subject for m in notifier.sent] == ["digest of 2", "digest of 2"]


def test_a_notifier_may_want_only_what_is_urgent():
    """A channel with min_level gets that level and above, and the others get everything."""
    everything, urgent = RecordingNotifier("everything"), RecordingNotifier("urgent")
    urgent.min_level = Level.WARNING
    queue = DeliveryQueue([everything, urgent])
    for level in Level:
        queue.add(alert(), replace(message(level.value, id=level.value), level=level))
    queue.close(10)
    assert [m.subject for m in everything.sent] == ["info", "warning", "critical"]
    assert [m.subject for m in urgent.sent] == ["warning", "critical"]


def test_what_one_channel_refuses_for_good_is_told_through_the_others():
    """A permanent refusal reaches the other channels as a message of its own, and makes no endless talk."""
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
def test_a_refusal_at_the_end_is_told_and_does_not_hold_up_the_end(first):
    """What is refused while the watch closes reaches a channel that had ended, and all of them end."""
    closing = Event()

    class Late(RecordingNotifier):
        def send(self, message):
            assert closing.wait(60)
            super().send(message)

    bad, good = Late("bad", [permanent()]), RecordingNotifier("good")
    queue = DeliveryQueue([bad, good] if first == "bad" else [good, bad], words=Words())
    queue.add(alert(), message("hello"))
    assert good.arrived.wait(60)
    (ends,) = [channel for channel in queue.workers if channel.name == "good"]
    closed = []
    closer = Thread(target=lambda: closed.append(queue.close(600)))
    closer.start()
    ends.join(60)
    closing.set()
    closer.join(60)
    assert closed
    assert [m.subject for m in good.sent] == ["hello", "bad refused hello: 550 no such user"]
    assert not any(channel.is_running for channel in queue.workers)


def test_a_restart_retries_immediately_what_failed_before_and_then_waits(outbox, clock):
    """A new worker tries a postponed message immediately, once; after a further failure the wait holds."""
    owe(outbox, clock, "a")
    worker_for(RecordingNotifier(failures=[transient()]), outbox, clock).deliver_due()
    notifier = RecordingNotifier(failures=[transient()])
    restarted = worker_for(notifier, outbox, clock)
    assert restarted.deliver_due() == 20
    assert restarted.deliver_due() == 20
    assert notifier.attempts == 1
    clock.advance(20)
    assert restarted.deliver_due() is None
    assert [m.subject for m in notifier.sent] == ["a"]


def test_ctrl_c_within_a_delivery_reaches_the_program_and_loses_no_message(outbox, clock):
    """In the main thread KeyboardInterrupt propagates; the message stays pending without a failed attempt."""
    notifier = RecordingNotifier(failures=[KeyboardInterrupt()])
    owe(outbox, clock, "a")
    worker = worker_for(notifier, outbox, clock)
    with pytest.raises(KeyboardInterrupt):
        worker.deliver_or_report()
    (delivery,) = outbox.deliveries()
    assert (delivery.state, delivery.attempts) == (DeliveryState.OWED, 0)
    worker.deliver_due()
    assert [m.subject for m in notifier.sent] == ["a"]


def test_ctrl_c_within_a_check_of_the_account_reaches_the_program(outbox, clock):
    """In the main thread KeyboardInterrupt of verify() propagates."""
    with pytest.raises(KeyboardInterrupt):
        worker_for(Verifying(KeyboardInterrupt()), outbox, clock).verify()


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


def test_without_threads_close_in_the_main_thread_sends_nothing_and_reports_it(monkeypatch, caplog):
    """The main thread never waits for a server: the message stays pending, which one line reports."""
    notifier, outbox = RecordingNotifier(), MemoryOutbox()
    queue = DeliveryQueue([notifier])
    monkeypatch.setattr("auto_model_monitor.delivery.worker.Thread", NoThread)
    queue.open(outbox)
    queue.add(alert(), message("a"))
    queue.close(60)
    assert notifier.sent == []
    assert [d.state for d in outbox.deliveries()] == [DeliveryState.OWED]
    assert "recorder: NOT delivered: a: no answer yet" in caplog.text


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
