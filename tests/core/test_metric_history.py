"""The history of scores: in order, bounded, its shape and its last readings kept."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import Comparison, Monitor, Reading, ReadingBatch, Renderer, ThresholdRule
from auto_model_monitor.core import MetricHistory
from auto_model_monitor.core.metric_history import LATEST, MOST_METRICS, MOST_POINTS, horizontal, latest
from auto_model_monitor.delivery.outbox.outbox_json import alert_to_json
from tests.campaigns import examples
from tests.fakes import NOON, RecordingNotifier, batch


def looks(history, values, metric="val_loss"):
    """Let each value come with a look of its own."""
    for number, value in enumerate(values):
        reading = Reading(metric=metric, value=value, name=f"epoch_{number}.pt", epoch=number)
        history.add(ReadingBatch(time=NOON, others=[reading]))
    return history.points(metric)


def many(count, best_at=None):
    """Return one batch with ``count`` names."""
    names = [f"step_{number}.pt" for number in range(count)]
    values = [1.0 + number / count for number in range(count)]
    if best_at is not None:
        values[best_at] = 0.001

    def build(name, value):
        return Reading(metric="val_loss", value=value, name=name, step=int(name[5:-3]))

    return ReadingBatch(time=NOON, names=names, values=values, build=build)


def test_readings_stand_in_the_order_of_the_training():
    """What one look finds is sorted by epoch and step, and by name as people count where there is neither."""
    history = MetricHistory(Comparison.LOWER)
    epochs = [Reading(metric="a", value=0.1 * n, name=f"x{n}", epoch=n) for n in (10, 9, 1)]
    names = [Reading(metric="b", value=0.1, name=name) for name in ("run10.pt", "run9.pt", "run09b.pt")]
    history.add(ReadingBatch(time=NOON, others=[*epochs, *names]))
    assert [point.epoch for point in history.points("a")] == [1, 9, 10]
    assert [point.name for point in history.points("b")] == ["run9.pt", "run09b.pt", "run10.pt"]
    assert [point.number for point in history.points("a")] == [1, 2, 3]
    assert history.points("never seen") == ()


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.floats(), min_size=1, max_size=60), st.integers(1, 120))
def test_the_trail_is_bounded_and_keeps_its_ends(values, times):
    """The number of points is bounded, and keeps the lowest, the highest and the last ten."""
    values = values * times
    points = looks(MetricHistory(Comparison.LOWER), values)
    assert len(points) <= MOST_POINTS
    tail = values[-LATEST:]
    assert list(map(repr, (point.value for point in points[-LATEST:]))) == list(map(repr, tail))
    finite = [value for value in values if math.isfinite(value)]
    kept = [point.value for point in points if math.isfinite(point.value)]
    if finite:
        assert (min(kept), max(kept)) == (min(finite), max(finite))
    assert any(map(math.isnan, values)) == any(
        math.isnan(point.value) for point in points
    ) or math.inf in map(abs, values)
    assert [p.number for p in points] == sorted({p.number for p in points})


def test_a_hundred_thousand_readings_keep_the_shape():
    """A falling curve of very many readings still falls, from its first tenth to its last."""
    history, count = MetricHistory(Comparison.LOWER), examples(100_000)
    for start in range(0, count, 2000):
        found = [
            Reading(metric="val_loss", value=1 / (1 + n), name=f"n{n}", step=n)
            for n in range(start, start + 2000)
        ]
        history.add(ReadingBatch(time=NOON, others=found))
    points = history.points("val_loss")
    assert len(points) <= MOST_POINTS
    assert points[0].step == 0
    assert points[-1].step == count - 1
    steps = [point.step for point in points]
    assert max(b - a for a, b in pairwise(steps)) < count / 50
    assert [p.value for p in points] == sorted((p.value for p in points), reverse=True)


def test_a_huge_look_is_sampled_with_its_best():
    """Of a hundred thousand names few readings are made, and the best is among them."""
    made = 0
    huge = many(100_000, best_at=70_007)
    build = huge._build

    def counted(name, value):
        nonlocal made
        made += 1
        return build(name, value)

    huge._build = counted
    history = MetricHistory(Comparison.LOWER)
    history.add(huge)
    points = history.points("val_loss")
    assert made <= MOST_POINTS + 10
    assert 0.001 in [point.value for point in points]
    assert [point.step for point in points] == sorted(point.step for point in points)


def test_of_a_sample_no_last_readings_are_claimed():
    """After a sampled look the last readings are unknown, until ten more have come one by one."""
    history = MetricHistory(Comparison.LOWER)
    history.add(many(20_000))
    assert len(latest(history.points("val_loss"))) <= 1
    for number in range(12):
        history.add(batch(0.1 * number))
        assert len(latest(history.points("val_loss"))) == min(number + 1, LATEST)


def test_a_new_run_starts_afresh():
    """The curve of a new run does not contain the previous one."""
    history = MetricHistory(Comparison.LOWER)
    history.add(batch(0.5, 0.4))
    history.add(batch(0.9, new_run=True))
    assert [point.value for point in history.points("val_loss")] == [0.9]


def test_each_metric_has_its_own_and_there_are_few():
    """Metrics do not mix, and a name full of numbers cannot fill the memory."""
    history = MetricHistory(Comparison.LOWER)
    for look in range(3):
        found = [Reading(metric=f"m{n}", value=float(n), name=f"{look}.pt") for n in range(100)]
        history.add(ReadingBatch(time=NOON, others=found))
    known = [n for n in range(100) if history.points(f"m{n}")]
    assert known == list(range(MOST_METRICS))
    assert all({p.value for p in history.points(f"m{n}")} == {float(n)} for n in known)


@pytest.mark.parametrize(
    ("epochs", "steps", "expected"),
    [
        ([1, 2, 4], [None, None, None], [1, 2, 4]),
        ([1, 2, 4], [100, 200, 400], [100, 200, 400]),
        ([1, 2, None], [None, None, None], [1, 2, 3]),
        ([3, 1, 2], [None, None, None], [1, 2, 3]),
        ([7, 7, 7], [None, None, None], [1, 2, 3]),
        ([1, 2, 3], [5, 5, 5], [1, 2, 3]),
    ],
)
def test_where_points_stand_along_the_training(epochs, steps, expected):
    """The step counts, else the epoch, else the order, whenever a place is missing or goes back."""
    history = MetricHistory(Comparison.LOWER)
    for epoch, step in zip(epochs, steps, strict=True):
        reading = Reading(metric="a", value=1.0, name="x", epoch=epoch, step=step)
        history.add(ReadingBatch(time=NOON, others=[reading]))
    assert horizontal(history.points("a")) == expected


class Script:
    """A source that returns one batch a look."""

    name = "script"

    def __init__(self, *looks):
        self.looks = list(looks)

    def read(self):
        return self.looks.pop(0)


def test_a_renderer_of_ones_own_finds_the_trail_in_the_alert():
    """render(alert) keeps its one argument; what check() returns, and an outbox keeps, has no history."""
    seen = []

    class Own:
        def render(self, alert):
            seen.append(alert)
            return replace(Renderer().render(alert), subject="mine")

    notifier = RecordingNotifier()
    rule = ThresholdRule(0.5, "lower")
    looks = (batch(0.9), batch(0.8), batch(0.3))
    monitor = Monitor(Script(*looks), [rule], [notifier], renderer=Own(), log_dir=None)
    alerts = [alert for _ in looks for alert in monitor.check()]
    monitor.stop()
    assert [point.value for point in seen[0].history] == [0.9, 0.8, 0.3]
    assert alerts[0].history == ()
    assert alerts[0] == seen[0]
    assert "history" not in alert_to_json(seen[0])
    assert notifier.sent[0].subject == "mine"


def test_a_watch_shows_its_course_in_the_message():
    """The third look's mail shows all three scores, the metric being the alert's."""
    notifier = RecordingNotifier()
    looks = (batch(0.9), batch(0.8), batch(0.3))
    monitor = Monitor(Script(*looks), [ThresholdRule(0.5, "lower")], [notifier], log_dir=None)
    for _ in looks:
        monitor.check()
    monitor.stop()
    assert "走势：█▇▁ 最好 0.3，阈值 0.5" in notifier.sent[0].text


def test_a_fault_in_the_trail_costs_no_alert(monkeypatch, caplog):
    """Whatever the history does, the alert goes out."""
    monkeypatch.setattr(MetricHistory, "add", lambda *_: 1 / 0)
    notifier = RecordingNotifier()
    monitor = Monitor(Script(batch(0.3)), [ThresholdRule(0.5, "lower")], [notifier], log_dir=None)
    assert len(monitor.check()) == 1
    monitor.stop()
    assert len(notifier.sent) == 1
    assert "the history" in caplog.text
