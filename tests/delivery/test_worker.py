"""The delivery worker: messages are sent in order, retried with a backoff, and each once."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from auto_model_monitor import AuthenticationError, Level, MemoryOutbox, NotificationError
from auto_model_monitor.delivery import Backoff, DeliveryState, DeliveryWorker
from auto_model_monitor.delivery.worker import SEVEN_DAYS_OF_ATTEMPTS
from tests.delivery.doubles import Verifying, Words
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


def test_messages_are_sent_oldest_first(outbox, clock):
    """A worker sends its messages oldest first."""
    notifier = RecordingNotifier()
    owe(outbox, clock, "a", "b", "c")
    assert worker_for(notifier, outbox, clock).deliver_due() is None
    assert [m.subject for m in notifier.sent] == ["a", "b", "c"]
    assert {d.state for d in outbox.deliveries()} == {DeliveryState.DELIVERED}


def test_waits_double_while_a_server_is_down(outbox, clock):
    """While a server is down the waits double up to half an hour; afterwards the message arrives once."""
    notifier = RecordingNotifier(failures=[transient()] * 13)
    worker = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a")
    waits = []
    while (wait := worker.deliver_due()) is not None:
        waits.append(wait)
        clock.advance(wait)
    assert waits[:9] == [10, 20, 40, 80, 160, 320, 640, 1280, 1800]
    assert sum(waits) > 2.5 * 3600
    assert [m.id for m in notifier.sent] == ["m0"]
    assert notifier.attempts == 14


def test_a_failure_keeps_the_order(outbox, clock):
    """While the oldest message waits for its next attempt, no later one overtakes it."""
    notifier = RecordingNotifier(failures=[transient()])
    worker = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a", "b")
    assert worker.deliver_due() == 10
    assert notifier.sent == []
    clock.advance(10)
    assert worker.deliver_due() is None
    assert [m.subject for m in notifier.sent] == ["a", "b"]


def test_a_permanent_refusal_does_not_block_the_next_message(outbox, clock, caplog):
    """A permanent refusal is recorded and logged, and the next message is sent."""
    notifier = RecordingNotifier(failures=[permanent()])
    owe(outbox, clock, "a", "b")
    worker_for(notifier, outbox, clock).deliver_due()
    assert [m.subject for m in notifier.sent] == ["b"]
    assert [d.state for d in outbox.deliveries()] == [DeliveryState.REFUSED, DeliveryState.DELIVERED]
    assert "no such user" in outbox.deliveries()[0].error
    assert "NOT delivered" in caplog.text


def test_a_refused_login_is_retried_after_half_an_hour(outbox, clock):
    """After a refused login the next attempt follows in half an hour."""
    notifier = RecordingNotifier(failures=[AuthenticationError("535")])
    owe(outbox, clock, "a")
    assert worker_for(notifier, outbox, clock).deliver_due() == 1800


def test_a_message_that_lacks_a_keyword_blocks_no_other(outbox, clock, caplog):
    """What concerns one message alone is tried again later, and later messages overtake it."""
    lacks = NotificationError("no keyword", needs_person=True, only_this=True)
    notifier = RecordingNotifier(failures=[lacks])
    worker = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a", "b", "c")
    assert worker.deliver_due() == 10
    assert [m.subject for m in notifier.sent] == ["b", "c"]
    clock.advance(10)
    assert worker.deliver_due() is None
    assert [m.subject for m in notifier.sent] == ["b", "c", "a"]
    assert [record.levelname for record in caplog.records if "no keyword" in record.message] == ["ERROR"]


def test_a_dropped_message_that_was_overtaken_is_waited_for_no_longer(outbox, clock):
    """A message that somebody drops while it waits leaves no wait behind."""
    notifier = RecordingNotifier(failures=[NotificationError("no keyword", only_this=True)])
    worker = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a")
    assert worker.deliver_due() == 10
    outbox.refused(outbox.deliveries()[0], "dropped elsewhere")
    clock.advance(10)
    assert worker.deliver_due() is None
    assert notifier.attempts == 1


def test_what_a_person_has_to_mend_is_reported_once(outbox, clock):
    """A refusal that a person can mend is reported with its first failure, not with every retry."""
    error = NotificationError("ip not allowed", needs_person=True)
    reported = []
    notifier = RecordingNotifier(failures=[error] * 3)
    worker = worker_for(notifier, outbox, clock)
    worker._on_refused = lambda delivery, reason: reported.append(str(reason))
    owe(outbox, clock, "a")
    while (wait := worker.deliver_due()) is not None:
        clock.advance(wait)
    assert reported == ["ip not allowed"]
    assert [m.subject for m in notifier.sent] == ["a"]


def test_a_message_is_given_up_after_seven_days(outbox, clock):
    """A message that fails for seven days is recorded as refused, and the next one is sent."""
    notifier = RecordingNotifier(failures=[transient()] * SEVEN_DAYS_OF_ATTEMPTS)
    worker = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a", "b")
    begin = clock.seconds
    while (wait := worker.deliver_due()) is not None:
        clock.advance(wait)
    assert clock.seconds - begin == pytest.approx(7 * 24 * 3600, rel=0.01)
    assert [d.state for d in outbox.deliveries()] == [DeliveryState.REFUSED, DeliveryState.DELIVERED]


@pytest.mark.parametrize("days", [-1, 1, 8])
def test_a_clock_that_jumps_loses_and_delays_nothing(outbox, clock, days):
    """After the clock jumps back a day or forward a week, the next attempt follows within the hour."""
    notifier = RecordingNotifier(failures=[transient()])
    worker = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a")
    worker.deliver_due()
    clock.wall += timedelta(days=days)
    waited = 0.0
    while (wait := worker.deliver_due()) is not None:
        waited += wait
        clock.advance(wait)
    assert len(notifier.sent) == 1
    assert waited <= 3600


def test_an_unexpected_error_of_a_notifier_is_logged_and_retried(outbox, clock, caplog):
    """An error that is no NotificationError is logged with its traceback, and the message is retried."""
    notifier = RecordingNotifier(failures=[ZeroDivisionError("oops")])
    worker = worker_for(notifier, outbox, clock)
    owe(outbox, clock, "a")
    assert worker.deliver_due() == 10
    assert "ZeroDivisionError" in caplog.text
    clock.advance(10)
    worker.deliver_due()
    assert len(notifier.sent) == 1


@pytest.mark.parametrize(
    ("outcome", "level", "refused"),
    [
        (None, logging.INFO, False),
        (AuthenticationError("535 see the help page"), logging.ERROR, True),
        (transient("no answer"), logging.WARNING, False),
        (ZeroDivisionError("oops"), logging.ERROR, False),
    ],
)
def test_the_result_of_an_account_check_is_logged(outbox, clock, caplog, outcome, level, refused):
    """A refused login is kept in refused_login; any other result is only logged, and the watch continues."""
    worker = worker_for(Verifying(outcome), outbox, clock)
    with caplog.at_level(logging.INFO):
        worker.verify()
    assert caplog.records[-1].levelno == level
    assert (worker.refused_login is not None) is refused


def test_the_memory_of_an_outbox_is_bounded(clock):
    """Settled deliveries are dropped, oldest first; pending ones never are."""
    outbox = MemoryOutbox(keep=3)
    owe(outbox, clock, "owed", channel="dead")
    for n in range(10):
        owe(outbox, clock, f"s{n}")
        worker_for(RecordingNotifier(), outbox, clock).deliver_due()
    subjects = [d.message.subject for d in outbox.deliveries()]
    assert subjects[0] == "owed"
    assert subjects[1:] == ["s6", "s7", "s8", "s9"]


def test_the_jitter_stays_within_its_bounds():
    """The jitter lengthens or shortens a wait by a fifth at most."""
    backoff = Backoff()
    for failures in (1, 5, 50, 10**6):
        plain = min(10.0 * 2 ** min(failures - 1, 32), 1800.0)
        assert 0.8 * plain <= backoff.next_after(failures) <= 1.2 * plain


def digesting(notifier, outbox, clock, seconds=600.0):
    even = Backoff(uniform=lambda low, high: 1.0)
    return DeliveryWorker(notifier, outbox, clock, even, digest=seconds, gather=Words().digest)


def test_a_digest_collects_messages_that_are_not_urgent(outbox, clock):
    """Messages of level info wait for the end of the window and are sent as one; a single one unchanged."""
    notifier = RecordingNotifier()
    worker = digesting(notifier, outbox, clock)
    owe(outbox, clock, "a")
    assert worker.deliver_due() == 600
    clock.advance(500)
    owe(outbox, clock, "b", "c")
    assert worker.deliver_due() == 100
    clock.advance(100)
    assert worker.deliver_due() is None
    owe(outbox, clock, "d")
    clock.advance(600)
    worker.deliver_due()
    assert [m.subject for m in notifier.sent] == ["digest of 3", "d"]
    assert {d.state for d in outbox.deliveries()} == {DeliveryState.DELIVERED}


def test_an_urgent_message_does_not_wait_for_a_digest(outbox, clock):
    """A warning is sent immediately, while earlier messages are still being collected."""
    notifier = RecordingNotifier()
    worker = digesting(notifier, outbox, clock)
    owe(outbox, clock, "a")
    urgent = replace(message("urgent", id="u"), level=Level.WARNING)
    outbox.add(alert(), urgent, ["recorder"], clock.now().timestamp())
    assert worker.deliver_due() == 600
    assert [m.subject for m in notifier.sent] == ["urgent"]


def test_a_failed_digest_stays_pending_and_closing_ends_the_window(outbox, clock):
    """A failed digest stays pending with all its parts; close() sends early what was collected."""
    notifier = RecordingNotifier(failures=[transient()])
    worker = digesting(notifier, outbox, clock)
    owe(outbox, clock, "a", "b")
    clock.advance(600)
    assert worker.deliver_due() == 10
    clock.advance(10)
    worker.deliver_due()
    owe(outbox, clock, "c", "d")
    worker.close()
    worker.deliver_due()
    assert [m.subject for m in notifier.sent] == ["digest of 2", "digest of 2"]


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
