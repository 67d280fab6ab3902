"""A monitor without a directory: ``report()``, its beginning, the end of the process, and restarts."""

from __future__ import annotations

import logging
import multiprocessing
import os
import subprocess
import sys
import typing

import pytest

from auto_model_monitor import ConfigError, DefaultParser, ModelMonitor, MonitorConfig
from auto_model_monitor.monitor.config.config_settings import ConfigSettings
from tests.fakes import RecordingNotifier
from tests.waiting import until

RANKS = ("RANK", "SLURM_PROCID", "LOCAL_RANK", "PMI_RANK")


def monitor_of(tmp_path, *rules, **settings):
    notifier = RecordingNotifier()
    settings = {"log_dir": tmp_path / "logs", "language": "en", **settings}
    monitor = ModelMonitor(rules=list(rules), notifiers=[notifier], **settings)
    monitor.grace = 100  # seconds; a machine under load may need more than the usual ones
    return monitor, notifier


def subjects(tmp_path):
    """Return what was put into the mailbox, one subject a line."""
    from email import message_from_bytes, policy

    files = sorted((tmp_path / "logs" / "mailbox").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default)["subject"] for file in files]


def run(tmp_path, code, **environment):
    head = (
        "from auto_model_monitor import ModelMonitor\n"
        "monitor = ModelMonitor(rules=['val_loss < 0.4'], log_dir='logs', language='en')\n"
        "monitor.grace = 100\n"
    )
    (tmp_path / "train.py").write_text(head + code)
    known = {name: value for name, value in os.environ.items() if name not in RANKS}
    return subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, env={**known, **environment}, timeout=200, check=False
    ).returncode


def test_the_first_report_starts_the_watch(tmp_path):
    """Without start() and without a directory, a reported number beyond the rule is sent."""
    monitor, notifier = monitor_of(tmp_path, "val_loss < 0.4", check_interval=0.05)
    assert monitor.report(val_loss=0.5, epoch=0)
    assert monitor.report(val_loss=0.3, epoch=1, checkpoint="best.pt")
    assert notifier.arrived.wait(100)
    monitor.stop()
    (message,) = notifier.sent
    assert message.facts["score"] == 0.3
    assert message.facts["epoch"] == 1
    assert message.facts["checkpoint"] == "best.pt"
    assert "Checkpoint: best.pt" in message.text


def test_what_was_reported_last_is_read_at_the_end_of_a_block(tmp_path):
    """``with monitor:`` reads everything before it ends, of each of several runs."""
    monitor, notifier = monitor_of(tmp_path, "val_loss < 0.4", check_interval=1000)
    with monitor:
        for fold in range(3):
            for epoch in range(4):
                monitor.report(val_loss=0.3 + epoch / 100 + fold / 1000, epoch=epoch)
    assert [message.facts["score"] for message in notifier.sent] == [0.3, 0.301, 0.302]


def test_the_end_of_the_process_sends_what_was_reported(tmp_path):
    """A script that reports and ends, even with an error, leaves no number unread."""
    assert run(tmp_path, "monitor.report(val_loss=0.2, epoch=0)\nraise SystemExit(3)\n") == 3
    assert [subject.split(" · ")[0] for subject in subjects(tmp_path)] == ["✅ val_loss 0.2 below 0.4"]


