"""Tests of the mails that people receive."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import Alert, Comparison, Reading, Renderer
from auto_model_monitor.rendering import LARGEST_TEXT, LONGEST_SUBJECT
from auto_model_monitor.rendering.templates import PLACEHOLDERS
from tests.campaigns import examples

NAME = "epoch_10_val_loss_0.003_acc_0.95.pt"
TIME = datetime(2026, 11, 20, 20, 34, 12, 345678, tzinfo=timezone(timedelta(hours=8)))
PLACE = {"watch_dir": "/data/runs/exp1", "host": "gpu-01"}

SUBJECT_TEMPLATE = "🔥 重要通知：{filename} 分数{condition}阈值！"
CONTENT_TEMPLATE = """
📊 模型更新详情 📊

- 文件名：{filename}
- 当前分数：{score:.6f}
- 阈值：{threshold:.6f}
- 状态：分数{condition}阈值，建议查看！

⏰ 检测时间：{timestamp}
"""


def levels(score: float, filename: str) -> tuple[str, list[str]]:
    """Word a mail by its score, as the second example of the README does."""
    if score < 0.003:
        priority, emoji = "🔥🔥🔥 紧急", "🚀"
    elif score < 0.004:
        priority, emoji = "🚨 重要", "💡"
    else:
        priority, emoji = "ℹ️ 信息", "📌"
    contents = [
        f"{emoji} 模型性能突破通知 {emoji}",
        "",
        f"文件名: {filename}",
        f"当前分数: {score:.6f}",
        "阈值: 0.004",
        "",
        "📈 性能分析:",
        f"- 比阈值提升: {(0.004 - score) / 0.004}",
        "- 推荐操作: 考虑部署到测试环境",
        "",
        "此为自动通知，请勿回复。",
    ]
    return f"{priority}: {filename} 分数更新至 {score:.6f}", contents


def lower(
    value: float = 0.003,
    name: str = NAME,
    previous: float | None = None,
    step: int | None = None,
) -> Alert:
    """Return an alert about a loss that fell below 0.004."""
    reading = Reading(metric="val_loss", value=value, name=name, path=f"/data/{name}", epoch=10, step=step)
    return Alert(
        rule="threshold",
        time=TIME,
        reading=reading,
        comparison=Comparison.LOWER,
        threshold=0.004,
        previous_best=previous,
    )


def higher(previous: float | None = None) -> Alert:
    """Return an alert about an accuracy that rose above 0.9."""
    reading = Reading(metric="val_acc", value=0.95, name="acc_0.95.pt", step=12000)
    return Alert(
        rule="threshold",
        time=TIME,
        reading=reading,
        comparison=Comparison.HIGHER,
        threshold=0.9,
        previous_best=previous,
    )


class _Body(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def body(html: str) -> str:
    """Return what a person reads in an HTML part."""
    reader = _Body()
    reader.feed(html[html.index("<body") :])
    return reader.text


ZH_LOWER = """\
检测到新的模型文件分数低于阈值：
文件名：epoch_10_val_loss_0.003_acc_0.95.pt
当前分数：0.003
阈值：0.004
检测时间：2026-11-20 20:34:12 UTC+08:00

指标：val_loss
此前最好：{previous}
轮次：10
主机：gpu-01
目录：/data/runs/exp1"""

ZH_HIGHER = """\
检测到新的模型文件分数高于阈值：
文件名：acc_0.95.pt
当前分数：0.95
阈值：0.9
检测时间：2026-11-20 20:34:12 UTC+08:00

指标：val_acc
此前最好：{previous}
步数：12000
主机：gpu-01
目录：/data/runs/exp1"""

EN_LOWER = """\
A new model file scores below the threshold:
File: epoch_10_val_loss_0.003_acc_0.95.pt
Score: 0.003
Threshold: 0.004
Time: 2026-11-20 20:34:12 UTC+08:00

Metric: val_loss
Previous best: {previous}
Epoch: 10
Host: gpu-01
Directory: /data/runs/exp1"""

EN_HIGHER = """\
A new model file scores above the threshold:
File: acc_0.95.pt
Score: 0.95
Threshold: 0.9
Time: 2026-11-20 20:34:12 UTC+08:00

