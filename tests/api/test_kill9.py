"""A server that is killed repeatedly while a training logs and a client reconnects.

KILLS=100 python -m pytest tests/api/test_kill9.py
"""

from __future__ import annotations

import os
import random

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")


from tests.api.live import Puppet, Stream, request
from tests.api.server_process import TRAINER, serving

KILLS = int(os.environ.get("KILLS", "3"))


@pytest.mark.campaign
@pytest.mark.timeout(120 + 10 * KILLS)
def test_no_line_is_lost_or_repeated(tmp_path):
    """Across repeated SIGKILLs, a client that resumes gets every line of the log once, in order."""
    dice = random.Random(KILLS)
    held = Puppet(tmp_path / "save" / "1")
    body = {**request(tmp_path), "save_path": held.save_path}
    seen: list[str] = []
    last, task_id, written = "0", "", 0
    for _ in range(KILLS):
        with serving("--trainer", TRAINER, "--no-auth", cwd=tmp_path) as server:
            task_id = task_id or server.ask("/api/v2/training/start", body)["task_id"]
            path = f"/api/v2/training/{task_id}/logs"
            stream = Stream("127.0.0.1", server.port, path, {"last-event-id": last})
            for _ in range(dice.randint(1, 4)):
                lines = dice.randint(1, 60)
                held.say(*(f"line {number}" for number in range(written + 1, written + lines + 1)))
                written += lines
                for event in stream.take(dice.randint(0, written - len(seen))):
                    seen.append(event.message)
                    last = event.id
            server.process.kill()  # some lines are stored, some are sent, some neither
            stream.close()
    with serving("--trainer", TRAINER, "--no-auth", cwd=tmp_path) as server:
        held.end()
        path = f"/api/v2/training/{task_id}/logs"
        stream = Stream("127.0.0.1", server.port, path, {"last-event-id": last})
        rest = list(stream.events())
        stream.close()
        assert [event.kind for event in rest] == ["message"] * (len(rest) - 1) + ["end"]
        seen += [event.message for event in rest[:-1]]
        task = server.ask(f"/api/v2/training/{task_id}/details")
        assert seen == [f"line {number}" for number in range(1, written + 1)]
        assert (task["status"], task["last_seq"]) == ("completed", written)
    held.let_go()
