"""Silence of a model in production: the time since the end of its last window that has rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auto_model_monitor import Level, StalledRule, parse_rule
from tests.rules.windows import DAY, MONDAY, look, watch, window

SECONDS = 86_400.0


def alerted(alerts):
    return [(number, alert.resolved) for number, alert in alerts]


def test_a_silence_is_the_time_since_the_last_window():
    """`stalled 2d` alerts two days after the end of the last window, once, and resolves with the next one."""
    looks = [[], [window(0, 0.9)], [], [], [], [window(4, 0.9)]]
    found = watch(lambda: parse_rule("stalled 2d", crossing=True), looks, extra=1)
    assert alerted(found) == [(3, False), (5, True)]
    alert, clear = (alert for _, alert in found)
    assert (alert.reading.time, alert.level) == (MONDAY + DAY, Level.WARNING)
    assert (alert.details["silent_seconds"], alert.details["limit_seconds"]) == (2 * SECONDS, 2 * SECONDS)
    assert clear.details["silent_seconds"] == 4 * SECONDS


def test_a_silence_goes_on_across_restarts():
    """A new process finds the same old windows: it alerts once, and only newer windows resolve it."""
    old = [window(0, 0.9), window(1, 0.9)]
    looks = [[], [], *[old] * 5, [*old, window(6, 0.9)]]  # a look with windows is that of a fresh rule
    assert alerted(watch(lambda: StalledRule(2 * SECONDS), looks)) == [(4, False), (7, True)]


def test_windows_that_come_late_and_are_old_do_not_end_a_silence():
    """A window that is itself older than the limit is no sign of life."""
    looks = [[], [window(0, 0.9)], *[[]] * 6, [window(1, 0.9)], [window(7, 0.9)]]
    assert alerted(watch(lambda: StalledRule(2 * SECONDS), looks)) == [(3, False), (9, True)]


def test_a_window_without_rows_is_no_sign_of_life():
    """A window that counts zero rows continues the silence, one that does not know its rows ends it."""
    looks = [[window(n, 0.0, metric="throughput", rows=0 if n else 100)] for n in range(4)]
    assert alerted(watch(lambda: StalledRule(2 * SECONDS), [[], *looks])) == [(3, False)]


def test_silence_is_known_from_the_last_alert_alone():
    """A process that finds nothing, not even old windows, continues from the window of the last alert."""
    rule = StalledRule(2 * SECONDS)
    rule.evaluate(look([window(0, 0.9)], SECONDS))
    alert = rule.evaluate(look(at=3 * SECONDS))
    again = StalledRule(2 * SECONDS, repeat=SECONDS)
    again.resume(alert)
    assert again.evaluate(look(at=3.5 * SECONDS)) is None
    repeated = again.evaluate(look(at=4 * SECONDS))
    assert repeated.details["silent_seconds"] == 3 * SECONDS
    assert again.evaluate(look(at=4 * SECONDS + 60)) is None
    resolved = again.evaluate(look([window(3, 0.9)], 4 * SECONDS + 120))
    assert resolved.resolved


@pytest.mark.parametrize("gaps", [5, 30])
def test_a_usual_gap_is_that_between_windows(gaps):
    """`3x` is about three windows without a new one, also for a process that has just started."""
    hour = timedelta(hours=1)
    series = [window(n, 0.9, length=hour) for n in range(gaps + 1)]
    end = (gaps + 1) * 3600.0
    for hours, expected in ((2.9, False), (3.7, True)):
        assert bool(StalledRule("3x").evaluate(look(series, end + hours * 3600))) is expected
