"""Faults of user code inside a watch: they cost that part only."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

import pytest

from auto_model_monitor import (
    Alert,
    BaseParser,
    Comparison,
    ModelMonitor,
    MonitorConfig,
    Renderer,
    SQLiteOutbox,
    ThresholdRule,
)
from auto_model_monitor.monitor import loop
from tests.fakes import RecordingNotifier


class Panic(BaseException):
    """What a library written in another language raises."""


BASES = [SystemExit, KeyboardInterrupt, GeneratorExit, Panic]


class Scores(BaseParser):
    """Reads 0.1 from every name, after a call of `first`."""

    def __init__(self, first=None):
        self.first = first

    def parse(self, filename):
        first, self.first = self.first, None
        if first is not None:
            first()
        return 0.1, filename


@pytest.fixture
def watch(tmp_path):
    """Make a monitor of a directory that holds one hit."""
    folder = tmp_path / "ckpts"
    folder.mkdir()
    (folder / "a.pt").touch()
    made = []

    def make(notifier=None, *, parts=None, **settings):
        notifier = notifier or RecordingNotifier()
        settings = {"parser": Scores(), "check_interval": 0.01, "log_dir": tmp_path / "logs", **settings}
        made.append(
            ModelMonitor(MonitorConfig(folder, 0.5, **settings), notifiers=[notifier], **(parts or {}))
        )
        return made[-1], notifier

    make.folder = folder
    yield make
    for monitor in made:
        monitor.stop()


def raising(error):
    def call(*_):
        raise error

    return call


@pytest.mark.parametrize("kind", BASES)
def test_a_parser_that_leaves_costs_one_name(watch, kind):
    """A parser that raises what is no Exception costs that name alone; the watch continues."""
    monitor, notifier = watch(parser=Scores(first=raising(kind("x"))))
    (watch.folder / "b.pt").touch()
    monitor.start()
    assert notifier.arrived.wait(100)


@pytest.mark.parametrize("kind", BASES)
def test_a_generator_that_leaves_costs_its_words(watch, kind):
    """A content generator that raises what is no Exception costs its words, not the mail."""
    monitor, notifier = watch(email_content_generator=raising(kind("x")))
    monitor.start()
    assert notifier.arrived.wait(100)


@pytest.mark.parametrize("kind", BASES)
def test_a_notifier_that_leaves_has_failed_once(watch, kind):
    """A notifier that raises what is no Exception has failed once; what it did not deliver stays owed."""
    failed = threading.Event()

    class Leaving(RecordingNotifier):
        def send(self, message):
            failed.set()
            raise kind("x")

    monitor, _ = watch(Leaving())
    monitor.start()
    assert failed.wait(100)
    monitor.stop()
    box = SQLiteOutbox(monitor.run_log_dir / "outbox.db", None)
    (delivery,) = box.deliveries()
    box.close()
    assert (delivery.attempts, delivery.state.value) == (1, "owed")
    assert kind.__name__ in delivery.error


def test_an_interrupt_in_the_main_thread_goes_on_its_way_and_loses_no_name(watch):
    """Ctrl-C during a look that the training asked for reaches the training; the next look finds the name."""
    monitor, notifier = watch(parser=Scores(first=raising(KeyboardInterrupt())))
    with pytest.raises(KeyboardInterrupt):
        monitor.check()
    assert [alert.reading.value for alert in monitor.check()] == [0.1]
    assert notifier.arrived.wait(100)


def test_an_interrupt_between_a_rule_and_the_outbox_loses_no_alert(watch):
    """What a rule has found is delivered although Ctrl-C came before it could be noted."""
    interrupted = [True]

    class Interrupted:
        def render(self, alert):
            if interrupted:
                raise KeyboardInterrupt
            return Renderer().render(alert)

    monitor, notifier = watch(parts={"renderer": Interrupted()})
    with pytest.raises(KeyboardInterrupt):
        monitor.check()
    interrupted.clear()
    assert monitor.check() == []
    assert notifier.arrived.wait(100)


def test_a_generator_that_hangs_costs_its_words(watch, monkeypatch, caplog):
    """A content generator that never returns costs its words; the default mail goes out."""
    monkeypatch.setattr(loop, "RENDERING", 0.05)
    never = threading.Event()
    monitor, notifier = watch(email_content_generator=lambda *_: never.wait(30))
    monitor.start()
    assert notifier.arrived.wait(100)
    never.set()
    assert "no answer within" in caplog.text


def test_a_renderer_that_returns_junk_costs_its_words(watch):
    """A renderer that returns no Message is replaced by the default one."""

    class Junk:
        def render(self, alert):
            return None

    monitor, notifier = watch(parts={"renderer": Junk()})
    assert len(monitor.check()) == 1
    assert notifier.arrived.wait(100)
    assert "0.1" in notifier.sent[0].subject


@pytest.mark.parametrize("junk", ["an alert", 5, [1]])
def test_a_rule_that_returns_junk_stops_no_other_rule(watch, junk):
    """A rule that returns no Alert is complained of, and the other rules are asked."""

    class Junk:
        name = "junk"

        def evaluate(self, readings):
            return junk

    monitor, notifier = watch(parts={"rules": [Junk(), ThresholdRule(0.5, "lower")]})
    assert len(monitor.check()) == 1
    assert notifier.arrived.wait(100)


@pytest.mark.parametrize("junk", [[], "x", 5])
def test_a_source_that_returns_junk_ends_no_watch(watch, junk, caplog):
    """A source that returns no batch is complained of, once, and asked again."""

    class Junk:
        name = "junk"

        def read(self):
            return junk

    monitor, _ = watch(parts={"source": Junk()})
    assert monitor.check() == monitor.check() == []
    assert caplog.text.count("junk: a fault") == 1


def test_an_alert_that_no_file_can_hold_is_delivered_from_memory(watch):
    """A rule's details that are no JSON, as a number of numpy, cost no mail."""

    class Odd:
        name = "odd"

        def evaluate(self, readings):
            if not len(readings):
                return None
            facts = {"x": object()}
            lower = Comparison.LOWER
            return Alert(rule="odd", time=readings.time, reading=readings[0], details=facts, comparison=lower)

    monitor, notifier = watch(parts={"rules": [Odd()]})
    assert [alert.rule for alert in monitor.check()] == ["threshold", "odd"]
    monitor.stop()
    assert len(notifier.sent) == 2


