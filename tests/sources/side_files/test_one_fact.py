"""One fact is one reading, from however many files and at whatever precision it comes."""

from __future__ import annotations

import json
import math
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_model_monitor import MemoryOutbox, Monitor, SideFileSource, parse_rule
from auto_model_monitor.core.numbers import shortest
from auto_model_monitor.monitor.resume import ResumeState
from auto_model_monitor.monitor.watch_outbox import WatchOutbox
from tests.sources.side_files.events import scalar, tensor

EVENTS = "events.out.tfevents.1.host.1.0"
ACCURACIES = [0.5, 0.91234567, 0.9012345678, 0.9312345, math.nan, 0.95]


def state(folder: Path, values: list[float], *, total: int = 10, metric: str = "eval_accuracy") -> None:
    """Write a trainer's history up to a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    history = [{"epoch": float(n), metric: value, "step": 100 * n} for n, value in enumerate(values, 1)]
    text = json.dumps({"log_history": history, "num_train_epochs": total, "global_step": 100 * len(values)})
    (folder / "trainer_state.json").write_text(text)


def events(path: Path, values: list[float], *, tag: str = "eval/accuracy", each: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(scalar(tag, value, each * n) for n, value in enumerate(values, 1)))


def table(path: Path, values: list[float]) -> None:
    """Write a table with epochs and steps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{n},{100 * n},{value!r}" for n, value in enumerate(values, 1)]
    path.write_text("\n".join(["epoch,step,val_acc", *rows, ""]))


def lines(path: Path, values: list[float]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"epoch": n, "current_steps": 100 * n, "eval_accuracy": value} for n, value in enumerate(values, 1)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def moved_staging(folder: Path, values: list[float]) -> None:
    """Write into a folder that gets its name once it is whole, as transformers does."""
    number = 100 * len(values)
    state(folder / f"tmp-checkpoint-{number}", values)


def rename_staging(folder: Path, values: list[float]) -> None:
    number = 100 * len(values)
    (folder / f"tmp-checkpoint-{number}").rename(folder / f"checkpoint-{number}")


