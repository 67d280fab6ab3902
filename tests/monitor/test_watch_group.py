"""Several watches in one process: side by side, with one log, one end, and one word when all are silent."""

from __future__ import annotations

import logging
import signal
import sys
from email import message_from_bytes, policy
from threading import Event

import pytest
from programs import program, watching

from auto_model_monitor import (
    Comparison,
    ConfigError,
    CustomParser,
    MemoryOutbox,
    ModelMonitor,
    Monitor,
    MonitorConfig,
    ThresholdRule,
    WatchGroup,
)
from auto_model_monitor.monitor import WatchSummary
from auto_model_monitor.monitor.groups.group_silence import LONG, AllSilentRule, Member
from tests.fakes import FakeClock, RecordingNotifier, batch

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
ALL_SILENT = "✅ 全部 2 个目录都已完成或没有动静"
MOVES = "↩️ 2 个目录中又有新的模型文件了"
HIT = "✅ val_loss 0.003 低于阈值 0.004"


class Looks:
    """A source that finds nothing, and says so when it is let."""

    name = "looks"

    def __init__(self, may_look=None):
        self.may_look = may_look

    def read(self):
        if self.may_look is not None:
            self.may_look.wait(30)
        return batch()


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Every test has a folder of its own with two directories, of which one holds a hit."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTO_MODEL_MONITOR_NOTIFY", raising=False)
    for name, score in (("one", 0.003), ("two", 0.5)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"val_loss_{score}.pt").touch()
    return tmp_path


def member(silent_after="3x"):
    return Member("x", WatchSummary("x", Comparison.LOWER, FakeClock()), silent_after)


def look(listener, seconds, *values):
    readings = batch(*values)
    readings.seconds = float(seconds)
    listener.update(readings, [])
    return listener.silent


def test_silent_after_a_time():
    """With a time a watch is silent after it, and no longer when something new comes."""
    listener = member(50.0)
    course = [(1, [1.0]), (50, []), (51, []), (60, [2.0]), (109, []), (110, [])]
    assert [look(listener, s, *v) for s, v in course] == [False, False, True, False, False, True]


def test_silent_after_usual_gaps():
    """With a factor a watch is silent after so many usual gaps; while none is usual, after six hours."""
    listener = member()
    assert not look(listener, 1, 1.0)
    assert not look(listener, LONG)
    assert look(listener, LONG + 1)
    listener = member()
    gap = 3 * 3600
    assert not any(look(listener, 1 + n * gap, 1.0 + n) for n in range(7))
    last = 1 + 6 * gap
    hours = next(hour for hour in range(1, 100) if look(listener, last + hour * 3600))
    assert 9 < hours <= 12


def word_of(rule):
    """Let the rule look; return what it says: silent, moves or nothing."""
    alert = rule.evaluate(batch())
    return None if alert is None else ("moves" if alert.resolved else "silent")


def test_one_word_for_all():
    """It is said once when the last falls silent, and once when one moves again."""
    first, second = member(50.0), member(50.0)
    rule = AllSilentRule([first, second])
    look(first, 1, 1.0)
    look(second, 1)
    look(first, 60)
    assert word_of(rule) is None
    look(second, 60)
    assert [word_of(rule), word_of(rule)] == ["silent", None]
    look(second, 70, 2.0)
    assert [word_of(rule), word_of(rule)] == ["moves", None]
    look(second, 130)
    assert word_of(rule) == "silent"


def test_one_word_for_all_over_a_restart():
    """A silence that was told is not told again, nor called over because a watch has begun."""
    told = AllSilentRule([look_silent := member(1.0)])
    look(look_silent, 1, 1.0)
    look(look_silent, 3)
    alert = told.evaluate(batch())
    assert alert.details == {"directories": 1, "found": 1}
    listener = member(50.0)
    rule = AllSilentRule([listener])
    rule.resume(alert)
    look(listener, 1, 1.0)
    assert word_of(rule) is None
    look(listener, 60)
    assert word_of(rule) is None
    look(listener, 70, 3.0)
    assert word_of(rule) == "moves"


def test_what_came_while_no_process_ran():
    """What is new at the first poll of the next process is a move; what was there at the silence is none."""
    before = AllSilentRule([listener := member(1.0)])
    look(listener, 1, 1.0)
    look(listener, 3)
    alert = before.evaluate(batch())
    for values, word in ([1.0], None), ([1.0, 2.0], "moves"), ([], None):
        rule = AllSilentRule([listener := member(50.0)])
        rule.resume(alert)
        look(listener, 1, *values)
        assert [word_of(rule), word_of(rule)] == [word, None]


def subjects(place):
    mails = [message_from_bytes(m.read_bytes(), policy=policy.default) for m in place.rglob("*.eml")]
    return sorted(str(mail["Subject"]).partition(" · ")[0] for mail in mails)


@posix
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_two_directories(place, end):
    """One process, one run log with each line once, one word when both are silent, one end."""
    arguments = ("one", "two", "--threshold", "0.004", "--interval", "0.05", "--silent-after", "0.3s")
    with watching(*arguments) as running:
        running.wait_for(f"delivered: {ALL_SILENT}")
        (place / "two/val_loss_0.4.pt").touch()
        running.wait_for(f"delivered: {MOVES}")
        assert running.end(end) == 0
    assert "Traceback" not in running.said
    assert running.said.count("No sender was given") == 1
    (log,) = (place / "monitor_logs").rglob("*.log")
    text = log.read_text(encoding="utf-8")
    assert text.count(f"1 new in {place / 'one'}, best: val_loss 0.003") == 1
    assert all(text.count(f"({place / name})\n") == 1 for name in ("one", "two"))
    assert {ALL_SILENT, MOVES, HIT} == set(subjects(place))


