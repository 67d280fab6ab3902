"""The output of a terminal."""

from __future__ import annotations

import io

import pytest

from auto_model_monitor.text.terminal import Terminal, clip, pad, table, width, wrap


class Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "columns"), [("abc", 3), ("低于阈值", 8), ("🔥", 2), ("e\u0301", 1), ("：", 2), ("", 0)]
)
def test_width(text, columns):
    """A text takes the columns that a terminal gives it."""
    assert width(text) == columns


@pytest.mark.parametrize("text", ["模型监控通知 val_loss 0.003" * 4, "x" * 100, "低" * 7, "", "🔥🔥🔥"])
def test_wrapping_loses_nothing(text):
    """Wrapped lines fit, and together are the text."""
    lines = wrap(text, 7)
    assert "".join(lines) == text
    assert all(width(line) <= 7 for line in lines)


def test_clipping():
    """What is too long is shortened in its middle, to the width that is there."""
    assert clip("epoch_10.pt", 11) == "epoch_10.pt"
    assert clip("epoch_10_val_loss.pt", 11) == "epoch…ss.pt"
    assert width(clip("低于阈值低于阈值", 9)) <= 9


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colours_on_a_terminal(environ, coloured):
    """A terminal shows colours, unless NO_COLOR or TERM forbids it."""
    assert ("\x1b" in Terminal(Screen(), environ).paint("x", "green")) is coloured


def test_no_colours_in_a_pipe():
    """What is no terminal gets plain text, of any length."""
    pipe = Terminal(io.StringIO(), {"TERM": "xterm"})
    assert pipe.paint("x", "green") == "x"
    assert pipe.columns > 10_000


def test_every_side_of_a_box_is_straight(monkeypatch):
    """All lines of a box have one width, also with Chinese text and lines that are too long."""
    monkeypatch.setenv("COLUMNS", "60")
    screen = Screen()
    Terminal(screen, {"NO_COLOR": "1"}).box("mail 1", ["低于阈值" * 20, "", "plain"], heading="模型监控通知")
    lines = screen.getvalue().splitlines()
    assert {width(line) for line in lines} == {60}
    assert (lines[0][0], lines[-1][-1]) == ("╭", "╯")


def test_a_box_in_ascii():
    """Where the encoding has no lines to draw with, a box is made of plain signs."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="backslashreplace")
    Terminal(stream).box("mail 1", ["text"])
    stream.flush()
    assert stream.buffer.getvalue().startswith(b"+- mail 1 ---")


def test_a_table_shortens_its_last_column_only():
    """The columns stand below each other, and the last is cut to the width that is there."""
    rows = [("epoch", "name"), ("7", "x" * 80)]
    lines = table(rows, (True, False), 40)
    assert lines[0] == "epoch  name"
    assert lines[1].startswith("    7  xxx")
    assert width(lines[1]) == 40
    assert pad("低", 4, right=True) == "  低"
