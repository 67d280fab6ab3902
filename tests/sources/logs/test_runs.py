"""Which trainings are told apart in one log: by their metrics, not by a counter alone."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auto_model_monitor import LogFileSource, TrainingLogHandler

Log = Callable[[], list[str]]


def falling(count: int, start: float = 2.3, end: float = 0.2, seed: int = 0) -> list[float]:
    """Return a loss that falls with some noise."""
    chance = random.Random(seed)
    return [
        end + (start - end) * math.exp(-4 * n / count) * (1 + chance.gauss(0, 0.03)) for n in range(count)
    ]


def keras(losses: list[float], total: int | None = None) -> Iterator[str]:
    """Write epochs as Keras does, the metrics below a heading."""
    for epoch, loss in enumerate(losses, 1):
        yield f"Epoch {epoch}/{total or len(losses)}"
        yield (
            f"100/100 - 3s - 25ms/step - accuracy: {1 - loss / 3:.4f} - loss: {loss:.4f} - "
            f"val_accuracy: {1 - loss / 2.8:.4f} - val_loss: {loss * 1.1:.4f}"
        )


def plain(losses: list[float]) -> Iterator[str]:
    for epoch, loss in enumerate(losses, 1):
        yield f"Epoch {epoch}/{len(losses)} - train_loss: {loss:.4f} - val_acc: {1 - loss / 3:.4f}"


def ignite(losses: list[float], *, on_train: bool = False) -> Iterator[str]:
    """Write an evaluator that counts its own single epoch within each epoch of the trainer."""
    for epoch, loss in enumerate(losses, 1):
        yield f"INFO:ignite.engine.engine.Engine:Epoch[{epoch}] Complete. Time taken: 00:00:03"
        yield "INFO:evaluator:Engine run starting with max_epochs=1."
        yield "INFO:evaluator:Epoch[1] Complete. Time taken: 00:00:00.3"
        yield f"Validation Results - val_acc: {1 - loss / 3:.4f} val_loss: {loss * 1.1:.4f}"
        if on_train:
            yield "INFO:evaluator:Epoch[1] Complete. Time taken: 00:00:00.3"
            yield f"Training Results - train_loss: {loss:.4f}"


def one_epoch_fits() -> Iterator[str]:
    for loss in falling(12):
        yield from keras([loss])


def short_fits(each: int, completed: bool) -> Iterator[str]:
    losses = falling(6 * each)
    for start in range(0, len(losses), each):
        yield from keras(losses[start : start + each])
        if completed:
            yield "Training completed."


def steps(losses: list[float], each: int = 10) -> Iterator[str]:
    for number, loss in enumerate(losses, 1):
        yield f"step {number * each}: train_loss {loss:.4f}"


def steps_in_epochs(losses: list[float], each: int) -> Iterator[str]:
    """Write steps that begin again in each epoch, and no epochs."""
    for number, loss in enumerate(losses):
        yield f"step {(number % each + 1) * 10}: train_loss {loss:.4f}"


def federation(rounds: int, clients: int, epochs: int, spread: float = 0.1) -> Iterator[str]:
    chance = random.Random(3)
    whole = falling(rounds * epochs + 1)
    for number in range(rounds):
        for client in range(clients):
            for epoch in range(1, epochs + 1):
                loss = whole[number * epochs + epoch] * (1 + chance.gauss(0, spread))
                yield f"[client {client}] Epoch {epoch}/{epochs} - train_loss: {loss:.4f}"
        yield f"server: val_acc: {1 - whole[(number + 1) * epochs] / 3:.4f}"


def tuned() -> Iterator[str]:
    """Write a second phase whose epochs begin again from the weights of the first."""
    yield from plain(falling(8, end=0.6))
    yield from plain(falling(8, start=0.62, end=0.2))


ONE_RUN: dict[str, Log] = {
    "an evaluator in each epoch": lambda: list(ignite(falling(20))),
    "an evaluator on two sets": lambda: list(ignite(falling(20), on_train=True)),
    "fit of one epoch in a loop": lambda: list(one_epoch_fits()),
    "fit of three epochs in a loop": lambda: list(short_fits(3, completed=False)),
    "fit of five epochs in a loop": lambda: list(short_fits(5, completed=False)),
    "fit of three epochs, each completed": lambda: list(short_fits(3, completed=True)),
    "fine-tuning after a frozen phase": lambda: list(tuned()),
    "steps that begin again in each epoch": lambda: list(steps_in_epochs(falling(60), 10)),
    "steps of a loss that hardly moves": lambda: list(steps_in_epochs([0.69, 0.7, 0.68, 0.71] * 15, 10)),
    "one client after another": lambda: list(federation(10, 3, 2)),
    "epochs from zero in an outer loop": lambda: [
        f"epoch {n % 4} val_loss: {loss:.4f}" for n, loss in enumerate(falling(24))
    ],
}
TWO_RUNS: dict[str, Log] = {
    "the same training again": lambda: [*plain(falling(10)), *plain(falling(10, seed=1))],
    "a heading above each epoch": lambda: [*keras(falling(10)), *keras(falling(10, seed=1))],
    "the first one broken off": lambda: [*plain(falling(30)[:7]), *plain(falling(30, seed=1))],
    "a worse second one": lambda: [*plain(falling(10)), *plain(falling(10, end=1.4, seed=1))],
    "a faster second one": lambda: [*plain(falling(10)), *plain(falling(10, start=1.6, seed=1))],
    "after one that diverged": lambda: [*plain([*falling(6), 9.0, 90.0, 900.0]), *plain(falling(10, seed=1))],
    "after one that became NaN": lambda: [
        *plain(falling(6)),
        "Epoch 7/9 - train_loss: nan - val_acc: 0.1",
        "Epoch 8/9 - train_loss: nan - val_acc: 0.1",
        *plain(falling(10, seed=1)),
    ],
    "steps alone": lambda: [*steps(falling(60)), *steps(falling(60, seed=1))],
    "steps alone, the first one broken off": lambda: [
        *steps(falling(60)[:25]),
        *steps(falling(60, seed=1)),
    ],
    "after an end, one epoch each": lambda: [
        "Epoch 1/1 - train_loss: 0.9000",
        "Training completed.",
        "Epoch 1/1 - train_loss: 0.9100",
    ],
    "with an evaluator in each epoch": lambda: [*ignite(falling(12)), *ignite(falling(12, seed=1))],
    "a loop of fits, twice": lambda: [*short_fits(4, completed=False), *short_fits(4, completed=False)],
}


def runs_in(path: Path, lines: list[str], size: int) -> int:
    """Return how many trainings a source finds in lines that come some at a time."""
    path.write_text("")
    source = LogFileSource(path)
    source.read()
    runs = 1
    # The first look alone takes the last of several trainings.
    for start in (-size + 1, *range(1, len(lines), size)):
        with path.open("a") as file:
            file.write("".join(f"{line}\n" for line in lines[max(0, start) : start + size]))
        while len(batch := source.read()):
            runs += batch.new_run
    return runs


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("log", ONE_RUN.values(), ids=ONE_RUN)
def test_a_counter_that_begins_again_is_no_new_run(tmp_path: Path, log: Log, size: int) -> None:
    """Where the metrics go on, a counter that repeats or is nested in another one begins no new run."""
    assert runs_in(tmp_path / "train.log", log(), size) == 1


@pytest.mark.parametrize("size", [1, 7])
@pytest.mark.parametrize("log", TWO_RUNS.values(), ids=TWO_RUNS)
def test_metrics_that_start_over_are_a_new_run(tmp_path: Path, log: Log, size: int) -> None:
    """A training that is appended to another one is a run of its own, however its lines arrive."""
    assert runs_in(tmp_path / "train.log", log(), size) == 2


@pytest.mark.parametrize("log", [*ONE_RUN.values(), *TWO_RUNS.values()], ids=[*ONE_RUN, *TWO_RUNS])
def test_a_handler_tells_the_same_trainings_apart(log: Log) -> None:
    """What a training logs in this process is separated as it is in a file."""
    logger = logging.getLogger("tests.runs")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = TrainingLogHandler()
    logger.addHandler(handler)
    try:
        for line in log():
            logger.info(line)
    finally:
        logger.removeHandler(handler)
    runs = 1
    while len(batch := handler.read()):
        runs += batch.new_run
    assert runs == (1 if log in ONE_RUN.values() else 2)


@pytest.mark.parametrize("log", TWO_RUNS.values(), ids=TWO_RUNS)
def test_a_first_look_at_two_trainings_takes_the_last(tmp_path: Path, log: Log) -> None:
    """Of two trainings in a file that is there already only the second one is watched."""
    path = tmp_path / "train.log"
    path.write_text("".join(f"{line}\n" for line in log()))
    whole = LogFileSource(path).read()
    names = {int(reading.name.rpartition(":")[2]) for reading in whole}
    assert min(names) > 1
    assert not whole.new_run


@pytest.mark.parametrize("rule_count", [3, 5])
def test_a_repeated_counter_leaves_the_order_of_the_log(tmp_path: Path, rule_count: int) -> None:
    """Where epochs repeat in a loop, the values keep the order in which they were written."""
    path = tmp_path / "train.log"
    losses = falling(4 * rule_count)
    path.write_text(
        "".join(f"epoch {n % rule_count} val_loss: {loss:.4f}\n" for n, loss in enumerate(losses))
    )
    series = LogFileSource(path).read().series("val_loss")
    assert [reading.value for reading in series] == [float(f"{loss:.4f}") for loss in losses]
