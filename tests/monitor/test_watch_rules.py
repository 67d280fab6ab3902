"""What a watch alerts on: threshold and rules together, in the direction and under the names that fit."""

from __future__ import annotations

import logging
import math

import pytest

from auto_model_monitor import (
    Comparison,
    CustomParser,
    DefaultParser,
    LogFileSource,
    MemoryOutbox,
    ModelMonitor,
    Monitor,
    MonitorConfig,
    NotFiniteRule,
    PlateauRule,
    StalledRule,
    ThresholdRule,
    parse_rule,
)
from auto_model_monitor.monitor import bare_message, watch_rules
from tests.fakes import NOON, RecordingNotifier, alert


@pytest.fixture
def alerts_of(tmp_path):
    """Return the rules that alert, and the values, at the first poll of a directory with these names."""

    def check(*names, rules=None, **settings):
        for name in names:
            (tmp_path / "run").mkdir(exist_ok=True)
            (tmp_path / "run" / name).touch()
        config = MonitorConfig(tmp_path / "run", log_dir=tmp_path / "logs", **settings)
        monitor = ModelMonitor(config, rules=rules, notifiers=[RecordingNotifier()], outbox=MemoryOutbox())
        found = monitor.check()
        monitor.stop()
        return [(one.rule, one.reading.value) for one in found]

    return check


ONE = "epoch_10_val_loss_0.003.pt"
BOTH = "epoch_10_val_loss_0.003_acc_0.95.pt"


def test_rules_are_added_to_the_threshold(alerts_of):
    """A threshold beside rules still alerts, on the same score as without them."""
    found = alerts_of(BOTH, threshold=0.004, rules=["acc > 0.9"], parser=DefaultParser("val_loss"))
    assert found == [("threshold", 0.003), ("acc > 0.9", 0.95)]


@pytest.mark.parametrize(
    "rules",
    [
        ["val_loss < 0.004"],
        ["val_loss < 0.004", "val_loss < 0.004"],
        ["val_loss < 0.004", parse_rule("val_loss < 0.004")],
        [ThresholdRule(0.004, "lower")],
    ],
)
def test_a_threshold_beside_an_equal_rule_makes_one_alert(alerts_of, rules):
    """The same rule given twice, or a threshold beside an equal rule, makes one message."""
    assert [value for _, value in alerts_of(ONE, threshold=0.004, rules=rules)] == [0.003]


@pytest.mark.parametrize(
    ("name", "threshold", "rule"),
    [
        ("val_loss_0.003.pt", 0.004, "val_loss < 0.004"),
        ("val_loss_0.003.pt", 0.004, "val_loss <= 0.004"),
        ("val_acc_0.95.pt", 0.9, "val_acc > 0.9"),
        ("val_acc_0.95.pt", 0.9, "val_acc >= 0.9"),
        ("val_acc_95.5.pt", 95, "val_acc >= 95.0"),
        ("epoch=3-val_mIoU=0.71.ckpt", 0.7, "val_mIoU >= 0.7"),
    ],
)
@pytest.mark.parametrize("chosen", [True, False])
def test_a_threshold_and_a_rule_that_say_the_same_are_one_message(alerts_of, name, threshold, rule, chosen):
    """A rule at the threshold's number and in its direction stands for both, with and without equality."""
    mode = "lower" if "<" in rule else "higher"
    found = alerts_of(name, threshold=threshold, rules=[rule], comparison_mode=mode if chosen else None)
    assert [one for one, _ in found] == [parse_rule(rule).name]


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        (StalledRule("3x"), StalledRule("3x"), 1),
        (StalledRule("3x"), StalledRule("4x"), 2),
        (PlateauRule(10), PlateauRule(10, min_delta=0.1), 2),
        (NotFiniteRule(), "nan", 1),
        ("acc > 0.9", "acc >= 0.9", 2),
        ("acc > 0.9", "acc > 0.9 for 3", 2),
        ("acc > 0.9", "acc > 0.9 once", 2),
        ("acc > 0.9 by 5%", "acc>0.9 by 5%", 1),
        ("nan once", "nan  once", 1),
        ("nan once", "nan", 2),
        ("nan once", "plateau 3 once", 2),
        ("acc > 0.9", "top1_acc > 0.9", 2),
    ],
)
def test_rules_with_equal_settings_are_one(tmp_path, one, other, count):
    """Rules are the same where everything that they were made with is the same."""
    assert len(ModelMonitor(MonitorConfig(tmp_path), rules=[one, other]).rules) == count


@pytest.mark.parametrize(
    ("names", "settings", "found"),
    [
        (["val_acc=0.95.pt"], {"threshold": 0.9}, [0.95]),
        (["val_acc=0.85.pt"], {"threshold": 0.9}, []),
        (["val_loss=0.85.pt"], {"threshold": 0.9}, [0.85]),
        (
            ["epoch_3_metric_0.85.pt"],
            {"threshold": 0.9, "parser": CustomParser(r"metric_([0-9.]+)\.pt")},
            [0.85],
        ),
        (["val_acc=0.85.pt"], {"threshold": 0.9, "comparison_mode": "min"}, [0.85]),
        (["val_loss=0.95.pt"], {"threshold": 0.9, "comparison_mode": "max"}, [0.95]),
        (["val_acc=0.95.pt"], {"threshold": 0.9, "parser": DefaultParser("val_acc")}, [0.95]),
    ],
)
def test_the_direction_follows_from_the_metric(alerts_of, names, settings, found):
    """Without a comparison_mode an accuracy rises and a loss falls; an unknown metric falls."""
    assert [value for _, value in alerts_of(*names, **settings)] == found