Metric: val_acc
Previous best: {previous}
Step: 12000
Host: gpu-01
Directory: /data/runs/exp1"""


@pytest.mark.parametrize(
    ("language", "alert", "subject", "text", "previous"),
    [
        (
            "zh",
            lower(),
            "✅ val_loss 0.003 低于阈值 0.004 · exp1@gpu-01",
            ZH_LOWER,
            "无，首次达标，比阈值低 0.001（25%）",
        ),
        (
            "zh",
            lower(previous=0.0035),
            "✅ val_loss 0.003 低于阈值 0.004 · exp1@gpu-01",
            ZH_LOWER,
            "0.0035，本次降低 0.0005（14.3%）",
        ),
        (
            "zh",
            higher(),
            "✅ val_acc 0.95 高于阈值 0.9 · exp1@gpu-01",
            ZH_HIGHER,
            "无，首次达标，比阈值高 0.05（5.6%）",
        ),
        (
            "zh",
            higher(previous=0.94),
            "✅ val_acc 0.95 高于阈值 0.9 · exp1@gpu-01",
            ZH_HIGHER,
            "0.94，本次升高 0.01（1.1%）",
        ),
        (
            "en",
            lower(),
            "✅ val_loss 0.003 below 0.004 · exp1@gpu-01",
            EN_LOWER,
            "none, first hit, below by 0.001 (25%)",
        ),
        (
            "en",
            lower(previous=0.0035),
            "✅ val_loss 0.003 below 0.004 · exp1@gpu-01",
            EN_LOWER,
            "0.0035, now lower by 0.0005 (14.3%)",
        ),
        (
            "en",
            higher(),
            "✅ val_acc 0.95 above 0.9 · exp1@gpu-01",
            EN_HIGHER,
            "none, first hit, above by 0.05 (5.6%)",
        ),
        (
            "en",
            higher(previous=0.94),
            "✅ val_acc 0.95 above 0.9 · exp1@gpu-01",
            EN_HIGHER,
            "0.94, now higher by 0.01 (1.1%)",
        ),
    ],
)
def test_the_default_mail(language, alert, subject, text, previous) -> None:
    """The default mail is this, to the letter, and belongs to its alert."""
    message = Renderer(language=language, **PLACE).render(alert)
    assert message.subject == subject
    assert message.text == text.format(previous=previous)
    assert (message.id, message.time) == (alert.id, alert.time)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("alert", [lower(), lower(previous=0.0035, step=500), higher(previous=0.9)])
def test_the_card_says_all_that_the_text_says(language, alert) -> None:
    """Label and value of every line of the text stand in the HTML too."""
    message = Renderer(language=language, **PLACE).render(alert)
    read = body(message.html)
    for line in message.text.replace("：", ": ").splitlines()[1:]:
        label, _, value = line.partition(": ")
        if label in ("指标", "Metric", "此前最好", "Previous best", ""):
            continue
        assert label in read
        assert value.strip() in read
    assert alert.reading.metric in read
    assert message.text.splitlines()[0].rstrip("：:") in read
    if alert.previous_best:
        assert str(alert.previous_best) in read


def test_what_is_unknown_is_left_out() -> None:
    """Without host, directory, epoch and step there is no empty line for them."""
    reading = Reading(metric="score", value=0.5, name="a.pt")
    alert = Alert(rule="threshold", time=TIME, reading=reading, comparison=Comparison.HIGHER, threshold=0.5)
    assert Renderer(language="en").render(alert).text.splitlines()[5:] == [
        "",
        "Metric: score",
        "Previous best: none",
    ]


def test_a_score_that_got_worse_is_told_as_it_is() -> None:
    """Another rule may report a loss that rose; the mail does not call that a fall."""
    text = Renderer(language="en").render(lower(previous=0.002)).text
    assert "Previous best: 0.002, now higher by 0.001 (50%)" in text
    assert "Previous best: 0.003\n" in Renderer(language="en").render(lower(previous=0.003)).text


def test_the_first_script_of_the_readme_gets_its_mail() -> None:
    """The templates that people have give the subject and the content that they know."""
    renderer = Renderer(subject_template=SUBJECT_TEMPLATE, content_template=CONTENT_TEMPLATE, **PLACE)
    message = renderer.render(lower())
    assert message.subject == f"🔥 重要通知：{NAME} 分数低于阈值！"
    assert message.text == (
        f"\n📊 模型更新详情 📊\n\n- 文件名：{NAME}\n- 当前分数：0.003000\n- 阈值：0.004000\n"
        "- 状态：分数低于阈值，建议查看！\n\n⏰ 检测时间：2026-11-20 20:34:12\n"
    )
    assert message.text in body(message.html)


@pytest.mark.parametrize(
    ("score", "start"), [(0.0029, "🔥🔥🔥 紧急: "), (0.003, "🚨 重要: "), (0.0045, "ℹ️ 信息: ")]
)
def test_the_second_script_of_the_readme_gets_its_mail(score: float, start: str) -> None:
    """The generator that people have words all three levels, and its lines arrive as they are."""
    message = Renderer(content_generator=levels).render(lower(score))
    subject, lines = levels(score, NAME)
    assert message.subject == subject
    assert message.subject.startswith(start)
    assert message.text == "\n".join(lines)
    assert message.text in body(message.html)
    if score == 0.003:
        assert "- 比阈值提升: 0.25\n" in message.text


def test_all_placeholders_work_in_subject_and_content() -> None:
    """Every documented placeholder has a value in both."""
    template = " ".join(f"{name}={{{name}}}" for name in PLACEHOLDERS)
    renderer = Renderer(subject_template=template, content_template=template, **PLACE)
    message = renderer.render(lower(previous=0.0035))
    expected = (
        f"filename={NAME} score=0.003 threshold=0.004 condition=低于 timestamp=2026-11-20 20:34:12 "
        "metric=val_loss epoch=10 step=10 previous_best=0.0035 improvement=0.0005 "
        f"watch_dir=/data/runs/exp1 host=gpu-01 path=/data/{NAME} "
        "model=— group=— value=0.003 window=— rows=— low=— high=—"
    )
    assert message.subject == expected
    assert message.text == expected


def test_absent_values_are_a_dash() -> None:
    """A missing value has the same text in every format."""
    template = "{previous_best:.6f} {improvement:+.1%} {epoch:03d} {step:,} {watch_dir} {host:>9}"
    reading = Reading(metric="score", value=0.5, name="a.pt")
    alert = Alert(rule="threshold", time=TIME, reading=reading, comparison=Comparison.HIGHER, threshold=0.4)
    assert Renderer(content_template=template).render(alert).text == "— — — — — —"


@pytest.mark.parametrize(
    ("language", "alert", "word"),
    [
        ("zh", lower(), "低于"),
        ("zh", higher(), "高于"),
        ("en", lower(), "below"),
        ("en", higher(), "above"),
    ],
)
def test_the_condition_follows_mode_and_language(language, alert, word) -> None:
    """The condition is a word of the mail's language for the direction of the comparison."""
    renderer = Renderer(language=language, subject_template="{condition}")
    assert renderer.render(alert).subject == word


