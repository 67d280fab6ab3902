"""Tasks over HTTP: start, status, list and end."""

from __future__ import annotations

import os
import re

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from auto_model_monitor.training import TaskState, TrainingRequest
from tests.api.live import TRAINER
from tests.waiting import until

START = "/api/v2/training/start"
STARTED = ["task_id", "task_type", "status", "progress", "device", "total_epochs", "created_at", "updated_at"]
STATUS = [
    *("task_id", "task_type", "status", "progress", "device", "current_epoch", "total_epochs"),
    *("latest_metrics", "created_at", "updated_at"),
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def ended(http, task_id):
    """Wait until a task has ended; return its status."""
    until(lambda: http.get(f"/api/v2/training/{task_id}").json()["status"] not in ("pending", "running"))
    return http.get(f"/api/v2/training/{task_id}").json()


def test_a_start_is_answered_with_the_keys_of_the_specification(client, body):
    """A start returns 201, the eight keys of the specification in order, and the location of the task."""
    answer = client().post(START, json=body)
    task = answer.json()
    assert answer.status_code == 201
    assert list(task) == STARTED
    assert (task["task_type"], task["status"], task["progress"]) == ("training", "pending", 0)
    assert (task["device"], task["total_epochs"]) == ("cpu", 3)
    assert TIME.fullmatch(task["created_at"])
    assert answer.headers["location"] == f"/api/v2/training/{task['task_id']}"


def test_optional_fields_have_defaults(client, body):
    """batch_size, learning_rate and priority have the specification's defaults."""
    http = client()
    task_id = http.post(START, json=body).json()["task_id"]
    asked = http.get(f"/api/v2/training/{task_id}/details").json()["request"]
    assert (asked["batch_size"], asked["learning_rate"], asked["priority"]) == (8, 0.0001, 5)
    assert asked["trainer"] == "script"


def test_a_status_has_the_keys_of_the_specification_and_the_metrics_of_the_log(client, body):
    """A status has the ten keys of the specification in order, and the last value of each metric."""
    http = client()
    task = ended(http, http.post(START, json=body).json()["task_id"])
    assert list(task) == STATUS
    assert (task["status"], task["progress"], task["current_epoch"]) == ("completed", 100, 3)
    metrics = task["latest_metrics"]
    assert (metrics["epoch"], metrics["total_epochs"]) == (3, 3)
    assert (metrics["val_loss"], metrics["top5_acc"], metrics["best_acc"]) == (0.3667, 96.78, 84.67)
    assert "recall" not in metrics


def test_details_contain_the_history_of_a_task(client, body):
    """Details contain each transition with time and reason, the exit code, and each metric's best value."""
    http = client()
    task_id = http.post(START, json=body).json()["task_id"]
    ended(http, task_id)
    details = http.get(f"/api/v2/training/{task_id}/details").json()
    assert [change["status"] for change in details["transitions"]] == ["pending", "running", "completed"]
    assert all(TIME.fullmatch(change["time"]) and change["reason"] for change in details["transitions"])
    assert details["exit_code"] == 0
    assert details["best"]["val_loss"] == {"value": 0.3667, "epoch": 3}
    assert details["best"]["train_acc"] == {"value": 86.67, "epoch": 3}
    assert "learning_rate" not in details["best"]  # which of two is better, nobody knows
    assert TIME.fullmatch(details["finished_at"])


def test_a_failure_has_its_reason(client, body):
    """A training that ends with an exception is failed, and the exception is the reason."""
    http = client()
    task = ended(http, http.post(START, json={**body, "model": "failing"}).json()["task_id"])
    details = http.get(f"/api/v2/training/{task['task_id']}/details").json()
    assert (task["status"], details["exit_code"]) == ("failed", 1)
    assert "no images in the folder" in details["reason"]


def test_the_list_shows_the_newest_first_in_pages(client, body, make_app):
    """The pages of the list contain every task once, the newest first."""
    http = client(per_device=1)
    ids = [http.post(START, json=body).json()["task_id"] for _ in range(5)]
    found = []
    for offset in (0, 2, 4):
        page = http.get("/api/v2/training", params={"limit": 2, "offset": offset}).json()
        assert (page["total"], page["limit"], page["offset"]) == (5, 2, offset)
        found += [item["task_id"] for item in page["items"]]
    assert found == ids[::-1]
    item = http.get("/api/v2/training").json()["items"][0]
    assert list(item) == [*STATUS, "model", "trainer", "priority", "stage", "reason", "first_epoch"]


def test_the_list_is_filtered(client, body, puppet):
    """Filters take any of several states, a device, a model and a trainer."""
    http, held = client(), puppet()
    one = http.post(START, json={**body, "model": "a"}).json()["task_id"]
    ended(http, one)
    running = http.post(START, json={**body, "model": "b", "save_path": held.save_path}).json()["task_id"]
    until(lambda: http.get(f"/api/v2/training/{running}").json()["status"] == "running")
    other = http.post(START, json={**body, "device": "cuda:7", "model": "failing"}).json()["task_id"]
    ended(http, other)

    def found(query):
        return {item["task_id"] for item in http.get(f"/api/v2/training?{query}").json()["items"]}

    assert found("status=running") == {running}
    assert found("status=running&status=completed") == {one, running}
    assert found("device=cuda:7") == {other}
    assert found("model=a") == {one}
    assert found("trainer=script&model=b") == {running}
    assert found("trainer=another") == set()


def test_a_running_task_is_cancelled(client, body, puppet):
    """A cancel returns 202 and ends a process that ignores SIGTERM; a second one is a conflict."""
    http, held = client(grace=0.2), puppet()
    asked = {**body, "model": "stubborn", "save_path": held.save_path}
    task_id = http.post(START, json=asked).json()["task_id"]
    held.say("Epoch [1/3] started")
    until(lambda: http.get(f"/api/v2/training/{task_id}").json()["current_epoch"] == 1)
    answer = http.post(f"/api/v2/training/{task_id}/cancel")
    assert (answer.status_code, list(answer.json())) == (202, STATUS)
    assert ended(http, task_id)["status"] == "cancelled"
    assert http.post(f"/api/v2/training/{task_id}/cancel").status_code == 409


def test_a_task_that_has_ended_can_be_deleted(client, body, puppet):
    """A delete is a conflict while the task runs, returns 204 afterwards, and leaves nothing."""
    http, held = client(), puppet()
    task_id = http.post(START, json={**body, "save_path": held.save_path}).json()["task_id"]
    until(lambda: http.get(f"/api/v2/training/{task_id}").json()["status"] == "running")
    refused = http.delete(f"/api/v2/training/{task_id}")
    assert (refused.status_code, refused.json()["status"]) == (409, 409)
    held.end()
    ended(http, task_id)
    assert http.delete(f"/api/v2/training/{task_id}").status_code == 204
    assert http.get(f"/api/v2/training/{task_id}").status_code == 404
    assert http.get("/api/v2/training").json()["total"] == 0


def test_a_full_queue_asks_to_come_back(client, body, puppet):
    """With a full queue, a start gets 503 with Retry-After."""
    http, held = client(most_pending=1), puppet()
    first = http.post(START, json={**body, "save_path": held.save_path}).json()["task_id"]
    until(lambda: http.get(f"/api/v2/training/{first}").json()["status"] == "running")
    assert http.post(START, json=body).status_code == 201
    answer = http.post(START, json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "at most 1" in answer.json()["detail"]


def test_what_is_not_finite_is_null(client, body, puppet):
    """A NaN and an infinite loss are null in every response."""
    http, held = client(), puppet()
    task_id = http.post(START, json={**body, "save_path": held.save_path}).json()["task_id"]
    held.say("Epoch [1/3] started", "Train Loss: nan, Train Accuracy: 1.00%", "Validation Loss: inf")
    until(lambda: "val_loss" in http.get(f"/api/v2/training/{task_id}").json()["latest_metrics"])
    metrics = http.get(f"/api/v2/training/{task_id}").json()["latest_metrics"]
    assert (metrics["train_loss"], metrics["val_loss"], metrics["train_acc"]) == (None, None, 1.0)
    rows = http.get(f"/api/v2/training/{task_id}/metrics").json()["items"]
    assert {row["value"] for row in rows if row["metric"].endswith("loss")} == {None}
    assert "NaN" not in http.get(f"/api/v2/training/{task_id}/details").text


def test_an_unknown_task_is_not_found(client):
    """Every request about an unknown task gets a problem document with status 404."""
    http = client()
    for path in ("", "/details", "/logs", "/metrics"):
        answer = http.get(f"/api/v2/training/nothing{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
        assert "no task" in answer.json()["detail"]


def test_head_answers_as_get_does_without_a_body(client, body):
    """Every GET route answers HEAD without a body, the log stream without streaming."""
    http = client()
    task_id = http.post(START, json=body).json()["task_id"]
    paths = ["", f"/{task_id}", f"/{task_id}/details", f"/{task_id}/logs", f"/{task_id}/metrics"]
    for path in [*(f"/api/v2/training{path}" for path in paths), "/healthz", "/metrics", "/api/v2/trainers"]:
        answer = http.head(path)
        assert (answer.status_code, answer.content) == (200, b""), path


def test_a_relative_path_is_relative_to_the_first_root(client, body, tmp_path):
    """A relative path starts at the first root, and is stored as an absolute one."""
    http = client()
    task_id = http.post(START, json={**body, "train_path": "train"}).json()["task_id"]
    asked = http.get(f"/api/v2/training/{task_id}/details").json()["request"]
    assert asked["train_path"] == os.path.realpath(tmp_path / "train")


def test_a_trainer_is_chosen_by_name_only(client, body):
    """An unknown trainer is refused with the list of names; a command is not a name."""
    http = client()
    answer = http.post(START, json={**body, "trainer": "other"})
    assert (answer.status_code, answer.json()["errors"][0]["location"]) == (422, "body.trainer")
    assert "script" in answer.json()["detail"]
    assert http.post(START, json={**body, "trainer": "rm -rf /"}).status_code == 422
    assert http.get("/api/v2/training").json()["total"] == 0


def test_tasks_of_an_earlier_server_are_there(make_app, client, body, tmp_path):
    """A server shows the tasks that its store already contains."""
    app = make_app()
    values = {name: str(tmp_path) for name in ("train_path", "val_path", "save_path")}
    task = app.state.store.add(TrainingRequest(model="m", num_classes=2, **values), trainer=TRAINER.name)
    app.state.store.move(task.id, TaskState.CANCELLED, "before")
    http = client(store=app.state.store)
    assert http.get(f"/api/v2/training/{task.id}").json()["status"] == "cancelled"


def test_the_choices_of_the_server_are_listed(client, tmp_path):
    """The route of the choices returns the trainers, the devices, the roots and the limits."""
    choices = client(per_device=2).get("/api/v2/trainers").json()
    assert (choices["items"], choices["per_device"]) == (["script"], 2)
    assert choices["roots"] == [os.path.realpath(tmp_path)]
    assert "cpu" in choices["devices"]
    assert (choices["limits"]["priority"], choices["limits"]["num_epochs"]) == (10, 1_000_000)


def test_a_store_that_fails_is_a_503(make_app, client, body):
    """While the store fails, requests and /healthz get 503."""
    app = make_app()
    http = client(store=app.state.store)
    assert http.get("/healthz").json() == {"status": "ok"}
    app.state.store.close()  # as good as a disk that has gone
    for answer in (http.post(START, json=body), http.get("/api/v2/training"), http.get("/healthz")):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
