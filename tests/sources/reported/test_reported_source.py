"""Numbers that a training reports: what becomes of them, which runs they make, and what is none."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from auto_model_monitor.sources.reported import ReportedSource

numpy = pytest.importorskip("numpy")


class ZeroDimensional:
    """A tensor of one element, as far as a program can see."""

    def __float__(self) -> float:
        return 0.25


class Broken:
    """A tensor that raises whatever is asked of it."""

    def __float__(self) -> float:
        raise RuntimeError("lazy tensor was deleted")

    def __repr__(self) -> str:
        raise RuntimeError("lazy tensor was deleted")


def read(source):
    return [(r.metric, r.value, r.epoch, r.step) for r in source.read()]


@pytest.mark.parametrize(
    "value",
    [0.25, numpy.float32(0.25), numpy.array(0.25), ZeroDimensional(), Decimal("0.25")],
    ids=lambda value: type(value).__name__,
)
def test_whatever_is_one_number_is_read_as_it(value):
    """Python's numbers, numpy's scalars and tensors of one element are readings with epoch and step."""
    source = ReportedSource("train.py")
    source.report({"val/loss": value}, epoch=numpy.int64(3), step=12)
    assert read(source) == [("val/loss", 0.25, 3, 12)]


def test_what_is_no_number_is_left_out_with_one_warning(caplog):
    """A text, None, an array and a broken tensor leave the numbers beside them, and one warning."""
    source = ReportedSource("train.py")
    for value in ("0.3", None, numpy.array([1.0, 2.0]), Broken(), 10**400):
        source.report({"note": value, "val_loss": 0.5}, epoch=float("nan"))
    assert read(source) == [("val_loss", 0.5, None, None)] * 5
    (record,) = caplog.records
    assert "epoch: expected a number, got nan" in record.getMessage()


def test_nothing_is_lost_between_threads():
    """Numbers that many threads report at the same time all arrive."""
    source = ReportedSource("train.py")

    def work():
        for _ in range(500):
            source.report({"loss": 1.0})

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(source.read()) == 4000


def test_more_than_memory_keeps_the_extremes(caplog, monkeypatch):
    """Of more numbers than are kept, the lowest, the highest and what is not finite still arrive."""
    monkeypatch.setattr("auto_model_monitor.sources.reported.reported_source._CAPACITY", 1600)
    source = ReportedSource("train.py")
    for step in range(3000):
        source.report({"loss": 0.001 if step == 77 else float("inf") if step == 99 else 1.0}, step=step)
    found = source.read()
    assert len(found) <= 1600
    assert {0.001, float("inf")} <= {reading.value for reading in found}
    assert "thinned" in caplog.text


def test_epochs_that_begin_again_are_another_run_read_apart():
    """Two folds in a process are two batches, of which the second is a new run."""
    source = ReportedSource("train.py")
    for fold in range(2):
        for epoch in range(4):
            source.report({"loss": fold + epoch / 10}, epoch=epoch)
    first = source.read()
    assert (len(first), first.new_run, source.has_more) == (4, False, True)
    second = source.read()
    assert (len(second), second.new_run, source.has_more) == (4, True, False)


def test_a_late_evaluation_of_the_first_epoch_is_no_other_run():
    """A metric that comes to the first epoch for the first time, late, belongs to the same run."""
    source = ReportedSource("train.py")
    for epoch in range(5):
        source.report({"loss": 1.0}, epoch=epoch)
    source.report({"val_loss": 0.5}, epoch=0)
    batch = source.read()
    assert (len(batch), batch.new_run) == (6, False)


@pytest.mark.parametrize(
    ("before", "counts", "continues"),
    [
        ({"epoch": 0}, {"epoch": 5}, True),
        ({"epoch": 0}, {"epoch": 0}, False),
        ({"epoch": 4}, {"epoch": 4}, False),
        ({"epoch": 4}, {"epoch": 9}, True),
        ({"step": 100}, {"step": 700}, True),
        ({"step": 100}, {"step": 100}, False),
        ({"step": 100}, {}, False),
        ({}, {"epoch": 3}, False),
    ],
    ids=str,
)
def test_a_run_that_begins_later_than_the_last_one_began_continues_it(before, counts, continues):
    """After a restart the counters of the first numbers decide whether the training was resumed."""
    last, source = ReportedSource("train.py"), ReportedSource("train.py")
    last.report({"loss": 1.0}, **before)
    last.report({"loss": 1.0}, epoch=8)
    last.read()
    source.report({"loss": 0.5}, **counts)
    source.read()
    assert source.continues_run(last.identity) is continues


def test_the_checkpoint_of_a_number_is_that_of_its_reading(tmp_path):
    """A reading names the file that holds the model with this number, others name none."""
    source = ReportedSource("train.py")
    source.report({"loss": 0.5}, step=1, checkpoint=tmp_path / "one.pt")
    source.report({"loss": 0.4}, step=2)
    assert [reading.checkpoint for reading in source.read()] == [str(tmp_path / "one.pt"), ""]
