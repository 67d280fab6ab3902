"""Which metric of a log is meant where a rule names none."""

from __future__ import annotations

from auto_model_monitor import NotFiniteRule, PlateauRule, Reading, StalledRule, ThresholdRule
from auto_model_monitor.log_parser.default_metric import DefaultMetric
from tests.fakes import NOON

NAN = float("nan")


def said(metric: str, value: float, epoch: int | None = None) -> Reading:
    return Reading(metric=metric, value=value, name="train.log", epoch=epoch)


def scores(*looks: list[Reading]) -> list[str]:
    log = DefaultMetric()
    return [log.batch(look, time=NOON, seconds=0.0).score for look in looks]


def test_the_loss_of_the_validation_is_the_score() -> None:
    """It is waited for while the first epoch's training alone has spoken, and kept once it is known."""
    first = [said("learning_rate", 0.1, 1), said("train_loss", 0.5, 1)]
    second = [said("val_acc", 81.0, 1), said("val_loss", 0.6, 1)]
    assert scores(first, second, [said("val_acc", 82.0, 2)]) == ["", "val_loss", "val_loss"]


def test_a_log_without_a_validation_has_the_training_s() -> None:
    """A second epoch shows that no validation comes; a learning rate is never a score."""
    looks = [
        [said("learning_rate", 0.1, n), said("train_acc", 50.0, n), said("loss", 0.5, n)] for n in (1, 2)
    ]
    assert scores(*looks) == ["", "loss"]


def test_a_log_without_epochs_has_one_in_the_end() -> None:
    """Of steps alone two hundred numbers are enough."""
    assert scores([said("loss", 1.0)] * 200, [said("loss", 1.0)]) == ["", "loss"]


def test_what_the_user_named_goes_first() -> None:
    """A metric that was named is the score before anything was read."""
    log = DefaultMetric("macro_f1")
    assert log.batch([said("val_loss", 0.5, 1)], time=NOON, seconds=0.0).score == "macro_f1"


def test_a_rule_without_a_metric_looks_at_the_score() -> None:
    """Neither the learning rate, which never changes, nor the training's loss makes a plateau."""
    log, rule, told = DefaultMetric(), PlateauRule(3), []
    for epoch in range(1, 9):
        value = 1 / min(epoch, 5)
        look = [
            said("learning_rate", 0.1, epoch),
            said("train_loss", 1.0, epoch),
            said("val_loss", value, epoch),
        ]
        alert = rule.evaluate(log.batch(look, time=NOON, seconds=60.0 * epoch))
        told += [alert.reading.epoch] if alert else []
    assert told == [8]


def test_nan_in_any_metric_makes_one_alert() -> None:
    """The training's loss shows it first; the validation's that follows is the same problem."""
    log, rule = DefaultMetric(), NotFiniteRule()
    looks = [
        [said("train_loss", 0.5, 1), said("val_loss", 0.4, 1)],
        [said("train_loss", NAN, 2), said("val_loss", NAN, 2)],
        [said("train_loss", NAN, 3), said("val_loss", NAN, 3)],
    ]
    alerts = [rule.evaluate(log.batch(look, time=NOON, seconds=0.0)) for look in looks]
    assert [alert and (alert.reading.metric, alert.reading.epoch) for alert in alerts] == [
        None,
        ("train_loss", 2),
        None,
    ]
    resumed = NotFiniteRule()
    resumed.resume(alerts[1])
    everything = [reading for look in looks for reading in look]
    assert resumed.evaluate(DefaultMetric().batch(everything, time=NOON, seconds=0.0)) is None
    later = [said("val_loss", 0.4, 4), said("val_loss", NAN, 5)]
    assert resumed.evaluate(log.batch(later, time=NOON, seconds=0.0)).reading.epoch == 5


def test_lines_of_one_name_are_distinguished_after_a_restart() -> None:
    """The alert of a crossing is not repeated when the whole log, all of one name, is read again."""
    lines = [said("val_acc", value, epoch) for epoch, value in enumerate([80.0, 91.0, 92.0, 93.0], 1)]
    make = lambda: ThresholdRule(90, "higher", metric="val_acc", every="hit")  # noqa: E731
    first = make()
    told = first.evaluate(DefaultMetric().batch(lines[:3], time=NOON, seconds=0.0))
    assert told.reading.epoch == 3
    again = make()
    again.resume(told)
    assert again.evaluate(DefaultMetric().batch(lines[:3], time=NOON, seconds=0.0)) is None
    assert again.evaluate(DefaultMetric().batch(lines[3:], time=NOON, seconds=0.0)).reading.epoch == 4


def test_a_silence_names_the_last_line() -> None:
    """Whatever metric the log spoke of last."""
    log, rule = DefaultMetric(), StalledRule(100.0)
    rule.evaluate(log.batch([said("train_loss", 0.5, 1)], time=NOON, seconds=1.0))
    alert = rule.evaluate(log.batch([], time=NOON, seconds=500.0))
    assert alert.reading.metric == "train_loss"
