"""Readings and batches of them."""

from __future__ import annotations

from datetime import datetime, timezone

from auto_model_monitor import Reading, ReadingBatch


def test_a_reference_is_that_of_the_model_and_else_of_any():
    """A batch gives the reference of a reading's own model, else the one of all models, else none."""
    references = {(None, "recall"): 0.9, ("credit", "recall"): 0.8}
    batch = ReadingBatch(time=datetime.now(timezone.utc), references=references)

    def reference(model: str | None, metric: str) -> float | None:
        return batch.reference_of(Reading(metric=metric, value=0.5, name="2026-11-27", model=model))

    assert reference("credit", "recall") == 0.8
    assert reference("loan", "recall") == reference(None, "recall") == 0.9
    assert reference("credit", "accuracy") is None
