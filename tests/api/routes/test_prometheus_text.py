"""The metrics for Prometheus."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from auto_model_monitor.api.routes.device_list import visible_devices
from auto_model_monitor.api.routes.prometheus_text import MetricFamily, prometheus_text
from tests.waiting import until

LINE = re.compile(r"[a-z_]+(\{[a-z_]+=\"(?:[^\"\\\n]|\\[\\\"n])*\"(,[a-z_]+=\"[^\"\n]*\")*\})? -?[0-9.e+]+")


def test_tasks_queues_and_streams_are_counted(live, puppet, tmp_path):
    """The server exports tasks per state, the queue of each device, open streams and delivered events."""
    import httpx

    server, held = live(), puppet()
    running = server.start(held, tmp_path)
    until(lambda: server.ask("GET", f"/api/v2/training/{running}")["status"] == "running")
    for device in ("cpu", "cpu"):
        server.start(None, tmp_path, device=device)
    stream = server.stream(running)
    held.say("one", "two")
    stream.take(2)
    answer = httpx.get(f"http://127.0.0.1:{server.port}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    for line in (
        'auto_model_monitor_tasks{state="running"} 1',
        'auto_model_monitor_tasks{state="pending"} 2',
        'auto_model_monitor_tasks{state="failed"} 0',
        'auto_model_monitor_queue_length{device="cpu"} 2',
        "auto_model_monitor_streams_open 1",
        "auto_model_monitor_stream_events_sent_total 2",
        "# TYPE auto_model_monitor_stream_events_sent_total counter",
    ):
        assert line in lines
    assert any(line.startswith("auto_model_monitor_build_info{version=") for line in lines)
    assert answer.text.endswith("\n")
    for line in lines:
        assert line.startswith(("# HELP ", "# TYPE ")) or LINE.fullmatch(line), line


def test_labels_are_escaped():
    """A quotation mark, a backslash and a line break in a label are escaped."""
    text = prometheus_text([MetricFamily("x", "gauge", "X.", [({"a": 'q"\\\n'}, 1)])])
    assert text.splitlines()[-1] == 'auto_model_monitor_x{a="q\\"\\\\\\n"} 1'
    assert LINE.fullmatch(text.splitlines()[-1])


def test_devices_are_those_of_the_machine(tmp_path):
    """The devices are the CPU and the GPUs that the server can see."""
    for name in ("nvidia0", "nvidia1", "nvidia2", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    assert visible_devices({}, tmp_path) == ["cpu", "cuda:0", "cuda:1", "cuda:2"]
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "2,1"}, tmp_path) == ["cpu", "cuda:0", "cuda:1"]
    assert visible_devices({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == ["cpu"]
    assert visible_devices({"CUDA_VISIBLE_DEVICES": "-1"}, tmp_path) == ["cpu"]
    assert visible_devices({}, tmp_path / "missing") == ["cpu"]
