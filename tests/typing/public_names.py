"""Every public name in use; pyright checks this file in strict mode, and nothing runs it."""

# pyright: strict

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from auto_model_monitor import (
    Alert,
    AlertKind,
    AppriseNotifier,
    AuthenticationError,
    BaseNotifier,
    BaseParser,
    Comparison,
    ConfigError,
    Cron,
    CrossingRule,
    CustomParser,
    DefaultParser,
    DingTalkNotifier,
    DirectorySource,
    DiskRule,
    DivergedRule,
    EmailNotifier,
    Every,
    FeishuNotifier,
    GpuRule,
    Level,
    LogEntry,
    LogFileSource,
    LogPattern,
    LogReader,
    MailboxNotifier,
    MemoryOutbox,
    Message,
    MissingExtraError,
    ModelMonitor,
    Monitor,
    MonitorConfig,
    MonitorError,
    NotFiniteRule,
    NotificationError,
    Notifier,
    Outbox,
    OutboxError,
    ParseError,
    PlateauRule,
    PredictionLog,
    PredictionSource,
    PrometheusSource,
    Reading,
    ReadingBatch,
    Renderer,
    RenderingError,
    Rule,
    RuleError,
    Schedule,
    SideFileSource,
    SimulatedClock,
    Source,
    SourceError,
    SQLiteOutbox,
    SQLSource,
    Stage,
    StalledRule,
    ThresholdRule,
    TrainingLogHandler,
    WatchGroup,
    WebhookNotifier,
    WeComNotifier,
    notifier_from_url,
    notify_when_done,
    parse_rule,
    performance_data,
    setup_logger,
)


class MyNotifier(Notifier):
    @property
    def name(self) -> str:
        return "mine"

    def send(self, message: Message) -> None:
        if message.level is Level.CRITICAL:
            raise NotificationError(message.subject, permanent=True)

    def verify(self) -> None:
        raise AuthenticationError("refused")


class MyOldNotifier(BaseNotifier):
    def send_notification(self, score: float, filename: str) -> bool:
        return score > 0 and filename != ""


class MyRule:
    name = "mine"

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        best: Reading | None = readings.best(Comparison.HIGHER)
        if best is None:
            raise RuleError("nothing to decide on")
        return Alert(rule=self.name, time=readings.time, kind=AlertKind.HIT, reading=best)

    def resume(self, alert: Alert | None) -> None:
        assert alert is None or alert.rule == self.name


class MyParser(BaseParser):
    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        return (0.5, filename) if filename else (None, None)


class MySource:
    name = "mine"

    @property
    def identity(self) -> str:
        return "one and the same"

    def read(self) -> ReadingBatch:
        if not Path(self.name).exists():
            raise SourceError("not there")
        return ReadingBatch(time=datetime.now(timezone.utc), names=["a.pt"], values=[0.5])


def generator(score: float, filename: str) -> tuple[str, list[str]]:
    return f"{score:.4f}", [filename]


def config() -> MonitorConfig:
    return MonitorConfig(
        watch_dir=Path("checkpoints"),
        threshold=0.004,
        sender="you@example.com",
        receiver=["a@example.com", "b@example.com"],
        auth_code="code",
        check_interval=10,
        log_dir="logs",
        comparison_mode="lower",
        parser=CustomParser(r"val_loss_([0-9.]+)"),
        email_content_generator=generator,
        smtp_user="apikey",
        smtp_host="smtp.example.com",
        smtp_port=465,
        smtp_security="ssl",
        language="en",
        recursive=True,
    )


def rules() -> list[Rule | str]:
    return [
        CrossingRule(0.02, "lower", metric="acc", against="7d", hold=2, level=Level.CRITICAL),
        ThresholdRule(0.9, "higher", metric="acc", every="crossing", hold=3, inclusive=True),
        ThresholdRule(0.1, Comparison.LOWER),
        NotFiniteRule(),
        StalledRule("3x"),
        PlateauRule(10),
        DivergedRule(3.0),
        DiskRule("5GB"),
        GpuRule("memory", 0.95),
        parse_rule("val_loss < 0.004"),
        MyRule(),
        "nan",
    ]


def notifiers() -> Sequence[Notifier]:
    return [
        EmailNotifier("you@example.com", ["a@example.com"], "code", host="smtp.example.com"),
        MailboxNotifier("mailbox"),
        WebhookNotifier("https://example.com/hook"),
        DingTalkNotifier("token"),
        FeishuNotifier("token"),
        WeComNotifier("key"),
        AppriseNotifier("json://localhost"),
        notifier_from_url("https://example.com/hook"),
        MyNotifier(),
        MyOldNotifier(),
    ]


def monitors(outbox: Outbox) -> WatchGroup:
    directory = DirectorySource("checkpoints", DefaultParser("val_loss"), recursive=True)
    first = ModelMonitor(config(), source=directory, rules=rules(), notifiers=notifiers(), outbox=outbox)
    ways = [*notifiers(), "dingtalk://token"]
    second = Monitor(MySource(), rules(), ways, renderer=Renderer(language="en"), notify_start=True)
    schedules: list[Schedule | str] = [Every(60), Cron("0 8 * * *", "Asia/Shanghai"), "daily 08:00"]
    others = [Monitor(MySource(), rules(), ways, schedule=schedule) for schedule in schedules]
    return WatchGroup([first, second, *others], silent_after="3x")


def logs() -> list[Source]:
    def on_entry(entry: LogEntry) -> None:
        print(entry.stage is Stage.TRAINING, entry.metrics)

    handler = TrainingLogHandler(name="resnet18", on_entry=on_entry)
    logging.getLogger("trainer").addHandler(handler)
    pattern = LogPattern(r"loss is (?P<loss>[0-9.]+)")
    LogReader([pattern]).read("loss is 0.5", time=datetime.now(timezone.utc))
    return [handler, LogFileSource("train.log", [pattern], on_entry=on_entry), SideFileSource("metrics.csv")]


def serve(answers: Sequence[float]) -> float:
    clock = SimulatedClock(datetime.now(timezone.utc))
    clock.advance(86_400)
    log = PredictionLog("predictions/", model="credit", version="git", exclude=["name"], clock=clock)
    with log.prediction(id="42", features={"age": 31}) as row:
        row.score = max(answers)
    log.label(id=row.id, label=1)
    source = PredictionSource(
        "predictions/", groups=["sex"], late="14d", reference={"accuracy": 0.9}, clock=clock
    )
    return max(answers) + len(source.read())


def databases(url: str) -> Source:
    performance_data.insert(url, model_name="model_1", accuracy=0.95, latency_p95=0.2)
    for row in performance_data.rows(url):
        print(row["model_name"])
    return SQLSource(url, table="performance_data", model="model_name", cursor="id")


def series() -> Source:
    return PrometheusSource("http://localhost:9090", {"accuracy": "avg by (model) (model_accuracy)"})


def errors() -> list[type[MonitorError]]:
    return [ConfigError, MissingExtraError, OutboxError, ParseError, RenderingError]


@notify_when_done(config(), name="resnet18", min_seconds=60)
def train(epochs: int) -> float:
    return 1.0 / epochs


def main() -> None:
    setup_logger("logs")
    loss: float = train(3)
    with ModelMonitor(config()) as monitor, notify_when_done(config(), monitor=monitor):
        alerts: list[Alert] = monitor.check()
        print(loss, alerts, logs(), errors(), serve([0.5]), databases("sqlite:///metrics.db"), series())
    monitors(SQLiteOutbox("outbox.db")).start_monitoring()
    monitors(MemoryOutbox()).start()
