"""The command ``serve``: its start, its output and its end."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from contextlib import closing

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

from auto_model_monitor.training import TaskStore
from tests.api.live import Stream, request
from tests.api.server_process import PROGRAM, TRAINER, serving
from tests.waiting import until

START = "/api/v2/training/start"


def refused(*options, cwd):
    """Run a server that does not start; return its status and its error."""
    done = subprocess.run(
        [*PROGRAM, *options], check=False, capture_output=True, encoding="utf-8", cwd=cwd, timeout=200
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_life_from_the_first_start_to_ctrl_c(tmp_path, puppet):
    """A server prints its URL with the token once, runs a training, and leaves it running at Ctrl-C.

    The next server finds it, continues its log, and has the same token.
    """
    held = puppet()
    with serving("--trainer", TRAINER, cwd=tmp_path) as server:
        assert server.output.count(server.token) == 1
        file = tmp_path / "training_store" / "token"
        assert (file.read_text().strip(), stat.S_IMODE(file.stat().st_mode)) == (server.token, 0o600)
        body = {**request(tmp_path), "save_path": held.save_path}
        task_id = server.ask(START, body)["task_id"]
        waiting = server.ask(START, body)["task_id"]
        held.say("Epoch [1/3] started")
        until(lambda: server.ask(f"/api/v2/training/{task_id}")["current_epoch"] == 1)
        assert server.end(signal.SIGINT) == 0
        assert "1 training continues" in server.output
        assert "starts 1 from the queue" in server.output
        assert "Traceback" not in server.output
    held.say("Epoch [2/3] started")
    with serving("--trainer", TRAINER, cwd=tmp_path) as again:
        assert again.token == server.token
        until(lambda: again.ask(f"/api/v2/training/{task_id}")["current_epoch"] == 2)
        again.ask(f"/api/v2/training/{waiting}/cancel", method="POST")
        held.end()
        until(lambda: again.ask(f"/api/v2/training/{task_id}")["status"] == "completed")
        assert again.end() == 0
        assert "Nothing runs." in again.output


def test_a_second_signal_ends_the_server_cleanly(tmp_path):
    """A second signal ends the server without a traceback; a missing root is reported."""
    with serving("--allow-path", "later", cwd=tmp_path) as server:
        assert "later (which is missing now)" in server.output
        server.process.send_signal(signal.SIGTERM)
        assert server.end(signal.SIGINT) == 0
        assert "Traceback" not in server.output


def test_open_streams_do_not_delay_the_end(tmp_path, puppet):
    """SIGTERM ends the server with all its streams, also those whose clients do not read."""
    held = puppet()
    with serving("--trainer", TRAINER, "--no-auth", cwd=tmp_path) as server:
        body = {**request(tmp_path), "save_path": held.save_path}
        task_id = server.ask(START, body)["task_id"]
        path = f"/api/v2/training/{task_id}/logs"
        streams = [Stream("127.0.0.1", server.port, path, {}) for _ in range(5)]
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", server.port))
            deaf.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            read = [threading.Thread(target=lambda s=s: list(s.events())) for s in streams]
            for thread in read:
                thread.start()
            for _ in range(60):
                held.say(*["x" * 1000] * 60)
            until(lambda: server.ask(f"/api/v2/training/{task_id}/details")["last_seq"] == 3600)
            assert server.end() == 0
            for thread in read:
                thread.join(30)
                assert not thread.is_alive()
        assert "Traceback" not in server.output
        for stream in streams:
            stream.close()
    with closing(TaskStore(tmp_path / "training_store")) as store:
        store.request_cancel(task_id, "the test is over")
    held.end()


def test_a_taken_port_is_one_clear_sentence(tmp_path):
    """A port in use is one sentence that says what to do, and no store is created."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, output = refused("--port", str(port), cwd=tmp_path)
    assert status == 1
    assert f"cannot listen on 127.0.0.1:{port}, address already in use" in output
    assert "--port 0" in output
    assert len(output.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_use_is_refused(tmp_path):
    """A store in use is refused with the id of the process that uses it."""
    with closing(TaskStore(tmp_path / "training_store")):
        status, output = refused("--port", "0", cwd=tmp_path)
    assert status == 1
    assert f"in use by process {os.getpid()}" in output


def test_no_auth_beyond_loopback_is_refused(tmp_path):
    """--no-auth on another address than loopback is refused with the reason."""
    status, output = refused("--no-auth", "--host", "0.0.0.0", cwd=tmp_path)
    assert status == 2
    assert "could start trainings" in output


def test_a_missing_extra_prints_the_install_command(tmp_path):
    """Without FastAPI the command prints the command to install it."""
    (tmp_path / "fastapi").mkdir()
    block = "import sys; sys.modules['fastapi'] = None"
    code = f"{block}; from auto_model_monitor.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "serve"],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=tmp_path,
        timeout=200,
    )
    assert done.returncode == 2
    assert 'pip install "auto-model-monitor[api]"' in done.stderr


def test_the_token_is_not_written_where_others_can_read_it(tmp_path):
    """Output to a file that others can read names the token's file instead of the token."""
    with (tmp_path / "out.txt").open("w") as out:
        (tmp_path / "out.txt").chmod(0o644)
        words = [*PROGRAM, "--port", "0"]
        with subprocess.Popen(words, stdout=out, stderr=subprocess.PIPE, cwd=tmp_path) as process:
            until(lambda: "Ctrl-C" in (tmp_path / "out.txt").read_text())
            process.terminate()
    token = (tmp_path / "training_store" / "token").read_text().strip()
    output = (tmp_path / "out.txt").read_text()
    assert token not in output
    assert str(tmp_path / "training_store" / "token") in output


def test_on_all_addresses_the_server_warns_and_accepts_given_names(tmp_path):
    """On all addresses the server warns about the unencrypted connection, and accepts the given names."""
    with serving("--host", "0.0.0.0", "--allow-host", "gpu.example", cwd=tmp_path) as server:
        for host, status in (("gpu.example", 200), ("evil.example", 403), ("127.0.0.1", 200)):
            stream = Stream("127.0.0.1", server.port, "/healthz", {"host": host})
            assert stream.status == status
            stream.close()
        server.end()
    assert "can be read on the way" in server.output


def test_the_help_explains_what_matters():
    """The help explains the token, the trainers and the file."""
    command = [sys.executable, "-m", "auto_model_monitor", "help", "serve"]
    output = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=200).stdout
    for word in ("--no-auth", "STORE/token", "{args}", "[trainers]", "image-classifier"):
        assert word in output
