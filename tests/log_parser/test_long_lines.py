"""Lines that are made to take for ever: each must be read in time that grows as its length does."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogPattern, LogReader

LENGTH = 65536
PIECES = [
    "0", "1.", "1:", "1-", "1/", "1e", "1e+", ".", ":", "=", "|", "-", "_", "[", "]", "(", ")", "{",
    "}", "'", '"', ",", "%", "@", "#", "*", "a", "loss", "loss:", "loss=", "epoch", "val", "nan",
    "inf", "train:", "best", "top", "第", "轮", "训练损失", "│", "████", "[1]", "1|2", "a=1", "a=1,", "(1",
    "{'loss':", "2025-10-29", "10:15:23", "[INFO|", "is/", "'x'", "x's", "->", "\x1b[", "\x1b[3", "\r",
    "\b", "\0", "\t", "", "loss 0.5", "epoch 1",
]  # fmt: skip
BEGINNINGS = (
    "", "loss", "Epoch 1/2: ", "2025-10-29 10:15:23,123 - ", "[", "{", "Epoch 1: 50%|", "Metric x improved",
    "Validation loss decreased (", "Test: [", "Train: ", "training ", "Accuracy of the network on the ", "| ",
    "I1029 ", "Epoch 1, global step 2: '", "Epoch    GPU_mem   ", "INFO ", "epoch",
)  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("joint", ["", " "])
def test_no_line_takes_the_square_of_its_length(joint: str) -> None:
    """A line of 64 KiB, whatever it repeats, is read; a regex that goes back and forth would never end."""
    for piece in PIECES:
        LogReader().parse_line(((piece + joint) * LENGTH)[: LENGTH - 12] + " loss: 0.5 x")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_no_beginning_makes_it_so(beginning: str) -> None:
    """It is the same behind what a known format begins with."""
    for piece in PIECES:
        LogReader().parse_line((beginning + (piece + " ") * LENGTH)[: LENGTH // 8] + " loss: 0.5 x")


@pytest.mark.timeout(60)
def test_what_is_longer_than_64_kib_is_cut() -> None:
    """A line of many megabytes costs what its first 64 KiB cost, and keeps its text."""
    line = "val_loss: 0.5 " + "x" * 50_000_000
    entry = LogReader().read(line, time=datetime.now(timezone.utc))
    assert (dict(entry.own_metrics), len(entry.message)) == ({"val_loss": 0.5}, len(line))


@pytest.mark.parametrize("count", [65, 128, 500, 999, 1000])
@pytest.mark.parametrize("form", ["loss_{0}{1}: 0.{1}", "val/ap_{0}{1}=0.{1}", "'acc_{0}{1}': 0.{1}"])
def test_a_line_gives_all_of_its_metrics(count: int, form: str) -> None:
    """A line may name a thousand metrics, as an evaluation over many classes does: all are kept."""
    line = ", ".join(form.format(chr(97 + n % 26), n) for n in range(count))
    parsed = LogReader().parse_line(f"{{{line}}}" if "'" in form else line)
    assert parsed is not None
    assert len(parsed.metrics) == count


def test_beyond_a_thousand_metrics_a_line_is_cut_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """What is no training's line, such as a table on one line, does not flood a history, and is reported."""
    reader = LogReader()
    line = ", ".join(f"loss_{chr(97 + n % 26)}{n}: 0.{n}" for n in range(1500))
    for _ in range(3):
        parsed = reader.parse_line(line)
        assert parsed is not None
        assert len(parsed.metrics) == 1000
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "1000" in caplog.text


@pytest.mark.timeout(60)
def test_a_user_s_regex_sees_only_the_beginning() -> None:
    """A regex that takes the square of a length sees 4 KiB of a line at most."""
    pattern = LogPattern(r"(?P<x>[0-9]+)!")
    assert pattern.parse_line("1" * LENGTH + "!") is None


@pytest.mark.parametrize(
    "line",
    [
        "Epoch {0}/{0}",
        "epoch={0} loss: 0.5",
        "step {0}: loss 0.5",
        "Test: [ {0}/{0}]  Loss: 0.5 (0.5)",
        "Epoch 1: 50%|█ | {0}/{0} [00:01<00:01, 1it/s, loss=0.5]",
        "loss: {0}",
        "{{'loss': 0.5, 'epoch': {0}.5}}",
    ],
)
def test_numbers_of_thousands_of_digits_harm_nothing(line: str) -> None:
    """A number that no counter can hold is none; as a metric it is what float makes of it."""
    reader = LogReader()
    for digits in (17, 5000):
        reader.parse_line(line.format("9" * digits))
    assert reader.total_epochs is None
    assert (reader.epoch or 0) < 10**16
