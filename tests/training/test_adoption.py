"""A restarted dispatcher adopts running trainings and repairs interrupted launches."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timedelta, timezone

import pytest

from auto_model_monitor.training import TaskState
from auto_model_monitor.training.processes import task_processes
from tests.training.serving import Server
from tests.training.trainings import Work, request, shell
from tests.waiting import until

PENDING, RUNNING, COMPLETED = TaskState.PENDING, TaskState.RUNNING, TaskState.COMPLETED
FAILED, CANCELLED = TaskState.FAILED, TaskState.CANCELLED
COUNTING = """
echo "begun $$"
n=0
while [ $n -lt 30 ]; do
    n=$((n + 1))
    echo "Epoch [$n/30] started"
    echo "Train Loss: 0.$n"
    test $((n % 5)) != 0 || sleep 0.02
done
printf 'no end of line'
exit 9
"""


def counted():
    """What the entries of COUNTING say after its first line."""
    lines = [line for n in range(1, 31) for line in (f"Epoch [{n}/30] started", f"Train Loss: 0.{n}")]
    return [*lines, "no end of line"]


def check_counted(here, task_id):
    """Every line once and in its order, every number once, the status known."""
    entries = here.store.entries(task_id)
    messages = [one.data.decode().partition('"message":"')[2].partition('"')[0] for one in entries]
    assert messages[0].startswith("begun ")
    assert messages[1:] == counted()
    assert [one.seq for one in entries] == list(range(1, 63))
    losses = [(row.epoch, row.value) for row in here.store.metrics(task_id, metric="train_loss")]
    assert losses == [(n, float(f"0.{n}")) for n in range(1, 31)]
    task = here.store.get(task_id)
    assert (task.state, task.exit_code, task.reason) == (FAILED, 9, "exit status 9: no end of line")
    assert task_processes(task_id) == []


@pytest.mark.parametrize(
    "point",
    [
        "TaskStore.add:after:1",
        "TaskStore.move:before:1",
        "changes.move:after:1",
        "TaskStore.move:after:1",
        "running_tasks.launch:after:1",
        "Dispatcher._notify:before:2",
        "TaskLog.read:after:2",
        "TaskStore.append:before:1",
        "store.append:after:1",
        "log_rows._trim:after:1",
        "TaskStore.append:after:1",
        "TaskStore.append:after:2",
        "TaskLog.committed:after:3",
        "RunningTask.kill_leftovers:after:1",
        "RunningTasks._finish:before:1",
        "TaskStore.move:before:2",
        "TaskStore.move:after:2",
    ],
)
def test_a_server_that_is_killed_at_a_named_point_loses_nothing(work, tmp_path, point):
    """Wherever the server is killed, its training starts once, and every line and number is stored once."""
    with Server(tmp_path, {"sh": list(shell(COUNTING).command)}, kill_at=point).ready() as server:
        server.command("submit", {})
        assert server.ended() == -signal.SIGKILL
    here = work(shell(COUNTING), path=tmp_path)
    (task,) = here.store.tasks()[0]
    until(lambda: here.store.get(task.id).state.is_final)
    check_counted(here, task.id)


def put_running(here, script="exit 0"):
    """Commit a task as started, though nothing has been."""
    task = here.store.add(request(), trainer="sh")
    here.store.move(task.id, RUNNING, "started")
    return task.id


@pytest.fixture
def unstarted(tmp_path):
    """A store with its dispatcher, which has not been started."""
    made = []

    def make(script):
        made.append(Work(tmp_path, [shell(script)], grace=0.3))
        return made[0]

    yield make
    for work in made:
        work.close()


@pytest.mark.parametrize("times", [0, 1])
def test_an_interrupted_launch_is_repeated(unstarted, times):
    """A task whose launch the server's death interrupted is requeued, also after a second death."""
    here = unstarted("echo here")
    task_id = put_running(here)
    if times:
        folder = here.store.folder(task_id) / "claim-1"
        folder.mkdir(parents=True)
        (folder / "process").write_text("0 revoked\n")
    here.dispatcher.start()
    assert here.wait_end(task_id).state is COMPLETED
    states = [one.state for one in here.store.transitions(task_id)]
    assert states == [PENDING, RUNNING, PENDING, RUNNING, COMPLETED]
    assert here.messages(task_id) == ["here"]


def test_an_interrupted_launch_that_was_cancelled_is_not_repeated(unstarted):
    """A task that is cancelled while its launch is interrupted ends as cancelled."""
    here = unstarted("echo here")
    task_id = put_running(here)
    here.store.request_cancel(task_id, "enough")
    here.dispatcher.start()
    assert here.wait_end(task_id).state is CANCELLED
    assert here.messages(task_id) == []


def test_a_supervisor_that_comes_too_late_starts_nothing(unstarted):
    """A supervisor that starts after the server has requeued its task starts no training."""
    from auto_model_monitor.training.launch import launch

    here = unstarted("echo begun")
    task_id = put_running(here)
    here.dispatcher.start()
    task = here.wait_end(task_id)
    late = launch(
        here.store.folder(task_id),
        task_id=task_id,
        attempt=1,
        trainer=shell("echo late"),
        request=task.request,
        grace=1.0,
        environment=os.environ,
    )
    assert late.wait(60) == 126
    assert here.store.folder(task_id).joinpath("log.txt").read_text() == "begun\n"


