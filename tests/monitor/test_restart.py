"""After a restart: what was told is not told again, what is owed goes out, a new run begins afresh."""

from __future__ import annotations

import logging
import shutil

import pytest

from auto_model_monitor import CustomParser, MailboxNotifier, ModelMonitor, MonitorConfig
from tests.fakes import RecordingNotifier, transient


@pytest.fixture
def watch(tmp_path):
    """Make a monitor of one directory, as a process that starts anew would; the one before has ended."""
    folder = tmp_path / "ckpts"
    folder.mkdir()
    running = []

    def start(*, failures=(), resume=True, **changes):
        while running:
            running.pop().stop()
        settings = {"log_dir": tmp_path / "logs", "parser": CustomParser(r"val_loss_([0-9.]+)"), **changes}
        config = MonitorConfig(folder, 0.004, **settings)
        notifier = RecordingNotifier(failures=list(failures))
        monitor = ModelMonitor(config, notifiers=[notifier], resume=resume)
        running.append(monitor)
        return monitor, notifier

    start.folder = folder
    start.log_dir = tmp_path / "logs"
    yield start
    while running:
        running.pop().stop()


def save(folder, *values):
    for value in values:
        (folder / f"e_val_loss_{value}.pt").touch()


def values(alerts):
    return [alert.reading.value for alert in alerts]


def test_what_was_told_is_not_told_again(watch):
    """A second process says nothing of the old best, and names it as the previous one of the next."""
    save(watch.folder, 0.003)
    monitor, _ = watch()
    assert values(monitor.check()) == [0.003]
    monitor, notifier = watch()
    assert monitor.check() == []
    save(watch.folder, 0.0035)
    assert monitor.check() == []
    save(watch.folder, 0.002)
    (alert,) = monitor.check()
    assert (alert.reading.value, alert.previous_best) == (0.002, 0.003)
    monitor.stop()
    assert len(notifier.sent) == 1


def test_a_poll_without_news_before_a_restart_repeats_nothing(watch):
    """A poll that finds nothing new starts no run, so that the next process does not repeat the hit."""
    save(watch.folder, 0.003)
    monitor, _ = watch()
    assert values(monitor.check()) == [0.003]
    assert monitor.check() == monitor.check() == []
    monitor, notifier = watch()
    assert monitor.check() == []
    monitor.stop()
    assert notifier.sent == []


def test_what_was_found_while_nobody_watched_is_told(watch):
    """A better checkpoint that was written between two processes is found at the start."""
    save(watch.folder, 0.003)
    watch()[0].check()
    monitor, _ = watch()
    save(watch.folder, 0.001)
    assert values(monitor.check()) == [0.001]


def test_what_is_owed_goes_out_under_the_same_id(watch):
    """A mail that the first process could not deliver is delivered by the second, as the same message."""
    save(watch.folder, 0.003)
    monitor, first = watch(failures=[transient()] * 5)
    (alert,) = monitor.check()
    monitor.stop()
    assert first.sent == []
    # its next attempt was due in ten seconds or so; a process that starts does not wait for that
    monitor, second = watch()
    assert monitor.check() == []
    assert second.arrived.wait(100)
    assert [m.id for m in second.sent] == [alert.id]


@pytest.mark.parametrize("how", ["remade", "emptied", "asked"])
def test_a_new_run_begins_afresh(watch, how):
    """A directory made anew, an empty one at the start, or resume=False: the old best no longer counts."""
    save(watch.folder, 0.001)
    watch()[0].check()
    monitor, _ = watch(resume=how != "asked")
    if how == "remade":
        shutil.rmtree(watch.folder)
        (watch.folder.parent / "takes the inode").mkdir()
        watch.folder.mkdir()
    elif how == "emptied":
        (watch.folder / "e_val_loss_0.001.pt").unlink()
        monitor.check()
    save(watch.folder, 0.003)
    told = values(monitor.check())
    assert told == ([0.001] if how == "asked" else [0.003])