def test_an_equal_rule_names_the_metric_of_a_threshold(alerts_of):
    """Where names hold several metrics, a rule with the threshold's number says which one is meant."""
    assert [value for _, value in alerts_of(BOTH, threshold=0.004, rules=["val_loss < 0.004"])] == [0.003]


def test_the_direction_follows_from_the_rule(tmp_path):
    """A rule about the score decides what is better, and not a rule about another metric."""
    (tmp_path / "val_loss=0.5.pt").touch()
    (tmp_path / "val_loss=0.9.pt").touch()
    for rule, best in (("val_loss > 0.3", 0.9), ("acc > 0.3", 0.5)):
        config = MonitorConfig(tmp_path, parser=DefaultParser("val_loss"), log_dir=tmp_path / "logs")
        monitor = ModelMonitor(config, rules=[rule], notifiers=[], outbox=MemoryOutbox())
        monitor.check()
        assert monitor.progress.best.value == best


@pytest.mark.parametrize("settings", [{"threshold": 0.9}, {"rules": ["val_loss > 5"]}])
def test_a_mode_that_nobody_chose_is_not_warned_of(alerts_of, caplog, settings):
    """Without a comparison_mode there is no warning about it, whatever metric comes."""
    alerts_of("val_acc=0.95.pt", **({"rules": None} | settings))
    assert "comparison_mode" not in caplog.text


def log_monitor(tmp_path, text, *rules):
    (tmp_path / "train.log").write_text(text)
    return Monitor(LogFileSource(tmp_path / "train.log"), list(rules), [RecordingNotifier()], log_dir=None)


EPOCHS = "".join(f"epoch {n}: eval_loss: 0.{9 - n} eval_accuracy: 0.{n}\n" for n in range(1, 6))


def test_a_rule_in_python_knows_the_names_of_a_log(tmp_path):
    """A rule on eval_loss alerts on what a log's reader calls val_loss, under the rule's own name."""
    monitor = log_monitor(tmp_path, EPOCHS, parse_rule("eval_loss < 0.5"))
    (found,) = monitor.check()
    monitor.stop()
    assert (found.rule, found.reading.metric) == ("eval_loss < 0.5", "val_loss")


def test_a_metric_that_a_log_does_not_name_is_reported_once(tmp_path, caplog):
    """A rule on a metric that no epoch names is one warning with the metrics that there are."""
    monitor = log_monitor(tmp_path, EPOCHS, parse_rule("bleu > 30"), parse_rule("val_loss < 0"))
    monitor.check()
    monitor.check()
    monitor.stop()
    (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert "rule bleu > 30: expected bleu in" in record.getMessage()
    assert "val_loss" in record.getMessage()


def test_a_metric_that_no_name_holds_is_reported_once(alerts_of, caplog):
    """A rule on a metric that checkpoint names do not hold is one warning, after a few checkpoints."""
    parser = CustomParser(r"loss_([0-9.]+)\.pt")
    names = [f"loss_0.{n}.pt" for n in range(1, 5)]
    assert alerts_of(*names[:2], parser=parser, rules=["acc > 0.9"]) == []
    assert "expected acc" not in caplog.text
    assert alerts_of(*names, parser=parser, rules=["acc > 0.9"]) == []
    assert caplog.text.count("rule acc > 0.9: expected acc in") == 1
    assert "got loss so far" in caplog.text


def test_a_threshold_rule_without_direction_keeps_the_one_of_the_first_score():
    """The direction that a rule takes from the first metric holds for the rest of the run."""
    rule = ThresholdRule(0.5)
    assert rule.comparison is Comparison.LOWER
    assert ThresholdRule(0.5, metric="acc").comparison is Comparison.HIGHER


def test_the_bare_message_holds_rule_metric_value_and_name():
    """An alert that no renderer can render is sent with all its facts and its identity."""
    found = alert(0.003)
    message = bare_message(found)
    assert message.subject == message.text == "threshold: val_loss 0.003 a.pt"
    assert message.html == "<p>threshold: val_loss 0.003 a.pt</p>"
    assert (message.id, message.time, message.level) == (found.id, NOON, found.level)
    assert math.isfinite(found.reading.value)


def test_a_threshold_beside_a_rule_of_its_name_resumes_alone(tmp_path):
    """Two rules never share a name, under which each finds its last alert after a restart."""
    (tmp_path / "low_0.1.pt").touch()
    (tmp_path / "high_0.9.pt").touch()
    config = MonitorConfig(tmp_path, 0.5, comparison_mode="lower", parser=CustomParser(r"_([0-9.]+)\.pt"))
    outbox = MemoryOutbox()

    def alerts():
        rules = [ThresholdRule(0.5, "higher")]
        monitor = ModelMonitor(config, rules=rules, notifiers=[RecordingNotifier()], outbox=outbox)
        found = monitor.check()
        monitor.stop()
        return [(alert.rule, alert.reading.value) for alert in found]

    assert sorted(alerts()) == [("threshold", 0.9), ("threshold lower 0.5", 0.1)]
    assert alerts() == []


def test_the_settings_of_each_rule_are_read_once(monkeypatch):
    """A thousand rules are compared in a moment: what each was made with is collected once."""
    reads = []
    original = watch_rules._settings
    monkeypatch.setattr(watch_rules, "_settings", lambda rule: reads.append(rule) or original(rule))
    rules = [f"val_loss < 0.{number}" for number in range(100, 200)]
    ModelMonitor(MonitorConfig("x"), rules=rules, notifiers=[], outbox=MemoryOutbox())
    assert len(reads) == 100
