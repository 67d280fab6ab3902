"""Rules about a model in production: an alert when it gets bad, and one when it is good again."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import ConfigError, CrossingRule, Level, Reading, parse_rule
from auto_model_monitor.core.errors import RuleError
from auto_model_monitor.delivery.outbox.outbox_json import alert_from_json, alert_to_json
from tests.campaigns import examples
from tests.rules.windows import DAY, MONDAY, daily, gist, look, watch, window, windows


def rule(text):
    return lambda: parse_rule(text, crossing=True)


BELOW = rule("accuracy < 90%")


def test_a_comparison_alerts_when_it_crosses_and_when_it_is_back():
    """A production monitor reports that a metric got bad, once, and that it is good again, once."""
    found = daily(BELOW, 0.95, 0.85, 0.80, 0.7, 0.9, 0.95, 0.89)
    assert found == [(1, "alert", 0.85), (4, "over", 0.9), (6, "alert", 0.89)]


def test_an_alert_holds_what_its_message_needs():
    """An alert knows its level, its threshold, its window and since when it is bad."""
    alert, clear = (
        a for _, a in watch(rule("accuracy <= 0.9 for 2"), [[w] for w in windows(0.9, 0.8, 0.95)])
    )
    assert (alert.level, alert.threshold, alert.reading.name) == (Level.WARNING, 0.9, "11-03 00:00")
    assert (alert.details["since"], alert.details["held_checkpoints"]) == ("11-02 00:00", 2)
    assert alert.details["inclusive"]
    assert (clear.level, clear.resolved, clear.details["since"]) == (Level.WARNING, True, "11-02 00:00")


@pytest.mark.parametrize("gap", [None, math.nan, math.inf])
def test_a_window_without_a_value_neither_breaks_a_streak_nor_counts(gap):
    """Where a window is missing or not finite, `for 3` needs three others, and nothing is resolved."""
    assert daily(rule("accuracy < 0.9 for 3"), 0.8, gap, 0.81, gap, 0.82, gap, 0.95) == [
        (4, "alert", 0.82),
        (6, "over", 0.95),
    ]


def test_windows_count_and_not_looks():
    """A window that is read again at each look is one window of a streak."""
    looks = [[window(0, 0.8)], [window(0, 0.81)], [window(0, 0.82)], [window(1, 0.8)]]
    assert gist(watch(rule("accuracy < 0.9 for 2"), looks)) == [(3, "alert", 0.8)]


def test_late_labels_complete_a_streak():
    """A window between two bad ones that turns bad by late labels makes the streak that it belongs to."""
    looks = [windows(0.8, 0.95, 0.8), [window(1, 0.7)]]
    assert gist(watch(rule("accuracy < 0.9 for 3"), looks)) == [(1, "alert", 0.8)]


def test_late_labels_that_turn_the_reported_window_resolve_it():
    """A window that was reported as bad, and is good by labels that came late, is resolved at that window."""
    looks = [[window(0, 0.8)], [window(0, 0.85)], [window(0, 0.95)], [window(1, 0.96)]]
    assert gist(watch(BELOW, looks)) == [(0, "alert", 0.8), (2, "over", 0.95)]


def test_windows_before_the_last_alert_are_not_reported_again():
    """What late labels change before the window of the last alert makes no alert."""
    looks = [windows(0.95, 0.95, 0.8), [window(0, 0.5)], [window(3, 0.95)], [window(1, 0.5)]]
    assert gist(watch(BELOW, looks, every=3601)) == [(0, "alert", 0.8), (2, "over", 0.95)]


def test_what_came_and_went_between_two_looks_is_reported_in_order():
    """An incident that began and ended between two looks is reported, and its end at the next look."""
    looks = [[window(0, 0.95)], [window(1, 0.8), window(2, 0.95)]]
    assert gist(watch(BELOW, looks, extra=2)) == [(1, "alert", 0.8), (2, "over", 0.95)]


@pytest.mark.parametrize("again", [[], [window(4, 0.97)]])
def test_what_had_ended_before_the_run_is_not_reported(again):
    """Of the windows before the first look only what still holds is reported, at each look of the run."""
    past = windows(0.95, 0.5, 0.5, 0.95)
    assert gist(watch(BELOW, [past, again], since=past[-1].time)) == []
    assert gist(watch(BELOW, [windows(0.95, 0.5)], since=past[-1].time)) == [(0, "alert", 0.5)]
    assert gist(watch(BELOW, [past, again], since=MONDAY + 2 * DAY))[:1] == [(0, "alert", 0.5)]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("accuracy < 0.9 for 2h", [0.8, 0.8, 0.8, 0.8], [2]),
        ("accuracy < 0.9 for 2h", [0.8, 0.8, 0.95, 0.8, 0.8, 0.8], [5]),
        ("accuracy < 0.9 for 2h", [0.8, None, 0.8], [2]),
        ("accuracy < 0.9 for 30m", [0.8, 0.8], [1]),
    ],
)
def test_a_time_must_hold_without_interruption(text, values, expected):
    """`for 2h` is from the end of the first bad window to that of the last one."""
    looks = [[w] for w in windows(*values, length=HOUR)]
    numbers = [n for n, v in enumerate(values) if v is not None]
    assert [numbers[n] for n, _ in watch(rule(text), looks, every=3600)] == expected


def test_a_time_without_windows_is_that_of_the_looks():
    """Of readings without a time, `for 30m` is measured from look to look."""
    made = parse_rule("latency > 200ms for 30m")
    looks = [(0, 0.3), (900, 0.4), (1700, 0.3), (1800, 0.25), (2700, 0.1)]
    found = [made.evaluate(look([Reading(metric="latency", value=v, name=str(at))], at)) for at, v in looks]
    assert [alert and alert.resolved for alert in found] == [None, None, None, False, True]


def test_until_is_where_it_has_recovered():
    """Between the threshold and `until` nothing is reported."""
    assert daily(rule("accuracy < 90% until 92%"), 0.89, 0.91, 0.89, 0.915, 0.92, 0.91) == [
        (0, "alert", 0.89),
        (4, "over", 0.92),
    ]


@pytest.mark.parametrize("every", [86_400.0, 82_900.0, 86_399.0])
def test_an_alert_is_repeated_daily_while_it_holds(every):
    """`every 1d` repeats at each daily look, though it comes a little early or the day has 23 hours."""
    found = daily(rule("accuracy < 0.9 every 1d"), 0.8, 0.7, 0.95, 0.95, every=every)
    assert found == [(0, "alert", 0.8), (1, "alert", 0.7), (2, "over", 0.95)]


def test_an_alert_is_repeated_at_most_daily():
    """Hourly looks repeat an alert once a day, also where no window is new."""
    found = watch(rule("accuracy < 0.9 every 1d"), [[window(0, 0.8)]], every=3600, extra=50)
    assert [n for n, _ in found] == [0, 23, 46]
    assert {alert.reading.value for _, alert in found} == {0.8}
    assert len({alert.id for _, alert in found}) == 3


def test_by_alerts_again_when_it_gets_worse():
    """`by 5%` alerts again when the score is 5 % worse than the worst reported one, within one incident."""
    values = (0.8, 0.79, 0.7, 0.75, 0.69, 0.6, 0.95, 0.85)
    assert daily(rule("accuracy < 0.9 by 5%"), *values) == [
        (0, "alert", 0.8),
        (2, "alert", 0.7),
        (5, "alert", 0.6),
        (6, "over", 0.95),
        (7, "alert", 0.85),
    ]


def test_a_repeated_alert_forgets_no_worse_value():
    """After a repeated alert about a better score, `by` still compares with the worst reported one."""
    found = daily(rule("accuracy < 0.9 by 0.05 every 2d"), 0.6, 0.8, 0.8, 0.7, 0.55)
    assert found == [(0, "alert", 0.6), (2, "alert", 0.8), (4, "alert", 0.55)]


def test_once_is_one_alert_a_run():
    """`once` sends no all-clear and no second alert."""
    assert daily(rule("accuracy < 0.9 once"), 0.8, 0.95, 0.7) == [(0, "alert", 0.8)]


def test_a_square_wave_makes_at_most_one_alert_and_one_all_clear_a_pause():
    """A metric that changes sides at each window makes at most one of each in a pause."""
    wave = [[window(n, 0.8 if n % 2 else 0.95, length=timedelta(minutes=1))] for n in range(181)]
    for text, most in (("accuracy < 0.9", 3), ("accuracy < 0.9 at most every 30m", 6)):
        found = watch(rule(text), wave, every=60)
        assert [a.resolved for _, a in found] == [False, True] * most
    assert watch(rule("accuracy < 0.9 for 2"), wave, every=60) == []


def test_a_catch_up_names_every_incident_in_one_message():
    """Of many windows that come at one look one alert is sent, which names the incidents before its own."""
    bad_days = {2, 5, 6, 9}
    series = [window(n, 0.8 if n in bad_days else 0.95) for n in range(10)]
    found = watch(rule("accuracy < 0.9"), [series], extra=30, every=3600)
    assert gist(found) == [(0, "alert", 0.8)]
    assert found[0][1].details["since"] == series[9].name
    assert found[0][1].details["other_incidents"] == f"{series[2].name}, {series[5].name}"


def test_what_a_pause_holds_back_is_named_after_it():
    """What began and ended within the pause after a message is named by the next one, and not lost."""
    values = [0.8, 0.95, *[0.8, 0.95] * 15, *[0.95] * 40]
    looks = [[window(n, value, length=timedelta(minutes=1))] for n, value in enumerate(values)]
    found = watch(rule("accuracy < 0.9"), looks, every=60)
    assert [(n, alert.resolved) for n, alert in found] == [(0, False), (1, True), (60, False), (61, True)]
    later = str(found[2][1].details["other_incidents"])
    assert later.startswith(f"{looks[2][0].name}, {looks[4][0].name}, ")
    assert later.endswith(", … (14)")
    assert "other_incidents" not in found[3][1].details


def test_a_second_incident_before_the_all_clear_is_named_by_it():
    """Where an incident ended and another began and ended in one look, the all-clear names the other."""
    looks = [[window(0, 0.8)], [window(n, value) for n, value in ((1, 0.95), (2, 0.8), (3, 0.95))]]
    found = watch(rule("accuracy < 0.9"), looks)
    assert gist(found) == [(0, "alert", 0.8), (1, "over", 0.95)]
    assert found[1][1].details["other_incidents"] == looks[1][1].name


def test_what_was_over_before_the_first_look_is_not_named():
    """The first alert of a run names no incident that was over when the run began."""
    series = [window(n, 0.8 if n in (2, 5, 9) else 0.95) for n in range(10)]
    found = watch(rule("accuracy < 0.9"), [series], since=series[-1].time)
    assert gist(found) == [(0, "alert", 0.8)]
    assert "other_incidents" not in found[0][1].details


def test_a_drop_is_against_the_mean_of_the_windows_before():
    """`drop > 0.02 vs 7d` compares with the mean of the seven days before, which a later day leaves again."""
    values = [0.95] * 5 + [0.93, 0.90, 0.95]
    found = watch(rule("accuracy drop > 2% vs 7d"), [[w] for w in windows(*values)])
    assert gist(found) == [(6, "alert", 0.90), (7, "over", 0.95)]
    alert = found[0][1]
    mean = (5 * 0.95 + 0.93) / 6
    assert alert.details["baseline"] == pytest.approx(mean)
    assert alert.details["against"] == "7d"
    assert alert.threshold == pytest.approx(mean - 0.02)
    lasting = windows(*[0.95] * 7, *[0.90] * 10)
    assert gist(watch(rule("accuracy drop > 0.02 vs 3d"), [[w] for w in lasting])) == [
        (7, "alert", 0.90),
        (9, "over", 0.90),
    ]


def test_a_mean_is_weighted_by_rows():
    """Windows weigh as much as they have rows; where some are unknown all weigh the same."""
    values, rows = [0.95, 0.95, 0.5, 0.92], [1000, 1000, 10, 1000]
    series = [window(n, v, rows=r) for n, (v, r) in enumerate(zip(values, rows, strict=True))]
    make = rule("accuracy drop > 0.02 vs 7d")
    assert gist(watch(make, [series])) == [(0, "alert", 0.92)]
    assert gist(watch(make, [windows(*values)])) == []


def test_without_enough_before_it_there_is_no_alert():
    """A drop needs three windows in the time before, of which holes are none."""
    assert daily(rule("accuracy drop > 0.02 vs 7d"), 0.9, 0.9, 0.5) == []
    assert daily(rule("accuracy drop > 0.02 vs 2d"), *[0.9] * 5, 0.5) == []
    assert daily(rule("accuracy drop > 0.02 vs 7d"), 0.9, math.nan, 0.9, 0.5) == []


@pytest.mark.parametrize(("value", "alerts"), [(0.93, 0), (0.929, 1)])
def test_a_drop_is_computed_in_decimals(value, alerts):
    """From 0.95 to 0.93 is a drop of 0.02, although in binary it is slightly more."""
    looks = [[w] for w in windows(0.95, 0.95, 0.95, value)]
    assert len(watch(rule("accuracy drop > 0.02 vs 7d"), looks)) == alerts
    assert len(watch(rule("accuracy drop >= 0.02 vs 7d"), looks)) == 1


def test_a_rise_is_the_other_way():
    """`rise > 50ms vs 7d` alerts when a latency is higher than before by that, and recovers at `until`."""
    make = rule("latency_p95 rise > 50ms vs 7d until 20ms")
    values = [0.2] * 6 + [0.26, 0.24, 0.21]
    looks = [[window(n, v, metric="latency_p95")] for n, v in enumerate(values)]
    found = watch(make, looks)
    assert gist(found) == [(6, "alert", 0.26), (8, "over", 0.21)]
    assert found[0][1].threshold == pytest.approx(0.25)


def test_a_drop_against_the_reference():
    """`vs reference` compares with what the reading carries, and says nothing where it carries none."""
    make = rule("accuracy drop > 0.02 vs reference")
    looks = [[window(0, 0.5)], [window(1, 0.9, reference=0.91)], [window(2, 0.9, reference=0.95)]]
    found = watch(make, looks)
    assert gist(found) == [(2, "alert", 0.9)]
    assert (found[0][1].details["baseline"], found[0][1].details["against"]) == (0.95, "reference")


def test_readings_without_a_time_have_nothing_before_them():
    """A drop against the days before is an error for readings that have no time, and not silence."""
    made = parse_rule("accuracy drop > 0.02 vs 7d")
    with pytest.raises(RuleError, match="expected readings with a time"):
        made.evaluate(look([Reading(metric="accuracy", value=0.9, name="a")]))


def test_a_copy_follows_a_group():
    """A rule about each group of a column follows the group that it is copied for."""
    made = parse_rule("recall@sex:* < 0.8", crossing=True)
    assert made.metric == "recall@sex:*"
    made.use_metric("recall@sex:f")
    readings = [window(0, 0.5, metric=f"recall@sex:{sex}") for sex in "mf"]
    assert made.evaluate(look(readings)).reading.metric == "recall@sex:f"


TEXTS = [
    "accuracy < 0.5",
    "accuracy < 0.5 for 2",
    "accuracy < 0.5 for 2d",
    "accuracy < 0.5 until 0.6 at most every 3d",
    "accuracy < 0.5 by 0.1",
    "accuracy < 0.5 every 2d critical",
    "accuracy drop > 0.1 vs 4d",
    "accuracy drop > 0.1 vs reference until 0.05 every 3d by 10%",
    "accuracy < 0.5 once",
]
VALUES = st.sampled_from([0.1, 0.3, 0.45, 0.5, 0.55, 0.7, math.nan])


@pytest.mark.parametrize("text", TEXTS)
@settings(max_examples=examples(40), deadline=None)
@given(
    looks=st.lists(st.dictionaries(st.integers(0, 8), VALUES, max_size=4), max_size=14),
    later=st.integers(1, 40_000),
)
def test_a_rule_depends_on_the_series_and_the_last_alert_alone(text, looks, later):
    """Whatever comes, in whatever order, one copy that lives on reports what fresh copies report.

    Fresh copies resume from their last alert as the outbox stores it.
    """
    found = [[window(n, v, reference=0.7) for n, v in values.items()] for values in looks]

    class Stored:
        def __init__(self):
            self.rule = rule(text)()

        def resume(self, alert):
            self.rule.resume(alert and alert_from_json(alert_to_json(alert)))

        def evaluate(self, batch):
            return self.rule.evaluate(batch)

    class Living(Stored):
        one = rule(text)()

        def __init__(self):
            self.rule = self.one

        def resume(self, alert):
            pass

    every = 50_000.0 + later
    fresh = gist(watch(Stored, found, every=every, extra=3))
    assert repr(gist(watch(Living, found, every=every, extra=3))) == repr(fresh)


@given(st.lists(st.lists(VALUES, max_size=4), max_size=12))
def test_alerts_and_all_clears_alternate(looks):
    """Whatever is read, an alert is followed by its end, and an end by an alert."""
    numbers = iter(range(100))
    found = watch(BELOW, [[window(next(numbers), v) for v in values] for values in looks], extra=2)
    assert [a.resolved for _, a in found] == [n % 2 == 1 for n in range(len(found))]


@pytest.mark.parametrize(
    "arguments",
    [
        {"threshold": math.nan},
        {"hold": 0},
        {"hold_seconds": -1},
        {"repeat": math.inf},
        {"until": math.inf},
        {"against": "7"},
        {"against": "yesterday"},
        {"against": 7},
        {"by": -1},
    ],
)
def test_what_cannot_be_meant_is_refused(arguments):
    """A setting that cannot be meant is an error when the rule is made."""
    with pytest.raises(ConfigError, match="expected"):
        CrossingRule(**{"threshold": 0.9, "comparison": "lower", **arguments})
