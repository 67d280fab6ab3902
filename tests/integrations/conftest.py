"""Patience with a machine under load."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries have more than the few seconds that a training waits for them."""
    monkeypatch.setattr("auto_model_monitor.integrations.training_reporter._GRACE", 100)
    monkeypatch.setattr("auto_model_monitor.completion.training_run._COMMIT_TIMEOUT", 100)
    monkeypatch.setattr("auto_model_monitor.runtime.lifecycle.Lifecycle.grace", 100)
