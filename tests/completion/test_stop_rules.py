"""A rule of --stop-on ends the training, once, and the message says so."""

from __future__ import annotations

from datetime import datetime, timezone

from auto_model_monitor.completion.run_report import RunCourse, end_alert
from auto_model_monitor.completion.stop_rules import StopRules
from auto_model_monitor.core.metric_history import MetricHistory
from auto_model_monitor.core.readings import Reading, ReadingBatch
from auto_model_monitor.rendering import Renderer
from auto_model_monitor.rules import parse_rule
from auto_model_monitor.running import CommandEnd

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
TEXT = "val_acc >= 0.99 for 3"


def test_a_rule_stops_the_training_once_when_it_is_met_and_the_message_names_it() -> None:
    """Two good values stop nothing, the third does, once; the message of the end names the rule."""
    reasons: list[str] = []
    rules = StopRules([parse_rule(TEXT)], reasons.append)
    for count in range(1, 6):
        reading = Reading(metric="val_acc", value=0.995, name=f"log:{count}", epoch=count, in_log=True)
        rules(ReadingBatch(time=NOON, others=[reading], score="val_acc"), [])
        assert len(reasons) == (count > 2)
    end = CommandEnd(exit_code=75, status=3, requested="stopped", reason=reasons[0], started=NOON, ended=NOON)
    course = RunCourse(history=MetricHistory(), score="val_acc", stopped_by=rules.alert)
    alert = end_alert(end, course, name="train.py", command=["python"], time=NOON, language="en")
    assert f"train.py was stopped by the rule {TEXT}" in Renderer(language="en").render(alert).text
