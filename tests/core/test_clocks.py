"""The clock of demonstrations, on which months pass in seconds."""

from __future__ import annotations

from datetime import datetime, timezone
from threading import Event, Thread

from auto_model_monitor.core.clocks import SimulatedClock

START = datetime(2026, 11, 1, tzinfo=timezone.utc)


def test_the_waits_of_its_thread_move_it():
    """A wait of the thread that made the clock takes no time and passes the seconds, as advance does."""
    clock, stop = SimulatedClock(START), Event()
    assert not clock.wait(stop, 86_400)
    assert (clock.now().day, clock.monotonic()) == (2, 86_400.0)
    clock.advance(3_600)
    clock.advance(-5)
    assert clock.monotonic() == 90_000.0
    stop.set()
    assert clock.wait(stop, 1)


def test_the_waits_of_other_threads_do_not():
    """A thread that delivers wakes up for its event, and leaves the time as it is."""
    clock, woken, answers = SimulatedClock(START), Event(), []
    woken.set()
    thread = Thread(target=lambda: answers.extend([clock.wait(woken, 60), clock.wait(Event(), 60)]))
    thread.start()
    thread.join()
    assert answers == [True, False]
    assert clock.now() == START
