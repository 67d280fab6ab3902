"""The monitors of one process: none waits for another, and a new file leaves what has not changed alone."""

from __future__ import annotations

import io
from threading import Event

import pytest

import auto_model_monitor
from auto_model_monitor import Reading, ReadingBatch
from auto_model_monitor.cli.run_monitors import RunningMonitors
from auto_model_monitor.settings import read_monitor_file
from auto_model_monitor.settings.source_settings import source_settings
from auto_model_monitor.text.terminal import Terminal
from tests.fakes import NOON


class Numbers:
    """A source that hangs where its name asks for it.

    Args:
        predictions: its name.
    """

    released = Event()

    def __init__(self, predictions: str) -> None:
        self.name = predictions
        self.looked, self.alerted = Event(), Event()

    def read(self):
        self.looked.set()
        if self.name.endswith("hangs"):
            self.released.wait(60)
        return ReadingBatch(time=NOON, others=[Reading(metric="accuracy", value=0.5, name="a")])


@pytest.fixture
def running(tmp_path, monkeypatch):
    """Run the sources of these names, as a file lists them; return their monitors by name."""
    monkeypatch.setattr(auto_model_monitor, "PredictionSource", Numbers)
    monkeypatch.setattr(Numbers, "released", Event())
    source_settings.cache_clear()
    seen = {}

    def prepare(monitor, table):
        seen[monitor.source.name.rpartition("/")[2]] = monitor
        alerted = monitor.source.alerted
        monitor.listeners.append(lambda readings, alerts: alerted.set() if alerts else None)

    monitors = RunningMonitors(Terminal(io.StringIO()), prepare)
    path = tmp_path / "monitor.toml"

    def use(*names):
        tables = [f'[[monitor]]\npredictions = "{name}"\nrules = "accuracy < 0.9"\n' for name in names]
        path.write_text("".join(tables), encoding="utf-8")
        seen.clear()
        monitors.use(read_monitor_file(path))
        return dict(seen)

    yield use
    Numbers.released.set()
    monitors.stop()
    source_settings.cache_clear()


def test_a_source_that_hangs_holds_no_other_back(running):
    """While one source hangs, the others are read and alert."""
    monitors = running("hangs", "works")
    assert monitors["hangs"].source.looked.wait(60)
    assert monitors["works"].source.alerted.wait(60)
    assert not monitors["hangs"].source.alerted.is_set()


def test_unchanged_tables_are_the_same_monitors(running):
    """A file that gains and loses tables starts and stops these alone."""
    first = running("a", "b")
    assert first.keys() == {"a", "b"}
    assert running("b", "c").keys() == {"c"}
    assert running("b", "c") == {}
    assert not first["b"]._stop.is_set()
    assert first["a"]._stop.is_set()
