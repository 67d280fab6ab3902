"""The outbox where the disk fails: nothing is lost while the process lives, nothing goes out twice."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from auto_model_monitor import MemoryOutbox, OutboxError
from auto_model_monitor.delivery import DeliveryState, FallbackOutbox
from tests.fakes import alert, message


class Disk(MemoryOutbox):
    """An outbox whose writing fails while `full` is set; reading works, as on a full disk."""

    full = False

    def add(self, *arguments):
        self._check()
        super().add(*arguments)

    def add_look(self, *arguments):
        self._check()
        super().add_look(*arguments)

    def delivered(self, delivery):
        self._check()
        super().delivered(delivery)

    def postponed(self, *arguments):
        self._check()
        super().postponed(*arguments)

    def refused(self, *arguments):
        self._check()
        super().refused(*arguments)

    def start_run(self, identity):
        self._check()
        super().start_run(identity)

    def _check(self):
        if self.full:
            raise OutboxError("the disk is full")


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def outbox(disk):
    return FallbackOutbox(disk)


def test_what_cannot_be_written_is_owed_from_memory(disk, outbox, caplog):
    """A full disk is one warning; alerts go on from memory, after what the disk already owed."""
    outbox.add(alert(), message(id="on disk"), ["a"], 1.0)
    disk.full = True
    for n in range(3):
        outbox.add(alert(), message(id=f"m{n}"), ["a"], 2.0 + n)
    seen = []
    while (owed := outbox.first_owed("a")) is not None:
        seen.append(owed.message.id)
        outbox.delivered(owed)
    assert seen == ["on disk", "m0", "m1", "m2"]
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1


def test_what_was_accepted_on_a_full_disk_is_not_owed_again(disk, outbox):
    """A delivery whose end could not be noted is not tried again, and is noted when there is room."""
    outbox.add(alert(), message(id="m"), ["a"], 1.0)
    disk.full = True
    outbox.delivered(outbox.first_owed("a"))
    assert outbox.first_owed("a") is None
    assert list(outbox.deliveries()) == []
    assert disk.first_owed("a") is not None
    disk.full = False
    assert outbox.first_owed("a") is None
    assert disk.deliveries()[0].state is DeliveryState.DELIVERED


def test_a_postponement_on_a_full_disk_keeps_its_wait(disk, outbox):
    """The next attempt's time and the count hold in memory, so that no server is hammered."""
    outbox.add(alert(), message(id="m"), ["a"], 1.0)
    disk.full = True
    for n in range(1, 4):
        outbox.postponed(outbox.first_owed("a"), f"error {n}", 60.0 * n)
        owed = outbox.first_owed("a")
        assert (owed.attempts, owed.error, owed.due) == (n, f"error {n}", 60.0 * n)
    assert [d.error for d in outbox.deliveries()] == ["error 3"]
    disk.full = False
    outbox.postponed(outbox.first_owed("a"), "error 4", 500.0)
    assert disk.first_owed("a").due == 500.0
    assert outbox.first_owed("a").due == 500.0


def test_a_rule_goes_on_from_the_newer_alert(disk, outbox):
    """The last alert is the newest one, wherever it is kept."""
    outbox.add(alert(0.003), message(), [], 1.0)
    disk.full = True
    newer = alert(0.002)
    outbox.add(newer, message(), [], 2.0)
    assert outbox.last_alert("threshold") == newer
    outbox.start_run("other")
    assert outbox.identity() == "other"


def test_a_writable_disk_is_reported(disk, outbox, caplog):
    """When the disk is writable again, alerts are stored there again, and one line reports it."""
    disk.full = True
    outbox.add(alert(), message(id="m"), ["a"], 1.0)
    disk.full = False
    with caplog.at_level(logging.INFO):
        outbox.add(alert(), message(id="d"), ["a"], 2.0)
    assert disk.first_owed("a").message.id == "d"
    assert "is writable again" in caplog.text


def test_a_look_that_the_disk_refuses_is_whole_in_memory(caplog):
    """All alerts and messages of a look stay in memory where the disk is full, and are found there."""
    disk = Disk()
    outbox = FallbackOutbox(disk)
    disk.full = True
    found = [replace(alert(), id=name, model=name) for name in ("a", "b")]
    outbox.add_look(found, [(message("look", id="m"), ["mail"])], 1.0)
    assert [outbox.last_alert(one.key) for one in found] == found
    assert outbox.first_owed("mail").message.subject == "look"
    assert disk.deliveries() == []