Write = Callable[[Path, list[float]], None]
PAIRS: dict[str, tuple[Write, Write]] = {
    "state and event file": (
        lambda f, v: state(f / f"checkpoint-{100 * len(v)}", v),
        lambda f, v: events(f / "runs" / EVENTS, v),
    ),
    "event file and state": (
        lambda f, v: events(f / EVENTS, v),
        lambda f, v: state(f / f"checkpoint-{100 * len(v)}", v),
    ),
    "event files of float32 and float64": (
        lambda f, v: events(f / "a" / EVENTS, v),
        lambda f, v: (
            (f / EVENTS).write_bytes(
                b"".join(tensor("eval/accuracy", x, 100 * n, double=True) for n, x in enumerate(v, 1))
            )
            and None
        ),
    ),
    "staging folder and checkpoint": (moved_staging, rename_staging),
    "copied checkpoint": (
        lambda f, v: state(f / f"checkpoint-{100 * len(v)}", v),
        lambda f, v: state(f / "best_model", v),
    ),
    "history of a longer training": (
        lambda f, v: state(f / f"checkpoint-{100 * len(v)}", v),
        lambda f, v: state(f / f"checkpoint-{100 * len(v) + 1}", v, total=99),
    ),
    "history in another folder": (
        lambda f, v: state(f / "first" / f"checkpoint-{100 * len(v)}", v),
        lambda f, v: state(f / "second" / f"checkpoint-{100 * len(v)}", v, total=20),
    ),
    "table and event file": (
        lambda f, v: table(f / "version_0" / "metrics.csv", v),
        lambda f, v: events(f / "version_0" / EVENTS, v, tag="val/acc"),
    ),
    "lines and state": (
        lambda f, v: lines(f / "trainer_log.jsonl", v),
        state,
    ),
    "epochs as steps": (
        lambda f, v: (
            (f / "results.csv").write_text(
                "\n".join(["epoch,val_acc", *(f"{n},{x!r}" for n, x in enumerate(v, 1)), ""])
            )
            and None
        ),
        lambda f, v: events(f / "validation" / EVENTS, v, tag="epoch_accuracy", each=1),
    ),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_the_same_number_from_two_places_is_one_reading(tmp_path: Path, one: Write, other: Write) -> None:
    """Live, each number comes once, and no copy begins a new run."""
    source = SideFileSource(tmp_path)
    found = []
    for count in range(1, len(ACCURACIES) + 1):
        for write in (one, other):
            write(tmp_path, ACCURACIES[:count])
            batch = source.read()
            assert not batch.new_run
            found += [reading.value for reading in batch]
    assert [round(value, 6) for value in found if value == value] == [
        round(value, 6) for value in ACCURACIES if value == value
    ]
    assert sum(map(math.isnan, found)) == 1


@pytest.mark.parametrize("rule", ["val_acc >= 0.9", "val_acc >= 0.9 for 2", "val_acc >= 0.9 for 3", "nan"])
@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_one_fact_is_one_count_and_one_message(tmp_path: Path, one: Write, other: Write, rule: str) -> None:
    """A second place of the same numbers adds no message and no count, also over a restart."""

    def alerts(both: bool, restarts: bool, folder: Path) -> list[tuple[str, bool, float]]:
        found, outbox = [], MemoryOutbox()
        folder.mkdir()
        monitor = None
        for count in range(1, len(ACCURACIES) + 1):
            for write in (one, other) if both or one is moved_staging else (one,):
                write(folder, ACCURACIES[:count])
                if monitor is None or restarts:
                    if monitor is not None:
                        monitor.stop()
                    monitor = Monitor(
                        SideFileSource(folder),
                        [parse_rule(rule)],
                        [],
                        outbox=WatchOutbox(outbox=outbox),
                        resume_state=ResumeState(),
                        log_dir=None,
                    )
                found += monitor.check()
        assert monitor is not None
        monitor.stop()
        return [(a.rule, a.resolved, str(round(a.reading.value, 6))) for a in found]  # type: ignore[misc]

    alone = alerts(both=False, restarts=False, folder=tmp_path / "alone")
    assert len(alone) >= 1
    assert alerts(both=True, restarts=False, folder=tmp_path / "both") == alone
    assert alerts(both=True, restarts=True, folder=tmp_path / "again") == alone


def test_a_copy_of_an_earlier_training_is_nothing_new(tmp_path: Path) -> None:
    """After a new run began, a copied folder of the one before adds nothing; the new run's NaN counts."""
    source = SideFileSource(tmp_path)
    table(tmp_path / "version_0" / "metrics.csv", [0.5, 0.8, 0.9, math.nan])
    source.read()
    table(tmp_path / "version_1" / "metrics.csv", [0.4])
    assert source.read().new_run
    shutil.copytree(tmp_path / "version_0", tmp_path / "backup")
    assert len(source.read()) == 0
    table(tmp_path / "version_1" / "metrics.csv", [0.4, 0.8, 0.85, math.nan])
    assert str([reading.value for reading in source.read()]) == "[0.8, 0.85, nan]"


def test_what_a_resumed_training_measures_again_is_new(tmp_path: Path) -> None:
    """Another value at a step that came before is a fact of its own."""
    source = SideFileSource(tmp_path)
    state(tmp_path / "checkpoint-300", [0.5, 0.6, 0.7])
    source.read()
    state(tmp_path / "checkpoint-300", [0.5, 0.6, 0.75])
    batch = source.read()
    assert ([reading.value for reading in batch], batch.new_run) == ([0.75], False)


@pytest.mark.parametrize(
    "value", [0.9, 0.1, 0.95, 1e-7, 3.4e38, 123456.7, -0.3, 0.0031, 5.0, 0.33333334, 1e-30]
)
def test_a_float32_is_its_shortest_decimal(tmp_path: Path, value: float) -> None:
    """What was logged as 0.9 and stored as a float32 is 0.9, in an event file and in a table."""
    (stored,) = struct.unpack("<f", struct.pack("<f", value))
    assert shortest(stored) == value
    (tmp_path / EVENTS).write_bytes(scalar("val_acc", value, 1))
    assert [reading.value for reading in SideFileSource(tmp_path).read()] == [value]
    path = tmp_path / "table" / "metrics.csv"
    table(path, [stored])
    assert [reading.value for reading in SideFileSource(path).read()] == [value]


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.91234567, 16777217.0, 123456792.0, math.inf, -math.inf, 0.0])
def test_a_float64_stays_as_it_is(value: float) -> None:
    """A number that is no float32, a whole one and an infinity are unchanged."""
    assert shortest(value) == value
    assert math.isnan(shortest(math.nan))
