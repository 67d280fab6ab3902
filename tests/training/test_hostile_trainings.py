"""Trainings that damage their own files: no other training is affected."""

from __future__ import annotations

import json
import os

import pytest

from auto_model_monitor.monitor.config.monitor_config import AUTH_CODE, AUTH_CODE_FILE
from auto_model_monitor.settings import NOTIFY
from auto_model_monitor.training import TaskState
from auto_model_monitor.training.launch import TASK_VARIABLE
from auto_model_monitor.training.processes import KnownProcess
from tests.training.trainings import python, shell

LOG = 'L=$(readlink /proc/$$/fd/1); D=$(dirname "$L"); '
linux = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="finds its log through /proc")  # noqa: PTH112


@linux
@pytest.mark.parametrize("thing", ['mkfifo "$L"', 'mkdir "$L"', 'ln -s /dev/zero "$L"', 'ln -s "$L" "$L"'])
def test_a_log_that_becomes_a_pipe_blocks_no_task(work, thing):
    """A pipe in the place of a log blocks neither its own task nor the next one."""
    running = work(shell(LOG + f'echo "loss: 0.5"; rm "$L"; {thing}; exit 3', "bad"), shell("exit 0", "good"))
    bad = running.submit(trainer="bad")
    good = running.submit(trainer="good")
    assert running.wait_end(good).state is TaskState.COMPLETED
    ended = running.wait_end(bad)
    assert (ended.state, ended.exit_code) == (TaskState.FAILED, 3)


@linux
def test_state_files_that_become_pipes_block_no_task(work):
    """State files that are replaced by pipes block no task, after the supervisor was killed."""
    running = work(shell(LOG + "rm $D/trainer-1; mkfifo $D/trainer-1 $D/exit-1; echo ready; sleep 60"))
    task = running.submit()
    running.wait_line(task, "ready")
    KnownProcess.read(running.store.folder(task) / "claim-1" / "process").signal(9)
    ended = running.wait_end(task)
    assert (ended.state, ended.exit_code) == (TaskState.FAILED, None)


@linux
@pytest.mark.parametrize(("status", "state"), [(0, TaskState.COMPLETED), (3, TaskState.FAILED)])
def test_a_training_that_deletes_its_folder_keeps_its_exit_status(work, status, state):
    """A training that deletes its folder keeps its exit status, and does not count as a failed start."""
    running = work(shell(LOG + f'echo "loss: 0.5"; sleep 0.2; rm -rf "$D"; exit {status}'))
    ended = running.run()
    assert (ended.state, ended.exit_code) == (state, status)
    assert "could not be started" not in ended.reason
    assert ended.latest_metrics["train_loss"] == 0.5


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_line_from_outside_the_calendar_does_not_stop_its_task(work, time):
    """A line with an impossible time is stored, and so are the lines after it."""
    running = work(shell(f'echo "{time} INFO loss: 0.5"; echo "loss: 0.25"'))
    ended = running.run()
    assert ended.state is TaskState.COMPLETED
    assert ended.latest_metrics["train_loss"] == 0.25
    assert ended.last_seq == 2


def test_the_secrets_of_the_server_are_not_handed_to_trainings(work):
    """The environment of a training has none of the server's secrets."""
    secrets = {AUTH_CODE: "s3cret", NOTIFY: "https://host/?key=s3cret"}
    others = {AUTH_CODE_FILE: "/etc/code", "MINE": "kept"}  # a path is no secret
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    running = work(python(script), environment={**os.environ, **secrets, **others})
    task = running.submit()
    running.wait_end(task)
    seen = json.loads((running.store.folder(task) / "log.txt").read_text())
    assert "s3cret" not in str(seen)
    assert {**seen, **others, TASK_VARIABLE: task} == seen
