"""Rules and notifiers over the trainings of a dispatcher."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from auto_model_monitor import ConfigError
from auto_model_monitor.training import Dispatcher, Task, TaskState, TaskStore, Trainer, TrainingRequest
from auto_model_monitor.training_alerts import TrainingMonitor
from tests.fakes import RecordingNotifier
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="trainings are processes of a POSIX system")

# Prints the lines of its feed until a line tells it to end.
TRAINER = """
import sys, time
feed = open(sys.argv[1])
while True:
    line = feed.readline()
    if not line:
        time.sleep(0.005)
    elif line.startswith("END "):
        sys.exit(int(line[4:]))
    else:
        print(line, end="", flush=True)
"""


class Trainings:
    """A store, its dispatcher and what watches it, all of which may be started again."""

    def __init__(self, folder: Path, rules: list[str]) -> None:
        self._folder = folder
        self._rules = rules
        self.feed = folder / "feed.txt"
        self.feed.touch()
        (folder / "trainer.py").write_text(TRAINER)
        self.notifier = RecordingNotifier()
        self.begin()

    def begin(self, watch: bool = True) -> None:
        self.store = TaskStore(self._folder / "store")
        command = (sys.executable, str(self._folder / "trainer.py"), str(self.feed))
        self.dispatcher = Dispatcher(self.store, [Trainer("fed", command)], interval=0.02)
        self.monitor = None
        if watch:
            self.monitor = TrainingMonitor(
                self.dispatcher, self._rules, [self.notifier], language="en", check_interval=0.02
            )
            self.monitor.start()
        self.dispatcher.start()

    def end(self) -> None:
        self.dispatcher.stop()
        if self.monitor is not None:
            self.monitor.stop()
        self.store.close()

    def submit(self) -> Task:
        paths = dict.fromkeys(("train_path", "val_path", "save_path"), str(self._folder))
        return self.dispatcher.submit(TrainingRequest(model="resnet18", num_classes=2, **paths))

    def say(self, *lines: str) -> None:
        with self.feed.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def state(self, task: Task) -> TaskState:
        return self.store.get(task.id).state

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self.notifier.sent]


@pytest.fixture
def trainings(tmp_path: Path) -> Iterator[Callable[..., Trainings]]:
    made: list[Trainings] = []

    def make(*rules: str) -> Trainings:
        made.append(Trainings(tmp_path, list(rules)))
        return made[-1]

    yield make
    for one in made:
        for task in one.store.tasks(states=[TaskState.RUNNING, TaskState.PENDING])[0]:
            one.dispatcher.cancel(task.id)
        until(lambda one=one: not one.store.tasks(states=[TaskState.RUNNING])[0])
        one.end()


def epoch(number: int, accuracy: float) -> list[str]:
    return [
        f"Epoch [{number}/10] started",
        f"Validation Loss: 0.5, Validation Accuracy: {accuracy}%",
    ]


def test_an_accuracy_in_a_log_is_reported(trainings: Callable[..., Trainings]) -> None:
    """One message for the first epoch beyond the threshold, one for each better one, one for the end."""
    one = trainings("val_acc >= 90")
    task = one.submit()
    one.say(*epoch(1, 80.0), *epoch(2, 91.5))
    until(lambda: len(one.notifier.sent) == 1)
    one.say(*epoch(3, 91.0), *epoch(4, 92.25))
    until(lambda: len(one.notifier.sent) == 2)
    one.say("END 0")
    until(lambda: len(one.notifier.sent) == 3)
    assert ["91.5" in one.subjects[0], "92.25" in one.subjects[1]] == [True, True]
    hit, end = one.notifier.sent[1], one.notifier.sent[2]
    assert f"resnet18 {task.id[:8]}" in hit.text
    assert "finished" in end.subject.lower()
    assert "92.25" in end.text


def test_a_crash_is_reported_with_its_reason_and_the_log(trainings: Callable[..., Trainings]) -> None:
    """A crash is reported without any rule, with its reason and the end of the log."""
    one = trainings()
    one.submit()
    one.say("Epoch [1/10] started", "ValueError: no images in /data", "END 1")
    until(lambda: len(one.notifier.sent) == 1)
    message = one.notifier.sent[0]
    assert message.level.value == "critical"
    assert "no images in /data" in message.text
    assert "Epoch [1/10] started" in message.text


def test_what_happens_without_a_server_is_reported_by_the_next_one(
    trainings: Callable[..., Trainings],
) -> None:
    """A better epoch and the end are reported once each; earlier alerts are not repeated."""
    one = trainings("val_acc >= 90", "nan")
    task = one.submit()
    one.say(*epoch(1, 91.0), "Train Loss: nan, Train Accuracy: 10%")
    until(lambda: len(one.notifier.sent) == 2)
    one.end()
    one.say(*epoch(2, 93.0), "END 0")
    one.begin()
    until(lambda: one.state(task) is TaskState.COMPLETED)
    until(lambda: len(one.notifier.sent) == 4)
    one.end()
    one.begin()
    one.end()
    one.begin()
    assert len(one.notifier.sent) == 4
    assert "93" in one.subjects[2]


def test_trainings_from_before_the_watch_are_left_alone(trainings: Callable[..., Trainings]) -> None:
    """A monitor added later reports the running trainings, not those that ended before."""
    one = trainings()
    one.end()
    one.begin(watch=False)
    ended = one.submit()
    one.say("END 0")
    until(lambda: one.state(ended) is TaskState.COMPLETED)
    one.feed.write_text("")
    running = one.submit()
    until(lambda: one.state(running) is TaskState.RUNNING)
    one.end()
    one.begin()
    one.say("END 3")
    until(lambda: len(one.notifier.sent) == 1)
    assert running.id[:8] in one.notifier.sent[0].text


def test_one_training_s_best_is_not_another_s(trainings: Callable[..., Trainings]) -> None:
    """The best score of one training does not suppress the alert of another."""
    one = trainings("val_acc >= 90")
    for accuracy in (95.0, 92.0):
        task = one.submit()
        one.say(*epoch(1, accuracy), "END 0")
        until(lambda task=task: one.state(task) is TaskState.COMPLETED)
        one.feed.write_text("")
    until(lambda: len(one.notifier.sent) == 4)
    assert ["95" in one.subjects[0], "92" in one.subjects[2]] == [True, True]


def test_a_deleted_training_is_forgotten(trainings: Callable[..., Trainings]) -> None:
    """A deleted training does not disturb the watch of the next one."""
    one = trainings()
    task = one.submit()
    one.say("END 0")
    until(lambda: one.state(task) is TaskState.COMPLETED)
    one.dispatcher.delete(task.id)
    one.feed.write_text("")
    later = one.submit()
    one.say("END 0")
    until(lambda: any(later.id[:8] in message.text for message in one.notifier.sent))


class Slow:
    """A store, its dispatcher and a monitor that polls on demand."""

    def __init__(self, folder: Path, *trainers: Trainer) -> None:
        self.store = TaskStore(folder / "store")
        self.dispatcher = Dispatcher(self.store, trainers, interval=0.02)
        self.monitor = TrainingMonitor(self.dispatcher, [], [RecordingNotifier()], language="en")
        self.ends: list[str] = []
        self.dispatcher.listen(lambda task, _: self.ends.append(task.id) if task.state.is_final else None)
        self.monitor.check()
        self.dispatcher.start()

    def submit(self, trainer: str = "") -> str:
        paths = dict.fromkeys(("train_path", "val_path", "save_path"), "/data")
        asked = TrainingRequest(model="resnet18", num_classes=2, trainer=trainer, **paths)
        return self.dispatcher.submit(asked).id

    def poll(self) -> list[str]:
        """Return the ids of the tasks whose ends the next poll reports."""
        return [alert.rule.rpartition(" ")[2] for alert in self.monitor.check()]

    def close(self) -> None:
        self.dispatcher.stop()
        self.monitor.stop()
        self.store.close()


SHELL = Trainer("sh", ("/bin/sh", "-c", "echo 'loss: 0.5'; exit 3"))


def test_the_end_of_a_training_that_is_deleted_immediately_is_reported(tmp_path: Path) -> None:
    """The end of a task that is deleted immediately is reported, and only once."""
    with closing(Slow(tmp_path, SHELL)) as slow:
        tasks = [slow.submit() for _ in range(3)]
        for task in tasks:
            until(lambda task=task: slow.store.get(task).state.is_final)
            slow.dispatcher.delete(task)
        until(lambda: set(slow.ends) == set(tasks))
        assert sorted(slow.poll()) == sorted(tasks)
        assert slow.poll() == []
        assert list(slow.store.path.glob("tasks/*")) == []


def test_the_end_of_a_training_that_is_deleted_while_it_is_watched_is_reported(tmp_path: Path) -> None:
    """The end of a watched training that is deleted before the next poll is reported once."""
    wait = Trainer("wait", ("/bin/sh", "-c", "echo 'loss: 0.5'; read line < $1; exit 3", "sh", "{save_path}"))
    with closing(Slow(tmp_path, wait)) as slow:
        task = slow.submit()
        until(lambda: slow.store.get(task).state is TaskState.RUNNING)
        assert slow.poll() == []
        slow.dispatcher.cancel(task)
        until(lambda: slow.store.get(task).state.is_final)
        slow.dispatcher.delete(task)
        until(lambda: task in slow.ends)
        assert slow.poll() == [task]
        assert slow.poll() == []


def test_a_training_that_could_not_be_started_is_reported(tmp_path: Path) -> None:
    """A training that failed before it had a folder is reported."""
    with closing(TaskStore(tmp_path / "store")) as store:
        paths = dict.fromkeys(("train_path", "val_path", "save_path"), "/data")
        task = store.add(TrainingRequest(model="resnet18", num_classes=2, trainer="no-longer-there", **paths))
    with closing(Slow(tmp_path, SHELL)) as slow:
        until(lambda: task.id in slow.ends)
        assert slow.poll() == [task.id]
        assert slow.poll() == []


def test_every_wrong_rule_is_named(tmp_path: Path) -> None:
    """One error names every invalid rule before anything starts."""
    store = TaskStore(tmp_path / "store")
    dispatcher = Dispatcher(store, [Trainer("any", ("true",))])
    with pytest.raises(ConfigError) as caught:
        TrainingMonitor(dispatcher, ["val_acc >> 90", "nan", "sometimes"], [RecordingNotifier()])
    assert len(caught.value.problems) == 2
    store.close()
