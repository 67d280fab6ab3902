"""Models beside each other: each has its own copy of a rule, its own windows and its own last alert."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from threading import Lock
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import (
    DiskRule,
    Level,
    MemoryOutbox,
    Monitor,
    OutboxError,
    Reading,
    ReadingBatch,
    SQLiteOutbox,
    StalledRule,
    ThresholdRule,
    parse_rule,
)
from auto_model_monitor.monitor import WatchOutbox
from auto_model_monitor.rules import CrossingRule, DampedRule
from tests.fakes import RecordingNotifier, StillClock
from tests.fakes import message as message_of

MONDAY = datetime(2026, 11, 2, tzinfo=timezone.utc)


def crossing(metric="accuracy", hold=1, **arguments):
    """A rule as a production monitor has it: an alert where it gets bad, and one where it is good again."""
    name = f"{metric} < 0.9 for {hold}"
    return CrossingRule(0.9, "lower", metric=metric, hold=hold, name=name, **arguments)


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
    clock = StillClock()
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


def alerted(found):
    """Return what each look reported, shortly."""
    return [[(a.model, a.group, a.reading.value, a.resolved) for a in alerts] for alerts in found]


def test_a_bad_model_beside_a_good_one_is_reported_once():
    """Beside model_1 at 0.95, model_2 at 0.80 in three looks alerts once, at the third, about model_2."""
    look = [window(0, 0.95, "model_1"), window(0, 0.80, "model_2")]
    looks = [
        [Reading(metric=r.metric, value=r.value, name=str(n), model=r.model) for r in look] for n in range(4)
    ]
    found = run([crossing(hold=3)], *looks)
    assert alerted(found) == [[], [], [("model_2", None, 0.80, False)], [], []]
    assert found[2][0].key == "accuracy < 0.9 for 3\nmodel_2"


def test_two_bad_models_are_both_reported():
    """Of two bad models in one look each has its alert."""
    found = run([crossing()], [window(0, 0.5, "a"), window(0, 0.95, "b"), window(0, 0.7, "c")])
    assert alerted(found) == [[("a", None, 0.5, False), ("c", None, 0.7, False)], []]


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
    assert alerted(found) == [[], [("a", "sex:f", 0.7, False), ("b", "sex:f", 0.7, False)], []]
    assert {a.reading.metric for a in found[1]} == {"recall@sex:f"}


def test_a_rule_about_one_group_is_about_that_alone():
    """A rule about ``recall@sex:f`` sees neither the whole nor another group."""
    look = [
        window(0, 0.5, "a", "recall"),
        window(0, 0.5, "a", "recall@sex:m"),
        window(0, 0.6, "a", "recall@sex:f"),
    ]
    assert alerted(run([crossing("recall@sex:f")], look)) == [[("a", None, 0.6, False)], []]


def test_a_window_that_is_read_again_counts_once():
    """Late labels change the same window at three looks: it is one of the three that ``for 3`` counts."""
    again = [[window(0, value, "a")] for value in (0.80, 0.81, 0.82)]
    found = run([crossing(hold=3)], *again, [window(1, 0.7, "a")], [window(2, 0.6, "a")])
    assert alerted(found) == [[], [], [], [], [("a", None, 0.6, False)], []]


def test_a_window_that_turns_bad_late_completes_a_streak():
    """Two bad days around a good one are no streak until late labels turn the day between them."""
    found = run(
        [crossing(hold=3)],
        [window(0, 0.8, "a")],
        [window(1, 0.95, "a")],
        [window(2, 0.8, "a")],
        [window(1, 0.7, "a")],
    )
    assert alerted(found) == [[], [], [], [("a", None, 0.8, False)], []]
    assert found[3][0].reading.name == "2026-11-04"


def test_a_window_that_is_found_late_stands_in_its_place():
    """Windows are judged in the order of time, in whatever order they come."""
    found = run([crossing(hold=2)], [window(0, 0.8), window(2, 0.8), window(1, 0.95)], [window(3, 0.5)])
    assert alerted(found) == [[], [(None, None, 0.5, False)], []]


def test_a_model_that_recovers_is_reported_and_may_fall_again():
    """A model alerts, resolves and alerts again, while another stays bad without a repetition."""
    values = [0.8, 0.95, 0.7]
    looks = [[window(day, value, "a"), window(day, 0.5, "b")] for day, value in enumerate(values)]
    assert alerted(run([crossing()], *looks)) == [
        [("a", None, 0.8, False), ("b", None, 0.5, False)],
        [("a", None, 0.95, True)],
        [("a", None, 0.7, False)],
        [],
    ]


def test_what_was_over_when_the_run_began_is_not_reported():
    """Of thirty windows at the first look, a fall that ended is not reported, and one that lasts is."""
    ended = [window(day, 0.5 if 3 < day < 6 else 0.95, "ended") for day in range(30)]
    lasts = [window(day, 0.5 if day in (4, 5) or day > 27 else 0.95, "lasts") for day in range(30)]
    outbox = MemoryOutbox()
    assert alerted(run([crossing()], [*ended, *lasts], outbox=outbox)) == [[("lasts", None, 0.5, False)], []]
    assert [d.message.facts["model"] for d in outbox.deliveries()] == ["lasts"]
    again = run([crossing()], [*ended, *lasts], [window(30, 0.7, "ended")], outbox=outbox)
    assert alerted(again) == [[], [("ended", None, 0.7, False)], []]


def test_a_copy_that_fails_leaves_the_others(caplog):
    """A rule that raises about one model is logged with its name, and is evaluated again at the next look."""

    class Odd(ThresholdRule):
        def evaluate(self, readings):
            if any(reading.value < 0 for reading in readings):
                raise ZeroDivisionError("negative")
            return super().evaluate(readings)

    rule = Odd(0.9, "lower", metric="accuracy", every="crossing", name="odd")
    found = run([rule, crossing()], [window(0, -1.0, "a\nb"), window(0, 0.5, "c")], [window(0, 0.8, "a\nb")])
    assert [(a.rule, a.model) for a in found[0]] == [
        ("odd", "c"),
        ("accuracy < 0.9 for 1", "a\nb"),
        ("accuracy < 0.9 for 1", "c"),
    ]
    assert [(a.rule, a.model) for a in found[1]] == [("odd", "a\nb")]
    assert caplog.text.count("ZeroDivisionError: negative") == 1
    assert r"rule odd of a\nb" in caplog.text


def test_a_rule_that_cannot_be_copied_is_reported_once_and_the_others_go_on(caplog):
    """A rule that holds a lock is no rule for several models; the error says so."""

    class Locked:
        name = "locked"

        def __init__(self):
            self.lock = Lock()

        def evaluate(self, readings):
            return None

    found = run([Locked(), crossing()], [window(0, 0.5, "a")], [window(1, 0.5, "a")])
    assert alerted(found) == [[("a", None, 0.5, False)], [], []]
    assert caplog.text.count("expected a rule that can be copied for each model") == 1


def test_a_rule_about_the_machine_stays_one_rule():
    """However many models there are, the full disk is one alert, without a model."""
    full = DiskRule("5GB", usage=lambda _: SimpleNamespace(total=10**12, free=10**9))
    found = run([full, DampedRule(crossing(), once=True)], [window(0, 0.5, name) for name in "abc"])
    assert [(a.rule, a.model) for a in found[0]] == [
        ("disk", None),
        *(("accuracy < 0.9 for 1", name) for name in "abc"),
    ]


@pytest.mark.parametrize("text", ["accuracy < 0.9", "accuracy < 0.9 once", "accuracy < 0.9 at most every 9d"])
def test_what_was_over_at_the_first_look_delays_nothing(text):
    """A fall that had ended before the run neither alerts nor counts for `once` or a pause."""
    past = [window(day, 0.5 if day == 3 else 0.95, "a") for day in range(10)]
    rule = parse_rule(text, crossing=True)
    found = run([rule], past, [window(18, 0.7, "a")])
    assert alerted(found) == [[], [("a", None, 0.7, False)], []]
    outbox = MemoryOutbox()
    assert alerted(run([rule], past, outbox=outbox)) == [[], []]
    again = run([parse_rule(text, crossing=True)], past, [*past, window(18, 0.7, "a")], outbox=outbox)
    assert alerted(again) == [[], [("a", None, 0.7, False)], []]


def test_silence_before_any_model_is_known_is_reported_and_ends():
    """A source without any model is silent; with the first models that silence is over."""
    rule = StalledRule(86_400.0)
    found = run([rule], [], [], [window(19, 0.5, "a"), window(19, 0.5, "b")], extra=0)
    assert [[(a.model, a.resolved) for a in alerts] for alerts in found] == [
        [],
        [(None, False)],
        [(None, True)],
    ]


def test_the_alerts_of_a_look_are_one_message_for_each_channel():
    """A thousand bad models make one message a channel: the number, the worst first, twenty in the table."""
    look = [window(0, 0.5 + n / 10_000, f"model_{n:04}") for n in reversed(range(1000))]
    mail, chat = RecordingNotifier("mail"), RecordingNotifier("chat")
    found = run([crossing()], look, [window(1, r.value, r.model) for r in look], notifiers=[mail, chat])
    assert [len(alerts) for alerts in found] == [1000, 0, 0]
    assert len(mail.sent) == len(chat.sent) == 1
    (message,) = mail.sent
    assert "1000" in message.subject
    assert "model_0000" in message.subject
    listed = [line for line in message.text.splitlines() if "model_" in line][1:]
    assert [line.split()[0] for line in listed] == [f"model_{n:04}" for n in range(20)]
    assert "980" in message.text
    assert message.facts["count"] == 1000


def test_one_alert_of_a_look_has_its_own_message_with_the_curve_of_its_model():
    """A look with a single alert sends the message of that alert, and its curve is that model's."""
    histories = []

    class Renderer:
        def render(self, alert):
            histories.append([point.value for point in alert.history])
            return message_of(alert.model, id=alert.id)

    clock, notifier = StillClock(), RecordingNotifier()
    looks = [
        [window(0, 0.95, "a"), window(0, 0.1, "a", "recall")],
        [window(1, 0.8, "a"), window(1, 0.92, "b")],
    ]
    monitor = Monitor(
        Looks(clock, looks), [crossing()], [notifier], log_dir=None, clock=clock, renderer=Renderer()
    )
    assert [len(monitor.check()) for _ in range(2)] == [0, 1]
    monitor.stop()
    assert histories == [[0.95, 0.8]]
    assert [message.subject for message in notifier.sent] == ["a"]


