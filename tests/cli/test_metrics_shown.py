"""What ``logs`` shows of many metrics."""

from __future__ import annotations

import io
from datetime import datetime, timezone
from pathlib import Path

import pytest

from auto_model_monitor import LogEntry, Stage
from auto_model_monitor.cli import main as cli
from auto_model_monitor.cli.live_log import LiveLog
from auto_model_monitor.core.readings import ReadingBatch
from auto_model_monitor.text.terminal import Terminal, width

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def entry(**metrics: float) -> LogEntry:
    return LogEntry(
        timestamp=NOW,
        level="INFO",
        message="",
        metrics=metrics,
        stage=Stage.VALIDATION,
        own_metrics=metrics,
        step=None,
    )


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    return Screen()


def shown(screen: Screen, *entries: LogEntry, first: set[str] | None = None) -> list[str]:
    terminal = Terminal(screen, {"NO_COLOR": "1", "TERM": "dumb"})
    live = LiveLog(terminal, Terminal(io.StringIO()), first=first or set())
    for one in entries:
        live.add(one)
    live.polled([], ReadingBatch(time=NOW))
    return screen.getvalue().splitlines()


@pytest.mark.parametrize("count", [9, 10, 12, 20, 63])
def test_a_screen_shows_the_rule_s_metrics_first(screen: Screen, count: int) -> None:
    """The metrics of the rules come first, then the validation's, and the rest are counted."""
    metrics = {f"train_metric_{n}": n / 7 for n in range(count)}
    line = shown(screen, entry(**metrics, val_loss=0.1234567, my_score=12345.678), first={"my_score"})[0]
    assert width(line) <= 80
    kept = ["my_score 12345.7", "val_loss 0.123457", "train_metric_0"]
    positions = [line.find(text) for text in kept]
    assert -1 not in positions[:2]
    assert positions[0] < positions[1]
    visible = line.count("train_metric_") + 2
    assert line.endswith(f"+{count + 2 - visible}")


def test_what_fits_is_shown_whole(screen: Screen) -> None:
    """A line that fits the screen counts nothing."""
    line = shown(screen, entry(train_loss=0.5, val_loss=0.25))[0]
    assert line.split("  ")[-2:] == ["val_loss 0.25", "train_loss 0.5"]


def test_the_metrics_are_listed_after_the_first(screen: Screen) -> None:
    """The names for rules are listed after the first poll, and again when others come."""
    terminal = Terminal(screen, {"NO_COLOR": "1", "TERM": "dumb"})
    live = LiveLog(terminal, Terminal(io.StringIO()), lists=True)
    for metrics in ({"train_loss": 0.5}, {"train_loss": 0.4}, {"train_loss": 0.3, "val_acc": 0.9}):
        live.add(entry(**metrics))
        live.polled([], ReadingBatch(time=NOW))
    lists = [line for line in screen.getvalue().splitlines() if line.startswith("metrics: ")]
    assert lists == ["metrics: train_loss", "metrics: val_acc, train_loss"]


def test_a_directory_without_files_lists_what_is_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """``logs DIR`` that finds nothing names the files that it knows."""
    assert cli.main(["logs", str(tmp_path), "--no-follow"]) == 0
    assert "progress.csv" in caplog.text + capsys.readouterr().err