def test_another_threshold_repeats_nothing(watch):
    """Another threshold goes on from what was told; another metric is another watch."""
    save(watch.folder, 0.003)
    watch()[0].check()
    monitor, _ = watch()
    monitor.rules[0].threshold = 0.0035
    assert monitor.check() == []
    other, _ = watch(parser=CustomParser(r"(?P<score>[0-9.]+)", metric="other"))
    assert values(other.check()) == [0.003]


def test_a_second_monitor_of_the_same_waits_and_says_so(tmp_path, caplog):
    """Two monitors of one directory and log_dir tell once; the second goes on when the first has ended."""
    folder = tmp_path / "ckpts"
    folder.mkdir()
    config = MonitorConfig(folder, 0.004, log_dir=tmp_path / "logs")
    box = MailboxNotifier(tmp_path / "mails")
    first, second = (ModelMonitor(config, notifiers=[box]) for _ in range(2))
    assert first.check() == []
    (folder / "loss=0.003.pt").touch()
    assert second.check() == second.check() == []
    assert len(first.check()) == 1
    assert caplog.text.count("another monitor, of this process") == 1
    first.stop()
    with caplog.at_level(logging.INFO):
        assert second.check() == []
    assert "resuming after the alert of loss=0.003.pt" in caplog.text
    (folder / "loss=0.002.pt").touch()
    assert len(second.check()) == 1
    second.stop()
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 2


def test_watches_of_different_directories_share_a_log_dir(tmp_path):
    """Two directories with one log_dir are two watches; neither knows the other's best."""
    monitors = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "loss=0.003.pt").touch()
        config = MonitorConfig(tmp_path / name, 0.004, log_dir=tmp_path / "logs")
        monitors.append(ModelMonitor(config, notifiers=[RecordingNotifier(name)]))
    assert [len(m.check()) for m in monitors] == [1, 1]
    for monitor in monitors:
        monitor.stop()
    assert [len(c.name) and m.delivery_queue.names for m in monitors for c in m.delivery_queue.workers] == [
        ["a"],
        ["b"],
    ]


def test_an_unwritable_log_dir_costs_no_mail(tmp_path, caplog):
    """Where no outbox can be kept the watch goes on from memory, with a warning."""
    (tmp_path / "ckpts").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "ckpts" / "loss=0.003.pt").touch()
    notifier = RecordingNotifier()
    config = MonitorConfig(tmp_path / "ckpts", 0.004, log_dir=tmp_path / "file" / "logs")
    with ModelMonitor(config, notifiers=[notifier]):
        assert notifier.arrived.wait(100)
    assert "kept in memory" in caplog.text


def test_an_outbox_that_breaks_in_the_middle_costs_no_mail(watch, caplog):
    """When the database is overwritten while a watch runs, the next alert still goes out."""
    save(watch.folder, 0.003)
    monitor, notifier = watch()
    monitor.check()
    assert notifier.arrived.wait(100)
    notifier.arrived.clear()
    for file in watch.log_dir.glob("outbox.db*"):
        file.write_bytes(b"\xff" * 40000)
    save(watch.folder, 0.002)
    assert values(monitor.check()) == [0.002]
    assert notifier.arrived.wait(100)
    assert len({m.id for m in notifier.sent}) == 2


def test_a_rule_names_the_metric_that_is_meant(tmp_path):
    """Where names hold several metrics and a rule names one, that one is read, and each name counts once."""
    folder = tmp_path / "ckpts"
    folder.mkdir()
    (folder / "epoch_10_val_loss_0.003_acc_0.95.pt").touch()
    config = MonitorConfig(folder, log_dir=tmp_path / "logs")
    monitor = ModelMonitor(config, rules=["val_loss < 0.004", "nan"], notifiers=[RecordingNotifier()])
    assert values(monitor.check()) == [0.003]
    assert monitor.progress.seen == 1
    monitor.stop()
