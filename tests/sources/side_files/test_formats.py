"""What each framework's file holds; the samples were written by the frameworks themselves.

transformers 5.23, Lightning 2.6, Ultralytics 8.4, timm 1.0, MMEngine 0.10, Keras 3.15, PyTorch 2.13.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import SideFileSource, SourceError
from auto_model_monitor.sources.side_files import is_side_file
from auto_model_monitor.sources.side_files.event_file import EventFile
from auto_model_monitor.sources.side_files.records import parse_record
from tests.sources.side_files.events import picture, scalar, tensor

SAMPLES = Path(__file__).parent / "samples"
EVENTS = "events.out.tfevents.1795194721.host.29445.0"

ParsedLine = dict[str, list[tuple[float, "int | None", "int | None"]]]


def read(path: Path, *metrics: str) -> ParsedLine:
    """Return each metric's values with their epochs and steps."""
    found: ParsedLine = {}
    for reading in SideFileSource(path).read():
        if not metrics or reading.metric in metrics:
            found.setdefault(reading.metric, []).append((reading.value, reading.epoch, reading.step))
    return found


def test_the_state_of_transformers() -> None:
    """Losses and what was measured must come with epoch and step, timings and the summary must not."""
    said = read(SAMPLES / "trainer_state.json")
    assert set(said) == {"train_loss", "learning_rate", "grad_norm", "val_loss", "val_acc"}
    assert said["val_acc"] == [(0.984375, 1, 8), (0.984375, 2, 16), (0.984375, 3, 24)]
    assert said["val_loss"][-1] == (0.16262716, 3, 24)
    assert [(epoch, step) for _, epoch, step in said["train_loss"]] == [
        (1, 4), (1, 8), (2, 12), (2, 16), (3, 20), (3, 24)
    ]  # fmt: skip


def test_the_table_of_lightning() -> None:
    """A sparse table's cells must come, each from its own row, and empty ones must not."""
    said = read(SAMPLES / "metrics.csv")
    assert said["val_acc"] == [(0.8984375, 0, 15), (0.9375, 1, 31), (0.95703125, 2, 47), (0.96875, 3, 63)]
    assert [value for value, _, _ in said["train_acc"]] == [0.84375, 0.921875, 0.9375, 0.9609375]
    assert said["train_loss"][0] == (0.44819355, 0, 15)


def test_the_table_of_ultralytics(tmp_path: Path) -> None:
    """Precision, recall and mAP must have their usual names, with blanks in the header as without."""
    said = read(SAMPLES / "results.csv", "precision", "mAP50", "mAP50-95", "train/box_loss", "learning_rate")
    assert said["train/box_loss"] == [(3.41627, 1, None), (6.73405, 2, None), (3.41275, 3, None)]
    assert said["learning_rate"] == [(0.0005, 1, None), (0.001005, 2, None), (0.00068, 3, None)]
    assert [len(said[name]) for name in ("precision", "mAP50", "mAP50-95")] == [3, 3, 3]
    older = tmp_path / "results.csv"
    older.write_text(
        "                  epoch,         train/box_loss,   metrics/mAP50(B),             lr/pg0\n"
        "                      0,                 3.1052,             0.1239,            0.00333\n"
    )
    assert read(older) == {
        "train/box_loss": [(3.1052, 0, None)],
        "mAP50": [(0.1239, 0, None)],
        "learning_rate": [(0.00333, 0, None)],
    }


def test_the_table_of_timm() -> None:
    """What timm evaluates is the validation, its top-1 the accuracy of that rank."""
    said = read(SAMPLES / "summary.csv")
    assert said["top1_acc"] == [(70.5, 0, None), (71.5, 1, None), (72.5, 2, None)]
    assert set(said) == {"train_loss", "val_loss", "top1_acc", "top5_acc", "learning_rate"}