def test_a_channel_gets_the_alerts_of_its_level():
    """Of a look with a warning and a critical alert, the channel for critical ones gets that alone."""

    class Levelled(ThresholdRule):
        def evaluate(self, readings):
            alert = super().evaluate(readings)
            level = Level.CRITICAL if alert and alert.reading.value < 0.6 else Level.WARNING
            return alert and replace(alert, level=level)

    rule = Levelled(0.9, "lower", metric="accuracy", every="crossing", name="levels")
    mail, sms = RecordingNotifier("mail"), RecordingNotifier("sms")
    sms.min_level = Level.CRITICAL
    run([rule], [window(0, 0.8, "warned"), window(0, 0.5, "critical")], notifiers=[mail, sms])
    assert [m.facts["count"] for m in mail.sent] == [2]
    assert [(m.facts["model"], m.level) for m in sms.sent] == [("critical", Level.CRITICAL)]


def test_a_look_that_cannot_be_committed_is_repeated_whole(caplog):
    """Where the outbox fails, the alerts of the look go out with those of the next one."""

    class Failing(MemoryOutbox):
        fails = True

        def add_look(self, *arguments):
            if self.fails:
                self.fails = False
                raise OutboxError("the disk is full")
            super().add_look(*arguments)

    notifier = RecordingNotifier()
    run([crossing()], [window(0, 0.5, "a")], [window(0, 0.5, "b")], outbox=Failing(), notifiers=[notifier])
    assert [message.facts["count"] for message in notifier.sent] == [2]
    assert caplog.text.count("the disk is full") == 1


