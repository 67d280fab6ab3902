"""The labelled logs are complete and true to themselves."""

from __future__ import annotations

from collections import Counter

from tests.diagnosis.corpus_logs import corpus


def test_enough_logs_of_each_cause() -> None:
    """Each of the 36 causes has at least eight logs, and success has forty."""
    logs = Counter(log.cause for log in corpus())
    assert len(logs) == 37
    assert logs.pop("none") >= 40
    assert min(logs.values()) >= 8


def test_evidence_stands_in_its_log() -> None:
    """Each line that is labelled as evidence is a line of its log."""
    for log in corpus():
        for part in log.evidence:
            assert part in log.text, f"{log.name}: {part}"