@pytest.mark.parametrize(
    ("log", "state", "reason"),
    [
        ("Training completed\n", COMPLETED, "its log reports completion"),
        ("Epoch [1/3] started\nhalf a li", FAILED, "not known: half a li"),
        (None, FAILED, "its exit status is not known"),
    ],
)
def test_what_ended_with_the_machine_is_judged_by_its_log(unstarted, log, state, reason):
    """Without an exit status, as after a power cut, the log decides, and its last line is stored."""
    here = unstarted("true")
    task_id = put_running(here)
    folder = here.store.folder(task_id)
    (folder / "claim-1").mkdir(parents=True)
    (folder / "claim-1" / "process").write_text(f"{os.getpid()} another-boot\n")
    (folder / "trainer-1").write_text(f"{os.getpid()} another-boot\n")
    if log is not None:
        (folder / "log.txt").write_text(log)
    here.dispatcher.start()
    task = here.wait_end(task_id)
    assert (task.state, task.exit_code) == (state, None)
    assert reason in task.reason
    assert here.messages(task_id) == (log or "").splitlines()


def test_an_end_without_a_server_keeps_its_time(unstarted):
    """A training that ends while no server runs keeps its end time, and its lines are no later."""
    here = unstarted("true")
    task_id = put_running(here)
    folder = here.store.folder(task_id)
    (folder / "claim-1").mkdir(parents=True)
    (folder / "claim-1" / "process").write_text("1 long-gone\n")
    then = datetime.now(timezone.utc) - timedelta(hours=8)
    (folder / "exit-1").write_text(f"0 0 {then.timestamp():.6f} 0\n")
    (folder / "log.txt").write_text("Validation Loss: 0.5\n")
    os.utime(folder / "log.txt", (then.timestamp(), then.timestamp()))
    here.dispatcher.start()
    task = here.wait_end(task_id)
    assert abs(task.finished_at - then) < timedelta(milliseconds=1)
    assert abs(here.store.metrics(task_id)[0].time - then) < timedelta(milliseconds=1)
    assert task.updated_at - then > timedelta(hours=7)


@pytest.mark.parametrize("completes", [True, False])
def test_a_training_outlives_its_supervisor(work, tmp_path, caplog, completes):
    """A training whose supervisor is killed continues, is followed to its end, and its log decides."""
    os.mkfifo(tmp_path / "go")
    end = "Training completed" if completes else "and out"
    here = work(
        shell(f"(exec sleep 1000) & echo ready; read x < {tmp_path}/go; echo 'Train Loss: 0.5'; echo '{end}'")
    )
    task_id = here.submit()
    here.wait_line(task_id, "ready")
    supervisor = int((here.store.folder(task_id) / "claim-1" / "process").read_text().split()[0])
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: "supervisor" in caplog.text)
    assert here.store.get(task_id).state is RUNNING
    here.dispatcher.stop()
    here.dispatcher.start()
    (tmp_path / "go").write_text("on\n")
    task = here.wait_end(task_id)
    assert task.state is (COMPLETED if completes else FAILED)
    assert here.messages(task_id) == ["ready", "Train Loss: 0.5", end]
    assert task_processes(task_id) == []


def test_the_machines_shutdown_is_no_completion(work):
    """A training that is ended from outside without reporting completion has failed, with that reason."""
    here = work(shell("trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done"))
    task_id = here.submit()
    here.wait_line(task_id, "ready")
    supervisor = int((here.store.folder(task_id) / "claim-1" / "process").read_text().split()[0])
    os.kill(supervisor, signal.SIGTERM)
    task = here.wait_end(task_id)
    assert (task.state, task.exit_code) == (FAILED, 0)
    assert "from outside" in task.reason


def test_a_process_with_the_same_number_is_left_alone(unstarted):
    """Cancelling a task signals no other process that has its pid by now."""
    here = unstarted("true")
    task_id = put_running(here)
    folder = here.store.folder(task_id)
    (folder / "claim-1").mkdir(parents=True)
    for paper in (folder / "claim-1" / "process", folder / "trainer-1"):
        paper.write_text(f"{os.getpid()} 00000000-1\n")  # this very process, with another start
    here.store.request_cancel(task_id, "enough")
    here.dispatcher.start()
    assert here.wait_end(task_id).state is CANCELLED


def test_a_damaged_store_does_not_end_trainings(tmp_path):
    """A server that cannot open its store leaves the trainings running."""
    with Server(tmp_path, {"x": ["/bin/sh", "-c", "echo ready; exec sleep 1000"]}).ready() as server:
        task_id = server.command("submit", {})
        log = tmp_path / "tasks" / task_id / "log.txt"
        until(lambda: log.exists() and log.read_text() == "ready\n")
    before = task_processes(task_id)
    (tmp_path / "training.db").write_bytes(b"rubbish" * 1000)
    with Server(tmp_path, {"x": ["true"]}) as server:
        assert server.ended() == 1
    assert task_processes(task_id) == before
    assert len(before) == 2