def test_blank_lines_and_leading_spaces_survive() -> None:
    """What a user wrote arrives as it was written, in text and in HTML."""
    lines = ["", "  two", "", "", "\ttab  inside", " "]
    message = Renderer(content_generator=lambda score, filename: lines).render(lower())
    assert message.text == "\n  two\n\n\n\ttab  inside\n "
    assert message.text in body(message.html)


@pytest.mark.parametrize("result", [["a", "b"], ("a", "b", "c"), "a\nb"])
def test_a_generator_may_leave_the_subject_to_us(result) -> None:
    """Lines or a text alone are the content under the default subject."""
    message = Renderer(content_generator=lambda score, filename: result).render(lower())
    assert message.subject == "✅ val_loss 0.003 低于阈值 0.004"
    assert message.text == (result if isinstance(result, str) else "\n".join(result))


def test_a_generator_goes_before_the_templates() -> None:
    """With both given the generator's words are sent; a template fills in what it left out."""
    templates = {"subject_template": "template", "content_template": "template"}
    both = Renderer(content_generator=levels, **templates).render(lower())
    assert "template" not in both.subject + both.text
    lines = Renderer(content_generator=lambda score, filename: ["a"], **templates).render(lower())
    assert (lines.subject, lines.text) == ("template", "a")


