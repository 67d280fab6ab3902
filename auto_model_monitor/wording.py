"""What a person receives, in words: the one catalogue, and how numbers, times and names are written."""

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
    first_by: str
    changed_down: str
    changed_up: str
    unchanged: str
    amount: str
    down: str
    up: str
    below_by: str
    above_by: str
    generator_failed: str
    generator_result: str
    subject_template_failed: str
    content_template_failed: str
    cut: str


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
    first="无，首次{condition}阈值",
    first_by="无，首次{condition}阈值，{word} {amount}",
    changed_down="{previous}，本次降低 {amount}",
    changed_up="{previous}，本次升高 {amount}",
    unchanged="{previous}，本次持平",
    amount="{change}（{percent}）",
    down="降低",
    up="升高",
    below_by="比阈值低",
    above_by="比阈值高",
    generator_failed="注意：自定义内容生成器出错，本邮件改用默认内容。{reason}",
    generator_result="返回值应为 (主题, 内容列表)、内容列表或一段文字，实际得到 {got}",
    subject_template_failed="注意：自定义主题模板无法使用，本邮件改用默认主题。{reason}",
    content_template_failed="注意：自定义内容模板无法使用，本邮件改用默认内容。{reason}",
    cut="……（内容过长，其余部分已省略）",
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
    first="none; first {condition} the threshold",
    first_by="none; first {condition} the threshold, by {amount}",
    changed_down="{previous}, now lower by {amount}",
    changed_up="{previous}, now higher by {amount}",
    unchanged="{previous}, now the same",
    amount="{change} ({percent})",
    down="Lower by",
    up="Higher by",
    below_by="Below by",
    above_by="Above by",
    generator_failed="Note: your content generator failed, so this is the default mail. {reason}",
    generator_result="wanted (subject, lines), lines or a text, got {got}",
    subject_template_failed="Note: your subject template failed, so this is the default subject. {reason}",
    content_template_failed="Note: your content template failed, so this is the default content. {reason}",
    cut="… (too long; the rest was left out)",
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
    """Return ``gain``, the difference of ``value`` and ``base``, as a person would compute it by hand.

    In binary, 0.0034 - 0.0029 is 0.0004999999999999999; between the decimals that were read it is 0.0005.
    """
    if not (math.isfinite(value) and math.isfinite(base)):
        return gain
    from decimal import Decimal

    difference = abs(Decimal(repr(float(value))) - Decimal(repr(float(base))))
    return math.copysign(float(difference), gain)


def percent_text(change: float, base: float) -> str | None:
    """Write the size of ``change`` as a share of ``base``; None where a percentage would say nothing."""
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
# Control characters, which a terminal obeys; lone surrogates, which no encoder takes; and the marks that
# turn the writing direction, with which a name could pretend to end in something else.
_UNSHOWN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NOT_IN_A_NAME = re.compile("[\t\n\r\x0b\x0c\u2028\u2029]")


def clean_text(text: str) -> str:
    r"""Return a text of several lines that any mail can carry: ``\n`` line ends, ``�`` for what cannot be shown."""
    return _UNSHOWN.sub("\ufffd", _LINE_ENDS.sub("\n", text))


def clean_name(text: str) -> str:
    """Return a name on one line, its spaces as they are, ``�`` for what cannot be shown."""
    return _UNSHOWN.sub("\ufffd", _NOT_IN_A_NAME.sub("\ufffd", text))


def one_line(text: str, limit: int) -> str:
    """Return a text on one line, white space collapsed, of at most ``limit`` characters."""
    line = " ".join(_UNSHOWN.sub("\ufffd", " ".join(_LINE_ENDS.sub("\n", text).split())).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
