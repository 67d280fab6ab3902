"""Streams over real sockets, of trainings that print what the test passes them."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from tests.waiting import until


def sockets():
    """Count the sockets that this process has open."""
    found = 0
    for file in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder itself was open while it was listed
            found += str(file.readlink()).startswith("socket:")
    return found


def test_a_stream_follows_a_training(live, puppet, tmp_path):
    """What a training prints reaches the client immediately, as entries of the specification's format."""
    server, held = live(), puppet()
    task_id = server.start(held, tmp_path, num_epochs=10)
    stream = server.stream(task_id)
    assert stream.answer.headers["content-type"].startswith("text/event-stream")
    held.say("Epoch [3/10] started")
    (first,) = stream.take(1)
    assert (first.kind, first.id, first.message) == ("message", "1", "Epoch [3/10] started")
    assert list(first.data) == ["timestamp", "level", "message", "metrics", "stage"]
    assert (first.data["metrics"], first.data["stage"]) == ({"epoch": 3, "total_epochs": 10}, "epoch_start")
    held.say("Train Loss: 0.5234, Train Accuracy: 82.45%")
    (second,) = stream.take(1)
    expected = {"epoch": 3, "total_epochs": 10, "train_loss": 0.5234, "train_acc": 82.45}
    assert (second.data["metrics"], second.data["stage"]) == (expected, "training")
    held.end(3)
    *_, end = stream.events()
    assert (end.kind, end.id, end.data["status"]) == ("end", "2-end", "failed")
    assert server.stream(task_id, last_event_id="2-end").status == 204
    assert [event.kind for event in server.stream(task_id, last_event_id="2").events()] == ["end"]
    assert [event.id for event in server.stream(task_id, "?after=1").events()] == ["2", "2-end"]
    assert server.stream(task_id, last_event_id="x").status == 400
    assert server.stream(task_id, "?after=-1").status == 422


def test_many_read_one_training(live, puppet, tmp_path):
    """Each of many clients gets every line once, whenever it connects."""
    server, held = live(), puppet()
    task_id = server.start(held, tmp_path)
    early = [server.stream(task_id) for _ in range(20)]
    held.say(*(f"line {number}" for number in range(1, 51)))
    early[0].take(50)
    late = [server.stream(task_id) for _ in range(20)]
    held.say(*(f"line {number}" for number in range(51, 101)))
    held.end()
    for number, stream in enumerate(early + late):
        messages = [event.message for event in stream.events() if event.kind == "message"]
        first = 51 if number == 0 else 1
        assert messages == [f"line {line}" for line in range(first, 101)]
    until(lambda: server.broadcaster.open == 0)


def test_a_closed_connection_ends_its_stream(live, puppet, tmp_path):
    """A client that closes its connection, or loses it, is noticed without a write."""
    server, held = live(), puppet()
    task_id = server.start(held, tmp_path)
    streams = [server.stream(task_id) for _ in range(10)]
    until(lambda: server.broadcaster.open == 10)
    for stream in streams[:5]:
        stream.close()
    for stream in streams[5:]:  # a reset, as by a machine that crashed
        sock = stream.connection.sock or stream.answer.fp.raw._sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.close()
    until(lambda: server.broadcaster.open == 0)


def test_a_client_that_stops_reading_is_disconnected(live, puppet, tmp_path, monkeypatch):
    """A client that stops reading loses its connection; its socket and its memory are freed."""
    monkeypatch.setattr("auto_model_monitor.api.serving.listener._USER_TIMEOUT", 1)
    server, held = live(), puppet()
    server.broadcaster.write_timeout = 1.0
    task_id = server.start(held, tmp_path)
    before = sockets()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(f"GET /api/v2/training/{task_id}/logs HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        until(lambda: server.broadcaster.open == 1)
        for _ in range(30):
            held.say(*["x" * 1000] * 60)
        until(lambda: server.broadcaster.open == 0)
        until(lambda: sockets() <= before + 1)  # the client's own end is in this process, too
    assert server.ask("GET", "/healthz") == {"status": "ok"}


def test_a_silent_stream_has_heartbeats(live, puppet, tmp_path):
    """Heartbeats are comments, which clients do not treat as events."""
    server, held = live(heartbeat=0.05), puppet()
    task_id = server.start(held, tmp_path)
    stream = server.stream(task_id)
    until(lambda: server.broadcaster.open == 1)
    beats = 0
    while beats < 3:
        line = stream.answer.readline()
        assert line in (b"retry: 2000\n", b"\n", b": heartbeat\n")
        beats += line.startswith(b":")
    held.say("at last")
    assert stream.take(1)[0].message == "at last"
