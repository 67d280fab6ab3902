"""The progress of a training, from its log."""

from __future__ import annotations

import json
import math
from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogEntry, LogReader, Stage
from auto_model_monitor.training import Task, TaskState
from auto_model_monitor.training.training_progress import MAX_METRICS, TrainingProgress
from tests.training.trainings import request

NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
TRAIN = "Train Loss: 0.5234, Train Accuracy: 82.45%"
VALIDATE = "Validation Loss: 0.6123, Validation Accuracy: 78.92%"


def course_of(*lines, total=10):
    course, reader = TrainingProgress(total_epochs=total), LogReader()
    course.update([reader.read(line, time=NOW) for line in lines], 0.0001)
    return course


def entry(stage=None, carried=None, **metrics):
    return LogEntry(
        timestamp=NOW,
        level="INFO",
        message="",
        metrics={**(carried or {}), **metrics},
        own_metrics=metrics,
        stage=stage,
    )


def epochs(first, last, total):
    return [
        line
        for epoch in range(first, last + 1)
        for line in (f"Epoch [{epoch}/{total}] started", TRAIN, VALIDATE)
    ]


@pytest.mark.parametrize(
    ("lines", "progress", "epoch"),
    [
        ([], 0, 0),
        (["loading images"], 0, 0),
        (["Epoch [1/10] started"], 0, 1),
        ([*epochs(1, 2, 10), "Epoch [3/10] started", TRAIN], 20, 3),
        (epochs(1, 3, 10), 30, 3),
        ([*epochs(1, 3, 10), "Epoch [4/10] started"], 30, 4),
        (["Epoch [1/3] started", TRAIN, "Epoch [2/3] started"], 33, 2),
        (epochs(1, 10, 10), 99, 10),
        ([*epochs(1, 10, 10), "Training completed"], 99, 10),
        ([*epochs(6, 6, 10)], 60, 6),
    ],
)
def test_progress_counts_finished_epochs(lines, progress, epoch):
    """An epoch has finished when its validation is logged or the next one begins; the maximum is 99."""
    course = course_of(*lines)
    assert (course.progress, course.current_epoch) == (progress, epoch)


@pytest.mark.parametrize("stage", [Stage.VALIDATION, Stage.EPOCH_END])
def test_a_line_that_holds_both_losses_ends_its_epoch(stage):
    """A line with both losses finishes its epoch."""
    course = TrainingProgress(total_epochs=4)
    course.update([entry(stage, {"epoch": 1}, train_loss=1.0, val_loss=1.0)], 0.1)
    assert course.progress == 25


def test_epochs_that_begin_with_zero_finish_one_earlier():
    """If the first epoch is number 0, ten of ten have finished with number 9."""
    course = TrainingProgress(total_epochs=4)
    for epoch in range(4):
        course.update([entry(Stage.VALIDATION, {"epoch": epoch}, val_loss=1.0)], 0.1)
        assert course.finished == epoch + 1
    assert course.progress == 99


def test_the_number_of_epochs_comes_from_the_log():
    """The number of epochs in the log takes precedence over the requested one."""
    assert course_of("Epoch [1/4] started", VALIDATE, total=10).total_epochs == 4
    assert course_of("Epoch [1/4] started", VALIDATE, total=10).progress == 25


def test_the_specifications_example():
    """The specification's lines of the third epoch give the values of its example response."""
    course = course_of(
        *epochs(1, 2, 10),
        "Epoch [3/10] started",
        TRAIN,
        VALIDATE,
        "Validation macro_F1: 0.7654",
        "Validation micro_F1: 0.7892",
        "Validation mAP: 0.8123",
        "Validation Top-k Accuracy: {'top1': 78.92, 'top3': 92.34, 'top5': 96.78}",
        "New best model saved with Accuracy: 79.12%",
    )
    assert course.progress == 30
    assert course.latest == {
        "epoch": 3,
        "total_epochs": 10,
        "train_loss": 0.5234,
        "train_acc": 82.45,
        "val_loss": 0.6123,
        "val_acc": 78.92,
        "macro_f1": 0.7654,
        "micro_f1": 0.7892,
        "mAP": 0.8123,
        "top1_acc": 78.92,
        "top3_acc": 92.34,
        "top5_acc": 96.78,
        "best_acc": 79.12,
        "learning_rate": 0.0001,
    }


def test_the_learning_rate_is_the_requests_until_one_is_logged():
    """With the first metric the rate is the requested one, until the log reports another."""
    assert course_of("loading").latest == {}
    assert course_of(TRAIN).latest["learning_rate"] == 0.0001
    assert course_of(TRAIN, "Learning Rate: 0.00005").latest["learning_rate"] == 0.00005


def test_the_extremes_are_finite_and_have_their_epochs():
    """The smallest and the largest finite value of each metric are known with their epochs."""
    course = TrainingProgress(total_epochs=5)
    for epoch, value in enumerate([3.0, math.nan, 1.0, math.inf, 2.0], 1):
        course.update([entry(None, {"epoch": epoch}, val_loss=value)], 0.1)
    assert course.extremes["val_loss"] == (1.0, 3, 3.0, 1)
    assert course.latest["val_loss"] == 2.0


def test_it_resumes_from_its_stored_state():
    """Progress that is stored as JSON and resumed ends equal to progress that was never stored."""
    lines = [*epochs(1, 4, 10), "Training completed"]
    whole, first, reader = course_of(*lines), TrainingProgress(total_epochs=10), LogReader()
    entries = [reader.read(line, time=NOW) for line in lines]
    first.update(entries[:5], 0.0001)
    task = Task(
        id="1",
        trainer="shell",
        request=request(),
        state=TaskState.RUNNING,
        device="cpu",
        total_epochs=first.total_epochs,
        created_at=NOW,
        updated_at=NOW,
        current_epoch=first.current_epoch,
        latest_metrics=json.loads(json.dumps(first.latest)),
        stage=first.stage,
    )
    again = TrainingProgress.of(task, json.loads(json.dumps(first.state())))
    again.update(entries[5:], 0.0001)
    assert again == whole
    assert again.completed


def test_the_number_of_metrics_is_bounded():
    """A log with a new metric in every line keeps the first names, and still updates them."""
    course = TrainingProgress(total_epochs=1)
    for number in range(2 * MAX_METRICS):
        course.update([entry(None, None, **{f"weight_{number}": 1.0, "val_loss": number})], 0.1)
    assert len(course.latest) == len(course.extremes) + 1 == MAX_METRICS
    assert course.latest["val_loss"] == 2 * MAX_METRICS - 1


@pytest.mark.parametrize("epoch", [10**30, -1, 2.5, math.nan])
def test_an_impossible_epoch_is_ignored(epoch):
    """An epoch that is no count does not change the progress."""
    course = TrainingProgress(total_epochs=10)
    course.update([entry(Stage.VALIDATION, {"epoch": epoch}, val_loss=1.0, total_epochs=0)], 0.1)
    assert (course.progress, course.current_epoch, course.total_epochs) == (0, 0, 10)
