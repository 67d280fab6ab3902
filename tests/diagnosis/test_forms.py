"""The forms of single lines and exceptions in which frameworks and systems state a cause."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auto_model_monitor.diagnosis import diagnose
from auto_model_monitor.diagnosis.evidence_filter import EvidenceFilter
from auto_model_monitor.diagnosis.sign_tables import SIGNS

# cause|exit status|E for an exception or L for a line|text
FORMS = [row.split("|", 3) for row in Path(__file__).with_name("forms.txt").read_text("utf-8").splitlines()]
BEFORE = "epoch 1 loss 0.5\nepoch 2 loss 0.4\n"
TRACEBACK = (
    'Traceback (most recent call last):\n  File "/home/me/train.py", line 10, in main\n    out = model(x)\n'
)
# What an exit status alone also says needs no line.
BY_STATUS = ("time_limit", "killed")


@pytest.mark.parametrize("cause", sorted({row[0] for row in FORMS}))
def test_each_form_shows_its_cause(cause: str):
    """Each known form is found, and shown as the evidence."""
    wrong = []
    for _, status, kind, text in (row for row in FORMS if row[0] == cause):
        found = diagnose(BEFORE + (TRACEBACK if kind == "E" else "") + text + "\n", int(status))
        if found.cause != cause or (found.evidence != text.strip() and cause not in BY_STATUS):
            wrong.append(f"{text}: {found.cause}, {found.evidence}")
    assert wrong == []


def test_the_filter_lets_no_form_go():
    """A line of each known form passes the filter, whichever lines it has seen before."""
    keeps = EvidenceFilter()
    assert [
        text for _, _, _, text in FORMS if text.startswith("step") or keeps.may_matter(text.encode())
    ] == [text for _, _, _, text in FORMS]


def test_needles_are_what_the_filter_can_find():
    """A needle is in lower case and has no digit: the filter takes lines that differ in digits for one."""
    needles = {needle for sign in SIGNS for needle in sign.needles}
    assert [needle for needle in needles if needle != needle.lower() or re.search(r"[0-9#]", needle)] == []
    for sign in SIGNS:
        re.compile(sign.pattern)
