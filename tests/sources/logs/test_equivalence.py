"""A log gives the same readings however it is read: whole, in pieces, record by record, with a listener."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import LogFileSource, Reading, TrainingLogHandler
from tests.campaigns import examples

Row = tuple[str, str, "int | None", "int | None"]

BAR = "\rEpoch {0}: {1:3d}%|##| {1}/100 [00:{2:02d}<00:09, 9.9it/s, loss=0.{1}{tail}]"


def bar(epoch: int, *, tail: str = "", end: str = "\n") -> str:
    """Return the states of an epoch, the last ones with the numbers of a validation."""
    states = [BAR.format(epoch, n, n // 3, tail=tail) for n in (0, 20, 21, 40, 70, 99)]
    done = [BAR.format(epoch, 100, 34, tail=tail), BAR.format(epoch, 100, 34, tail=f", val_loss=0.{epoch}5")]
    return "".join([*states, *done]) + end


PIECES = [
    "Epoch [3/10] started\n",
    "Train Loss: 0.5234, Train Accuracy: 82.45%\n",
    "Validation Loss: 0.25, Validation Accuracy: 91.5%\r\n",
    "\ufeffval_loss: 0.75\n",
    bar(1),
    bar(2, end=""),
    bar(3, tail=", val_loss=0.25", end=""),
    bar(4, tail=", loss2=nan.0"),
    "\r1/4 - loss: 0.9\r2/4 - loss: 0.8\r4/4 - loss: 0.7 - val_loss: 0.6\r\n",
    "\rvalidating 3/9\r         \rval_acc: 0.5\n",
    "100%|##| 3/3 [00:03<00:00, 9.8it/s]val_loss: 0.125 val_acc: 0.5\n",
    "epoch  train_loss  val_loss\n1  0.5  0.25\n2  0.4\x07  0.125\n\n",
    "{'loss': 0.5, 'epoch': 2.0}\n",
    '{"log":"Epoch 5/10 - val_acc: 0.96\\n","stream":"stdout"}\n',
    "val_acc: 0.91\x07\n",
    "val_loss: 0.5\x0bval_acc: 0.9\x0c\n",
    "\x1b[32mval_loss\x1b[0m: \x1b[1m0.31\x1b[0m\n",
    "第4轮验证准确率：.93\n",
    "训练损失: 0.523 验证损失: 0.612\n",
    "10%\b\b\b20%\b\b\bloss: 0.5\n",
    "loss: nan.0\n",
    "\n",
    "nothing of note\n",
    "\0\0\0\0\0\0\0\0val_loss: 0.4375\n",
]


def rows(readings: list[Reading]) -> list[Row]:
    return [(reading.metric, repr(reading.value), reading.epoch, reading.step) for reading in readings]


def whole(data: bytes, folder: str, listener: Callable[[object], None] | None = None) -> list[Row]:
    log = Path(folder, "whole.log")
    log.write_bytes(data)
    source = LogFileSource(log, on_entry=listener)
    source.finish()
    return rows(list(source.read()))


def in_pieces(data: bytes, sizes: list[int], folder: str) -> list[Row]:
    log = Path(folder, "grows.log")
    log.touch()
    source, place, found = LogFileSource(log), 0, []
    for size in [*sizes, len(data)]:
        with log.open("ab") as file:
            file.write(data[place : place + size])
        place += size
        while batch := source.read():
            found += rows(list(batch))
    source.finish()
    while not source.ended:
        found += rows(list(source.read()))
    return found


def by_records(text: str, listener: Callable[[object], None] | None = None) -> list[Row]:
    handler = TrainingLogHandler(on_entry=listener)
    for line in text.split("\n"):
        handler.handle(logging.LogRecord("t", logging.INFO, "f", 1, line, None, None))
    found: list[Row] = []
    while batch := handler.read():
        found += rows(list(batch))
    return found


TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
SIZES = st.lists(st.integers(1, 400), max_size=8)


def last_run(found: list[Row], expected: list[Row]) -> list[Row]:
    """Return the last rows: a first poll takes the last of several trainings alone."""
    return found[len(found) - len(expected) :]


@settings(max_examples=examples(150), deadline=None)
@given(TEXTS, SIZES, st.sampled_from(["utf-8", "utf-16", "utf-16-be", "gbk"]))
def test_a_log_reads_the_same_however_it_arrives(text: str, sizes: list[int], encoding: str) -> None:
    """Whole, with a listener, and in any pieces a log in any encoding must give the same readings."""
    text = text.replace("\0", "") if encoding.startswith("utf-16") else text
    data = text.replace("\ufeff", "" if encoding == "gbk" else "\ufeff").encode(encoding)
    data = b"\xfe\xff" + data if encoding == "utf-16-be" else data
    with TemporaryDirectory() as folder:
        expected = whole(data, folder)
        assert whole(data, folder, lambda entry: None) == expected
        assert last_run(in_pieces(data, sizes, folder), expected) == expected


@settings(max_examples=examples(150), deadline=None)
@given(TEXTS)
def test_records_read_as_the_lines_of_a_file(text: str) -> None:
    """Each line as a record must give what it gives in a file, with and without a listener."""
    with TemporaryDirectory() as folder:
        expected = whole(text.encode(), folder)
    found = by_records(text)
    assert by_records(text, lambda entry: None) == found
    assert last_run(found, expected) == expected


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from(["utf-8", "utf-16-le", "gbk"])), max_size=4), SIZES)
def test_an_encoding_may_change_in_the_middle(parts: list[tuple[str, str]], sizes: list[int]) -> None:
    """Where the encoding changes between two lines, the log still reads the same in any pieces."""
    data = b""
    for text, encoding in parts:
        lines = text.replace("\0", "").replace("\ufeff", "") + "\n"
        data += lines.encode(encoding)
    with TemporaryDirectory() as folder:
        expected = whole(data, folder)
        assert last_run(in_pieces(data, sizes, folder), expected) == expected


LINES = (
    "第3轮 训练损失: 0.523\n验证损失: 0.612\nepoch：4，val_loss：0.25，验证准确率：91.9%\n"
    "Epoch 5/10 - val_acc: 0.93\n"
)


@pytest.mark.parametrize("first", ["utf-8", "gbk", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("then", ["utf-8", "gbk", "utf-16-le", "utf-16-be"])
def test_a_log_in_another_encoding_reads_as_one_in_utf_8(tmp_path: Path, first: str, then: str) -> None:
    """GBK and UTF-16 are read as UTF-8 is, also where the encoding changes from one line to the next."""
    expected = whole((LINES + LINES).encode(), str(tmp_path))
    assert len(expected) == 10
    found = whole(LINES.encode(first) + LINES.encode(then), str(tmp_path))
    assert found == expected


@pytest.mark.parametrize("odd", [b"\xff\x00\xfe", b"\x00", b"a\x00", b"\x00b", b"\xfe\x00", b"x\x00y\x00z"])
def test_stray_zeros_change_no_encoding(tmp_path: Path, odd: bytes) -> None:
    """A line with a zero byte in it, as after a crash, hides none of the lines after it."""
    log = tmp_path / "train.log"
    log.write_bytes(b"val_loss: 0.5\n" + odd + b"\n" + b"y" * 5000 + b"\nval_loss: 0.25\n")
    found = [reading.value for reading in LogFileSource(log).read() if reading.metric == "val_loss"]
    assert found == [0.5, 0.25]
