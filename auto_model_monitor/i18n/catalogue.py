"""The catalogue: every text that a person receives, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Every text of one language; a language that misses one does not type-check.

    Each text that has a gap takes its values by name with ``str.format``. ``event_sentences`` holds a
    sentence for each kind of alert, with ``_resolved`` for when it is over, and with ``_in_log`` where it
    reads otherwise of a log than of checkpoints; ``labels`` what a detail is called.
    """

    tag: str
    sender: str
    below: str
    above: str
    subject: str
    heading: str
    heading_in_log: str
    heading_end: str
    line: str
    file: str
    log: str
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
    below_or_at: str
    above_or_at: str
    warning: str
    critical: str
    resolved: str
    event_subject: str
    sentence: str
    block: str
    disk_soon: str
    duration_units: str
    history: str
    trail_best: str
    trail_threshold: str
    trail_latest: str
    mark_this: str
    mark_best: str
    mark_both: str
    mark_threshold: str
    this_one: str
    best_one: str
    listed: str
    placed: str
    remarked: str
    picture_too_large: str
    event_sentences: Mapping[str, str]
    labels: Mapping[str, str]


_ZH = Wording(
    tag="zh-CN",
    sender="模型监控通知",
    below="低于",
    above="高于",
    subject="模型监控通知：{metric} {score} {condition}阈值 {threshold}",
    heading="检测到新的模型文件分数{condition}阈值",
    heading_in_log="训练日志中的分数{condition}阈值",
    heading_end="：",
    line="{label}：{value}",
    file="文件名",
    log="日志",
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
    below_or_at="不高于",
    above_or_at="不低于",
    warning="模型监控警告",
    critical="模型监控严重警告",
    resolved="模型监控恢复通知",
    event_subject="{sender}：{sentence}",
    sentence="{sentence}。",
    block="{label}：\n{text}",
    disk_soon="，按目前速度约 {hours_left}后写满",
    duration_units="天,小时,分钟,秒",
    history="走势",
    trail_best="最好 {score}",
    trail_threshold="阈值 {score}",
    trail_latest="最近 {count} 个分数",
    mark_this="● 本次 {score}",
    mark_best="○ 最好 {score}",
    mark_both="◉ 本次也是最好 {score}",
    mark_threshold="╌ 阈值 {score}",
    this_one="本次",
    best_one="最好",
    listed="，",
    placed="{name} {place}",
    remarked="{value}（{remark}）",
    picture_too_large="注意：走势图超过 {limit}，未附在邮件中。",
    event_sentences={
        "hit": "{metric} {score} {condition}阈值 {threshold}",
        "hit_resolved": "{metric} {score} 不再{condition}阈值 {threshold}",
        "not_finite": "{metric} 变成了 {score}，不再是有限的数",
        "not_finite_resolved": "{metric} 恢复为有限的数 {score}",
        "stalled": "已有 {silent_seconds}没有新的模型文件",
        "stalled_in_log": "训练日志已有 {silent_seconds}没有新的分数",
        "stalled_resolved": "又有新的模型文件了，此前静默 {silent_seconds}",
        "stalled_resolved_in_log": "训练日志又有新的分数了，此前静默 {silent_seconds}",
        "plateau": "{metric} 已连续 {checkpoints_since_best} 个模型文件没有改进，最好 {best}",
        "plateau_in_log": "{metric} 已连续 {checkpoints_since_best} 次没有改进，最好 {best}",
        "plateau_resolved": "{metric} 又有改进：{score}",
        "diverged": "{metric} 正在偏离：最近的中位数 {recent_median}，最好曾为 {best}",
        "diverged_resolved": "{metric} 已回到正常范围：最近的中位数 {recent_median}，最好 {best}",
        "disk": "磁盘将满：{path} 只剩 {free_bytes}{disk_soon}",
        "disk_resolved": "磁盘空间已恢复：{path} 剩余 {free_bytes}",
        "finished": "训练完成：{name}，用时 {ran_seconds}",
        "crashed": "训练出错中断：{name}，{error}",
        "interrupted": "训练被中止：{name}，已运行 {ran_seconds}",
        "undelivered": "{channel} 拒收了一条通知：{subject}",
        "digest": "{count} 条通知，最好 {what}",
        "digest_latest": "{count} 条通知，最近一条：{what}",
        "digest_rest": "此前的 {count} 条未列出",
        "all_silent": "全部 {directories} 个目录都已完成或没有动静",
        "all_silent_resolved": "{directories} 个目录中又有新的模型文件了",
    },
    labels={
        "silent_seconds": "静默时长",
        "usual_gap_seconds": "通常间隔",
        "limit_seconds": "告警界限",
        "last_file": "最后的文件",
        "last_in_log": "最后一处",
        "best": "此前最好",
        "patience": "容忍个数",
        "checkpoints_since_best": "未改进个数",
        "recent_median": "最近中位数",
        "factor": "告警倍数",
        "path": "磁盘",
        "free_bytes": "剩余空间",
        "total_bytes": "总空间",
        "limit_bytes": "告警界限",
        "hours_left": "约可用",
        "held_checkpoints": "连续个数",
        "name": "任务",
        "ran_seconds": "用时",
        "error": "错误",
        "cause": "原因",
        "channel": "渠道",
        "subject": "未送达的通知",
        "count": "通知数",
        "best_of_all": "最好",
        "what": "内容",
        "traceback": "错误回溯（末尾）",
        "log": "最后的日志",
        "directories": "目录数",
    },
)