def test_a_resumed_training_repeats_nothing_and_another_one_does(tmp_path):
    """After kill -9 the epochs that are trained once more are silent unless they are better."""
    until_killed = (
        "import os, time\n"
        "for epoch, loss in enumerate([0.9, 0.39, 0.35]): monitor.report(val_loss=loss, epoch=epoch)\n"
        "def delivered(): return [d for d in monitor._outbox.open().deliveries() if d.settled]\n"
        "while not delivered(): time.sleep(0.01)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert run(tmp_path, until_killed) == -9
    assert len(subjects(tmp_path)) == 1
    resumed = "for epoch, loss in ((1, 0.38), (2, 0.35)): monitor.report(val_loss=loss, epoch=epoch)\n"
    assert run(tmp_path, resumed) == 0
    assert len(subjects(tmp_path)) == 1
    better = "for epoch, loss in ((2, 0.35), (3, 0.34)): monitor.report(val_loss=loss, epoch=epoch)\n"
    assert run(tmp_path, better) == 0
    assert "0.34 below" in subjects(tmp_path)[-1]
    from_the_beginning = (
        "for epoch, loss in enumerate([0.9, 0.39]): monitor.report(val_loss=loss, epoch=epoch)\n"
    )
    assert run(tmp_path, from_the_beginning) == 0
    assert len(subjects(tmp_path)) == 3


def test_two_processes_of_one_script_do_not_wait_for_each_other(tmp_path):
    """While one training runs, another one of the same script in the same folder sends its alerts."""
    first, second = monitor_of(tmp_path, "val_loss < 0.4"), monitor_of(tmp_path, "val_loss < 0.4")
    for monitor, notifier in (first, second):
        monitor.report(val_loss=0.3, epoch=0)
        assert notifier.arrived.wait(100)
    for monitor, _ in (first, second):
        monitor.stop()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_process_that_trains_sends_what_it_reported(tmp_path):
    """A training in a process of multiprocessing, which leaves out atexit, loses nothing at its end."""
    monitor = ModelMonitor(rules=["val_loss < 0.4"], log_dir=tmp_path / "logs", language="en")
    monitor.grace = 100
    child = multiprocessing.get_context("fork").Process(target=monitor.report, kwargs={"val_loss": 0.3})
    child.start()
    child.join(200)
    assert child.exitcode == 0
    assert len(subjects(tmp_path)) == 1


@pytest.mark.parametrize("rank", [0, 1])
def test_other_ranks_are_silent(tmp_path, monkeypatch, rank):
    """Of a distributed training the process of rank 0 alone reports."""
    monkeypatch.setenv("RANK", str(rank))
    monitor, notifier = monitor_of(tmp_path, "val_loss < 0.4")
    assert monitor.report(val_loss=0.3) is (rank == 0)
    monitor.stop()
    assert len(notifier.sent) == 1 - rank


def test_a_monitor_of_a_directory_takes_no_numbers(tmp_path, caplog):
    """report() on a watch of a directory is one clear error in the log, and raises nothing."""
    monitor = ModelMonitor(watch_dir=tmp_path, threshold=0.4, log_dir=tmp_path / "logs")
    assert not monitor.report(val_loss=0.3)
    assert not monitor.report(val_loss=0.3)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "ModelMonitor(rules=[…])" in record.getMessage()


def test_keywords_make_the_same_configuration(tmp_path):
    """``ModelMonitor(watch_dir=…, threshold=…)`` watches what a MonitorConfig of these describes."""
    settings = {"watch_dir": tmp_path, "threshold": 0.4, "log_dir": tmp_path / "logs", "language": "zh"}
    settings["parser"] = DefaultParser("val_loss")
    assert ModelMonitor(**settings).config == MonitorConfig(**settings)


def test_the_settings_are_those_of_a_configuration():
    """Each argument of a MonitorConfig, with its type, is a keyword of a ModelMonitor."""
    assert typing.get_type_hints(ConfigSettings) == typing.get_type_hints(MonitorConfig)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"treshold": 0.4},
            "treshold: expected a setting of MonitorConfig, got another name; is threshold meant",
        ),
        ({}, "threshold: expected a finite number, such as 0.004, or rules, got neither"),
        ({"rules": ["val_loss <"]}, "expected a number such as 0.004"),
        (
            {"config": MonitorConfig(".", 0.4), "sender": "a@qq.com"},
            "sender: expected no settings beside a config",
        ),
        ({"rules": ["nan"], "notifiers": ["dingtalk://?x=SECRET"]}, "expected the parameters secret"),
    ],
    ids=["misspelt", "nothing", "no rule", "both", "no channel"],
)
def test_wrong_keywords_are_refused(arguments, expected):
    """A misspelt, missing or contradicting argument is a clear error at construction."""
    with pytest.raises(ConfigError, match=expected):
        ModelMonitor(**arguments)


def test_a_monitor_shows_what_it_watches_and_what_it_sent(tmp_path):
    """repr() and the table of a notebook name rules and alerts, and no secret."""
    url = "dingtalk://0123456789abcdef?secret=SEChidden"
    monitor = ModelMonitor(
        rules=["val_loss < 0.4"], notifiers=[RecordingNotifier(), url], log_dir=tmp_path / "logs"
    )
    monitor._reported.report({"val_loss": 0.3}, epoch=7)
    monitor.check()
    monitor.stop()
    for text in (repr(monitor), monitor._repr_html_().replace("<wbr>", "")):
        assert "val_" in text
        assert "epoch 7" in text
        assert "SEChidden" not in text
        assert "0123456789abcdef" not in text
    assert "alerts=1" in repr(monitor)


def test_many_threads_start_one_watch(tmp_path, caplog):
    """Threads that report first at the same time start one watch without a warning."""
    import threading

    monitor, notifier = monitor_of(tmp_path, "val_loss < 0.4")
    threads = [threading.Thread(target=monitor.report, kwargs={"val_loss": 0.3}) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: notifier.sent)
    monitor.stop()
    assert not caplog.records
    assert len(notifier.sent) == 1
