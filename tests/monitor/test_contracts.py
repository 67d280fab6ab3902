"""The contracts of the parts that users write: what is missing is an error at construction that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

import auto_model_monitor as amm
from auto_model_monitor import (
    BaseNotifier,
    BaseParser,
    ConfigError,
    MemoryOutbox,
    Message,
    ModelMonitor,
    Monitor,
    MonitorConfig,
    Notifier,
    Outbox,
    Rule,
    Source,
    ThresholdRule,
    WatchGroup,
    notify_when_done,
)
from auto_model_monitor.monitor import MessageRenderer
from tests.fakes import RecordingNotifier, batch

OUTBOX_METHODS = (
    *("add", "add_look", "first_owed", "delivered", "postponed", "refused", "deliveries", "last_alert"),
    *("identity", "start_run"),
)


def without(contract: type, *present: str) -> type:
    """Make a subclass with these members alone."""
    return type("Incomplete", (contract,), {name: name for name in present})


@pytest.mark.parametrize(
    ("contract", "present", "missing"),
    [
        (Notifier, ["name"], "send"),
        (Notifier, ["send"], "name"),
        (Rule, ["name"], "evaluate"),
        (Source, ["name"], "read"),
        (MessageRenderer, [], "render"),
        (BaseParser, [], "parse"),
        *((Outbox, [m for m in OUTBOX_METHODS if m != missing], missing) for missing in OUTBOX_METHODS),
    ],
)
def test_a_subclass_without_a_member_cannot_be_constructed(contract, present, missing):
    """A subclass of a contract that lacks a member is a TypeError that names the member."""
    with pytest.raises(TypeError, match=rf"\b{missing}\b"):
        without(contract, *present)()


def test_a_misspelt_send_never_counts_as_a_delivery():
    """A notifier whose method is called `sent` cannot be constructed, so it can never swallow an alert."""

    class Misspelt(Notifier):
        name = "misspelt"

        def sent(self, message: Message) -> None: ...

    with pytest.raises(TypeError, match="send"):
        Misspelt()


class Nothing:
    """A part that can do nothing but name itself."""

    name = "nothing"


class Script(Nothing):
    """A source."""

    def read(self):
        return batch()


CONFIG = MonitorConfig("checkpoints", 0.004)


@pytest.mark.parametrize(
    ("construct", "missing"),
    [
        (lambda: Monitor(Nothing(), [], [], log_dir=None), r"source: .* without read\(\)"),
        (lambda: Monitor(Script(), [Nothing()], [], log_dir=None), r"rules: .* without evaluate\(\)"),
        (lambda: Monitor(Script(), [], [Nothing()], log_dir=None), r"notifiers: .* without send\(\)"),
        (
            lambda: Monitor(Script(), [], [], renderer=Nothing(), log_dir=None),
            r"renderer: expected .* with render\(\)",
        ),
        (lambda: ModelMonitor(CONFIG, source=Nothing()), r"source: .* without read\(\)"),
        (lambda: ModelMonitor(CONFIG, rules=[Nothing()]), r"rules: .* without evaluate\(\)"),
        (lambda: ModelMonitor(CONFIG, notifiers=[Nothing()]), r"notifiers: .* without send\(\)"),
        (lambda: ModelMonitor(CONFIG, outbox=Script()), r"outbox: expected .*add\(\)"),
        (lambda: notify_when_done(CONFIG, notifiers=[Nothing()]), r"notifiers: .* without send\(\)"),
        (lambda: notify_when_done(CONFIG, renderer=Nothing()), r"renderer: expected .* with render\(\)"),
        (lambda: notify_when_done(CONFIG, outbox=Nothing()), r"outbox: expected .*add\(\)"),
        (lambda: notify_when_done(CONFIG, monitor=Nothing()), r"monitor: expected a Monitor.* Nothing"),
        (lambda: WatchGroup([Nothing()]), r"monitors: expected monitors.* Nothing"),
        (
            lambda: WatchGroup([Monitor(Script(), [], [], log_dir=None)], outbox=Nothing()),
            r"outbox: expected .*add\(\)",
        ),
    ],
)
def test_a_duck_without_the_method_is_a_wrong_configuration(construct, missing):
    """An object that lacks a method of its contract is a ConfigError that names both."""
    with pytest.raises(ConfigError, match=missing):
        construct()


def test_one_missing_method_of_an_outbox_is_named_alone():
    """Of the many methods of an outbox the error names the one that is missing."""
    members = {name: getattr(MemoryOutbox, name) for name in OUTBOX_METHODS if name != "last_alert"}
    outbox = type("Most", (), {**members, "outlives_the_process": False})()
    with pytest.raises(ConfigError, match=r"with last_alert\(\).*without last_alert\(\)"):
        ModelMonitor(CONFIG, outbox=outbox)


class Version02(BaseNotifier):
    """A notifier as people wrote it for version 0.2."""

    def __init__(self, result: object = None) -> None:
        self.result = result
        self.calls: list[tuple[float, str]] = []

    def send_notification(self, score: float, filename: str) -> object:
        self.calls.append((score, filename))
        return self.result


def checked(tmp_path: Path, name: str, *notifiers: object, rules: list[object] | None = None):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / name).touch()
    config = MonitorConfig(folder, None if rules else 0.004, log_dir=tmp_path / "logs", language="en")
    outbox = MemoryOutbox()
    monitor = ModelMonitor(config, notifiers=notifiers, rules=rules, outbox=outbox)
    monitor.check()
    monitor.stop()
    return [(delivery.channel, delivery.state.value) for delivery in outbox.deliveries()]


def test_a_notifier_of_version_02_is_called_with_score_and_filename(tmp_path):
    """A notifier with send_notification(score, filename) gets the score and the file name of a hit."""
    notifier = Version02()
    assert checked(tmp_path, "val_loss=0.003.pt", notifier) == [("Version02", "delivered")]
    assert notifier.calls == [(0.003, "val_loss=0.003.pt")]


def test_false_of_a_notifier_of_version_02_is_a_failed_attempt(tmp_path):
    """When send_notification returns False, the message stays pending and is retried."""
    assert checked(tmp_path, "val_loss=0.003.pt", Version02(False)) == [("Version02", "owed")]


def test_what_version_02_cannot_express_is_refused_and_reported_elsewhere(tmp_path):
    """A message that is no hit is refused by a 0.2 notifier, and another notifier reports the refusal."""
    notifier, other = Version02(), RecordingNotifier()
    states = checked(tmp_path, "val_loss=nan.pt", notifier, other, rules=["nan"])
    assert ("Version02", "refused") in states
    assert notifier.calls == []
    assert [message.facts["rule"] for message in other.sent] == ["nan", "undelivered"]


def test_a_base_notifier_without_any_method_cannot_be_constructed():
    """A BaseNotifier that overrides neither method is a TypeError that names both."""
    with pytest.raises(TypeError, match=r"send_notification\(score, filename\) or send\(message\)"):
        type("Empty", (BaseNotifier,), {})()


def test_a_base_notifier_may_override_send(tmp_path):
    """A BaseNotifier that overrides send(message), as 0.4 asked for, gets every message."""

    class Version04(BaseNotifier):
        name = "version 0.4"

        def __init__(self) -> None:
            self.sent: list[Message] = []

        def send(self, message: Message) -> None:
            self.sent.append(message)

    notifier = Version04()
    assert checked(tmp_path, "val_loss=nan.pt", notifier, rules=["nan"]) == [("version 0.4", "delivered")]
    assert len(notifier.sent) == 1


def test_a_rule_beside_a_class_is_named(tmp_path):
    """A class where an object belongs is refused under the class's name."""
    with pytest.raises(ConfigError, match="got the class ThresholdRule"):
        ModelMonitor(CONFIG, rules=[ThresholdRule])
    assert amm.ModelMonitor is ModelMonitor


