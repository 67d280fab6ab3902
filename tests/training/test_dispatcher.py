"""The dispatcher: tasks become processes, their logs become metrics, their ends become states."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Event, current_thread

import pytest

from auto_model_monitor import ConfigError, LogPattern, Stage
from auto_model_monitor.training import (
    Dispatcher,
    QueueFullError,
    TaskState,
    TaskStateError,
    TaskStore,
    Trainer,
    UnknownTaskError,
    UnknownTrainerError,
)
from auto_model_monitor.training.processes import task_processes
from auto_model_monitor.training.running_task import RunningTask
from tests.training.trainings import EPOCHS, python, request, shell
from tests.waiting import until

PENDING, RUNNING, COMPLETED = TaskState.PENDING, TaskState.RUNNING, TaskState.COMPLETED
FAILED, CANCELLED = TaskState.FAILED, TaskState.CANCELLED


def test_a_training_runs_to_its_end(work):
    """Every line becomes an entry, every number a row, and the task ends as completed at 100 percent."""
    here = work(shell(EPOCHS))
    task = here.run(num_epochs=3)
    assert (task.state, task.reason, task.exit_code, task.progress) == (COMPLETED, "exit status 0", 0, 100)
    assert (task.current_epoch, task.total_epochs, task.stage) == (3, 3, Stage.COMPLETED)
    assert task.latest_metrics == {
        "learning_rate": 0.0001,
        "epoch": 3,
        "total_epochs": 3,
        "train_loss": 0.3,
        "train_acc": 83.5,
        "val_loss": 0.63,
        "val_acc": 73.25,
    }
    assert task.created_at <= task.started_at <= task.finished_at <= task.updated_at
    assert [one.state for one in here.store.transitions(task.id)] == [PENDING, RUNNING, COMPLETED]
    entries = here.store.entries(task.id)
    assert [one.seq for one in entries] == list(range(1, 11))
    assert [json.loads(one.data)["message"] for one in entries[:2]] == [
        "Epoch [1/3] started",
        "Train Loss: 0.1, Train Accuracy: 81.5%",
    ]
    accuracies = [(row.epoch, row.value) for row in here.store.metrics(task.id, metric="val_acc")]
    assert accuracies == [(1, 71.25), (2, 72.25), (3, 73.25)]


@pytest.mark.parametrize(
    ("trainer", "reason", "code"),
    [
        (shell("echo fine; exit 3"), "exit status 3: fine", 3),
        (shell(EPOCHS + "exit 1"), "exit status 1: Training completed", 1),
        (
            python("raise ValueError('no images in /data')"),
            "exit status 1: ValueError: no images in /data",
            1,
        ),
        (shell("kill -9 $$"), "killed by SIGKILL (as the system does when memory runs out)", -9),
        (shell("kill -TERM $$"), "killed by SIGTERM", -15),
        (
            Trainer("x", ("/no/such/trainer",)),
            "could not be started: '/no/such/trainer': No such file or directory",
            None,
        ),
        (Trainer("x", ("/etc",)), "could not be started: '/etc': Permission denied", None),
        (shell("x" * 200_000), "could not be started: [Errno 7] Argument list too long", None),
    ],
)
def test_a_failure_has_a_reason(work, trainer, reason, code):
    """A failed task has the status or the signal, and the line of its log that explains it."""
    here = work(trainer)
    task = here.run()
    assert (task.state, task.exit_code) == (FAILED, code)
    assert task.reason.startswith(reason)
    assert here.store.transitions(task.id)[-1].reason == task.reason
    assert task.progress < 100


def test_progress_and_metrics_are_stored_while_it_runs(work, tmp_path):
    """A line is stored as soon as it is written, while the training runs."""
    os.mkfifo(tmp_path / "go")
    here = work(shell(f"echo 'Epoch [1/4] started'; echo 'Validation Loss: 0.5'; read x < {tmp_path}/go"))
    task_id = here.submit()
    task = here.wait(task_id, lambda task: "val_loss" in task.latest_metrics)
    assert (task.state, task.progress, task.current_epoch, task.total_epochs) == (RUNNING, 25, 1, 4)
    assert here.store.get(task_id).latest_metrics == task.latest_metrics
    (tmp_path / "go").write_text("on\n")
    assert here.wait_end(task_id).state is COMPLETED


def test_a_python_script_writes_without_delay(work):
    """The output of an unmodified Python script is stored without a delay by buffering."""
    here = work(python("import time; print('Train Loss: 0.25'); time.sleep(1000)"))
    here.wait(here.submit(), lambda task: task.latest_metrics.get("train_loss") == 0.25)


def test_listeners_receive_everything_in_order(work):
    """Listeners receive states and entries in order, in the dispatcher's thread, after their commit."""
    here = work(shell(EPOCHS))
    threads, committed = set(), []

    def listener(task, entries):
        threads.add(current_thread().name)
        committed.append(
            not entries or here.store.entries(task.id, entries[-1].seq - 1)[0].seq == entries[-1].seq
        )

    here.dispatcher.listen(listener)
    here.dispatcher.listen(lambda *_: 1 / 0)
    task_id = here.submit()
    here.wait_end(task_id)
    received = [(task.state, [one.seq for one in entries]) for task, entries in here.received]
    assert [state for state, seqs in received if not seqs] == [PENDING, RUNNING, COMPLETED]
    assert [seq for _, seqs in received for seq in seqs] == list(range(1, 11))
    assert received[-1] == (COMPLETED, [])
    assert [one.entry.own_metrics for _, entries in here.received for one in entries][1] == {
        "train_loss": 0.1,
        "train_acc": 81.5,
    }
    until(lambda: len(committed) == len(received))
    assert all(committed)
    assert threads == {"auto_model_monitor dispatcher"}


