"""How long it takes from a breach in a file to the mail that reports it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from threading import Event

import pytest

pytest.importorskip("duckdb")

from auto_model_monitor import EmailNotifier, Monitor, PredictionSource

INTERVAL = 2.0


def test_a_breach_in_a_file_is_a_mail_within_two_intervals(tmp_path, smtp_server):
    """Predictions that break a rule are a mail at a server at most two intervals after they are written."""
    path, moment = tmp_path / "predictions.csv", (datetime.now(timezone.utc) - timedelta(days=2)).isoformat()

    def write(wrong: int) -> None:
        rows = [f"{moment},1,{int(number >= wrong)}" for number in range(200)]
        path.write_text("\n".join(["time,prediction,label", *rows]) + "\n", "utf-8")

    server = smtp_server(tls="ssl")
    mail = EmailNotifier("a@example.com", "b@example.com", "xxxx", host="localhost", port=server.port)
    write(0)
    looked = Event()
    monitor = Monitor(
        PredictionSource(path),
        ["accuracy < 90%"],
        [mail],
        check_interval=INTERVAL,
        log_dir=tmp_path / "logs",
        listeners=[lambda *_: looked.set()],
    )
    with monitor:
        assert looked.wait(60)
        written = time.monotonic()
        write(40)
        (mail,) = server.wait_for_mails(1)
        seconds = time.monotonic() - written
    assert "准确率低于90%" in mail.message["Subject"]
    assert seconds <= 2 * INTERVAL
