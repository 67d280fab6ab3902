"""A mail server that fails at each step: temporary errors are retried, permanent ones reported."""

from __future__ import annotations

import pytest
from smtp_server import Faults

from auto_model_monitor import EmailNotifier, SQLiteOutbox
from auto_model_monitor.delivery import Backoff, DeliveryState, DeliveryWorker
from tests.fakes import FakeClock, alert, message

STEPS = ("mail", "rcpt", "data")
PASSING = [
    *((f"{code} at {step}", Faults(**{step: f"{code} later"})) for step in STEPS for code in (421, 451, 452)),
    ("421 as the greeting", Faults(banner="421 too busy")),
    ("454 at the login", Faults(login="454 later")),
    ("535 at the login", Faults(login="535 wrong code")),
    ("550 frequency limited", Faults(rcpt="550 Sender frequency limited")),
    ("cut in mid-DATA", Faults(close="data")),
    ("cut at the banner", Faults(close="banner")),
    ("hangs at the banner", Faults(hang="banner")),
    ("hangs at the login", Faults(hang="login")),
    ("hangs at DATA", Faults(hang="data")),
    ("one of three refused for now", Faults(rcpt={"b@x.org": "451 later"})),
]
LASTING = [
    (f"{code} at {step}", Faults(**{step: f"{code} no"})) for step in STEPS for code in (550, 552, 554)
]
RECEIVERS = ["a@x.org", "b@x.org", "c@x.org"]


def worker_for(server, box, clock, timeout=60.0):
    """Return a channel to a server; by default one that a loaded machine cannot time out."""
    notifier = EmailNotifier(
        "me@x.org", RECEIVERS, "code", host="localhost", port=server.port, security="ssl", timeout=timeout
    )
    return DeliveryWorker(notifier, box, clock, Backoff(uniform=lambda low, high: 1.0))


@pytest.fixture
def parts(tmp_path, smtp_server):
    """A server, and a channel to it with an injected clock and an outbox on disk."""

    def build(faults, **options):
        server = smtp_server(faults=faults, **options)
        box = SQLiteOutbox(tmp_path / "outbox.db", "watch")
        clock = FakeClock()
        channel = worker_for(server, box, clock, timeout=0.3 if faults.hang else 60.0)
        for name in ("first", "second"):
            box.add(alert(), message(name, id=name), [channel.name], clock.now().timestamp())
        return server, channel, box, clock

    return build


def received(server):
    """How often each receiver got each message."""
    counts = {}
    for mail in server.mails:
        for receiver in mail.recipients:
            key = (str(mail.message["Subject"]), receiver)
            counts[key] = counts.get(key, 0) + 1
    return counts


@pytest.mark.parametrize(("name", "faults"), PASSING, ids=[name for name, _ in PASSING])
def test_what_passes_is_waited_for(parts, name, faults):
    """Each fault, for three attempts and then no more: every receiver gets each message once, in order."""
    server, channel, box, clock = parts(faults)
    for _ in range(3):
        wait = channel.deliver_due()
        assert wait >= 10, name
        clock.advance(wait)
    server.faults = Faults()
    last = worker_for(server, box, clock) if faults.hang else channel
    assert last.deliver_due() is None
    counts = received(server)
    lost = [key for key in ((s, r) for s in ("first", "second") for r in RECEIVERS) if key not in counts]
    repeated = [key for key, count in counts.items() if count > 1]
    print(f"{name}: tried 3 times in vain, lost {len(lost)}, repeated {len(repeated)}")
    assert not lost
    assert not repeated
    for receiver in RECEIVERS:  # what one receiver waits for delays nobody else
        order = [str(mail.message["Subject"]) for mail in server.mails if receiver in mail.recipients]
        assert order == sorted(order)
    assert {d.state for d in box.deliveries()} == {DeliveryState.DELIVERED}


@pytest.mark.parametrize(("name", "faults"), LASTING, ids=[name for name, _ in LASTING])
def test_what_lasts_is_recorded_and_blocks_nothing(parts, name, faults):
    """A refusal for good is recorded with the server's words, and the next message gets its turn."""
    server, channel, box, _ = parts(faults)
    assert channel.deliver_due() is None
    states = [(d.state, name.partition(" ")[0] in d.error) for d in box.deliveries()]
    assert states == [(DeliveryState.REFUSED, True)] * 2
    print(f"{name}: recorded as refused, with its reason")
    assert server.mails == []


def test_an_answer_lost_on_the_wire_repeats_under_one_id(parts):
    """Where the server kept the mail and its answer was lost, the copy carries the same Message-ID."""
    server, channel, box, clock = parts(Faults(hang="stored"))
    while not server.mails:  # a loaded machine may be too slow for the short time-out before the end
        clock.advance(channel.deliver_due())
    server.faults = Faults()
    assert worker_for(server, box, clock).deliver_due() is None
    ids = [str(mail.message["Message-ID"]) for mail in server.mails]
    print(f"answer lost: {len(ids)} mails, {len(set(ids))} Message-IDs")
    assert len(ids) == 3
    assert len(set(ids)) == 2


@pytest.mark.parametrize("cert", ["wrong-name", "self-signed", "expired"])
def test_a_wrong_certificate_is_waited_out_and_learns_no_code(parts, cert):
    """With a certificate that does not verify nothing is sent, least of all the code; it stays owed."""
    server, channel, box, _ = parts(Faults(), cert=cert)
    assert channel.deliver_due() == 10
    assert server.logins == []
    assert "certificate" in box.deliveries()[0].error


def test_three_hours_without_a_server(parts):
    """Down for three hours of the clock: asked ever more rarely, then everything arrives once, in order."""
    server, channel, _, clock = parts(Faults(banner="421 down"))
    begin, attempts = clock.seconds, 0
    while clock.seconds - begin < 3 * 3600:
        clock.advance(channel.deliver_due())
        attempts += 1
    server.faults = Faults()
    assert channel.deliver_due() is None
    print(f"three hours down: {attempts} attempts, lost 0, repeated {len(server.mails) - 2}")
    assert [str(m.message["Subject"]) for m in server.mails] == ["first", "second"]
    assert attempts <= 15