def test_a_listener_can_be_removed(work):
    """A removed listener is not called any more, and removing it twice is harmless."""
    here = work(shell("true"))
    received = []
    leave = here.dispatcher.listen(lambda *news: received.append(news))
    leave()
    leave()
    here.run()
    assert received == []


def test_one_task_a_device_the_highest_priority_first(work, tmp_path):
    """Tasks of one device run one by one, by priority and then by age; another device does not wait."""
    order = f"echo $1 $2 >> {tmp_path}/order"
    script = f"{order}; test $2 != 1 || read x < {tmp_path}/go"
    os.mkfifo(tmp_path / "go")
    trainer = Trainer("x", ("/bin/sh", "-c", script, "sh", "{device}", "{num_classes}"))
    here = work(trainer, environment={**os.environ, "CUDA_VISIBLE_DEVICES": "4,7"})
    first = here.submit(num_classes=1, device="cuda")
    here.wait_running(first)
    until((tmp_path / "order").exists)  # it is running before its shell has written the first line
    rest = [
        here.submit(num_classes=number, device=device, priority=priority)
        for number, device, priority in [
            (2, "cuda:0", 3),
            (3, "cuda", 3),
            (4, "cuda:0", 8),
            (5, "cuda:1", 0),
            (6, "cpu", 0),
        ]
    ]
    assert here.wait_end(rest[3]).state is COMPLETED
    assert here.wait_end(rest[4]).state is COMPLETED
    assert [here.store.get(task_id).state for task_id in rest[:3]] == [PENDING] * 3
    (tmp_path / "go").write_text("on\n")
    for task_id in [first, *rest]:
        here.wait_end(task_id)
    order = (tmp_path / "order").read_text().splitlines()
    assert [line for line in order if line.startswith("cuda")][:1] == ["cuda:0 1"]
    started = sorted(
        (here.store.get(task_id) for task_id in [first, *rest]), key=lambda task: task.started_at
    )
    assert [task.request.num_classes for task in started if task.device == "cuda:0"] == [1, 4, 2, 3]
    assert sorted(line.split()[1] for line in order) == list("123456")


def test_several_tasks_per_device_if_configured(work, tmp_path):
    """With two tasks per device, two run at the same time and the third waits."""
    os.mkfifo(tmp_path / "go")
    here = work(shell(f"read x < {tmp_path}/go"), per_device=2)
    ids = [here.submit() for _ in range(3)]
    for task_id in ids[:2]:
        here.wait_running(task_id)
    assert here.store.get(ids[2]).state is PENDING
    here.dispatcher.cancel(ids[0])
    here.wait_running(ids[2])


