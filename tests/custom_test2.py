"""A message made by a function of your own, watched beside a training.

Run it from this folder:  python custom_test2.py
"""

from auto_model_monitor import CustomParser, ModelMonitor, MonitorConfig

THRESHOLD = 0.004


def describe(score: float, filename: str) -> tuple[str, list[str]]:
    """Return the subject and the lines of the mail."""
    share = (THRESHOLD - score) / THRESHOLD
    mood = "🔥 紧急" if share > 0.5 else "🚨 重要" if share > 0.2 else "📌 信息"
    return f"{mood}：{filename}", [f"分数 {score:.6f}", "", f"比阈值好 {share:.0%}", "  可以去看看了。"]


def train() -> None:
    """Stand for your training."""


config = MonitorConfig(
    watch_dir="./quicktest/logs",
    threshold=THRESHOLD,
    sender="aaaa@qq.com",  # TODO: your mailbox
    auth_code="xxxx",  # TODO: its authorisation code
    log_dir="model_monitor_logs",
    parser=CustomParser(r"val_loss_([0-9.]+)_"),
    email_content_generator=describe,
)

with ModelMonitor(config):  # watches in a thread of its own, and looks once more at the end
    train()
