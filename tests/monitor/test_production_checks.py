"""A rule that a source in production cannot serve is reported at the first look, with what was meant."""

from __future__ import annotations

import logging

import pytest

from auto_model_monitor import Monitor, SourceError
from tests.fakes import FakeClock
from tests.rules.windows import look, window

OFFERED = ["accuracy", "recall", "recall@sex:*", "latency_p95", "labelled", "missing@age"]


class Windows:
    """A source of windows that does not say which metrics it has."""

    name = "predictions.csv"

    def __init__(self, *looks):
        self.looks = list(looks)

    def read(self):
        found = self.looks.pop(0) if self.looks else []
        return look(found)


class Offering(Windows):
    """A source that knows its metrics; for some looks it cannot be read, or knows none."""

    def __init__(self, *looks, failures=0, absent=0):
        super().__init__(*looks)
        self.reads = 0
        self.failures = failures
        self.absent = absent

    def read(self):
        self.reads += 1
        return super().read()

    @property
    def metric_names(self):
        if self.reads <= self.failures:
            raise SourceError("predictions.csv is not there yet")
        return [] if self.reads <= self.absent else OFFERED


def warnings(caplog, source, *rules, looks=3):
    """Return the warnings of each look."""
    monitor, found = Monitor(source, rules, [], log_dir=None, clock=FakeClock()), []
    for _ in range(looks):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            monitor.check()
        found.append([record.getMessage() for record in caplog.records])
    monitor.stop()
    return found


@pytest.mark.parametrize(
    ("metric", "meant"),
    [
        ("acuracy", "is accuracy meant?"),
        ("latency_p59", "these are all that it has"),
        ("latencyp95", "is latency_p95 meant?"),
        ("recal@sex:f", "is recall@sex:* meant?"),
        ("recall@sexe:*", "is recall@sex:* meant?"),
        ("missing@ages", "is missing@age meant?"),
        ("recall@height:*", "name height in groups of the source"),
        ("recall@height:1", "name height in groups of the source"),
    ],
)
def test_an_unknown_metric_is_reported_at_the_first_look(caplog, metric, meant):
    """A source that knows its metrics names the nearest one at the first look, without any data, once."""
    first, *later = warnings(caplog, Offering(), f"{metric} < 0.9")
    expected = f"expected {metric} in predictions.csv, got {', '.join(OFFERED)} ({meant})"
    assert first == [f"rule {metric} < 0.9: {expected}"]
    assert later == [[], []]


@pytest.mark.parametrize("metric", ["recall", "recall@sex:*", "recall@sex:f", "missing@age", "labelled"])
def test_a_metric_without_enough_data_is_not_unknown(caplog, metric):
    """A metric that the source offers, also of one group, is never called unknown."""
    source = Offering([], [window(0, 0.95)], [window(1, 0.95)])
    assert warnings(caplog, source, f"{metric} > 0.99") == [[], [], []]


@pytest.mark.parametrize("arguments", [{"failures": 1}, {"absent": 1}])
def test_a_source_that_cannot_say_it_yet_is_asked_again(caplog, arguments):
    """While the source cannot be read, or holds nothing, no metric is called unknown."""
    found = warnings(caplog, Offering(**arguments), "acuracy < 0.9")
    assert [len(look) for look in found] == [0, 1, 0]


def test_the_first_windows_show_the_metrics_of_other_sources(caplog):
    """Where the source does not say, the metrics of the first look that finds windows count."""
    found = warnings(caplog, Windows([], [window(0, 0.95)]), "acuracy < 0.9", "accuracy < 0.9")
    expected = (
        "rule acuracy < 0.9: expected acuracy in predictions.csv, got accuracy so far (is accuracy meant?)"
    )
    assert found == [[], [expected], []]


@pytest.mark.parametrize(
    ("text", "metric", "value", "question"),
    [
        ("accuracy < 90%", "accuracy", 93.5, "the threshold is 0.9, but accuracy is a percentage"),
        ("accuracy < 90", "accuracy", 0.935, "the threshold is 90, but accuracy lies between 0 and 1"),
        (
            "recall@sex:* < 80%",
            "recall@sex:f",
            85.0,
            "the threshold is 0.8, but recall@sex:* is a percentage",
        ),
        ("labelled < 50", "labelled", 0.8, "the threshold is 50, but labelled lies between 0 and 1"),
    ],
)
def test_per_cent_against_another_scale_is_questioned(caplog, text, metric, value, question):
    """`90%` is 0.9, and where the values are percentages a warning asks whether 90 is meant, once."""
    source = Windows([window(n, value, metric=metric) for n in range(3)], [window(3, value, metric=metric)])
    found = warnings(caplog, source, text)
    assert [len(look) for look in found] == [1, 0, 0]
    assert question in found[0][0]


@pytest.mark.parametrize("text", ["accuracy < 90%", "accuracy drop > 2% vs 7d", "latency_p95 > 200ms"])
def test_the_right_scale_is_not_questioned(caplog, text):
    """A threshold on the scale of the values, and a difference, are no question."""
    readings = [
        window(n, v, metric=m) for n in range(4) for m, v in (("accuracy", 0.95), ("latency_p95", 0.1))
    ]
    assert warnings(caplog, Windows(readings), text) == [[], [], []]
