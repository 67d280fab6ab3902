"""The unchanged clients of the specification, with a real server."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("requests")

from tests.api.live import request
from tests.api.server_process import PROGRAM, TRAINER, ServerProcess

SEED = Path(__file__).with_name("seed")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server on port 8000 with the roots of the specification's examples, which do not exist."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", 8000))
        except OSError:
            pytest.skip("port 8000 is taken on this machine")
    folder = tmp_path_factory.mktemp("seed")
    roots = [word for path in (folder, "/data", "/checkpoints") for word in ("--allow-path", str(path))]
    words = [*PROGRAM, "--no-auth", "--trainer", TRAINER, *roots]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, encoding="utf-8", cwd=folder) as process:
        try:
            running = ServerProcess(process)
            running.folder = folder
            yield running
        finally:
            process.kill()


def client(name, task_id="", env=None):
    """Run a client of the specification; only the task's id is filled in."""
    text = (SEED / name).read_text("utf-8").replace("your-task-id", task_id)
    done = subprocess.run(
        [sys.executable, "-c", text], check=False, capture_output=True, encoding="utf-8", timeout=200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_start_and_poll(server):
    """The first client starts a training, polls it until it ends, and prints its metrics."""
    if Path("/data").exists() or Path("/checkpoints").exists():
        pytest.skip("this machine has the directories that the example only names")
    output = client("start_and_poll.py")
    assert re.match(r"任务ID: [0-9a-f-]{36}\n", output)
    assert "状态: completed, 进度: 100%" in output
    assert "Epoch 10/10" in output
    assert "  训练准确率: 89.0%" in output
    assert "  验证准确率: 87.0%" in output


def test_follow_the_log(server):
    """The second client follows a log until it ends, and prints every line with its metrics."""
    task_id = server.ask("/api/v2/training/start", {**request(server.folder), "num_epochs": 10})["task_id"]
    output = client("follow_log.py", task_id)
    assert "[INFO] Epoch [3/10] started\n  指标: {'epoch': 3, 'total_epochs': 10}\n" in output
    assert "[INFO] Training completed\n" in output
    assert output.count("[INFO] Epoch [") == 10
    assert output.rstrip().endswith("[INFO] the task is completed: exit status 0")
