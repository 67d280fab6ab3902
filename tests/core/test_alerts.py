"""Alerts as values."""

from __future__ import annotations

from auto_model_monitor import Alert
from tests.fakes import NOON


def test_each_alert_has_an_id_of_its_own():
    """Two equal facts have different ids, each a token of 32 characters."""
    first, second = (Alert(rule="a", time=NOON) for _ in range(2))
    assert first.id != second.id
    assert len(first.id) == len(second.id) == 32