@pytest.mark.parametrize(
    "name", ["a\r\nBcc: x@y.z\n\n", "模" * 10_000, "x'); DROP TABLE alerts; --", "", "\ud800\x00"]
)
def test_any_name_of_a_model_is_a_name(name, tmp_path):
    """A model of any name is one subject, is found again after a restart, and harms no message."""
    look = [window(0, 0.5, name), window(0, 0.6, "other")]
    outbox, notifier = SQLiteOutbox(tmp_path / "outbox.db"), RecordingNotifier()
    found = run([crossing()], look, outbox=outbox, notifiers=[notifier])
    assert [a.model for a in found[0]] == [name, "other"]
    assert run([crossing()], look, [window(1, 0.5, name)], outbox=outbox) == [[], [], []]
    outbox.close()
    (message,) = notifier.sent
    assert "\n" not in message.subject
    assert len(message.subject) <= 100
    assert len(message.text) < 5_000


WINDOWS = st.lists(
    st.lists(
        st.tuples(
            st.integers(0, 20),
            st.sampled_from([0.5, 0.8, 0.91, 0.99, math.nan]),
            st.sampled_from(["a", None]),
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    "text",
    [
        "accuracy < 0.9",
        "accuracy < 90% for 2 until 95%",
        "accuracy < 0.9 for 2 at most every 60h",
        "accuracy < 0.9 by 5% every 2d",
        "accuracy drop > 0.05 vs 3d",
        "stalled 12d every 3d",
        "nan",
    ],
)
@given(looks=WINDOWS)
@settings(max_examples=30)
def test_a_restart_at_every_look_changes_nothing(text, looks):
    """One process, and one that restarts at every look and reads all windows again, send the same alerts."""
    looks = [[window(day, value, model) for day, value, model in look] for look in [*looks, [], [], []]]
    sent = {}
    for restarts in (False, True):
        clock, outbox, known = StillClock(), MemoryOutbox(), {}
        source, monitor, sent[restarts] = Looks(clock, []), None, []
        for look in looks:
            known.update({(reading.model, reading.time): reading for reading in look})
            source.looks = [list(known.values()) if restarts else look]
            if monitor is None or restarts:
                rule, watch = parse_rule(text, crossing=True), WatchOutbox(outbox=outbox)
                monitor = Monitor(source, [rule], [], outbox=watch, log_dir=None, clock=clock)
            sent[restarts].append(sorted(map(str, *alerted([monitor.check()]))))
            clock.advance(86_400)
            if restarts:
                monitor.stop()
    assert sent[True] == sent[False]


def test_the_metric_check_knows_models_and_groups(caplog):
    """A metric that no model has is named with the nearest; one of groups that are there is not missing."""
    look = [
        window(day, 0.95, m, metric)
        for day in range(3)
        for m in "ab"
        for metric in ("accuracy", "recall@sex:f")
    ]
    run([crossing("acuracy"), crossing("recall@sex:*"), crossing("recall@city:*")], look)
    (warning,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert "is accuracy meant?" in warning
    assert "recall@city:*" in warning
    assert "sex:*" not in warning


def test_the_run_log_counts_models(caplog):
    """A look over several models is one line with their number."""
    with caplog.at_level("INFO"):
        run([crossing()], [window(day, 0.95, model) for day in range(2) for model in "abc"])
    assert "6 new of 3 models in production" in caplog.text


def test_the_windows_of_a_model_are_bounded():
    """Of a metric that a rule names 400 windows are kept, of others 40; an older one is ignored."""
    few, many = RecordingRule(None), RecordingRule("accuracy")
    days = [window(day, 0.95, "a", metric) for day in range(500) for metric in ("accuracy", "recall")]
    run([few, many], days, [window(5, 0.1, "a"), window(500, 0.95, "a")], extra=0)
    assert [len(seen) for seen in many.seen] == [400, 400]
    assert many.seen[1][0].name == f"{MONDAY + timedelta(days=101):%Y-%m-%d}"
    assert [len(seen) for seen in few.seen] == [80, 80]


class RecordingRule:
    """Notes the readings of each evaluation, in a list that its copies share."""

    def __init__(self, metric):
        self.name = f"recording {metric}"
        self.metric = metric
        self.seen = []

    def __deepcopy__(self, memo):
        return self

    def evaluate(self, readings):
        self.seen.append(list(readings))


class Lasting(Looks):
    """A source that is the same whatever it holds."""

    identity = "the table of predictions"

    def continues(self, reading):
        return True


@pytest.mark.parametrize("kind", [Looks, Lasting])
def test_a_process_that_begins_with_an_empty_look_forgets_nothing(kind):
    """Where a table is empty when a process starts, what was alerted before is neither repeated nor lost."""
    outbox, clock = MemoryOutbox(), StillClock()
    bad, good = [window(0, 0.5, "a")], [window(1, 0.95, "a")]
    found = []
    for looks in ([[], bad], [[], bad, [*bad, *good]]):
        watch = WatchOutbox(outbox=outbox)
        monitor = Monitor(kind(clock, looks), [crossing()], [], outbox=watch, log_dir=None, clock=clock)
        found.append(alerted(monitor.check() for _ in looks))
        monitor.stop()
    assert found == [[[], [("a", None, 0.5, False)]], [[], [], [("a", None, 0.95, True)]]]
