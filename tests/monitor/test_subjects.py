"""Models beside each other: each has its own copy of a rule, its own windows and its own last alert."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from auto_model_monitor import MemoryOutbox, Monitor, Reading, ReadingBatch, ThresholdRule
from auto_model_monitor.monitor import WatchOutbox
from tests.fakes import FakeClock, RecordingNotifier

MONDAY = datetime(2026, 11, 2, tzinfo=timezone.utc)


def crossing(metric="accuracy", hold=1, **arguments):
    """A rule as a production monitor has it: an alert where it gets bad, and one where it is good again."""
    name = f"{metric} < 0.9 for {hold}"
    return ThresholdRule(0.9, "lower", metric=metric, every="crossing", hold=hold, name=name, **arguments)


def window(day, value, model=None, metric="accuracy", rows=200):
    end = MONDAY + timedelta(days=day + 1)
    group = metric.partition("@")[2] or None
    name = f"{end - timedelta(days=1):%Y-%m-%d}"
    return Reading(metric=metric, value=value, name=name, model=model, group=group, time=end, rows=rows)


class Looks:
    """A source that returns what it was given, one list of readings a look; then nothing new."""

    name = "production"

    def __init__(self, clock, looks):
        self.clock = clock
        self.looks = list(looks)

    def read(self):
        found = self.looks.pop(0) if self.looks else []
        if isinstance(found, Exception):
            raise found
        return ReadingBatch(time=self.clock.now(), seconds=self.clock.monotonic(), others=found)


def run(rules, *looks, outbox=None, notifiers=None, extra=1):
    """Return the alerts of each look; ``extra`` looks bring nothing."""
    clock = FakeClock()
    source = Looks(clock, looks)
    given = [RecordingNotifier()] if notifiers is None else notifiers
    watch = WatchOutbox(outbox=outbox or MemoryOutbox())
    monitor = Monitor(source, rules, given, outbox=watch, log_dir=None, clock=clock)
    found = []
    for _ in range(len(looks) + extra):
        found.append(monitor.check())
        clock.advance(86_400)
    monitor.stop()
    return found


def told(found):
    """Return what each look reported, shortly."""
    return [[(a.model, a.group, a.reading.value, a.resolved) for a in alerts] for alerts in found]


def test_a_bad_model_beside_a_good_one_is_reported_once():
    """Beside model_1 at 0.95, model_2 at 0.80 in three looks alerts once, at the third, about model_2."""
    look = [window(0, 0.95, "model_1"), window(0, 0.80, "model_2")]
    looks = [
        [Reading(metric=r.metric, value=r.value, name=str(n), model=r.model) for r in look] for n in range(4)
    ]
    found = run([crossing(hold=3)], *looks)
    assert told(found) == [[], [], [("model_2", None, 0.80, False)], [], []]
    assert found[2][0].key == "accuracy < 0.9 for 3\nmodel_2"


def test_two_bad_models_are_both_reported():
    """Of two bad models in one look each has its alert."""
    found = run([crossing()], [window(0, 0.5, "a"), window(0, 0.95, "b"), window(0, 0.7, "c")])
    assert told(found) == [[("a", None, 0.5, False), ("c", None, 0.7, False)], []]


def test_each_group_of_a_column_is_a_subject():
    """A rule about ``recall@sex:*`` judges each group apart, and no group of another column."""
    looks = [
        [
            window(day, value, model, metric)
            for model in ("a", "b")
            for metric, value in (("recall@sex:f", 0.7), ("recall@sex:m", 0.95), ("recall@age:30", 0.1))
        ]
        for day in range(2)
    ]
    found = run([crossing("recall@sex:*", hold=2)], *looks)
    assert told(found) == [[], [("a", "sex:f", 0.7, False), ("b", "sex:f", 0.7, False)], []]
    assert {a.reading.metric for a in found[1]} == {"recall@sex:f"}


def test_a_rule_about_one_group_is_about_that_alone():
    """A rule about ``recall@sex:f`` sees neither the whole nor another group."""
    look = [
        window(0, 0.5, "a", "recall"),
        window(0, 0.5, "a", "recall@sex:m"),
        window(0, 0.6, "a", "recall@sex:f"),
    ]
    assert told(run([crossing("recall@sex:f")], look)) == [[("a", None, 0.6, False)], []]


def test_a_window_that_is_read_again_counts_once():
    """Late labels change the same window at three looks: it is one of the three that ``for 3`` counts."""
    again = [[window(0, value, "a")] for value in (0.80, 0.81, 0.82)]
    found = run([crossing(hold=3)], *again, [window(1, 0.7, "a")], [window(2, 0.6, "a")])
    assert told(found) == [[], [], [], [], [("a", None, 0.6, False)], []]


def test_a_window_that_turns_bad_late_completes_a_streak():
    """Two bad days around a good one are no streak until late labels turn the day between them."""
    found = run(
        [crossing(hold=3)],
        [window(0, 0.8, "a")],
        [window(1, 0.95, "a")],
        [window(2, 0.8, "a")],
        [window(1, 0.7, "a")],
    )
    assert told(found) == [[], [], [], [("a", None, 0.8, False)], []]
    assert found[3][0].reading.name == "2026-11-04"


def test_a_window_that_is_found_late_stands_in_its_place():
    """Windows are judged in the order of time, in whatever order they come."""
    found = run([crossing(hold=2)], [window(0, 0.8), window(2, 0.8), window(1, 0.95)], [window(3, 0.5)])
    assert told(found) == [[], [(None, None, 0.5, False)], []]
