"""The rule about a disk that is nearly full, on a disk that is a list of numbers."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from auto_model_monitor import AlertKind, ConfigError, DiskRule, Level, RuleError
from tests.rules.looks import look

GB = 10**9


class Usage(NamedTuple):
    total: int
    free: int


def alerted(free, series, total=1000 * GB, every=60.0):
    """Return the alerts of a disk with the given free bytes at each poll."""
    now = iter(series)
    rule = DiskRule(free, "/data", usage=lambda path: Usage(total, round(next(now))))
    found = ((n, rule.evaluate(look([], n * every))) for n in range(len(series)))
    return [(n, alert) for n, alert in found if alert is not None]


def test_a_disk_that_fills_is_told_once_and_once_when_there_is_room():
    """Nearly full is one alert, and it is over when clearly more is free than the limit."""
    alerts = alerted("5GB", [x * GB for x in (6, 4.9, 4.8, 5.1, 4.9, 5.9, 6.1, 7)])
    assert [(n, a.resolved) for n, a in alerts] == [(1, False), (6, True)]
    assert {a.kind for _, a in alerts} == {AlertKind.DISK}
    assert alerts[0][1].details["free_bytes"] == round(4.9 * GB)
    assert alerts[0][1].details["path"] == "/data"


def test_the_hours_left_are_those_of_the_last_hour():
    """A disk that loses 1 GB an hour and has 4 GB left is full in four hours."""
    ((number, alert),) = alerted("5GB", [(6 - n / 60) * GB for n in range(130)])
    assert number == 61
    assert alert.details["hours_left"] == pytest.approx(4.98, abs=0.02)
    assert alert.level is Level.WARNING


@pytest.mark.parametrize("free", [0.4, 0.0])
def test_a_disk_that_is_full_within_the_hour_is_critical(free):
    """What is nearly over is red."""
    alerts = alerted("5GB", [6 * GB, 5.5 * GB, 5.0 * GB, free * GB])
    assert [a.level for _, a in alerts] == [Level.CRITICAL]


def test_a_disk_that_does_not_fill_has_no_hours_left():
    """Where nothing was written, nothing is foretold."""
    ((_, alert),) = alerted("5GB", [4 * GB] * 5)
    assert alert.details["hours_left"] is None
    assert alert.level is Level.WARNING


def test_after_a_restart_it_is_not_told_again():
    """After a restart the rule knows from its last alert whether the disk was nearly full."""
    ((_, alert),) = alerted("5GB", [4 * GB])
    room = iter([4 * GB, 7 * GB])
    rule = DiskRule("5GB", usage=lambda path: Usage(1000 * GB, next(room)))
    rule.resume(alert)
    assert rule.evaluate(look([])) is None
    assert rule.evaluate(look([], 60)).resolved


@pytest.mark.parametrize(
    ("free", "limit"),
    [
        ("5GB", 5 * GB),
        ("5 gb", 5 * GB),
        ("1.5GiB", 1.5 * 2**30),
        ("500 MB", 500 * 10**6),
        ("1e3 B", 1000),
        (5 * GB, 5 * GB),
        (0.05, 50 * GB),
        ("5%", 50 * GB),
    ],
)
def test_a_size_is_bytes_a_text_or_a_share(free, limit):
    """The limit may be bytes, a share, or a text with a unit."""
    assert alerted(free, [limit]) == []
    assert len(alerted(free, [limit - 1])) == 1


@pytest.mark.parametrize(
    "free", ["", "5", "5G", "five GB", "-5GB", "nanGB", "0%", "100%", "120%", 0, -1, True, float("inf")]
)
def test_what_is_no_size_is_refused(free):
    """The error states what was expected and what was got."""
    with pytest.raises(ConfigError, match="free: expected") as caught:
        DiskRule(free)
    assert repr(free) in str(caught.value)


def test_a_disk_that_cannot_be_looked_at_is_a_rules_error(tmp_path):
    """A directory that is not there yet ends nothing: the next look may find it."""
    rule = DiskRule("5%", tmp_path / "later")
    with pytest.raises(RuleError, match="expected the free space"):
        rule.evaluate(look([]))
    (tmp_path / "later").mkdir()
    rule.evaluate(look([]))
