"""The loop: one pass, its errors, its lines, its beginning and its end."""

from __future__ import annotations

import logging
import math
import os
import signal
import subprocess
import sys
import textwrap
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from auto_model_monitor import (
    AuthenticationError,
    Comparison,
    ConfigError,
    CustomParser,
    EmailNotifier,
    MemoryOutbox,
    ModelMonitor,
    Monitor,
    MonitorConfig,
    OutboxError,
    SourceError,
    ThresholdRule,
)
from auto_model_monitor.monitor import WatchOutbox
from tests.fakes import FakeClock, RecordingNotifier, batch


class Script:
    """A source that returns, or raises, what it was given, one a look; then nothing new."""

    name = "script"

    def __init__(self, *looks):
        self.looks = list(looks)
        self.reads = 0

    def read(self):
        self.reads += 1
        look = self.looks.pop(0) if self.looks else batch()
        if isinstance(look, BaseException):
            raise look
        return look


def monitor_of(*looks, notifier=None, **arguments):
    notifier = notifier or RecordingNotifier()
    rule = arguments.pop("rule", None) or ThresholdRule(0.5, "lower")
    return Monitor(Script(*looks), [rule], [notifier], log_dir=None, **arguments), notifier


def checkpoints(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def watch(tmp_path: Path, **arguments):
    notifier = RecordingNotifier()
    parser = CustomParser(r"val_loss_([0-9.]+)")
    config = MonitorConfig(
        tmp_path / "ckpts", 0.004, check_interval=0.05, log_dir=tmp_path / "logs", parser=parser, **arguments
    )
    return ModelMonitor(config, notifiers=[notifier]), notifier


def test_one_pass_returns_its_alerts_and_sends_them(tmp_path):
    """check() finds what lies there already, returns the alert, and the mail goes out beside it."""
    checkpoints(tmp_path / "ckpts", "epoch_1_val_loss_0.003.pt", "epoch_2_val_loss_0.002.pt")
    monitor, notifier = watch(tmp_path)
    (alert,) = monitor.check()
    assert alert.reading.value == 0.002
    assert monitor.check() == []
    monitor.stop()
    assert [m.id for m in notifier.sent] == [alert.id]


def test_nothing_is_touched_before_the_watch_starts(tmp_path, monkeypatch):
    """Making a monitor opens no socket, starts no thread and writes no file."""
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("connected"))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: pytest.fail("looked up a host"))
    before = threading.active_count()
    ModelMonitor(MonitorConfig(tmp_path / "x", 0.1, "a@qq.com", auth_code="c", log_dir=tmp_path / "l"))
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fault", [SourceError("no such directory"), ZeroDivisionError("a bug"), RecursionError()]
)
def test_a_fault_in_the_source_is_said_once_and_the_watch_goes_on(fault, caplog):
    """The same failure is one line, its end another, and nothing leaves check()."""
    monitor, _ = monitor_of(fault, fault, fault, batch(0.1))
    with caplog.at_level(logging.INFO):
        found = [monitor.check() for _ in range(4)]
    monitor.stop()
    assert [len(alerts) for alerts in found] == [0, 0, 0, 1]
    complaints = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(complaints) == 1
    assert (complaints[0].exc_info is not None) is not isinstance(fault, SourceError)
    assert "works again" in caplog.text


def test_a_fault_in_one_rule_leaves_the_others(caplog):
    """A rule that raises is logged, and the other rules still speak."""

    class Broken:
        name = "broken"

        def evaluate(self, readings):
            raise KeyError("bug")

    notifier = RecordingNotifier()
    monitor = Monitor(Script(batch(0.1)), [Broken(), ThresholdRule(0.5, "lower")], [notifier], log_dir=None)
    assert len(monitor.check()) == 1
    monitor.stop()
    assert "broken" in caplog.text
    assert len(notifier.sent) == 1


def test_a_broken_renderer_costs_no_alert(caplog):
    """When a renderer of the user's own fails, the default message goes out."""

    class Broken:
        def render(self, alert):
            raise ValueError("no words")

    monitor, notifier = monitor_of(batch(0.1), renderer=Broken())
    monitor.check()
    monitor.stop()
    assert "0.1" in notifier.sent[0].subject


