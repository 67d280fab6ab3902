"""A monitor made of what people write: texts of rules, URLs of channels, a directory."""

from __future__ import annotations

import threading

import pytest

from auto_model_monitor import ConfigError, Monitor, PredictionSource, Reading, ReadingBatch, ThresholdRule
from tests.fakes import NOON, FakeClock, RecordingNotifier


class Numbers:
    """A source that reads one accuracy after the other, and then nothing."""

    def __init__(self, *values, name="predictions.csv", identity="window 1d"):
        self.values = list(values)
        self.name = name
        self.identity = identity

    def read(self):
        found = [Reading(metric="accuracy", value=v, name=str(n)) for n, v in enumerate(self.values)]
        self.values.clear()
        return ReadingBatch(time=NOON, others=found)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working directory of a program that chooses no directory for its outbox."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def alerts_of(source, *rules, **arguments):
    """Return the alerts of one look of a process that ends after it."""
    monitor = Monitor(source, list(rules), [RecordingNotifier()], **arguments)
    alerts = monitor.check()
    monitor.stop()
    return alerts


def test_texts_and_urls_are_rules_and_channels(here):
    """A text among the rules is parsed and stands once; a URL among the notifiers is its channel."""
    other = ThresholdRule(0.5, "lower")
    monitor = Monitor(Numbers(), ["accuracy < 0.9", other, "accuracy < 0.9"], ["dingtalk://TOKEN"])
    assert [rule.name for rule in monitor.rules] == ["accuracy < 0.9", other.name]
    assert "dingtalk" in monitor.notifiers[0].name.lower()
    assert "TOKEN" not in monitor.notifiers[0].name


def test_every_wrong_text_and_url_is_named_and_no_secret_is(here):
    """One error names every text that is no rule, another every URL that is no channel, without secrets."""
    with pytest.raises(ConfigError) as rules:
        Monitor(Numbers(), ["accuracy <", "nan", "stalled soon"], [])
    assert [problem.partition(":")[0] for problem in rules.value.problems] == ["rules", "rules"]
    with pytest.raises(ConfigError) as urls:
        Monitor(Numbers(), [], ["dingtalk://", "hunter2"])
    assert len(urls.value.problems) == 2
    assert "hunter2" not in str(urls.value)


def test_nothing_is_alerted_twice_by_a_later_process(here):
    """The outbox is found again by the source's name and identity: a restart repeats no alert."""
    (alert,) = alerts_of(Numbers(0.8), "accuracy < 0.9")
    assert alert.reading.value == 0.8
    assert (here / "monitor_logs" / "outbox.db").exists()
    assert alerts_of(Numbers(0.8), "accuracy < 0.9") == []


@pytest.mark.parametrize("changed", [{"name": "other.csv"}, {"identity": "window 1h"}])
def test_another_source_is_another_watch(here, changed):
    """A source of another name or identity has its own alerts in the same outbox."""
    alerts_of(Numbers(0.8), "accuracy < 0.9")
    assert len(alerts_of(Numbers(0.8, **changed), "accuracy < 0.9")) == 1


def test_without_a_directory_nothing_is_written(here):
    """log_dir=None keeps everything in memory."""
    assert len(alerts_of(Numbers(0.8), "accuracy < 0.9", log_dir=None)) == 1
    assert list(here.iterdir()) == []


def test_a_schedule_is_in_the_zone_of_the_windows(here):
    """The times of the day of a schedule are those of the zone in which the source cuts its windows."""
    pytest.importorskip("duckdb")
    source = PredictionSource("predictions.csv", timezone="Asia/Shanghai")
    monitor = Monitor(source, ["accuracy < 90% for 2"], ["dingtalk://TOKEN"], schedule="daily 08:00")
    assert str(monitor._schedule) == "at 0 8 * * * (Asia/Shanghai)"


@pytest.mark.parametrize(("asked", "messages"), [(True, ["started"]), (False, [])])
def test_a_start_is_reported_to_who_asked(here, asked, messages):
    """With notify_start one message names the source and the rules when the watch starts, else none."""
    stop, looks, notifier = threading.Event(), [], RecordingNotifier()
    clock = FakeClock(lambda _: looks.append(1) or (len(looks) == 3 and stop.set()))
    monitor = Monitor(Numbers(), ["accuracy < 0.9"], [notifier], notify_start=asked, clock=clock)
    monitor.run(stop)
    assert [message.facts["rule"] for message in notifier.sent] == messages
    for message in notifier.sent:
        assert "监控已启动：predictions.csv" in message.subject
        assert "accuracy < 0.9" in message.text