class AsyncNotifier:
    name = "mine"

    async def send(self, message):
        raise AssertionError("never awaited")


class AsyncRule:
    name = "mine"

    async def evaluate(self, batch):
        raise AssertionError("never awaited")


class AsyncSource:
    name = "mine"

    async def read(self):
        raise AssertionError("never awaited")


@pytest.mark.parametrize(
    ("setting", "part", "method"),
    [
        ("notifiers", [AsyncNotifier()], "send"),
        ("rules", [AsyncRule()], "evaluate"),
        ("source", AsyncSource(), "read"),
    ],
)
def test_an_async_method_is_refused(setting, part, method):
    """A coroutine is never awaited, and its alert would count as delivered: the error names the method."""
    with pytest.raises(ConfigError, match=rf"{setting}: .* with an async {method}\(\)"):
        ModelMonitor(MonitorConfig("x", 0.1), **{setting: part})


def test_a_member_that_cannot_be_read_is_missing():
    """A property that raises is a ConfigError without what it raised, which may hold a secret."""

    class Broken:
        def send(self, message):
            return None

        @property
        def name(self):
            raise RuntimeError("hook/SECRET")

    with pytest.raises(ConfigError, match="got one of type Broken without a name") as caught:
        ModelMonitor(MonitorConfig("x", 0.1), notifiers=[Broken()])
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("listeners", [3, None, "text", [3], [None]])
def test_listeners_are_a_list_of_functions(listeners):
    """What is no list of functions is refused at construction."""
    with pytest.raises(ConfigError, match="listeners: expected"):
        ModelMonitor(MonitorConfig("x", 0.1), listeners=listeners)


def test_a_clock_has_every_method():
    """A clock without one of its methods is a ConfigError that names it."""

    class Still:
        def now(self):
            return None

        def monotonic(self):
            return 0.0

    with pytest.raises(ConfigError, match=r"clock: .* without wait\(\)"):
        ModelMonitor(MonitorConfig("x", 0.1), clock=Still())