def test_a_generator_gets_the_score_and_the_name_as_they_were_read() -> None:
    """A generator may compute with the score and open the file."""
    seen = []
    Renderer(content_generator=lambda *args: seen.append(args)).render(lower(name="a\n\udcff.pt"))
    assert seen == [(0.003, "a\n\udcff.pt")]


class _Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("boom\nBcc: x"), "ValueError: boom Bcc: x"),
        (SystemExit(3), "SystemExit: 3"),
        (_Unprintable(), "_Unprintable"),
        (RecursionError(), "RecursionError"),
    ],
)
def test_a_generator_that_raises_costs_nobody_the_mail(error, line, caplog) -> None:
    """The default mail goes out with one line more, and the log has the traceback once."""

    def generator(score: float, filename: str) -> None:
        raise error

    renderer = Renderer(content_generator=generator, subject_template="template", content_template="template")
    with caplog.at_level(logging.DEBUG):
        message = renderer.render(lower())
    default = Renderer().render(lower())
    note = f"注意：自定义内容生成器出错，本邮件改用默认内容。{line}"
    assert message.subject == default.subject
    assert message.text == f"{default.text}\n\n{note}"
    assert note in body(message.html)
    (record,) = caplog.records
    assert record.name == "auto_model_monitor.rendering"
    assert record.exc_info


@pytest.mark.parametrize("junk", [None, 3, {}, [], "", ("s", []), b"x"])
def test_a_generator_that_returns_junk_costs_nobody_the_mail(junk) -> None:
    """The mail names an invalid content, with what was expected."""
    message = Renderer(language="en", content_generator=lambda *args: junk).render(lower())
    assert message.text.startswith("A new model file scores below the threshold:\n")
    assert "expected (subject, lines), lines or a text, got " in message.text.splitlines()[-1]


def test_ctrl_c_is_not_a_generators_failure() -> None:
    """Who presses Ctrl-C while a generator runs wants to stop the watch."""

    def generator(score: float, filename: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Renderer(content_generator=generator).render(lower())


def test_a_template_that_fails_costs_nobody_the_mail(caplog) -> None:
    """When a template fails, the default applies and the mail has the reason."""
    bad = Renderer(language="en", subject_template="{nope}", content_template="mine").render(lower())
    assert bad.subject == "✅ val_loss 0.003 below 0.004"
    assert bad.text.startswith("mine\n\nNote: your subject template failed;")
    assert "Note: your subject template failed;" in body(bad.html)
    bad = Renderer(subject_template="mine", content_template="{score.real}").render(lower())
    assert bad.subject == "mine"
    assert bad.text.startswith("检测到新的模型文件分数低于阈值：\n")
    assert "attribute" in bad.text.splitlines()[-1]
    assert len(caplog.records) == 2


def test_a_blank_template_is_as_good_as_none() -> None:
    """Nobody gets a mail without a subject or a content."""
    message = Renderer(subject_template=" \n", content_template="\n \n").render(lower())
    assert (message.subject, message.text) == (
        Renderer().render(lower()).subject,
        Renderer().render(lower()).text,
    )


@pytest.mark.parametrize(
    "name",
    [
        "<b>bold</b>.pt",
        "<link rel=stylesheet href=http://x.example/a.css>.pt",
        "\"'&amp;&#65;</pre></td>.pt",
        "{0.__class__}{score}{filename.__init__.__globals__}.pt",
        "=?utf-8?q?x?=.pt",
        "家族👨‍👩‍👧.pt",
    ],
)
@pytest.mark.parametrize("renderer", [Renderer(), Renderer(content_template="{filename}")])
def test_a_hostile_name_stays_text(name: str, renderer: Renderer) -> None:
    """Markup and placeholders in a file's name are shown, and do nothing."""
    message = renderer.render(lower(name=name))
    assert name in message.text
    assert name in body(message.html)
    reader = _Body()
    reader.feed(message.html)
    assert not {"link", "b", "a", "img", "script"} & set(reader.tags)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\n当前分数：0.pt", "a�当前分数：0.pt"),
        ("a\x1b[31m.pt", "a�[31m.pt"),
        ("a\u202egnp.pt", "a�gnp.pt"),
        ("a\udcff\udcfe.pt", "a��.pt"),
        ("a\r\n\u2028b.pt", "a���b.pt"),
    ],
)
def test_what_cannot_be_shown_is_a_mark(name: str, shown: str) -> None:
    """A name forges no line, obeys no terminal, turns no direction, and can be encoded."""
    default = Renderer().render(lower(name=name))
    assert default.text.splitlines()[1] == f"文件名：{shown}"
    assert shown in body(default.html)
    own = Renderer(content_template="{filename}", subject_template="{filename}").render(lower(name=name))
    assert own.text == own.subject == shown


