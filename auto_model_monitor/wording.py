"""What a person receives, in words: the catalogue, and how numbers, times and names are written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Language = Literal["zh", "en"]

#: Stands where a value is missing.
ABSENT = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Every text of one language; a language that misses one does not type-check.

    Each text that has a gap takes its values by name with ``str.format``.
    """

    tag: str
    sender: str
    below: str
    above: str
    subject: str
    heading: str
    heading_end: str
    line: str
    file: str
    score: str
    threshold: str
    time: str
    metric: str
    previous: str
    epoch: str
    step: str
    host: str
    directory: str
    none: str
    first: str
    since: str
    down_by: str
    up_by: str
    below_by: str
    above_by: str
    amount: str
    generator_failed: str
    subject_template_failed: str
    content_template_failed: str
    cut: str
    test_subject: str
    test_content: str


_ZH = Wording(
    tag="zh-CN",
    sender="模型监控通知",
    below="低于",
    above="高于",
    subject="模型监控通知：{metric} {score} {condition}阈值 {threshold}",
    heading="检测到新的模型文件分数{condition}阈值",
    heading_end="：",
    line="{label}：{value}",
    file="文件名",
    score="当前分数",
    threshold="阈值",
    time="检测时间",
    metric="指标",
    previous="此前最好",
    epoch="轮次",
    step="步数",
    host="主机",
    directory="目录",
    none="无",
    first="{best}，首次达标，{label} {amount}",
    since="{best}，本次{label} {amount}",
    down_by="降低",
    up_by="升高",
    below_by="比阈值低",
    above_by="比阈值高",
    amount="{change}（{percent}）",
    generator_failed="注意：自定义内容生成器出错，本邮件改用默认内容。{reason}",
    subject_template_failed="注意：自定义主题模板无法使用，本邮件改用默认主题。{reason}",
    content_template_failed="注意：自定义内容模板无法使用，本邮件改用默认内容。{reason}",
    cut="……（内容过长，其余部分已省略）",
    test_subject="模型监控通知：测试邮件",
    test_content="这是一封测试邮件，从 {host} 发出。\n"
    "收到它，说明邮箱设置可用：分数达标时，通知会以同样的方式送达。\n\n发送时间：{timestamp}",
)

_EN = Wording(
    tag="en",
    sender="Model monitor",
    below="below",
    above="above",
    subject="Model monitor: {metric} {score} {condition} threshold {threshold}",
    heading="A new model file scores {condition} the threshold",
    heading_end=":",
    line="{label}: {value}",
    file="File",
    score="Score",
    threshold="Threshold",
    time="Time",
    metric="Metric",
    previous="Previous best",
    epoch="Epoch",
    step="Step",
    host="Host",
    directory="Directory",
    none="none",
    first="{best}, first hit, {label} {amount}",
    since="{best}, now {label} {amount}",
    down_by="lower by",
    up_by="higher by",
    below_by="below by",
    above_by="above by",
    amount="{change} ({percent})",
    generator_failed="Note: your content generator failed; this is the default mail. {reason}",
    subject_template_failed="Note: your subject template failed; the subject is the default. {reason}",
    content_template_failed="Note: your content template failed; this is the default mail. {reason}",
    cut="… (too long; the rest was left out)",
    test_subject="Model monitor: test mail",
    test_content="This is a test mail from {host}.\n"
    "As it has arrived, your mailbox works: an alert will come the same way.\n\nTime: {timestamp}",
)

_CATALOGUE: dict[str, Wording] = {"zh": _ZH, "en": _EN}


def wording(language: Language) -> Wording:
    """Return the texts of ``language``."""
    return _CATALOGUE[language]


def number_text(value: float) -> str:
    """Write a number as short as it is exact: ``0.003``, ``1.2e-05``, ``95``."""
    if isinstance(value, int) and abs(value) < 10**16:
        return str(int(value))
    # float() first: a NumPy number's own repr would read "np.float64(0.003)".
    text = repr(float(value))
    if value == 0:
        return "0"
    return text[:-2] if text.endswith(".0") else text


def exact_gain(gain: float, value: float, base: float) -> float:
    """Return ``gain``, the difference of ``value`` and ``base``, as one would compute it by hand.

    In binary 0.0034 - 0.0029 is 0.0004999999999999999; of the decimals that were read it is 0.0005.
    """
    if not (math.isfinite(value) and math.isfinite(base)):
        return gain
    from decimal import Context, Decimal

    # A context of our own: the program around us may have changed the thread's.
    numbers = (Decimal(repr(float(number))) for number in (value, base))
    return math.copysign(float(Context(prec=50).subtract(*numbers)), gain)


def percent_text(change: float, base: float) -> str | None:
    """Write the size of ``change`` as a share of ``base``; None where that would say nothing."""
    if not (math.isfinite(change) and math.isfinite(base)) or base == 0:
        return None
    percent = abs(change / base) * 100
    if percent >= 10_000:
        return None
    if percent < 0.01:
        return "<0.01%"
    text = f"{percent:.1f}" if percent >= 1 else f"{percent:.2g}"
    return f"{text.removesuffix('.0')}%"


def time_text(time: datetime) -> str:
    """Write a time as ``YYYY-MM-DD HH:MM:SS``, as its own zone's clocks show it."""
    # Not strftime(): it writes the year 1 as "1" on some systems.
    return time.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def zoned_time_text(time: datetime) -> str:
    """Write a time with its zone: ``2026-11-20 20:34:12 UTC+08:00``."""
    offset = time.utcoffset()
    if offset is None:
        return time_text(time)
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return f"{time_text(time)} UTC"
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{time_text(time)} UTC{sign}{hours:02d}:{rest:02d}"


_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Control characters, which a terminal obeys; lone surrogates, which no encoder takes; and the marks
# that turn the writing direction, with which a name could pretend to end in something else.
_UNSHOWN = "\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_NOT_IN_A_TEXT = re.compile(f"[{_UNSHOWN}]")
_NOT_IN_A_NAME = re.compile(f"[\t-\r\u2028\u2029{_UNSHOWN}]")
_LONGEST_NAME = 4096  # characters, as the longest path


def clean_text(text: str) -> str:
    r"""Return a text with ``\n`` line ends, and ``�`` for what no mail or terminal should be shown."""
    return _NOT_IN_A_TEXT.sub("\ufffd", _LINE_ENDS.sub("\n", text))


def clean_name(text: str) -> str:
    """Return a name on one line, its spaces as they are, ``�`` for what cannot be shown."""
    return _NOT_IN_A_NAME.sub("\ufffd", _shortened(text, _LONGEST_NAME))


def one_line(text: str, limit: int) -> str:
    """Return a text on one line, white space collapsed, of at most ``limit`` characters."""
    return _shortened(_NOT_IN_A_TEXT.sub("\ufffd", " ".join(text.split())), limit)


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
