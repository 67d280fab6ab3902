"""Models beside each other, watched by processes that are killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from auto_model_monitor import SQLiteOutbox
from auto_model_monitor.delivery import DeliveryState

ROOT = Path(__file__).parents[2]

# A process reads everything up to its look, reports what it finds, and is killed there: with "rendering"
# before its alerts are committed.
PROCESS = textwrap.dedent(
    """
    import json, os, signal, sys
    from datetime import datetime, timedelta, timezone
    from auto_model_monitor import MailboxNotifier, Monitor, Reading, ReadingBatch, ThresholdRule

    looks, folder, last, dies = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    begin = datetime(2026, 11, 2, tzinfo=timezone.utc)

    def window(day, value, model):
        return Reading(
            metric="accuracy", value=value, name=str(day), model=model, time=begin + timedelta(days=day)
        )

    def die():
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    class Source:
        name = "production"

        def read(self):
            rows = [row for look in looks[:last] for row in look]
            known = {(day, model): window(day, value, model) for day, value, model in rows}
            return ReadingBatch(time=datetime.now(timezone.utc), others=list(known.values()))

    class Dying:
        def render(self, alert):
            die()

        render_look = render

    rule = ThresholdRule(0.9, "lower", metric="accuracy", every="crossing", hold=2, name="bad")
    renderer = Dying() if dies == "rendering" else None
    mailbox = MailboxNotifier(folder + "/mails")
    monitor = Monitor(Source(), [rule], [mailbox], log_dir=folder, renderer=renderer)
    found = [(alert.model, alert.reading.name, alert.resolved) for alert in monitor.check()]
    print(json.dumps(found))
    if dies == "after":
        die()
    monitor.stop()
    """
)
LOOKS = [
    [(0, 0.95, "a"), (0, 0.8, "b"), (0, 0.5, "c")],
    [(1, 0.95, "a"), (1, 0.8, "b"), (1, 0.5, "c")],  # b and c are bad for the second time
    [(1, 0.85, "a"), (1, 0.8, "b")],  # of a the second window turns bad late
    [(2, 0.7, "a"), (2, 0.8, "b"), (2, 0.95, "c")],  # so that its third is the second in a row; c recovers
    [],
]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL")
def test_processes_that_are_killed_at_every_look_repeat_nothing_and_miss_nothing(tmp_path):
    """Each process is killed after its look, one of them before it commits: each alert is found once."""

    def look(number, dies):
        arguments = [json.dumps(LOOKS), str(tmp_path), str(number), dies]
        command = [sys.executable, "-c", PROCESS, *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=200)
        assert done.returncode == (0 if dies == "never" else -signal.SIGKILL), done.stderr
        return [tuple(found) for found in json.loads(done.stdout or "[]")]

    assert look(1, "after") == []
    assert look(2, "rendering") == []
    assert look(2, "after") == [("b", "1", False), ("c", "1", False)]
    assert look(3, "after") == []
    assert look(4, "after") == [("a", "2", False), ("c", "2", True)]
    assert look(5, "never") == []
    outbox = SQLiteOutbox(tmp_path / "outbox.db", None, existing=True)
    sent = [(d.message.facts["count"], d.state) for d in outbox.deliveries()]
    assert sent == [(2, DeliveryState.DELIVERED)] * 2
    outbox.close()
