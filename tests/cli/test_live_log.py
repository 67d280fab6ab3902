"""What a person sees of a log while it runs."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from programs import PROGRAM

from auto_model_monitor import Alert, AlertKind, LogEntry, LogReader
from auto_model_monitor.cli.live_log import LiveLog
from auto_model_monitor.sources.logs import Location, LogBatch
from auto_model_monitor.text.terminal import Terminal
from tests.fakes import NOON, alert, batch


class Screen(io.StringIO):
    """A terminal that understands colours."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)


def entries(*lines: str) -> list[LogEntry]:
    reader = LogReader()
    return [reader.read(line, time=NOON) for line in lines]


def show(*lines: str, stream: io.StringIO | None = None, **options: bool) -> str:
    """Return what is shown of lines."""
    stream = io.StringIO() if stream is None else stream
    live = LiveLog(Terminal(stream), Terminal(io.StringIO()), **options)
    for entry in entries(*lines):
        live.add(entry)
    rows = [
        (name, value, number, entry.metrics.get("epoch"), None)
        for number, entry in enumerate(entries(*lines))
        for name, value in entry.own_metrics.items()
    ]
    live.polled([], LogBatch(rows, lambda number: Location(str(number), ""), time=NOON))  # type: ignore[arg-type]
    return stream.getvalue()


def looked_at(text: str) -> list[str]:
    """Return the lines on a screen after a text was written, without colours."""
    lines = [""]
    for piece in re.split(r"(\x1b\[1A|\x1b\[2K|\n)", text):
        if piece == "\x1b[1A":
            lines.pop()
        elif piece == "\x1b[2K":
            lines[-1] = ""
        elif piece == "\n":
            lines.append("")
        else:
            lines[-1] += re.sub(r"\x1b\[[0-9;]*m|\r", "", piece)
    return lines[:-1]


def test_one_line_holds_epoch_stage_and_metrics() -> None:
    """A line holds the time, the epoch, the stage and each metric, exactly."""
    shown = show("Epoch [3/10] started", "Validation Loss: 0.1, Validation Accuracy: 78.92%")
    assert [line.split("  ", 1)[1] for line in shown.splitlines()] == [
        "3/10  validation  val_loss 0.1  val_acc 78.92"
    ]


def test_a_star_marks_what_is_better_than_ever() -> None:
    """Only what is better than all before is marked, in the metric's own direction, and NaN never."""
    lines = [f"Validation Loss: {loss}, Validation Accuracy: {acc}%" for loss, acc in
             ((0.5, 80), (0.4, 79), ("nan", 81), (0.45, 80.5))]  # fmt: skip
    shown = [line.split("validation  ")[1] for line in show(*lines).splitlines()]
    assert shown == [
        "val_loss 0.5  val_acc 80",
        "val_loss 0.4*  val_acc 79",
        "val_loss NaN  val_acc 81*",
        "val_loss 0.45  val_acc 80.5",
    ]


def test_states_of_a_bar_take_each_other_s_place_on_a_screen() -> None:
    """Hours of a progress bar may not scroll everything else away; in a pipe each state is a line."""
    states = [f"{n}%|#| {n}/9 [00:01<00:10, loss=0.{n}]" for n in range(1, 6)]
    lines = ["Epoch [1/9] started", *states, "Validation Loss: 0.5", *states]
    seen = looked_at(show(*lines, stream=Screen()))
    assert [re.sub(r"^\S+ +", "", line) for line in seen] == [
        "1/9  training    train_loss 0.5",
        "1/9  validation  val_loss 0.5",
        "1/9  training    train_loss 0.5",
    ]
    assert len(show(*lines).splitlines()) == 11


def test_of_a_long_past_a_screen_shows_the_end() -> None:
    """What was there before may not flood the screen; what was best in it is known all the same."""
    lines = [f"Validation Loss: {abs(n - 90)}" for n in range(100)]
    shown = show(*lines, shortens=True).splitlines()
    assert shown[0].startswith("…")
    assert [line.rpartition(" ")[2] for line in shown[1:]] == [
        *map(str, range(10, 0, -1)), "0*", *map(str, range(1, 10))
    ]  # fmt: skip


