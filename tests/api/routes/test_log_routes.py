"""The whole log of a task as text."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from tests.waiting import until

START = "/api/v2/training/start"


@pytest.fixture
def ran(client, puppet, body):
    """Run a training that prints lines: ``http, path, store, task_id = ran(*lines)``; it goes on."""

    def run(*lines):
        held = puppet()
        http = client()
        task_id = http.post(START, json={**body, "save_path": held.save_path}).json()["task_id"]
        held.say(*lines)
        path = f"/api/v2/training/{task_id}"
        until(lambda: http.get(f"{path}/details").json()["last_seq"] >= len(lines))
        return http, path, task_id

    return run


LINES = (
    ["plain"],
    ["\x1b[31mred\x1b[0m", "val_loss: 0.5"],
    ["训练损失 0.5", "ünï"],
    [f"line {number}" for number in range(3000)],
    ["<script>alert(1)</script>", "", "  indented"],
)


@pytest.mark.parametrize("lines", LINES, ids=range(len(LINES)))
def test_the_whole_log_is_fetched_as_text(ran, lines):
    """``format=text`` returns every byte that the training wrote so far, and ends."""
    http, path, _ = ran(*lines)
    answer = http.get(f"{path}/logs?format=text")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.text == "".join(f"{line}\n" for line in lines)
    assert http.head(f"{path}/logs?format=text").status_code == 200


def test_the_earlier_file_of_a_long_log_comes_first(ran, tmp_path):
    """A log that reached its limit is fetched with the part that was moved away."""
    http, path, task_id = ran("last")
    folder = tmp_path / "store" / "tasks" / task_id
    (folder / "log.1.txt").write_text("first\n")
    assert http.get(f"{path}/logs?format=text").text == "first\nlast\n"


def test_without_its_file_the_stored_lines_are_the_log(ran, tmp_path):
    """A training that deletes its log leaves the lines that were read."""
    http, path, task_id = ran("one", "val_loss: 0.5")
    (tmp_path / "store" / "tasks" / task_id / "log.txt").unlink()
    assert http.get(f"{path}/logs?format=text").text == "one\nval_loss: 0.5\n"


def test_a_link_in_the_logs_place_leads_nowhere(ran, tmp_path):
    """A training cannot make the server read another file by a link."""
    http, path, task_id = ran("one")
    (tmp_path / "secret").write_text("secret")
    log = tmp_path / "store" / "tasks" / task_id / "log.txt"
    log.unlink()
    log.symlink_to(tmp_path / "secret")
    assert "secret" not in http.get(f"{path}/logs?format=text").text


@pytest.mark.parametrize("query", ["format=xml", "format="])
def test_an_unknown_format_is_refused(ran, query):
    """Any other format is a wrong value."""
    http, path, _ = ran("one")
    assert http.get(f"{path}/logs?{query}").status_code == 422


@pytest.mark.parametrize(
    ("search", "found"), [("EPO", 0), ("ResNet", 2), ("cpu", 2), ("script", 2), ("%", 0), ("_", 0), ("'", 0)]
)
def test_the_list_is_searched_by_the_server(client, body, search, found):
    """``search`` finds a part of the model, the id, the device or the trainer, and no wildcard."""
    http = client()
    ids = [http.post(START, json={**body, "model": f"resnet{n}"}).json()["task_id"] for n in (1, 2)]
    assert http.get("/api/v2/training", params={"search": search}).json()["total"] == found
    assert http.get("/api/v2/training", params={"search": ids[0][4:13].upper()}).json()["total"] == 1
    assert http.get("/api/v2/training", params={"search": "ESNET2"}).json()["items"][0]["task_id"] == ids[1]


@pytest.mark.parametrize("reason", ["the disk of the store is full", "database or disk is full"])
def test_health_and_metrics_show_that_nothing_can_be_stored(client, monkeypatch, reason):
    """``/healthz`` answers 503 with the reason, and ``/metrics`` has a gauge for it."""
    from auto_model_monitor.training import TaskStore

    http = client()
    assert http.get("/healthz").json() == {"status": "ok"}
    assert "auto_model_monitor_store_writable 1" in http.get("/metrics").text
    assert "auto_model_monitor_store_free_bytes " in http.get("/metrics").text
    monkeypatch.setattr(TaskStore, "trouble", lambda self: reason)
    answer = http.get("/healthz")
    assert (answer.status_code, answer.json()["detail"]) == (503, reason)
    assert "auto_model_monitor_store_writable 0" in http.get("/metrics").text
