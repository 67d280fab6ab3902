"""The demonstration of production: its mails, in their order."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest

from auto_model_monitor.cli import main as cli
from tests.campaigns import THOROUGH

MAILS = [
    "car_loan: recall of channel:online .* below 75%",
    "car_loan: recall of channel:online .* no longer below 75%",
    "diagnosis: accuracy .* below 90%",
    "diagnosis: accuracy .* no longer below 90%",
    "val_loss .* below 0.06",
    "car_loan: latency_p95 .* above 200 ms",
    "car_loan: latency_p95 .* no longer above 200 ms",
    "The disk is nearly full",
    "(2 alarms|car_loan:? no predictions|The disk has room)",
    "car_loan: predictions again",
]


@pytest.mark.campaign
@pytest.mark.skipif(not THOROUGH, reason="takes half a minute; THOROUGH=1 runs it")
@pytest.mark.timeout(600)
def test_each_trouble_is_one_mail_and_one_when_it_is_over(tmp_path, capsys):
    """Each alert comes once, and its all-clear where one is due; the whole is a screenful."""
    pytest.importorskip("duckdb")
    pytest.importorskip("sklearn")
    assert cli.main(["demo", "production", "--language", "en", "--keep", str(tmp_path / "demo")]) == 0
    shown, errors = capsys.readouterr()
    assert errors == ""
    subjects = re.findall(r"mail \d+: (.*)", shown)
    assert len(subjects) == len(MAILS)
    for subject, expected in zip(subjects, MAILS, strict=True):
        assert re.search(expected, subject), subjects
    files = list((tmp_path / "demo/mailbox").glob("*.eml"))
    assert len(files) == len(subjects)
    for file in files:
        assert message_from_bytes(file.read_bytes(), policy=policy.default)["Subject"]
    assert len(shown.splitlines()) <= 40