@pytest.mark.parametrize("broken", ["first", "second"])
def test_an_alert_that_cannot_be_committed_leaves_the_others(broken, caplog):
    """Of two alerts of one poll the one that cannot be committed is tried again, and the other is sent."""

    class Failing(MemoryOutbox):
        fails = True

        def add(self, alert, *arguments):
            if self.fails and alert.rule == broken:
                raise OutboxError("the disk is full")
            super().add(alert, *arguments)

    outbox, notifier = Failing(), RecordingNotifier()
    rules = [ThresholdRule(0.5, "lower", name=name) for name in ("first", "second")]
    monitor = Monitor(Script(batch(0.1)), rules, [notifier], outbox=WatchOutbox(outbox=outbox), log_dir=None)
    assert [alert.rule for alert in monitor.check()] == ["first", "second"]
    assert [alert.rule for alert in monitor.uncommitted] == [broken]
    assert caplog.text.count("the disk is full") == 1
    outbox.fails = False
    assert monitor.check() == monitor.uncommitted == []
    monitor.stop()
    assert sorted(message.facts["rule"] for message in notifier.sent) == ["first", "second"]


def test_listeners_see_every_poll_and_harm_nothing(caplog):
    """A listener gets the readings and alerts of each poll; what it raises is logged once."""
    seen = []

    def broken(readings, alerts):
        raise ValueError("bug")

    monitor, _ = monitor_of(batch(0.1), listeners=[broken, lambda *found: seen.append(list(map(len, found)))])
    monitor.check()
    monitor.check()
    monitor.stop()
    assert seen == [[1, 1], [0, 0]]
    assert caplog.text.count("ValueError: bug") == 1


def test_polls_keep_their_interval():
    """k looks take k intervals, also when a look takes long, and a wall clock that jumps changes nothing."""
    stop = threading.Event()
    clock = FakeClock()
    source = Script()
    looks = []

    class Slow(Script):
        def read(self):
            looks.append(clock.seconds)
            clock.advance(3)
            clock.wall = clock.wall.replace(year=2020 + len(looks))
            if len(looks) == 5:
                stop.set()
            return source.read()

    monitor = Monitor(Slow(), [], [], check_interval=10, clock=clock, log_dir=None)
    monitor.run(stop)
    assert [b - a for a, b in pairwise(looks[:5])] == [10, 10, 10, 10]


def test_a_look_longer_than_the_interval_is_not_caught_up():
    """After a look that took many intervals the next one follows at once, and only one."""
    stop, clock, looks = threading.Event(), FakeClock(), []

    class Slow(Script):
        def read(self):
            looks.append(clock.seconds)
            clock.advance(35 if len(looks) == 1 else 1)
            if len(looks) == 4:
                stop.set()
            return batch()

    Monitor(Slow(), [], [], check_interval=10, clock=clock, log_dir=None).run(stop)
    assert [b - a for a, b in pairwise(looks[:4])] == [35, 10, 10]


def test_an_idle_pass_writes_nothing_and_one_line_an_hour_tells_of_life(caplog):
    """Six idle hours make six lines, each with the best and the count."""
    stop = threading.Event()
    clock = FakeClock(on_wait=lambda _: stop.set() if clock.seconds > 1000 + 6 * 3600 else None)
    monitor = Monitor(
        Script(batch(0.7, 0.6)),
        [ThresholdRule(0.5, "lower")],
        [],
        check_interval=60,
        clock=clock,
        log_dir=None,
    )
    with caplog.at_level(logging.INFO):
        monitor.run(stop)
    lines = [r.getMessage() for r in caplog.records]
    alive = [line for line in lines if line.startswith("Still watching")]
    assert len(alive) == 6
    assert "best: val_loss 0.6" in alive[0]
    assert "read 2" in alive[0]
    assert len(lines) <= 6 + 3  # the start, the two checkpoints, the end


def test_the_last_look_finds_what_a_training_wrote_at_its_end(tmp_path):
    """A checkpoint written just before the with block ends is told of, whatever the interval."""
    notifier = RecordingNotifier()
    folder = tmp_path / "ckpts"
    folder.mkdir()
    config = MonitorConfig(folder, 0.004, check_interval=3600, log_dir=tmp_path / "logs")
    with ModelMonitor(config, notifiers=[notifier]):
        checkpoints(folder, "loss=0.001.pt")
    assert len(notifier.sent) == 1