def test_a_training_sees_its_device(work):
    """A training sees the server's second card as its only one, or no card on the CPU."""
    here = work(
        Trainer("x", ("/bin/sh", "-c", 'echo "$CUDA_VISIBLE_DEVICES" "$1"', "sh", "{device}")),
        environment={**os.environ, "CUDA_VISIBLE_DEVICES": "4,7"},
    )
    ids = [here.submit(device=device) for device in ("cuda:1", "cpu")]
    assert [here.wait_end(task_id).state for task_id in ids] == [COMPLETED, COMPLETED]
    assert [here.messages(task_id) for task_id in ids] == [["7 cuda:0"], [" cpu"]]
    with pytest.raises(ConfigError, match="CUDA_VISIBLE_DEVICES='4,7'"):
        here.submit(device="cuda:2")
    waiting = here.store.add(request(device="cuda:2"), trainer="x")  # as before the server lost a card
    assert "could not be started: device: expected one of the 2 cards" in here.wait_end(waiting.id).reason


def test_nothing_of_a_request_reaches_a_shell(work, tmp_path, monkeypatch):
    """Values with shell syntax arrive unchanged in the arguments and in the file."""
    monkeypatch.chdir(tmp_path)
    evil = "a b;touch x;$(touch x)`touch x`'\"\\|&>*?[!~数据"
    program = "import json, sys; print(json.dumps([sys.argv[2:], json.load(open(sys.argv[1]))]))"
    trainer = Trainer("x", (sys.executable, "-c", program, "{args_file}", "{args}"))
    here = work(trainer)
    task = here.run(model=evil, train_path=f"/{evil}", trainer="x", priority=9)
    ((message,),) = [here.messages(task.id)]
    arguments, values = json.loads(message)
    assert arguments == request(model=evil, train_path=f"/{evil}").arguments()
    assert values["model"] == evil
    assert values["num_epochs"] == 10
    assert not values.keys() & {"priority", "trainer", "weights_path"}
    assert not (tmp_path / "x").exists()


def test_a_log_with_any_bytes_is_read(work, tmp_path):
    """Missing line ends, progress bars, colours, invalid bytes and endless lines do not stop reading."""
    log = b"10%\r50%\r100%\n\x1b[31mTrain Loss: 0.5\x1b[0m\n\xff\x00\xfe\n"
    log += b"Epoch [" + b"9" * 400 + b"/10] started\n" + b"y" * 100_000 + b"\n"
    log += "é数\n\nValidation Loss: nan\nend".encode()
    (tmp_path / "log").write_bytes(log)
    here = work(shell(f"cat {tmp_path}/log"))
    task = here.run()
    messages = here.messages(task.id)
    assert task.state is COMPLETED
    assert messages[messages.index("100%") + 1] == "Train Loss: 0.5"
    assert messages[-4:] == ["é数", "", "Validation Loss: nan", "end"]
    assert max(map(len, messages)) < 20_000
    assert task.current_epoch == 0
    assert [row.metric for row in here.store.metrics(task.id)] == ["train_loss", "val_loss"]
    assert all(json.loads(one.data) for one in here.store.entries(task.id))


def test_own_patterns_are_read(work):
    """A configured pattern yields its metrics."""
    here = work(
        shell("echo 'Verlust liegt bei 0.125'"),
        patterns=[LogPattern(r"Verlust liegt bei (?P<val_loss>[0-9.]+)")],
    )
    assert here.run().latest_metrics["val_loss"] == 0.125


def test_the_queue_has_a_limit(work, tmp_path):
    """A full queue refuses requests, and accepts them after a task has left it."""
    here = work(shell("exec sleep 1000"), most_pending=2)
    here.wait_running(here.submit())
    ids = [here.submit() for _ in range(2)]
    with pytest.raises(QueueFullError, match="2 tasks wait"):
        here.submit()
    here.dispatcher.cancel(ids[0])
    here.submit()


def test_only_configured_trainers_are_started(work):
    """A request runs the trainer that it names, the first one if it names none, and none if it is unknown."""
    here = work(shell("echo first", "first"), shell("echo second", "second"))
    assert here.messages(here.run().id) == ["first"]
    second = here.run(trainer="second")
    assert (here.messages(second.id), second.trainer) == (["second"], "second")
    with pytest.raises(UnknownTrainerError, match="configured are: first, second"):
        here.submit(trainer="third")


def test_a_removed_trainer_fails_its_tasks(work, tmp_path):
    """A pending task whose trainer is no longer configured fails with that reason."""
    here = work(shell("echo here; exec sleep 1000", "kept"), shell("true", "gone"))
    here.wait_line(here.submit(), "here")
    task_id = here.submit(trainer="gone")
    here.close()
    here = work(shell("exec sleep 1000", "kept"))
    assert "'gone' is no longer configured" in here.wait_end(task_id).reason


