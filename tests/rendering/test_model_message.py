"""Messages about models in production: what happened, how sure it is, and what to do next."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from auto_model_monitor import Alert, AlertKind, Comparison, Level, NotificationError, Reading, Renderer
from auto_model_monitor.core.metric_history import Point
from auto_model_monitor.core.readings import ReadingBatch
from auto_model_monitor.notifiers import DingTalkNotifier, FeishuNotifier, WeComNotifier
from auto_model_monitor.rules import parse_rule
from auto_model_monitor.text.cleaning import for_html

TIME = datetime(2026, 11, 28, 8, tzinfo=timezone.utc)
READING = Reading(
    metric="accuracy",
    value=0.87,
    name="2026-11-27",
    model="model_1",
    time=TIME,
    rows=1234,
    low=0.85,
    high=0.89,
)
ALERT = Alert(
    rule="accuracy < 90% for 2",
    time=TIME,
    level=Level.WARNING,
    reading=READING,
    comparison=Comparison.LOWER,
    threshold=0.9,
    model="model_1",
    details={"since": "2026-11-26", "held_checkpoints": 2},
)
SILENT = replace(
    ALERT,
    kind=AlertKind.STALLED,
    threshold=None,
    comparison=None,
    details={"silent_seconds": 180000.0, "limit_seconds": 172800.0},
)


def rendered(alert=ALERT, language="en", **options):
    options = {"watch_dir": "/data/credit/predictions", "host": "gpu3", **options}
    return Renderer(language=language, **options).render(alert)


def test_the_first_line_is_the_sentence_of_the_seed():
    """In Chinese the text begins with the sentence that S2.13 asks for, per cent as in the rule."""
    message = rendered(language="zh")
    assert message.text.splitlines()[0] == "模型model_1准确率低于90%, 发出预警"
    assert message.subject == "⚠️ 模型model_1准确率低于90%, 发出预警（87%） · 2026-11-27 · credit@gpu3"


def test_everything_that_one_needs_is_there():
    """Model, metric, value, rows, interval, threshold, window, since when, where and what next."""
    message = rendered()
    assert message.subject == "⚠️ model_1: accuracy 87% below 90% · 2026-11-27 · credit@gpu3"
    for line in (
        "Value: 87%",
        "Threshold: 90%",
        "Model: model_1",
        "Metric: accuracy",
        "Rows: 1,234",
        "95 % interval: 85% – 89%",
        "Window: 2026-11-27 (→ 2026-11-28 08:00:00 UTC)",
        "Since: 2026-11-26",
        "Rule: accuracy < 90% for 2",
        "Host: gpu3",
        "Source: /data/credit/predictions",
    ):
        assert line in message.text.splitlines()
    assert "Next step: Compare the inputs" in message.text
    assert "Window" in message.html


def test_the_mail_of_the_third_seed_can_be_given():
    """A subject and a content template give exactly the two texts of S3.31."""
    message = rendered(
        subject_template="Model Performance Degradation Alert",
        content_template="Production accuracy dropped to {value:.2f}.",
    )
    assert (message.subject, message.text) == (
        "Model Performance Degradation Alert",
        "Production accuracy dropped to 0.87.",
    )


@pytest.mark.parametrize(
    ("rule", "metric", "value", "threshold", "text"),
    [
        ("latency_p95 > 200ms", "latency_p95", 0.35, 0.2, "latency_p95 350 ms above 200 ms"),
        ("latency_p95 > 1.5s", "latency_p95", 2.0, 1.5, "latency_p95 2 s above 1.5 s"),
        ("accuracy < 0.9 for 30min", "accuracy", 0.87, 0.9, "accuracy 0.87 above 0.9"),
        ("missing@age > 5%", "missing@age", 0.123456789, 0.05, "missing of age 12.35% above 5%"),
    ],
)
def test_numbers_are_in_the_unit_of_the_rule(rule, metric, value, threshold, text):
    """Value and threshold are written in the unit in which the rule states the threshold."""
    reading = replace(READING, metric=metric, value=value)
    alert = replace(ALERT, rule=rule, reading=reading, threshold=threshold, comparison=Comparison.HIGHER)
    assert text in rendered(alert).subject


def test_a_share_has_four_digits_unless_they_hide_the_side():
    """A share shows no noise of its rows, and more digits where it would look like the threshold."""
    for value, text in ((0.885833, "88.58%"), (0.8999991, "89.9999%"), (0.9, "90%")):
        assert f"\nValue: {text}\n" in rendered(replace(ALERT, reading=replace(READING, value=value))).text


@pytest.mark.parametrize(
    ("language", "subject"), [("en", "model_1: accuracy"), ("zh", "模型model_1准确率恢复为 93%")]
)
def test_an_all_clear_says_so(language, subject):
    """A resolved alert is calm, states the value, and gives no next step."""
    alert = replace(ALERT, resolved=True, reading=replace(READING, value=0.93))
    message = rendered(alert, language)
    assert message.subject.startswith(f"↩️ {subject}")
    assert "Next step" not in message.text
    assert "下一步" not in message.text


def test_a_silence_names_the_last_window_and_no_metric():
    """Where no predictions come, the message names the model, the silence and the last window."""
    message = rendered(SILENT)
    assert message.subject.startswith("⚠️ model_1: no predictions for 2 d 2 h · 2026-11-27 ·")
    assert message.text.startswith("model_1: no predictions for 2 d 2 h, the last window is 2026-11-27.")
    assert "accuracy\n" not in message.text
    assert "模型model_1已有 2 天 2 小时没有预测" in rendered(SILENT, "zh").subject


@pytest.mark.parametrize("kind", list(AlertKind))
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("resolved", [False, True])
def test_an_alert_of_any_kind_about_a_model_has_a_message(kind, language, resolved):
    """No kind of alert lacks a sentence about a model, and none leaves a placeholder."""
    alert = replace(ALERT, kind=kind, resolved=resolved, level=Level.CRITICAL)
    message = rendered(alert, language)
    assert "{" not in message.subject + message.text


@pytest.mark.parametrize("name", ["x'); DROP TABLE", "a\nb\r\nc", "<b>&", "m" * 10_000, "\ud800", "{model}"])
def test_any_name_of_a_model_is_shown_and_harms_nothing(name):
    """A hostile name stays one line in the subject, is escaped in HTML, and is cut."""
    message = rendered(replace(ALERT, model=name, reading=replace(READING, model=name)))
    assert "\n" not in message.subject
    assert len(message.subject) <= 80
    assert "<b>&" not in message.html


def test_facts_for_programs_hold_the_window():
    """A webhook gets model, group, window, rows and interval as values."""
    alert = replace(ALERT, group="sex:f", reading=replace(READING, metric="recall@sex:f", group="sex:f"))
    facts = rendered(alert).facts
    expected = {"model": "model_1", "group": "sex:f", "window": "2026-11-27", "rows": 1234}
    assert expected.items() <= facts.items()
    assert (facts["low"], facts["high"]) == (0.85, 0.89)


def look(count):
    models = [replace(ALERT, model=f"model_{n:03}", id=f"{n:032}") for n in range(count)]
    return [replace(models[0], level=Level.CRITICAL), *models[1:]]


@pytest.mark.parametrize(
    ("language", "subject", "head", "alarm", "rest"),
    [
        ("en", "🚨 1000 models need attention: model_000 accuracy 87% ", "Model | Alarm",
         "accuracy 87% below 90% · 2026-11-27 (95 % interval 85% – 89%, 1,234 rows)", "… and 980 more"),
        ("zh", "🚨 1000 个模型需要关注：model_000 准确率低于90%", "模型 | 预警",
         "准确率低于90%, 发出预警（87%） · 2026-11-27（95% 区间 85% – 89%，1,234 个样本）",
         "……另有 980 条未列出"),
    ],
)  # fmt: skip
def test_many_models_are_one_message(language, subject, head, alarm, rest):
    """The number stands in the subject, twenty in a table, the rest as a number; the level is the worst."""
    message = Renderer(language=language, watch_dir="/data/credit", host="gpu3").render_look(look(1000))
    assert message.subject.startswith(subject)
    assert len(message.subject) <= 80
    lines = message.text.splitlines()
    start = lines.index(head)
    assert lines[start + 1 : start + 21] == [f"model_{n:03} | {alarm}" for n in range(20)]
    assert lines[start + 21] == rest
    assert lines[-2] in ("Source: /data/credit", "来源：/data/credit")
    assert all(for_html(text) in message.html for text in ("model_019", alarm, rest))
    assert message.level is Level.CRITICAL
    assert message.facts["count"] == 1000
    assert str(message.facts["models"]).split(", ") == [f"model_{n:03}" for n in range(20)]


@pytest.mark.parametrize(
    ("language", "alarms", "clears"), [("en", "Alarms", "All-clears"), ("zh", "预警数", "恢复数")]
)
def test_a_look_counts_alarms_and_says_what_to_do(language, alarms, clears):
    """The large number counts alarms, all-clears stand beside it; each kind of alarm has its next step."""
    slow = replace(ALERT, reading=replace(READING, metric="latency_p95", low=None, high=None))
    over = replace(ALERT, model="good", resolved=True)
    renderer = Renderer(language=language, host="gpu3")
    message = renderer.render_look([*look(2), slow, over])
    assert re.search(
        rf">{alarms}</div>.*?>3</span>.*?>{clears}</div>\s*<div[^>]*>1</div>", message.html, re.DOTALL
    )
    steps = [line for line in message.text.splitlines() if line.startswith(("Next step", "下一步"))]
    assert len(set(steps)) == len(steps) == 2
    assert "1,234" in message.text.splitlines()[4]
    assert not re.search("Next step|下一步", renderer.render_look([over, over]).text)


def test_other_incidents_since_the_last_message_are_named():
    """A message names the incidents that no other is about, alone as a line, among others in its cell."""
    alert = replace(ALERT, details={**ALERT.details, "other_incidents": "2026-11-20, 2026-11-22"})
    assert "\nAlso at: 2026-11-20, 2026-11-22\n" in rendered(alert).text
    message = Renderer(language="zh").render_look([alert, ALERT])
    assert "1,234 个样本; 期间还有 2026-11-20, 2026-11-22）" in message.text


def test_recovered_models_are_counted_apart():
    """Of a look the models that need attention are counted; where all have recovered, those."""
    bad, good = look(3), [replace(alert, resolved=True, model=f"good_{alert.model}") for alert in look(2)]
    renderer = Renderer(language="en")
    assert renderer.render_look([*bad, *good]).subject.startswith("🚨 3 models need attention: ")
    message = renderer.render_look(good)
    assert message.subject.startswith("↩️ 2 models have recovered: ")
    assert message.facts["resolved"] is True


@pytest.mark.parametrize("build", [DingTalkNotifier, FeishuNotifier, WeComNotifier])
def test_the_table_fits_into_every_robot(build, monkeypatch):
    """With the longest names of models the table stays within what each group chat accepts."""
    sent = []

    def post(address, body, *_, **__):
        sent.append(body)
        raise NotificationError("enough")

    monkeypatch.setattr("auto_model_monitor.notifiers.http.post", post)
    models = [replace(alert, model="模" * 300 + str(alert.model)) for alert in look(1000)]
    with pytest.raises(NotificationError, match="enough"):
        build("token-4711").send(Renderer(language="zh").render_look(models))
    assert len(sent[0]) <= 20_000


def test_the_trend_is_of_windows_and_the_best_is_the_highest():
    """Of a fallen accuracy the best window is the highest, each by its label; and how long it lasted."""
    values = [0.95, 0.86, 0.87, 0.93]
    days = [f"2026-11-{24 + n}" for n in range(4)]
    points = [
        Point(time=TIME + timedelta(days=n - 3), number=n, value=value, name=days[n])
        for n, value in enumerate(values)
    ]
    details = {"since": "2026-11-25"}
    breach = replace(ALERT, history=points, details=details)
    assert "2026-11-24: 0.95 (best)\n" in rendered(breach).text
    good = replace(breach, resolved=True, reading=replace(READING, value=0.93))
    assert "\nLasted: 2 d\n" in rendered(good).text


def test_a_crossing_without_a_model_is_an_alarm_too():
    """A plain row of a table, about no model and no window, makes a warning that names the row."""
    reading = Reading(metric="auc", value=0.6, name="row 7")
    alert = parse_rule("auc < 0.7", crossing=True).evaluate(ReadingBatch(time=TIME, others=[reading]))
    message = rendered(alert)
    assert message.subject == "⚠️ auc 0.6 below 0.7 · credit@gpu3"
    assert "\nWindow: row 7\n" in message.text


def test_an_all_clear_is_no_alarm():
    """One alarm beside an all-clear is one alarm, and all-clears of one model are counted as such."""
    over = replace(ALERT, resolved=True, reading=replace(READING, value=0.95))
    mixed = Renderer(language="en").render_look([ALERT, over])
    assert "2 alarms" not in mixed.subject
    assert "accuracy 87% below 90%" in mixed.subject
    assert "2 all-clears" in Renderer(language="en").render_look([over, over]).subject