def test_an_error_of_the_training_goes_on_its_way(tmp_path):
    """The context manager swallows nothing, and still tells what was found."""
    monitor, notifier = watch(tmp_path)
    checkpoints(tmp_path / "ckpts", "val_loss_0.001.pt")
    with pytest.raises(ZeroDivisionError), monitor:
        raise ZeroDivisionError
    assert len(notifier.sent) == 1


def test_nothing_of_the_monitor_reaches_the_training(tmp_path, caplog):
    """A source, rule and notifier that raise on every call leave the training untouched."""

    class Hell:
        name = "hell"

        def read(self):
            raise MemoryError

        def evaluate(self, readings):
            raise OSError

        def send(self, message):
            raise RuntimeError

        def verify(self):
            raise ValueError

    hell = Hell()
    with Monitor(hell, [hell], [hell], check_interval=0.01, log_dir=None) as monitor:
        done = sum(range(1000))
    assert done == 499500
    assert monitor.check() == []
    monitor.stop()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            {"notifiers": [3]},
            r"notifiers: expected objects with a name and send\(\), .*, got one of type int$",
        ),
        ({"notifiers": 3}, r"notifiers: expected a list, such as .*, got one of type int$"),
        (
            {"notifiers": "json://me:SECRET@host"},
            r"notifiers: expected a list, such as .*, got one of type str$",
        ),
        ({"notifiers": ["dingtalk://?secret=SECRET"]}, r"DingTalk: expected the robot's token"),
        ({"notifiers": [EmailNotifier]}, r"notifiers: expected objects .*, got the class EmailNotifier$"),
        ({"rules": "nan"}, r"rules: expected a list, such as \['nan', 'stalled 3x'\], got one of type str$"),
        ({"rules": 5}, r"rules: expected a list, such as .*, got one of type int$"),
        ({"rules": [3]}, r"rules: expected objects with a name and evaluate\(\), .*, got one of type int$"),
        ({"digest": "1h"}, r"digest: expected a number of seconds, 0 or more, got '1h'$"),
        ({"config": "checkpoints"}, r"config: expected a MonitorConfig, such as .*, got one of type str$"),
    ],
    ids=str,
)
def test_a_part_that_is_none_is_a_wrong_configuration(tmp_path, parts, expected):
    """What stands where a part should stand is refused at once, without a word of what may be a secret."""
    parts = {"config": MonitorConfig(tmp_path, 0.004), **parts}
    with pytest.raises(ConfigError, match=expected) as caught:
        ModelMonitor(parts.pop("config"), **parts)
    assert "SECRET" not in str(caught.value)


def test_starting_twice_is_one_watch_and_it_can_be_started_again(tmp_path, caplog):
    """A second start() is a warning; after stop() a start() watches again."""
    monitor, notifier = watch(tmp_path)
    monitor.start()
    monitor.start()
    assert "already running" in caplog.text
    monitor.stop()
    monitor.stop()
    checkpoints(tmp_path / "ckpts", "val_loss_0.001.pt")
    monitor.start()
    assert notifier.arrived.wait(100)
    monitor.stop()
    assert len(notifier.sent) == 1


def test_a_deep_batch_is_told_once_however_many_start(tmp_path):
    """Checks from several threads at once tell of each hit once."""
    checkpoints(tmp_path / "ckpts", *(f"e{n}_val_loss_0.00{n}.pt" for n in range(1, 4)))
    monitor, notifier = watch(tmp_path)
    threads = [threading.Thread(target=monitor.check) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monitor.stop()
    assert len(notifier.sent) == 1


def test_a_mode_that_contradicts_the_metric_is_warned_of_once(tmp_path, caplog):
    """`higher` on a loss is asked about, once; `lower` on it is not, nor any mode on an unknown metric."""
    checkpoints(tmp_path / "ckpts", "val_loss_0.5.pt")
    monitor, _ = watch(tmp_path, comparison_mode="higher")
    monitor.check()
    monitor.check()
    monitor.stop()
    assert caplog.text.count("is that meant?") == 1
    caplog.clear()
    monitor, _ = watch(tmp_path)
    monitor.check()
    assert "is that meant?" not in caplog.text


def test_a_refused_login_ends_start_monitoring_with_its_error(tmp_path):
    """start_monitoring() raises the refusal; start() only logs it."""

    class Refusing(RecordingNotifier):
        def verify(self):
            raise AuthenticationError("535: see the provider's page")

    monitor = Monitor(Script(), [], [Refusing()], check_interval=30, log_dir=None)
    with pytest.raises(AuthenticationError, match="provider's page"):
        monitor.start_monitoring()
    with Monitor(Script(), [], [Refusing()], check_interval=30, log_dir=None):
        pass


def test_nan_hides_nothing_in_the_progress():
    """What is not finite is counted, and is never the best."""
    monitor, _ = monitor_of(batch(math.nan, 0.7), batch(math.inf))
    monitor.check()
    monitor.check()
    assert monitor.progress.best.value == 0.7
    assert monitor.progress.seen == 3
    assert Comparison("lower") is Comparison.LOWER


PROGRAM = """
import sys
from auto_model_monitor import ModelMonitor, MonitorConfig
config = MonitorConfig(sys.argv[1], 0.004, check_interval=0.05, log_dir=sys.argv[2])
ModelMonitor(config).{call}
{after}
"""


def run_program(tmp_path, call, after="", **options):
    code = textwrap.dedent(PROGRAM).format(call=call, after=after)
    arguments = [sys.executable, "-c", code, str(tmp_path / "ckpts"), str(tmp_path / "logs")]
    return subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)