@posix
def test_after_a_restart_it_is_not_said_again(place):
    """What the first process said of all of them the second does not repeat, and says when one moves."""
    arguments = ("one", "two", "--threshold", "0.004", "--interval", "0.05", "--silent-after", "0.2s")
    with watching(*arguments) as running:
        running.wait_for(f"delivered: {ALL_SILENT}")
        running.end()
    with watching(*arguments) as running:
        # What is there at the first poll of a watch is no move, so that each must have had its first poll.
        running.wait_for_all(
            "resuming after the alert of all silent", f"new in {place / 'one'}", f"new in {place / 'two'}"
        )
        (place / "two/val_loss_0.4.pt").touch()
        running.wait_for(f"delivered: {MOVES}")
        running.end()
    assert ALL_SILENT not in running.said.partition(MOVES)[0]


@posix
def test_a_list_in_a_file(place):
    """Each [[watch]] has settings of its own, above them stands what holds for all, options win."""
    (place / "night.toml").write_text(
        """
threshold = 0.004
check_interval = 0.05
pattern = "val_loss_([0-9.]+)"
silent_after = 0.2

[[watch]]
watch_dir = "one"
language = "en"

[[watch]]
watch_dir = "two"
threshold = 0.6
metric = "val_loss"
rules = "val_loss < 0.55"
"""
    )
    with watching("--config", "night.toml", "--log-dir", "logs", "--language", "zh") as running:
        running.wait_for(f"delivered: {ALL_SILENT}")
        running.end()
    two = [f"✅ val_loss 0.5 低于阈值 {threshold}" for threshold in (0.55, 0.6)]
    assert subjects(place) == sorted([ALL_SILENT, HIT, *two])


def test_one_place_for_the_list(place):
    """Directories stand in the file or on the command line, and a command about one wants one."""
    (place / "night.toml").write_text('[[watch]]\nwatch_dir = "one"\n[[watch]]\nwatch_dir = "two"\n')
    done = program("watch", "one", "--config", "night.toml")
    assert done.returncode == 2
    assert "expected the directories here or as [[watch]] in night.toml, got both" in done.stderr
    done = program("inspect", "--config", "night.toml")
    assert done.returncode == 2
    assert "expected one directory, got a file with 2 of them" in done.stderr


def monitors(place, *names, **settings):
    """One monitor a directory, each with a notifier of its own, and the notifiers."""
    settings = {"check_interval": 0.05, "log_dir": place / "logs", **settings}
    parser = CustomParser(r"val_loss_([0-9.]+)")
    configs = [MonitorConfig(place / name, 0.004, parser=parser, **settings) for name in names]
    notifiers = [RecordingNotifier(name) for name in names]
    return [ModelMonitor(c, notifiers=[n]) for c, n in zip(configs, notifiers, strict=True)], notifiers


def test_in_python(place):
    """A group is started and stopped as one monitor is, and tells every channel of any member."""
    made, (one, two) = monitors(place, "one", "two", language="en")
    with WatchGroup(made, silent_after=0.05):
        assert one.arrived.wait(100)
        assert two.arrived.wait(100)
    (silent,) = two.sent
    assert "All 2 directories are done or silent" in silent.subject
    assert str(place / "one") in silent.text
    assert silent.facts["directories"] == 2
    assert silent.id in [message.id for message in one.sent]
    assert len(list((place / "logs").rglob("*.log"))) == 1


def test_no_member_waits_for_another(place):
    """Where one directory's look hangs, the others are watched, and nothing is said of all of them."""
    (one,), (notifier,) = monitors(place, "one")
    hangs = Event()
    stuck = Monitor(Looks(hangs), [ThresholdRule(1.0, "lower")], [RecordingNotifier("other")], log_dir=None)
    group = WatchGroup([stuck, one], silent_after=0.01)
    group.start()
    try:
        assert notifier.arrived.wait(100)
        assert [message.subject.partition(" · ")[0] for message in notifier.sent] == [HIT]
    finally:
        hangs.set()
        group.stop()


def test_a_group_that_never_ran_can_be_closed(place):
    """What a member found by itself is delivered when the group is stopped."""
    made, (notifier, _) = monitors(place, "one", "two")
    made[0].check()
    WatchGroup(made).close(5.0)
    assert [message.subject.partition(" · ")[0] for message in notifier.sent] == [HIT]
    made[0].stop()


def test_an_empty_group_is_refused():
    """A group of nothing, or with a time that is none, is a wrong configuration."""
    with pytest.raises(ConfigError, match="monitors: expected at least one"):
        WatchGroup([])
    with pytest.raises(ConfigError, match="after: expected seconds"):
        WatchGroup([Monitor(Looks(), [], [], log_dir=None)], silent_after="soon")


def test_a_fault_in_one_ends_no_other(place, caplog):
    """A member whose loop breaks is logged, and the others go on."""
    made, (_, notifier) = monitors(place, "two", "one")
    made[0].run = lambda stop: 1 / 0
    with caplog.at_level(logging.ERROR), WatchGroup(made, outbox=MemoryOutbox()):
        assert notifier.arrived.wait(100)
    assert "the watch ended" in caplog.text
