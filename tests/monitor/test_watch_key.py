"""What a watch remembers: its key is data alone, and what 0.4 recorded is taken over."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from auto_model_monitor import BaseParser, CustomParser, DefaultParser, ModelMonitor, MonitorConfig
from tests.fakes import RecordingNotifier

OLD = Path(__file__).parents[1] / "fixtures" / "outbox-0.4.db"
OLD_ROOT = "/tmp/outbox-0.4"


class OwnParser(BaseParser):
    """A parser of a user's own; 0.4 recorded it as one of __main__."""

    def parse(self, filename):
        return float(filename.removesuffix(".pt").rpartition("=")[2]), filename


class Renamed(OwnParser):
    """The same parser under another name."""


PARSERS = {
    "default": DefaultParser(),
    "metric": DefaultParser("val_loss"),
    "pattern": CustomParser(r"val_loss=([0-9.]+)\.pt"),
    "own": OwnParser(),
}


def monitor_of(folder: Path, parser: BaseParser, **changes):
    """Make a monitor with the settings that the recorded watches had."""
    notifier = RecordingNotifier("channel")
    config = MonitorConfig(
        folder, 0.004, parser=parser, log_dir=folder.parent / "logs", language="en", **changes
    )
    return ModelMonitor(config, notifiers=[notifier]), notifier


@pytest.fixture
def old(tmp_path):
    """Lay the outbox of 0.4 beside the directories that it tells of, as if they had always been here."""
    (tmp_path / "logs").mkdir()
    shutil.copy(OLD, tmp_path / "logs" / "outbox.db")
    database = sqlite3.connect(tmp_path / "logs" / "outbox.db")
    for name, parser in PARSERS.items():
        (tmp_path / name).mkdir()
        for value in (0.003, 0.002):
            (tmp_path / name / f"val_loss={value}.pt").touch()
        source = monitor_of(tmp_path / name, parser)[0].source
        source.read()
        sql = "UPDATE runs SET identity = ? WHERE watch LIKE ?"
        database.execute(sql, (source.identity, f"{OLD_ROOT}/{name}%"))
    for table in ("runs", "alerts", "deliveries"):
        database.execute(f"UPDATE {table} SET watch = replace(watch, ?, ?)", (OLD_ROOT, str(tmp_path)))
    database.commit()
    database.close()
    return tmp_path


@pytest.mark.parametrize("name", PARSERS)
def test_an_outbox_of_04_continues(old, name):
    """After the upgrade no alert of 0.4 is repeated, its pending one goes out, the next names its best."""
    monitor, notifier = monitor_of(old / name, PARSERS[name])
    assert monitor.check() == []
    assert notifier.arrived.wait(100)
    (old / name / "val_loss=0.001.pt").touch()
    (alert,) = monitor.check()
    monitor.stop()
    assert alert.previous_best == 0.002
    assert [message.facts["score"] for message in notifier.sent] == [0.002, 0.001]


def test_an_upgrade_is_done_once(old):
    """A second start finds nothing to move, repeats nothing and delivers nothing twice."""
    for expected in (1, 0):
        monitor, notifier = monitor_of(old / "own", PARSERS["own"])
        monitor.check()
        monitor.stop()
        assert len(notifier.sent) == expected


def test_other_watches_of_the_same_outbox_are_left_alone(old):
    """A watch takes over its own records, not those of the same directory with another mode or pattern."""
    for monitor, _ in (
        monitor_of(old / "own", PARSERS["own"], comparison_mode="higher"),
        monitor_of(old / "pattern", CustomParser(r"loss=([0-9.]+)\.pt")),
        monitor_of(old / "metric", DefaultParser("val_acc")),
        monitor_of(old / "default", OwnParser()),
        monitor_of(old / "own", DefaultParser("score")),
    ):
        monitor.check()
        monitor.stop()
    database = sqlite3.connect(old / "logs" / "outbox.db")
    watches = [key for (key,) in database.execute("SELECT DISTINCT watch FROM deliveries WHERE id <= 8")]
    database.close()
    assert len(watches) == 4
    assert all(key.endswith(("None", "val_loss", " score")) for key in watches)


def test_a_parser_may_be_renamed_between_two_runs(tmp_path):
    """A user's parser that is renamed, moved or run as a script is the same parser: nothing is repeated."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "loss=0.003.pt").touch()
    for parser, found in ((OwnParser(), 1), (Renamed(), 0)):
        monitor, _ = monitor_of(tmp_path / "run", parser)
        assert len(monitor.check()) == found
        monitor.stop()


class Told(OwnParser):
    """A parser with an identity of its own."""

    identity = "after the sign"


@pytest.mark.parametrize(
    ("changes", "parser"),
    [
        ({"folder": "other"}, OwnParser()),
        ({"comparison_mode": "higher", "threshold": 0.001}, OwnParser()),
        ({}, DefaultParser("val_loss")),
        ({}, CustomParser(r"=([0-9.]+)\.pt")),
        ({}, Told()),
    ],
)
def test_another_directory_mode_or_identity_is_another_watch(tmp_path, changes, parser):
    """Directory, mode and the parser's identity each distinguish a watch that shares an outbox."""
    changes = {"folder": "run", "threshold": 0.004, **changes}
    folder = tmp_path / changes.pop("folder")
    keys = set()
    for arguments in ({"parser": OwnParser(), "threshold": 0.004}, {"parser": parser, **changes}):
        where = tmp_path / "run" if not keys else folder
        keys.add(ModelMonitor(MonitorConfig(where, **arguments)).watch_key)
    assert len(keys) == 2


def test_the_key_names_no_module_and_no_class(tmp_path):
    """The key holds the absolute directory, the mode and the identity, and nothing else."""
    config = MonitorConfig(tmp_path, 0.004, parser=CustomParser(r"loss_([0-9.]+)", metric="loss"))
    assert ModelMonitor(config).watch_key == f"{tmp_path}\nlower\nloss_([0-9.]+) loss"