def wait_for_line(stream, text):
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"{text!r} never came")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_watch_with_status_0_and_a_last_line(tmp_path, name):
    """Ctrl-C, SIGTERM and a closed terminal end it in order: mail written, summary said, status 0."""
    checkpoints(tmp_path / "ckpts", "val_loss=0.001.pt")
    program = run_program(tmp_path, "start_monitoring()")
    wait_for_line(program.stderr, "delivered")
    program.send_signal(getattr(signal, name))
    _, errors = program.communicate(timeout=200)
    assert program.returncode == 0
    last = errors.strip().splitlines()[-1]
    assert "Stopped: watched for 0 h 0 min, read 1, best: val_loss 0.001" in last
    assert "Traceback" not in errors
    assert len(list((tmp_path / "logs" / "mailbox").glob("*.eml"))) == 1


def test_an_ignored_signal_stays_ignored(tmp_path):
    """Under nohup a closed terminal does not end the watch."""
    program = run_program(
        tmp_path, "start_monitoring()", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
    )
    wait_for_line(program.stderr, "Watching")
    program.send_signal(signal.SIGHUP)
    checkpoints(tmp_path / "ckpts", "val_loss=0.001.pt")
    wait_for_line(program.stderr, "delivered")
    program.terminate()
    program.communicate(timeout=200)
    assert program.returncode == 0


def test_the_end_of_the_interpreter_delivers_what_is_due(tmp_path):
    """A script that starts the watch and ends at once still looks once more and tells."""
    checkpoints(tmp_path / "ckpts", "val_loss=0.001.pt")
    program = run_program(tmp_path, "start()")
    _, errors = program.communicate(timeout=200)
    assert program.returncode == 0, errors
    assert len(list((tmp_path / "logs" / "mailbox").glob("*.eml"))) == 1


def test_the_end_of_the_interpreter_is_not_held_up(tmp_path):
    """With a server that never answers, a script's exit is delayed by a few seconds at most."""
    checkpoints(tmp_path / "ckpts", "val_loss=0.001.pt")
    after = textwrap.dedent(
        """
        import threading, time
        class Hanging:
            name = "hanging"
            def send(self, message):
                print("sending", flush=True)
                threading.Event().wait(600)
        ModelMonitor(config, notifiers=[Hanging()]).start()
        """
    )
    program = run_program(tmp_path, "progress", after)
    wait_for_line(program.stdout, "sending")
    program.wait(timeout=200)
    assert program.returncode == 0


def test_a_forked_child_tells_nothing_twice(tmp_path):
    """A worker forked by the training ends without looking, waiting or sending for its parent."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    checkpoints(tmp_path / "ckpts", "val_loss=0.001.pt")
    after = textwrap.dedent(
        """
        import os
        monitor = ModelMonitor(config)
        monitor.start()
        child = os.fork()
        if child == 0:
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        """
    )
    program = run_program(tmp_path, "progress", after)
    _, errors = program.communicate(timeout=200)
    assert program.returncode == 0, errors
    assert len(list((tmp_path / "logs" / "mailbox").glob("*.eml"))) == 1
