"""Files of further frameworks, and those of any name where no file of a known name is there."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from auto_model_monitor import SideFileSource

SAMPLES = Path(__file__).parent / "samples"
Numbers = list[tuple[float, "int | None", "int | None"]]

# As csv.DictWriter writes it for keras.callbacks.CSVLogger, sorted keys after the epoch.
KERAS = (
    "epoch,accuracy,learning_rate,loss,val_accuracy,val_loss\n"
    "0,0.45,0.001,1.2,0.5,1.1\n1,0.6,0.001,0.9,0.7,0.8\n"
)
# stable_baselines3.common.logger.CSVOutputFormat; rows lack what was not logged.
SB3 = (
    "rollout/ep_len_mean,rollout/ep_rew_mean,time/fps,time/iterations,time/time_elapsed,time/total_timesteps,"
    "train/loss,train/value_loss,train/n_updates\n"
    "21.5,21.5,3000,1,0,2048,,,\n26.1,26.1,1900,2,2,4096,6.15,50.8,10\n"
)
# poutyne.TSVLogger, as ExperimentDirectory makes it.
POUTYNE = (
    "epoch\ttime\tloss\tacc\tval_loss\tval_acc\n1\t2.5\t1.2\t45.0\t1.1\t50.0\n2\t2.4\t0.9\t60.0\t0.8\t70.0\n"
)
TEXT = (
    "Epoch [1/3] started\nValidation Loss: 1.1, Validation Accuracy: 50.0%\n"
    "Epoch [2/3] started\nval_loss: 0.8 val_acc: 70.0\n"
)


def read(path: Path) -> dict[str, Numbers]:
    found: dict[str, Numbers] = {}
    for reading in SideFileSource(path).read():
        found.setdefault(reading.metric, []).append((reading.value, reading.epoch, reading.step))
    return found


@pytest.mark.parametrize(
    ("name", "text", "metric", "numbers"),
    [
        ("training.csv", KERAS, "val_acc", [(0.5, 0, None), (0.7, 1, None)]),
        ("training.log", KERAS, "val_loss", [(1.1, 0, None), (0.8, 1, None)]),
        ("history.csv", KERAS.replace(",", ";"), "val_loss", [(1.1, 0, None), (0.8, 1, None)]),
        ("log.csv", KERAS.replace(",", "\t"), "train_loss", [(1.2, 0, None), (0.9, 1, None)]),
        ("progress.csv", SB3, "ep_rew_mean", [(21.5, None, 2048), (26.1, None, 4096)]),
        ("progress.csv", SB3, "train/value_loss", [(50.8, None, 4096)]),
        ("log.tsv", POUTYNE, "val_acc", [(50.0, 1, None), (70.0, 2, None)]),
        ("train.log", TEXT, "val_acc", [(50.0, 1, None), (70.0, 2, None)]),
        ("nohup.LOG", TEXT, "val_loss", [(1.1, 1, None), (0.8, 2, None)]),
    ],
)
def test_the_file_of_a_framework_is_found_in_its_folder(
    tmp_path: Path, name: str, text: str, metric: str, numbers: Numbers
) -> None:
    """Each file is found in the directory, and its numbers come with their epochs or steps."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / name).write_text(text)
    assert read(tmp_path)[metric] == numbers
    assert not [metric for metric in read(tmp_path) if "time" in metric or "fps" in metric]


