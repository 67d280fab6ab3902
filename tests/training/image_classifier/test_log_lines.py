"""The lines of the reference trainer: at most six digits, and read back as they were written."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from auto_model_monitor import LogReader
from auto_model_monitor.training.image_classifier import log_lines

VALUES = (0.5234, 78.92, 82.45678901234567, 1 / 3, 100.0, 1e-4 / 3, 0.0, 2.0)


@pytest.mark.parametrize("value", VALUES)
def test_the_reference_trainer_logs_at_most_six_digits(
    value: float, caplog: pytest.LogCaptureFixture
) -> None:
    """Every number has at most six significant digits, and the log reader finds each of them."""
    caplog.set_level(logging.INFO)
    scores: Any = SimpleNamespace(
        accuracy=value,
        macro_f1=value,
        micro_f1=value,
        mean_average_precision=value,
        precision=value,
        recall=value,
        top={1: value, 3: value, 5: value},
    )
    log_lines.epoch_started(3, 10, value)
    log_lines.trained(value, value)
    log_lines.validated(value, scores)
    log_lines.best_saved(value)
    reader = LogReader()
    found: dict[str, float] = {}
    for line in caplog.messages:
        for number in re.findall(r"[\d.]+(?:e-\d+)?", line):
            assert len(number.partition("e")[0].replace(".", "").lstrip("0")) <= 6, line
        found.update(reader.read(line, time=datetime.now(timezone.utc)).own_metrics)
    metrics = {name for name in found if name not in ("epoch", "total_epochs")}
    assert len(metrics) == 14
    assert {found[name] for name in metrics} == {float(f"{value:.6g}")}
