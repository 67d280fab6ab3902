"""One contract for every outbox: a delivery is pending until settled, and a run keeps its alerts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from auto_model_monitor import MemoryOutbox, SQLiteOutbox
from auto_model_monitor.delivery import DeliveryState, FallbackOutbox
from tests.fakes import alert, message


@pytest.fixture(params=["memory", "sqlite", "fallback"])
def outbox(request, tmp_path):
    if request.param == "memory":
        yield MemoryOutbox()
        return
    opened = SQLiteOutbox(tmp_path / "outbox.db", "watch")
    yield FallbackOutbox(opened) if request.param == "fallback" else opened
    opened.close()


def test_an_alert_is_pending_for_each_channel(outbox):
    """One alert makes a pending delivery per channel, due immediately."""
    outbox.add(alert(), message("s", id="m1"), ["a", "b"], 100.0)
    for channel in ("a", "b"):
        owed = outbox.first_owed(channel)
        assert (owed.channel, owed.message, owed.due, owed.added) == (
            channel,
            message("s", id="m1"),
            100,
            100,
        )
        assert (owed.attempts, owed.state, owed.error) == (0, DeliveryState.OWED, "")
    assert outbox.first_owed("c") is None


def test_the_oldest_is_first_and_settling_brings_the_next(outbox):
    """Deliveries come in their order; one that was accepted or refused makes way."""
    for n in range(3):
        outbox.add(alert(), message(id=f"m{n}"), ["a"], float(n))
    first = outbox.first_owed("a")
    assert first.message.id == "m0"
    outbox.delivered(first)
    second = outbox.first_owed("a")
    assert second.message.id == "m1"
    outbox.refused(second, "550 no")
    third = outbox.first_owed("a")
    assert third.message.id == "m2"
    assert outbox.first_owed("a", third.id) is None
    states = [(d.message.id, d.state.value, d.error) for d in outbox.deliveries()]
    assert states == [("m0", "delivered", ""), ("m1", "refused", "550 no"), ("m2", "owed", "")]


def test_a_postponed_delivery_stays_pending(outbox):
    """A failed attempt is counted, with its reason and the time of the next, and keeps its place."""
    outbox.add(alert(), message(id="m0"), ["a"], 0.0)
    outbox.add(alert(), message(id="m1"), ["a"], 0.0)
    outbox.postponed(outbox.first_owed("a"), "451 later", 60.0)
    outbox.postponed(outbox.first_owed("a"), "452 later", 90.0)
    owed = outbox.first_owed("a")
    assert (owed.message.id, owed.attempts, owed.error, owed.due) == ("m0", 2, "452 later", 90.0)


def test_a_rule_finds_its_last_alert(outbox):
    """Each rule's last alert comes back as it was, also with a value that is not finite."""
    assert outbox.last_alert("threshold") is None
    for value in (0.003, 0.002):
        last = alert(value)
        outbox.add(last, message(id=last.id), [], 0.0)
    assert outbox.last_alert("threshold") == last
    assert outbox.last_alert("other") is None
    odd = alert(math.inf)
    outbox.add(odd, message(id=odd.id), [], 0.0)
    assert outbox.last_alert("threshold") == odd


def test_a_new_run_forgets_alerts_and_keeps_pending_deliveries(outbox):
    """After start_run() the rules have no last alert; pending deliveries stay pending."""
    assert outbox.identity() is None
    outbox.start_run("first")
    last = alert()
    outbox.add(last, message(id=last.id), ["a"], 0.0)
    assert outbox.identity() == "first"
    outbox.start_run("second")
    assert outbox.identity() == "second"
    assert outbox.last_alert("threshold") is None
    assert outbox.first_owed("a").message.id == last.id


def test_the_last_due_time_is_kept_in_the_next_run(outbox):
    """The last due time that was served is known, also after a new run has begun."""
    assert outbox.last_due() is None
    for due in (1_700_000_000.5, 1_700_000_060.5):
        outbox.record_due(due)
        assert outbox.last_due() == due
    outbox.start_run("other")
    assert outbox.last_due() == 1_700_000_060.5


def test_the_alerts_of_one_look_are_committed_with_their_messages(outbox):
    """Each alert is the last of its model, and each message is owed to its own channels."""
    outbox.start_run("here")
    found = [replace(alert(n / 10), id=f"a{n}", model=f"model_{n}", group=None) for n in range(3)]
    outbox.add_look(
        found, [(message("all", id="m1"), ["mail", "chat"]), (message("worst", id="m2"), ["sms"])], 5.0
    )
    assert [outbox.last_alert(one.key) for one in found] == found
    owed = [(d.channel, d.message.subject, d.message.id, d.added, d.due) for d in outbox.deliveries()]
    assert owed == [("mail", "all", "m1", 5, 5), ("chat", "all", "m1", 5, 5), ("sms", "worst", "m2", 5, 5)]
    assert outbox.first_owed("sms").message == message("worst", id="m2")


def test_of_two_alerts_of_one_subject_in_a_look_the_later_is_the_last(outbox):
    """The alerts of a look stand in the order in which they were found."""
    first, second = (replace(alert(), id=name, model="m") for name in ("first", "second"))
    outbox.add_look([first, second], [(message(), ["a"])], 0.0)
    assert outbox.last_alert(first.key).id == "second"


def test_a_look_without_a_message_is_remembered_and_owes_nothing(outbox):
    """Alerts that nobody is sent are found as the last ones."""
    outbox.add_look([replace(alert(), model="m")], [], 0.0)
    assert outbox.last_alert("threshold\nm").model == "m"
    assert outbox.deliveries() == []