def test_the_scalars_of_mmengine() -> None:
    """The epoch of a validation, which MMEngine writes as its step, must be known for one."""
    said = read(SAMPLES / "scalars.json")
    assert said["top1_acc"] == [(50.0, 1, None), (78.125, 2, None), (93.75, 3, None)]
    assert said["train_loss"][:2] == [(0.9973744, 1, 4), (0.9250934049487114, 1, 8)]
    assert set(said) == {"top1_acc", "train_loss", "learning_rate"}


def test_the_table_of_keras() -> None:
    """A table of another name is read where it is named, its plain columns as those of the training."""
    said = read(SAMPLES / "training.csv")
    assert said["train_acc"] == [(0.453125, epoch, None) for epoch in range(3)]
    assert said["val_loss"][0] == (0.84912217, 0, None)


def test_the_log_of_llama_factory(tmp_path: Path) -> None:
    """Its steps and epochs count, its times do not."""
    path = tmp_path / "trainer_log.jsonl"
    path.write_text(
        '{"current_steps": 10, "total_steps": 60, "loss": 1.25, "lr": 5e-05, "epoch": 0.5, '
        '"percentage": 16.67, "elapsed_time": "0:00:07", "remaining_time": "0:00:35"}\n'
    )
    assert read(path, "train_loss", "learning_rate") == {
        "train_loss": [(1.25, 1, 10)],
        "learning_rate": [(5e-05, 1, 10)],
    }


def test_the_events_of_lightning() -> None:
    """Scalars must come by their tags, with their steps and the epoch that is written between them."""
    said = read(SAMPLES / EVENTS)
    assert said["val_acc"] == [(0.8984375, 0, 15), (0.9375, 1, 31), (0.95703125, 2, 47), (0.96875, 3, 63)]
    assert set(said) == {"val_loss", "val_acc", "train_loss", "train_acc"}


def test_tensors_without_dimensions_are_scalars(tmp_path: Path) -> None:
    """What TensorFlow 2 and Keras write must be read, the split from the folder where no tag names it."""
    folder = tmp_path / "validation"
    folder.mkdir()
    (folder / EVENTS).write_bytes(
        tensor("epoch_loss", 0.5, 0)
        + tensor("epoch_loss", 0.25, 1, content=False)
        + tensor("epoch_accuracy", 0.1, 1, double=True)
        + tensor("epoch_accuracy", 0.75, 2, content=False, double=True)
    )
    assert read(tmp_path) == {
        "val_loss": [(0.5, None, 0), (0.25, None, 1)],
        "val_acc": [(0.1, None, 1), (0.75, None, 2)],
    }


def test_pictures_between_scalars_are_passed_over(tmp_path: Path) -> None:
    """What holds no number may be of any size, longer than one read."""
    path = tmp_path / EVENTS
    path.write_bytes(
        picture(10, 0) + scalar("Loss/train", 0.5, 1) + picture(3 << 20, 1) + scalar("Loss/train", 0.25, 2)
    )
    assert read(path) == {"train_loss": [(0.5, None, 1), (0.25, None, 2)]}


def test_events_come_once_however_their_bytes_are_torn(tmp_path: Path) -> None:
    """A record that is half-written must wait, and then come whole."""
    data = b"".join(scalar("Loss/val", step / 8, step) + picture(70_000, step) for step in range(4))
    path = tmp_path / EVENTS
    path.touch()
    file, found = EventFile(str(path)), []
    with path.open("ab", buffering=0) as writer:
        for start in range(0, len(data), 4999):
            writer.write(data[start : start + 4999])
            found += [entry.parsed.metrics["val_loss"] for entry in file.entries(at_end=False)]
    assert found == [0.0, 0.125, 0.25, 0.375]


@given(st.binary(max_size=300), st.integers(0, 60))
def test_whatever_stands_in_an_event_file_raises_nothing(data: bytes, start: int) -> None:
    """Bytes that are no events must end no watch."""
    whole = scalar("Loss/val", 0.5, 3)
    file = EventFile("nowhere")
    file._cut(data)
    file._skips = 0
    file._cut(whole[:start] + data + whole[start:] + whole)


