"""Cancelling: whatever a training does, none of its processes is left."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from auto_model_monitor.training import TaskState, TaskStateError
from auto_model_monitor.training.processes import task_processes
from tests.training.serving import Server
from tests.training.test_supervisor import ORPHANS
from tests.training.trainings import python, shell
from tests.waiting import until

RUNNING, CANCELLED, COMPLETED = TaskState.RUNNING, TaskState.CANCELLED, TaskState.COMPLETED


def log_of(store, task_id):
    log = store / "tasks" / task_id / "log.txt"
    return log.read_text() if log.exists() else ""


STUBBORN = ORPHANS + "while :; do sleep 0.05; done"


def test_a_pending_task_is_cancelled_immediately(work):
    """A pending task is cancelled immediately and never starts."""
    here = work(shell("exec sleep 1000"))
    here.wait_running(here.submit())
    task_id = here.submit()
    task = here.dispatcher.cancel(task_id, "not expected any more")
    assert (task.state, task.reason) == (CANCELLED, "not expected any more")
    assert here.wait_end(task_id).started_at is None


def test_a_running_task_receives_sigterm(work):
    """A running task receives SIGTERM and may save; it is cancelled, with its status and the reason."""
    here = work(shell("trap 'echo saving; exit 0' TERM; echo ready; while :; do sleep 0.05; done"))
    task_id = here.submit()
    here.wait_line(task_id, "ready")
    asked = here.dispatcher.cancel(task_id, "enough")
    assert (asked.state, asked.cancelling) == (RUNNING, True)
    task = here.wait_end(task_id)
    assert (task.state, task.reason, task.exit_code, task.cancelling) == (CANCELLED, "enough", 0, False)
    assert here.messages(task_id)[-1] == "saving"


def test_a_task_that_ignores_sigterm_is_killed(work):
    """After the grace no process is left: no child, no grandchild, and none that has left the session."""
    here = work(shell(STUBBORN), grace=0.3)
    task_id = here.submit()
    here.wait_line(task_id, "ready")
    assert len(task_processes(task_id)) >= 6
    here.dispatcher.cancel(task_id)
    here.dispatcher.cancel(task_id)
    task = here.wait_end(task_id)
    assert (task.state, task.exit_code) == (CANCELLED, -signal.SIGKILL)
    assert task_processes(task_id) == []
    assert "ignored" in here.messages(task_id)


def test_a_cancelled_task_keeps_its_device_until_it_has_ended(work, tmp_path):
    """The next task of a device starts only after the cancelled one has ended."""
    here = work(shell(f"if mkdir {tmp_path}/busy; then trap '' TERM; sleep 1000; fi; echo free"), grace=0.5)
    first = here.submit()
    here.wait_running(first)
    until((tmp_path / "busy").exists)
    second = here.submit()
    here.dispatcher.cancel(first)
    assert here.wait_end(second).started_at >= here.wait_end(first).finished_at


def test_it_may_be_cancelled_while_it_starts(work):
    """A cancel request at any moment of the start leaves no process running and the task cancelled."""
    here = work(shell("exec sleep 1000"), grace=0.5, per_device=8)
    ids = []
    for number in range(8):
        ids.append(here.submit())
        if number % 4 == 1:
            here.wait_running(ids[-1])
        elif number % 4 == 2:
            here.store.folder(ids[-1])
            until(lambda: list(here.store.folder(ids[-1]).glob("claim-*")))
        elif number % 4 == 3:
            until((here.store.folder(ids[-1]) / "trainer-1").exists)
        here.dispatcher.cancel(ids[-1])
    for task_id in ids:
        assert here.wait_end(task_id).state is CANCELLED
        assert task_processes(task_id) == []


def test_a_training_that_ends_before_the_signal_has_completed(work):
    """A training that ends with status 0 before the cancel request reaches it has completed."""
    here = work(shell("echo done"))
    task_id = here.submit()
    here.wait_running(task_id)
    until((here.store.folder(task_id) / "exit-1").exists)
    with suppress(TaskStateError):  # it was noticed before
        here.dispatcher.cancel(task_id)
    assert here.wait_end(task_id).state is COMPLETED


def test_a_supervisor_that_hangs_is_not_waited_for(work, monkeypatch):
    """If the supervisor hangs, the dispatcher kills it with all processes of the task."""
    monkeypatch.setattr("auto_model_monitor.training.running_task._MARGIN", 0.2)
    here = work(shell("echo ready; sleep 1000"), grace=0.2)
    task_id = here.submit()
    here.wait_line(task_id, "ready")
    supervisor = int((here.store.folder(task_id) / "claim-1" / "process").read_text().split()[0])
    os.kill(supervisor, signal.SIGSTOP)
    here.dispatcher.cancel(task_id)
    assert here.wait_end(task_id).state is CANCELLED
    assert task_processes(task_id) == []


def test_a_training_without_a_supervisor_is_cancelled_too(work):
    """Cancelling a task whose supervisor was killed ends the training and all its processes."""
    here = work(shell(STUBBORN), grace=0.3)
    task_id = here.submit()
    here.wait_line(task_id, "ready")
    supervisor = int((here.store.folder(task_id) / "claim-1" / "process").read_text().split()[0])
    os.kill(supervisor, signal.SIGKILL)
    here.dispatcher.cancel(task_id)
    task = here.wait_end(task_id)
    assert (task.state, task.exit_code) == (CANCELLED, None)
    assert task_processes(task_id) == []
    assert "ignored" in here.messages(task_id)


@pytest.mark.parametrize(
    "point",
    [
        "TaskStore.request_cancel:after:1",
        "RunningTask.terminate:before:1",
        "RunningTask.terminate:after:1",
        "RunningTask.terminate:after:3",
        "RunningTasks._finish:before:1",
        "changes.move:after:2",
        "RunningTasks._finish:after:1",
    ],
)
def test_a_cancel_request_survives_the_death_of_the_server(work, tmp_path, point):
    """Wherever the server is killed during a cancel, the task ends as cancelled, and no process is left."""
    trainers = {"sh": list(shell(STUBBORN).command)}
    with Server(tmp_path, trainers, kill_at=point, grace=0.3).ready() as server:
        task_id = server.command("submit", {})
        until(lambda: "ready" in log_of(tmp_path, task_id))
        server.command("cancel", task_id)
        assert server.ended() == -signal.SIGKILL
    here = work(shell(STUBBORN), grace=0.3, path=tmp_path)
    until(lambda: here.store.get(task_id).state.is_final)
    task = here.store.get(task_id)
    assert (task.state, task.reason) == (CANCELLED, "cancelled by request")
    assert task_processes(task_id) == []


def test_ctrl_c_ends_the_server_alone(tmp_path):
    """Ctrl-C in the server's terminal, or the terminal's end, does not reach the trainings."""
    trainers = {"x": list(python("import time; print('ready'); time.sleep(1000)").command)}
    with Server(tmp_path, trainers).ready() as server:
        task_id = server.command("submit", {})
        until(lambda: "ready" in log_of(tmp_path, task_id))
        assert os.getsid(server.process.pid) not in {
            os.getsid(process.pid) for process in task_processes(task_id)
        }
        assert server.kill(signal.SIGINT) != 0
        assert len(task_processes(task_id)) == 2