def test_a_parser_of_more_readings_that_raises_costs_one_name(watch):
    """A parser whose readings() fails on one name is asked for the others."""

    class Many(Scores):
        columnar = False

        def readings(self, name, path=""):
            if name == "a.pt":
                raise ValueError("boo")
            return super().readings(name, path)

    (watch.folder / "b.pt").touch()
    monitor, _ = watch(parser=Many())
    assert [alert.reading.name for alert in monitor.check()] == ["b.pt"]


def test_a_part_may_stop_the_watch_it_belongs_to(watch):
    """stop() called by a parser inside the watch raises nothing."""
    raised, done = [], threading.Event()

    def stop():
        try:
            monitor.stop()
        except BaseException as error:
            raised.append(error)
        done.set()

    monitor, notifier = watch(parser=Scores(first=stop))
    monitor.start()
    assert done.wait(100)
    assert notifier.arrived.wait(100)
    assert raised == []


def test_somebody_s_log_handler_that_raises_ends_no_watch(watch):
    """A handler on the root logger that raises costs its own lines; the watch continues."""

    class Raising(logging.Handler):
        def emit(self, record):
            raise ValueError("a handler")

    root = logging.getLogger()
    handler, level = Raising(), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        monitor, notifier = watch()
        monitor.start()
        assert notifier.arrived.wait(100)
        monitor.stop()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


CLOSED = """
import sys
from auto_model_monitor import ModelMonitor, MonitorConfig
monitor = ModelMonitor(MonitorConfig(sys.argv[1] + "/none yet", 0.5, log_dir=sys.argv[1] + "/logs"))
sys.stderr.close()
monitor.start()
monitor._worker.join(1.0)
print("alive" if monitor._worker.is_alive() else "dead")
"""


def test_a_closed_standard_error_ends_no_watch(tmp_path):
    """A training that closed its standard error keeps its watch, though a warning cannot be shown."""
    run = subprocess.run(
        [sys.executable, "-c", CLOSED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "alive"