_EN = Wording(
    tag="en",
    sender="Model monitor",
    below="below",
    above="above",
    subject="Model monitor: {metric} {score} {condition} threshold {threshold}",
    heading="A new model file scores {condition} the threshold",
    heading_in_log="A score in the log is {condition} the threshold",
    heading_end=":",
    line="{label}: {value}",
    file="File",
    log="Log",
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
    below_or_at="at or below",
    above_or_at="at or above",
    warning="Model monitor warning",
    critical="Model monitor alarm",
    resolved="Model monitor all-clear",
    event_subject="{sender}: {sentence}",
    sentence="{sentence}.",
    block="{label}:\n{text}",
    disk_soon=", full in about {hours_left} at the present rate",
    duration_units="d,h,min,s",
    history="Trend",
    trail_best="best {score}",
    trail_threshold="threshold {score}",
    trail_latest="Last {count} scores",
    mark_this="● this one {score}",
    mark_best="○ best {score}",
    mark_both="◉ this one, the best {score}",
    mark_threshold="╌ threshold {score}",
    this_one="this one",
    best_one="best",
    listed=", ",
    placed="{name} {place}",
    remarked="{value} ({remark})",
    picture_too_large="Note: the picture of the trend is larger than {limit} and was left out.",
    event_sentences={
        "hit": "{metric} {score} {condition} threshold {threshold}",
        "hit_resolved": "{metric} {score} is no longer {condition} threshold {threshold}",
        "not_finite": "{metric} has become {score}, which is no finite number",
        "not_finite_resolved": "{metric} is a finite number again: {score}",
        "stalled": "No new model file for {silent_seconds}",
        "stalled_in_log": "No new score in the log for {silent_seconds}",
        "stalled_resolved": "New model files again, after {silent_seconds} of silence",
        "stalled_resolved_in_log": "New scores in the log again, after {silent_seconds} of silence",
        "plateau": "{metric} has not improved for {checkpoints_since_best} checkpoints, best {best}",
        "plateau_in_log": "{metric} has not improved {checkpoints_since_best} times in a row, best {best}",
        "plateau_resolved": "{metric} improves again: {score}",
        "diverged": "{metric} runs away: recent median {recent_median}, best so far {best}",
        "diverged_resolved": "{metric} is back to normal: recent median {recent_median}, best {best}",
        "disk": "The disk is nearly full: {free_bytes} free at {path}{disk_soon}",
        "disk_resolved": "The disk has room again: {free_bytes} free at {path}",
        "finished": "Training finished: {name}, after {ran_seconds}",
        "crashed": "Training crashed: {name}, {error}",
        "interrupted": "Training interrupted: {name}, after {ran_seconds}",
        "undelivered": "{channel} refuses a message: {subject}",
        "digest": "{count} messages, best {what}",
        "digest_latest": "{count} messages, the latest: {what}",
        "digest_rest": "{count} earlier ones are not listed",
        "all_silent": "All {directories} directories are done or silent",
        "all_silent_resolved": "Something moves again in one of {directories} directories",
    },
    labels={
        "silent_seconds": "Silent for",
        "usual_gap_seconds": "Usual gap",
        "limit_seconds": "Limit",
        "last_file": "Last file",
        "last_in_log": "Last said at",
        "best": "Best so far",
        "patience": "Patience",
        "checkpoints_since_best": "Without improvement",
        "recent_median": "Recent median",
        "factor": "Limit",
        "path": "Disk",
        "free_bytes": "Free",
        "total_bytes": "Size",
        "limit_bytes": "Limit",
        "hours_left": "Full in about",
        "held_checkpoints": "In a row",
        "name": "Task",
        "ran_seconds": "Ran for",
        "error": "Error",
        "cause": "Cause",
        "channel": "Channel",
        "subject": "Not delivered",
        "count": "Messages",
        "best_of_all": "Best",
        "what": "What",
        "traceback": "Traceback (its end)",
        "log": "Last log lines",
        "directories": "Directories",
    },
)

_CATALOGUE: dict[str, Wording] = {"zh": _ZH, "en": _EN}


def wording(language: Language) -> Wording:
    """Return the texts of ``language``."""
    return _CATALOGUE[language]