def test_the_events_of_catboost() -> None:
    """CatBoost's event files have no suffix, and their folders name the split."""
    found = read(SAMPLES / "catboost")
    assert {metric: len(numbers) for metric, numbers in found.items()} == {
        "train_logloss": 20,
        "test_auc": 20,
        "test_logloss": 20,
    }
    assert found["test_auc"][0] == (pytest.approx(0.7608173077), None, 0)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            ['{"lr": 0.1, "loss": 0.9, "epoch": 1, "iter": 4, "step": 4}', '{"acc": 50.0, "step": 1}'],
            "val_acc",
        ),
        (
            ['{"lr": 0.1, "loss": 0.9, "epoch": 1, "iter": 4, "step": 4}', '{"loss": 0.7, "step": 1}'],
            "val_loss",
        ),
        (['{"lr": 0.1, "loss": 0.9, "iter": 50, "step": 50}', '{"mAcc": 50.0, "step": 100}'], "val_macc"),
        (['{"acc": 12.0, "time": 0.1, "step": 0}'], "val_acc"),
        (
            ['{"base_lr": 0.1, "lr": 0.1, "loss": 0.9, "iter": 5, "step": 5}', '{"dice": 0.5, "step": 5}'],
            "val_dice",
        ),
    ],
)
def test_a_row_without_a_rate_is_a_validation(tmp_path: Path, rows: list[str], expected: str) -> None:
    """In MMEngine's scalars a row that lacks what the rows of training have is a validation."""
    (tmp_path / "scalars.json").write_text("\n".join([*rows, ""]))
    found = read(tmp_path)
    assert expected in found
    assert set(found) - {expected} <= {"train_loss", "learning_rate"}


def test_rows_of_training_stay_those_of_training(tmp_path: Path) -> None:
    """An accuracy beside a rate is that of the training; MMCV's rows name their split."""
    (tmp_path / "scalars.json").write_text(
        '{"lr": 0.1, "acc": 40.0, "loss": 0.9, "epoch": 1, "iter": 4, "step": 4}\n'
    )
    assert set(read(tmp_path)) == {"train_acc", "train_loss", "learning_rate"}
    (tmp_path / "scalars.json").unlink()
    (tmp_path / "20261120_101010.log.json").write_text(
        '{"env_info": "x"}\n{"mode": "train", "epoch": 1, "iter": 50, "lr": 0.1, "loss": 0.9}\n'
        '{"mode": "val", "epoch": 1, "iter": 50, "lr": 0.1, "acc": 50.0}\n'
    )
    assert read(tmp_path)["val_acc"] == [(50.0, 1, 50)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "id,label\n1,3\n"),
        ("per_image.csv", "image,iou,acc\na.png,0.5,0.9\n"),
        ("train.csv", "step,text\n1,hello\n"),
        ("monitor_20261120101010.log", "val_loss: 0.5\n"),
        ("notes.txt", "val_loss: 0.5\n"),
    ],
)
def test_what_is_no_file_of_a_training_is_left_alone(tmp_path: Path, name: str, text: str) -> None:
    """Data, a watch's own run log and notes yield nothing."""
    (tmp_path / name).write_text(text)
    assert read(tmp_path) == {}


def test_a_file_of_a_known_name_replaces_the_others(tmp_path: Path) -> None:
    """Where a file of a known name comes, tables and logs of other names are read no more."""
    (tmp_path / "train.log").write_text("Epoch [1/9] started\nval_loss: 0.5\n")
    source = SideFileSource(tmp_path)
    assert [reading.value for reading in source.read()] == [0.5]
    (tmp_path / "metrics.csv").write_text("epoch,val_loss\n2,0.4\n")
    with (tmp_path / "train.log").open("a") as log:
        log.write("Epoch [2/9] started\nval_loss: 0.4\n")
    assert [reading.value for reading in source.read()] == [0.4]
    assert len(source.read()) == 0


def test_a_table_is_recognised_once_its_header_is_written(tmp_path: Path) -> None:
    """A file that is empty at first is read once its first line shows what it is."""
    (tmp_path / "history.csv").touch()
    source = SideFileSource(tmp_path)
    assert len(source.read()) == 0
    (tmp_path / "history.csv").write_text("epoch,val_loss\n")
    assert len(source.read()) == 0
    (tmp_path / "history.csv").open("a").write("1,0.5\n")
    assert [reading.value for reading in source.read()] == [0.5]


def test_the_names_looked_for_are_listed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A directory without any such file is reported with the names that were looked for."""
    source = SideFileSource(tmp_path)
    source.finish()
    with caplog.at_level(logging.WARNING):
        source.read()
    for name in ("trainer_state.json", "progress.csv", "log.tsv", "events.out.tfevents", ".log"):
        assert name in caplog.text