def test_lines_are_cut_to_the_screen() -> None:
    """A line that is wider than the screen ends after a whole metric, with the number of the others."""
    line = ", ".join(f"'val_{name}_loss': 0.123456789" for name in "abcdefgh")
    (shown,) = looked_at(show(f"{{{line}}}", stream=Screen()))
    assert len(shown) <= 60
    assert re.search(r" 0\.123457  \+[0-9]$", shown)


def test_colours_show_on_a_screen_only() -> None:
    """A screen gets NaN in red; a pipe gets no colour and no movement at all."""
    assert "\x1b[31;1mNaN" in show("Validation Loss: nan", stream=Screen())
    assert "\x1b" not in show("Validation Loss: nan")


def test_hostile_text_moves_nothing() -> None:
    """What a log holds may neither move the cursor nor turn the writing direction."""
    shown = show(
        "evil \u202e\x07\x9b2J line", "\x1b]0;x\x07Training completed", every_line=True, stream=Screen()
    )
    assert not {"\u202e", "\x07", "\x9b"} & set(shown)


def test_json_lines_are_whole() -> None:
    """Each line is JSON by itself, also on a screen."""
    shown = show("Train Loss: nan", "nothing", "Epoch [1/2] started", as_json=True, stream=Screen())
    first, second = map(json.loads, shown.splitlines())
    assert first["metrics"] == {"train_loss": None}
    assert second["stage"] == "epoch_start"


def test_alerts_go_to_stderr() -> None:
    """Alerts go to stderr, apart from the entries."""
    screen, errors = io.StringIO(), io.StringIO()
    live = LiveLog(Terminal(screen), Terminal(errors))
    over = Alert(rule="disk < 5GB", time=NOON, kind=AlertKind.DISK, resolved=True)
    assert live.polled([alert(0.003), over], batch())
    assert errors.getvalue() == "alert: threshold: val_loss 0.003 (a.pt)\nresolved: disk < 5GB\n"
    assert screen.getvalue() == ""


def test_a_log_without_a_metric_is_reported() -> None:
    """A log without a metric is reported, with the options that help."""
    errors = io.StringIO()
    live = LiveLog(Terminal(io.StringIO()), Terminal(errors))
    for entry in entries("nothing", "Epoch [1/2] started"):
        live.add(entry)
    live.ended()
    assert errors.getvalue().startswith("No metric was found")


def test_a_screen_that_is_gone_harms_nothing() -> None:
    """A closed pipe raises nothing, and the next poll returns False."""

    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    live = LiveLog(Terminal(Gone()), Terminal(io.StringIO()))
    for entry in entries("Train Loss: 0.5", "Train Loss: 0.4"):
        live.add(entry)
    live.ended()
    assert not live.polled([], batch())


def test_the_time_is_the_reader_s_own() -> None:
    """Times are shown as the clock on the wall has them, whatever zone the log was written in."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-7)))
    screen = io.StringIO()
    entry = LogReader().read("Train Loss: 0.5", time=moment)
    LiveLog(Terminal(screen), Terminal(io.StringIO())).add(entry)
    assert screen.getvalue().startswith(f"{entry.timestamp.astimezone():%H:%M:%S}")


def test_on_a_real_terminal(tmp_path: Path) -> None:
    """In a terminal the program shows the end of the log, and replaces the states of a bar in place."""
    log = tmp_path / "train.log"
    log.write_text("".join(f"Epoch [{n}/99] started\nValidation Loss: {1 / n}\n" for n in range(1, 50)))
    ours, theirs = pty.openpty()
    command = [*PROGRAM, "logs", str(log), "--interval", "0.05"]
    shown = b""
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)

        def until(text: bytes) -> None:
            nonlocal shown
            while text not in shown:
                shown += os.read(ours, 65536)

        until(b"0.0204082")
        with log.open("a") as file:
            for number in (3, 4, 5, 6):  # a state of a bar counts once in ten seconds of its clock
                file.write(f"\r{number}%|#| {number}/9 [00:{number}0<00:10, loss=0.{number}]\r ")
                file.flush()
                until(f"0.{number - 1}".encode() if number > 3 else b"")
        process.send_signal(signal.SIGTERM)
        until(b"best: ")
        assert process.wait(100) == 0
    os.close(ours)
    seen = looked_at(shown.decode())
    assert seen[0].startswith("…")
    states = [line.split()[-1] for line in seen if "training    train_loss" in line]
    # The list of metrics follows one of them; before and after it they replace each other.
    assert len(states) <= 2
    assert states[-1] in ("0.5", "0.6")