@pytest.mark.parametrize("name", ["metrics.csv", "scalars.json", "trainer_state.json", EVENTS])
def test_hostile_files_say_nothing(tmp_path: Path, name: str) -> None:
    """A file of the right name with anything in it must be passed over."""
    path = tmp_path / name
    for content in (
        b"",
        b"\n\n",
        b'"',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"{}\n[]\n1\nnull\n",
        b'{"log_history": 3}',
    ):
        path.write_bytes(content)
        assert len(SideFileSource(path).read()) == 0


def test_numbers_that_are_none_are_left_out() -> None:
    """Texts, truths and nothing are no numbers; NaN and what is written in a text are."""
    said = parse_record(
        {
            "epoch": 2,
            "loss": "nan",
            "val_loss": " 0.5 ",
            "val_acc": None,
            "val_f1": True,
            "val_name": "x",
            "x": [1],
        }
    )
    assert said is not None
    assert repr(dict(said.metrics)) == "{'epoch': 2, 'train_loss': nan, 'val_loss': 0.5}"
    assert parse_record({"note": "x"}) is None
    assert parse_record({"val_loss": 10**400}) is None


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9))


@given(st.dictionaries(st.text(max_size=20), VALUES))
def test_whatever_a_record_holds_raises_nothing(record: dict[str, object]) -> None:
    """A user's own columns and keys may be called anything."""
    parse_record(record)


def test_nan_is_legal_in_a_state(tmp_path: Path) -> None:
    """Python writes NaN into JSON, and means it."""
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"log_history": [{"loss": float("nan"), "step": 1, "epoch": 0.1}]}))
    assert str(read(path)) == "{'train_loss': [(nan, 1, 1)]}"


def test_what_is_no_file_of_numbers_is_refused(tmp_path: Path) -> None:
    """A file of another kind must be named, with the kinds that there are."""
    path = tmp_path / "notes.txt"
    path.touch()
    with pytest.raises(SourceError, match=r"such as trainer_state\.json.*notes\.txt"):
        SideFileSource(path).read()
    assert not is_side_file("notes.txt")
    assert is_side_file("results.csv")


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir() if is_side_file(path.name)))
def test_every_kind_is_found_in_a_directory(tmp_path: Path, name: str) -> None:
    """A file of each kind is found below a directory and yields there what it yields by itself."""
    folder = tmp_path / "runs" / "3"
    folder.mkdir(parents=True)
    shutil.copy(SAMPLES / name, folder)
    (folder / "notes.csv").write_text("epoch,loss\n1,99\n")
    assert read(tmp_path) == read(SAMPLES / name)
    first = SideFileSource(tmp_path).read()[0]
    assert first.name.startswith(f"runs/3/{name}:")
    assert first.path == str(folder / name)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("metrics/mAP50(B)", 0.55),
        ("metrics/mAP50-95(B)", 0.35),
        ("metrics/precision(B)", 0.5),
        ("metrics/mAP50(M)", 0.25),
        ("val/box_loss", 1.3),
        ("lr/pg0", 0.01),
    ],
)
def test_a_column_is_found_by_its_own_name(tmp_path: Path, metric: str, value: float) -> None:
    """A rule may name a metric as Ultralytics' results.csv does."""
    columns = "metrics/precision(B),metrics/mAP50(B),metrics/mAP50-95(B),metrics/mAP50(M),val/box_loss,lr/pg0"
    (tmp_path / "results.csv").write_text(f"epoch,{columns}\n1,0.5,0.55,0.35,0.25,1.3,0.01\n")
    source = SideFileSource(tmp_path)
    name = source.metric_name(metric)
    assert [reading.value for reading in source.read() if reading.metric == name] == [value]