def test_a_subject_is_one_line_of_bounded_length() -> None:
    """A line break in a subject makes no header, and its length has an end."""
    generator = {"content_generator": lambda score, filename: ("x\r\nBcc: y\n" + "z" * 999, ["a"])}
    subject = Renderer(**generator).render(lower()).subject
    assert subject.startswith("x Bcc: y zzz")
    assert subject.endswith("z…")
    assert len(subject) == LONGEST_SUBJECT


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_content_that_is_too_long_is_cut_and_says_so(language) -> None:
    """A generator that returns a whole log still gets a mail that a server takes."""
    renderer = Renderer(language=language, content_generator=lambda *args: ["号" * 1000] * 1000)
    message = renderer.render(lower())
    assert LARGEST_TEXT < len(message.text.encode()) < LARGEST_TEXT + 100
    assert message.text.splitlines()[-1].lstrip("…").startswith(("（内容过长", " (too long"))
    assert message.text.splitlines()[-1] in body(message.html)


def test_rendering_twice_gives_the_same() -> None:
    """A renderer has no clock and no memory: the same alert is the same message."""
    alert = lower(previous=0.0035)
    renderer = Renderer(**PLACE)
    assert renderer.render(alert) == renderer.render(alert)


_ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
_TEMPLATE_TEXT = st.text(alphabet="{}[]!:.<>=,%0123456789fdx" + "\n", max_size=20)
_TEMPLATES = (
    st.none()
    | _ANY_TEXT
    | st.lists(st.sampled_from([f"{{{name}}}" for name in PLACEHOLDERS]) | _TEMPLATE_TEXT).map("".join)
)
_RESULTS = st.recursive(
    st.none() | st.integers() | st.floats() | _ANY_TEXT | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)
_ALERTS = st.builds(
    Alert,
    rule=st.just("threshold"),
    time=st.datetimes(timezones=st.none() | st.timezones()),
    reading=st.builds(
        Reading,
        metric=_ANY_TEXT,
        value=st.floats(),
        name=_ANY_TEXT,
        path=_ANY_TEXT,
        epoch=st.none() | st.integers(),
        step=st.none() | st.integers(),
    ),
    comparison=st.sampled_from(Comparison),
    threshold=st.floats() | st.integers(-(10**300), 10**300),
    previous_best=st.none() | st.floats(),
)


@settings(max_examples=examples(400))
@given(
    alert=_ALERTS,
    language=st.sampled_from(["zh", "en"]),
    subject=_TEMPLATES,
    content=_TEMPLATES,
    result=st.none() | st.just(ValueError("x")) | st.tuples(_RESULTS),
    place=_ANY_TEXT,
)
def test_whatever_comes_a_mail_can_be_sent(alert, language, subject, content, result, place) -> None:
    """No alert, template or generator keeps a message from being rendered, and it can be sent."""

    def generator(score: float, filename: str) -> object:
        if isinstance(result, Exception):
            raise result
        return result[0]

    logging.disable()
    try:
        message = Renderer(
            language=language,
            subject_template=subject,
            content_template=content,
            content_generator=None if result is None else generator,
            watch_dir=place,
            host=place,
        ).render(alert)
    finally:
        logging.disable(logging.NOTSET)
    assert message.subject.strip()
    assert message.text.strip()
    assert len(message.subject.splitlines()) == 1
    assert len(message.subject) <= LONGEST_SUBJECT
    assert "\r" not in message.text
    for part in (message.subject, message.text, message.html):
        part.encode()
