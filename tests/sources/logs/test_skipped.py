"""What a log holds beside lines: holes, and lines of any length; they are passed over and reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from auto_model_monitor import LogFileSource

MIB = 1 << 20


def losses(log: Path) -> list[float]:
    source = LogFileSource(log)
    source.finish()
    return [reading.value for reading in source.read() if reading.metric == "val_loss"]


@pytest.mark.parametrize("size", [4096, 5 * MIB, 65 * MIB, 100 * MIB, 3000 * MIB])
def test_a_hole_is_passed_over_and_reported(
    tmp_path: Path, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What follows a hole of any size must be read in one go, and the hole reported."""
    log = tmp_path / "train.log"
    with log.open("wb") as file:
        file.write(b"val_loss: 0.5\n" * 100)
        file.seek(size, 1)
        file.write(b"val_loss: 0.25\n")
    assert losses(log)[-1] == 0.25
    assert "bytes of zeros" in caplog.text


@pytest.mark.parametrize("size", [65_537, 300_000, 5 * MIB, 65 * MIB, 100 * MIB])
def test_a_line_of_any_length_is_passed_over_and_reported(
    tmp_path: Path, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What follows a line of any length must be read in one go, and what was cut reported."""
    log = tmp_path / "train.log"
    log.write_bytes(b"val_loss: 0.5 " + b"x" * size + b"\nval_loss: 0.25\n")
    assert losses(log) == [0.5, 0.25]
    assert "longer than the limit" in caplog.text