def test_invalid_options_are_refused(store, monkeypatch):
    """Each invalid number is named, and so is a system without ``os.fork``."""
    with pytest.raises(ConfigError, match="per_device") as refused:
        Dispatcher(store, [shell("true")], per_device=0, most_pending=0, grace=-1)
    assert len(refused.value.problems) == 3
    monkeypatch.delattr(os, "fork")
    with pytest.raises(ConfigError, match="Linux or macOS"):
        Dispatcher(store, [shell("true")])


def test_an_unexpected_error_is_logged_once_and_affects_one_task(work, monkeypatch, caplog):
    """An unexpected error while one task is polled is logged once, and the other tasks are followed."""
    runs = RunningTask.is_running

    def faulty(self):
        if self.device == "cuda:0":
            raise ZeroDivisionError("an unexpected error")
        return runs(self)

    monkeypatch.setattr(RunningTask, "is_running", faulty)
    here = work(shell("echo here"))
    hurt = here.submit(device="cuda")
    here.wait_running(hurt)
    for _ in range(3):
        assert here.run().state is COMPLETED
    assert caplog.text.count("cannot be polled") == 1
    assert here.store.get(hurt).state is RUNNING
    monkeypatch.setattr(RunningTask, "is_running", runs)
    assert here.wait_end(hurt).state is COMPLETED
    assert here.messages(hurt) == ["here"]


def test_an_error_of_every_poll_is_logged_once(work, monkeypatch, caplog):
    """An error of every poll is logged once, polling continues when it is over, and that is logged once."""
    here = work(shell("echo here"))
    over = Event()

    def faulty(self, running):
        faulty.calls += 1
        if not over.is_set():
            raise ZeroDivisionError("an unexpected error")
        return next_due(self, running)

    faulty.calls, next_due = 0, TaskStore.next_due
    monkeypatch.setattr(TaskStore, "next_due", lambda self, running, per_device: faulty(self, running))
    task_id = here.submit()
    until(lambda: faulty.calls > 3)
    assert caplog.text.count("ZeroDivisionError: an unexpected error; the trainings continue") == 1
    assert "are followed again" not in caplog.text
    over.set()
    assert here.wait_end(task_id).state is COMPLETED
    until(lambda: "are followed again" in caplog.text)
    calls = faulty.calls
    until(lambda: faulty.calls > calls + 3)
    assert caplog.text.count("are followed again") == 1


def test_stopping_does_not_wait_for_a_disk_that_hangs(work, monkeypatch, caplog):
    """A poll that hangs is abandoned after a timeout, so that the server can end."""
    here = work(shell("exec sleep 1000"))
    hangs, over = Event(), Event()

    def hanging(self, running, per_device):
        hangs.set()
        over.wait(60)

    monkeypatch.setattr(TaskStore, "next_due", hanging)
    assert hangs.wait(60)
    here.dispatcher.stop(0.05)
    assert "is abandoned" in caplog.text
    over.set()


@pytest.mark.parametrize("trainers", [[], [shell("true", "x"), shell("false", "x")]])
def test_trainers_have_distinct_names(store, trainers):
    """No trainer, or two with the same name, is a configuration error."""
    with pytest.raises(ConfigError, match="trainers"):
        Dispatcher(store, trainers)


def test_what_is_not_there_cannot_be_cancelled_or_deleted(work):
    """Cancelling or deleting an unknown, an ended or a running task is refused with the reason."""
    here = work(shell("test {num_classes} = 1 || exec sleep 1000".replace("{num_classes}", '"${2#*=}"')))
    for ask in (here.dispatcher.cancel, here.dispatcher.delete):
        with pytest.raises(UnknownTaskError):
            ask("abc")
    done = here.run(num_classes=1)
    assert done.state is COMPLETED
    with pytest.raises(TaskStateError, match="it is completed"):
        here.dispatcher.cancel(done.id)
    runs = here.submit()
    here.wait_running(runs)
    with pytest.raises(TaskStateError, match="cancel it"):
        here.dispatcher.delete(runs)
    here.dispatcher.delete(done.id)
    assert not here.store.folder(done.id).exists()


