"""The diagnosis finds the causes of the labelled logs."""

from __future__ import annotations

from functools import cache

from auto_model_monitor.diagnosis import diagnose
from tests.diagnosis.corpus_logs import HELD_OUT, LabelledLog, corpus
from tests.diagnosis.diagnosis_score import Answer, DiagnosisScore, outcomes, score


def _answer(log: LabelledLog) -> Answer:
    found = diagnose(log.text, log.exit_code, language="en")
    return Answer(found.cause, found.evidence, found.frame, found.rank)


@cache
def _scored() -> DiagnosisScore:
    return score(outcomes(corpus(), _answer))


def test_causes_are_found() -> None:
    """The macro-F1 over all causes is at least 0.95."""
    assert _scored().macro_f1 >= 0.95, "\n".join(_scored().wrong)


def test_no_success_is_called_a_failure() -> None:
    """No successful training with frightening words in its log is called a failure."""
    assert not _scored().false_alarms


def test_shown_lines_prove_the_causes() -> None:
    """At least 95 of 100 failures are shown with a line that proves the cause."""
    assert _scored().evidence >= 0.95


def test_places_in_the_users_files_are_found() -> None:
    """The labelled places in the user's own files are named, and the labelled ranks."""
    assert _scored().frames >= 0.9
    assert _scored().ranks >= 0.9


def test_causes_of_held_out_logs_are_found() -> None:
    """On logs that the rules were not written for, macro-F1 and evidence are at least 0.85."""
    held_out = score(outcomes(corpus(HELD_OUT), _answer))
    assert held_out.macro_f1 >= 0.85, "\n".join(held_out.wrong)
    assert held_out.evidence >= 0.85
    assert not held_out.false_alarms
