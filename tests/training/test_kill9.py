"""Kill -9 of the server at random moments loses and repeats nothing.

KILLS in the environment says how often (100 in the full check); the counts are printed with ``-s``.
"""

from __future__ import annotations

import os
import random
import re
from contextlib import closing
from threading import Event

import pytest

from auto_model_monitor.training import TaskState, TaskStore, Trainer
from auto_model_monitor.training.processes import task_processes
from tests.training.serving import Server
from tests.training.trainings import Work
from tests.waiting import until

KILLS = int(os.environ.get("KILLS", "5"))
LINES = 120  # of each training, every third with two metrics
SCRIPT = f"""
echo "begun $$ $1"
n=0
while [ $n -lt {LINES} ]; do
    n=$((n + 1))
    case $((n % 3)) in
    0) echo "Train Loss: 0.$n, Train Accuracy: $n.5%" ;;
    1) echo "line $n of $1" ;;
    2) printf "half of line $n"; sleep 0.005; echo " and the other" ;;
    esac
done
exit $((($1 % 4) * 3))
"""
OPEN = [TaskState.PENDING, TaskState.RUNNING]
DEAF = "trap '' TERM; (setsid sleep 1000 &); while :; do sleep 1; done"
TRAINERS = {"sh": ("/bin/sh", "-c", SCRIPT, "sh", "{num_classes}"), "deaf": ("/bin/sh", "-c", DEAF)}


def expected(number):
    """What the log of a training says after its first line."""
    for n in range(1, LINES + 1):
        if n % 3 == 0:
            yield f"Train Loss: 0.{n}, Train Accuracy: {n}.5%"
        elif n % 3 == 1:
            yield f"line {n} of {number}"
        else:
            yield f"half of line {n} and the other"


def check(store, task):
    """Hold what is kept of a task against the log of its training; return how many lines there were."""
    number = task.request.num_classes
    entries = store.entries(task.id, limit=10_000)
    messages = [re.search(r'"message":"([^"]*)"', one.data.decode())[1] for one in entries]
    assert [one.seq for one in entries] == list(range(1, LINES + 2))
    assert re.fullmatch(rf"begun \d+ {number}", messages[0])
    assert messages[1:] == list(expected(number))
    rows = [(row.metric, row.value) for row in store.metrics(task.id, limit=10_000)]
    numbers = [(("train_acc", n + 0.5), ("train_loss", float(f"0.{n}"))) for n in range(3, LINES + 1, 3)]
    assert rows == [row for pair in numbers for row in pair]
    assert task.exit_code == number % 4 * 3
    assert task.state is (TaskState.FAILED if number % 4 else TaskState.COMPLETED)
    states = [one.state.value for one in store.transitions(task.id)]
    assert re.fullmatch(r"(pending running )+(completed|failed)", " ".join(states))
    assert not task_processes(task.id)
    return len(entries)


@pytest.mark.campaign
@pytest.mark.timeout(120 + 10 * KILLS)
def test_nothing_is_lost_and_nothing_repeated(tmp_path):
    """Each training runs once and is stored line by line, or is cancelled without leftovers."""
    chance = random.Random(int(os.environ.get("SEED", "4")))
    submitted, cancelled, alive = [], [], 0
    for number in range(KILLS):
        with Server(tmp_path, TRAINERS, per_device=3, grace=0.1).ready() as server:
            cancelled.append(server.command("submit", {"trainer": "deaf", "device": "cuda:2"}))
            for classes in (2 * number + 1, 2 * number + 2):
                device = chance.choice(["cpu", "cuda:0", "cuda:1"])
                submitted.append(server.command("submit", {"num_classes": classes, "device": device}))
                Event().wait(chance.uniform(0, 0.25))
            assert server.command("cancel", cancelled[-1]) in ("running", "cancelled")
            Event().wait(chance.choice([0, chance.uniform(0, 0.3)]))
            server.kill()
        alive += sum(bool(task_processes(task_id)) for task_id in submitted[-4:])
    trainers = [Trainer(name, command) for name, command in TRAINERS.items()]
    with closing(Work(tmp_path, trainers, per_device=3, grace=0.1).start()) as here:
        until(lambda: here.store.tasks(states=OPEN)[1] == 0, 60 + 2 * KILLS)
        assert {here.store.get(task_id).state for task_id in cancelled} == {TaskState.CANCELLED}
        assert not [process for task_id in cancelled for process in task_processes(task_id)]
    with closing(TaskStore(tmp_path)) as store:
        tasks, total = store.tasks(trainer="sh", limit=10_000)
        lines = sum(check(store, task) for task in tasks)
        again = sum(len(store.transitions(task.id)) > 3 for task in tasks)
    assert total == len(submitted) == 2 * KILLS
    print(
        f"\nkill -9: {KILLS} kills, {total} trainings, {alive} times one was found running, {again} starts "
        f"were interrupted and repeated; {lines} lines and {total * LINES // 3 * 2} numbers, each there "
        f"once; {len(cancelled)} cancelled, none left"
    )