def test_stopping_leaves_the_trainings_running(work, tmp_path):
    """Stopping ends the dispatcher but not the training, and the next dispatcher follows it."""
    os.mkfifo(tmp_path / "go")
    here = work(shell(f"echo 'Train Loss: 0.5'; read x < {tmp_path}/go; echo 'Train Loss: 0.25'; exit 7"))
    task_id = here.submit()
    here.wait(task_id, lambda task: task.latest_metrics)
    here.dispatcher.stop()
    assert here.store.get(task_id).state is RUNNING
    assert task_processes(task_id)
    (tmp_path / "go").write_text("on\n")
    until(lambda: not task_processes(task_id))
    here.dispatcher.start()
    task = here.wait_end(task_id)
    assert (task.state, task.exit_code) == (FAILED, 7)
    assert [row.value for row in here.store.metrics(task_id)] == [0.5, 0.25]


def test_it_leaves_nothing_open(work):
    """Many tasks leave no open file, no child process and no thread."""

    def open_files():
        return len(list(Path("/proc/self/fd").iterdir()))

    here = work(shell("echo x"), per_device=4)
    here.run()
    before = open_files()
    for task_id in [here.submit() for _ in range(8)]:
        here.wait_end(task_id)
    assert open_files() <= before
    here.dispatcher.stop()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_an_idle_dispatcher_sleeps(work):
    """Without work the thread waits for its interval after a poll, instead of polling again."""
    waits = []

    class Wake(Event):
        def wait(self, timeout=None):
            waits.append(timeout)
            return super().wait(timeout)

    here = work(shell("true"))
    here.dispatcher.stop()
    here.dispatcher._wake, here.dispatcher._interval = Wake(), 1000.0
    here.dispatcher.start()
    until(lambda: waits, 10)
    assert waits == [1000.0]


def test_a_second_fault_of_one_task_is_logged(work, monkeypatch, caplog):
    """A task whose polling fails again after it worked is reported again."""
    here = work(shell("exec sleep 1000"))
    here.wait_running(here.submit())
    broken, polls, is_running = Event(), [], RunningTask.is_running

    def sometimes(self):
        polls.append(broken.is_set())
        if broken.is_set():
            raise ZeroDivisionError("a bug")
        return is_running(self)

    monkeypatch.setattr(RunningTask, "is_running", sometimes)
    for number in (1, 2):
        broken.set()
        until(lambda number=number: caplog.text.count("cannot be polled") == number, 10)
        broken.clear()
        until(lambda: polls[-2:] == [False, False], 10)


@pytest.mark.parametrize(
    ("script", "state", "stage"),
    [
        ("echo 'Epoch [1/1] started'", COMPLETED, Stage.COMPLETED),
        ("echo nothing", COMPLETED, Stage.COMPLETED),
        ("true", COMPLETED, Stage.COMPLETED),
        (
            "echo 'val_loss: 0.5'; echo 'New best model saved with Accuracy: 79.12%'",
            COMPLETED,
            Stage.COMPLETED,
        ),
        ("echo 'Training complete! Best accuracy: 79.12%'", COMPLETED, Stage.COMPLETED),
        ("echo 'Training completed'; echo 'val_loss: 0.5'", COMPLETED, Stage.COMPLETED),
        ("echo 'Training completed'; exit 3", FAILED, None),
        ("echo 'Training complete! Best accuracy: 79.12%'; kill -9 $$", FAILED, None),
        ("echo 'Epoch [1/1] started'; exit 1", FAILED, Stage.EPOCH_START),
        ("echo 'val_loss: 0.5'; exit 1", FAILED, Stage.VALIDATION),
    ],
)
def test_the_last_stage_is_completed_exactly_if_the_task_is(work, script, state, stage):
    """Exit status 0 ends with the stage ``completed`` without a line about it; no failure ends with it."""
    task = work(shell(script)).run()
    assert (task.state, task.stage) == (state, stage)


def test_a_line_that_ends_the_training_keeps_its_metric(work):
    """``Training complete! Best accuracy: 79.12%`` is a metric, and moves no epoch back."""
    script = EPOCHS + "echo 'Training complete! Best accuracy: 79.12% at epoch 1'"
    task = work(shell(script)).run(num_epochs=3)
    assert (task.stage, task.latest_metrics["best_acc"], task.current_epoch) == (Stage.COMPLETED, 79.12, 3)
