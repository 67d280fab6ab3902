"""The numbers in a log file, look by look."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_model_monitor import (
    Alert,
    Comparison,
    ConfigError,
    LogEntry,
    LogFileSource,
    LogPattern,
    ModelMonitor,
    MonitorConfig,
    Reading,
    SourceError,
    Stage,
)
from auto_model_monitor.sources.logs import log_poll
from tests.campaigns import examples
from tests.fakes import FakeClock, RecordingNotifier


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "train.log"


def epoch(number: int, accuracy: float, loss: float = 0.5) -> str:
    """Return what the specification's trainer writes of an epoch."""
    return (
        f"Epoch [{number}/10] started\nLearning Rate: 0.0001\n"
        f"Train Loss: {loss}, Train Accuracy: {accuracy}%\nnothing of note\n"
        f"Validation Loss: {loss}, Validation Accuracy: {accuracy}%\n"
    )


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def numbers(readings: Iterator[Reading] | list[Reading], metric: str = "val_acc") -> list[float]:
    return [reading.value for reading in readings if reading.metric == metric]


def test_numbers_come_once_with_epoch_and_place(log: Path) -> None:
    """Each number must come once, with its epoch and the line where it stands."""
    log.write_text(epoch(1, 70.5) + "Epoch [2/10] started\nTrain Loss: 0.4")
    source = LogFileSource(log)
    batch = source.read()
    assert {(r.metric, r.value, r.name, r.epoch) for r in batch if r.metric.startswith("val")} == {
        ("val_loss", 0.5, "train.log:5", 1),
        ("val_acc", 70.5, "train.log:5", 1),
    }
    assert {reading.path for reading in batch} == {str(log)}
    assert not {"epoch", "total_epochs"} & {reading.metric for reading in batch}
    append(log, "\nValidation Loss: 0.3, Validation Accuracy: 80%\n")
    second = source.read()
    assert [(r.metric, r.value, r.name, r.epoch) for r in second if r.metric == "train_loss"] == [
        ("train_loss", 0.4, "train.log:7", 2)
    ]
    assert numbers(second) == [80.0]
    assert len(source.read()) == 0


def test_a_batch_answers_as_any_other(log: Path) -> None:
    """What rules ask of a batch must be answered from the columns as from readings."""
    log.write_text("".join(epoch(n, value) for n, value in enumerate([70.0, 90.5, 80.0, 90.5], 1)))
    batch = LogFileSource(log).read()
    assert (batch.is_log, batch.score, batch.new_run) == (True, "val_loss", False)
    best = batch.best(Comparison.HIGHER, "val_acc")
    assert best is not None
    assert (best.value, best.epoch, best.name) == (90.5, 2, "train.log:10")
    assert batch.best(Comparison.HIGHER, "f1") is None
    assert numbers(batch.series("val_acc")) == [70.0, 90.5, 80.0, 90.5]
    assert len(batch) == 5 * 4 == len(list(batch)) == len(batch[:])
    assert batch[-1] in list(batch)[-2:]
    assert batch[0] is next(iter(batch))
    assert batch.checkpoints == 3 * 4
    assert batch.are_finite()
    append(log, "Train Loss: nan\n")
    assert not LogFileSource(log).read().are_finite()
    assert {r.metric for r in batch.sample(1)} == {r.metric for r in batch}
    assert len(batch.sample(2)) == 10


def test_what_is_there_may_be_left_out(log: Path) -> None:
    """From the end means: nothing of what is there, and lines counted all the same."""
    log.write_text(epoch(1, 70.0) + "Validation Loss: 0.1, Valida")
    source = LogFileSource(log, from_start=False)
    assert len(source.read()) == 0
    append(log, "tion Accuracy: 99%\n" + epoch(2, 80.0))
    batch = source.read()
    assert [(r.value, r.name) for r in batch if r.metric == "val_acc"] == [(80.0, "train.log:11")]


def test_the_last_line_counts_when_nobody_writes_any_more(log: Path) -> None:
    """A log that ends without a newline must yield its last line, when that is known to be all."""
    log.write_text("Train Loss: 0.5\nTrain Loss: 0.4")
    source = LogFileSource(log)
    assert numbers(source.read(), "train_loss") == [0.5]
    source.finish()
    assert not source.ended
    assert numbers(source.read(), "train_loss") == [0.4]
    assert source.ended


def test_own_patterns_are_read(log: Path) -> None:
    """A format of the user's own must be read, and one that is none refused with the reason."""
    log.write_text("vloss is 0.25 now\n")
    assert numbers(LogFileSource(log, [r"vloss is (?P<val_loss>[0-9.]+)"]).read(), "val_loss") == [0.25]
    source = LogFileSource(log)
    source.add_pattern(LogPattern(r"vloss is (?P<val_loss>[0-9.]+)"))
    assert numbers(source.read(), "val_loss") == [0.25]
    with pytest.raises(ConfigError, match="named groups"):
        LogFileSource(log, ["("])


def test_every_entry_is_handed_on(log: Path) -> None:
    """A listener gets each entry with content, or every line if asked for."""
    log.write_text("hello\n" + epoch(1, 70.0) + "Training completed\n")
    heard: list[LogEntry] = []
    batch = LogFileSource(log, on_entry=heard.append, clock=FakeClock()).read()
    assert numbers(batch) == [70.0]
    assert [entry.stage for entry in heard if entry.stage] == [
        Stage.EPOCH_START,
        Stage.TRAINING,
        Stage.VALIDATION,
        Stage.COMPLETED,
    ]
    assert "nothing of note" not in [entry.message for entry in heard]
    heard.clear()
    LogFileSource(log, on_entry=heard.append, every_line=True).read()
    assert [entry.message for entry in heard] == log.read_text().splitlines()


def test_a_listener_may_get_the_end_of_an_old_log_only(log: Path) -> None:
    """Of what is there at first only the last bytes need be handed on, whatever is read of it."""
    log.write_text("".join(f"Train Loss: {n}\n" for n in range(100_000)))
    heard: list[LogEntry] = []
    source = LogFileSource(log, on_entry=heard.append, tail_bytes=1000)
    assert len(source.read()) == 100_000
    assert 0 < len(heard) < PIECE
    assert heard[-1].metrics["train_loss"] == 99_999
    heard.clear()
    append(log, "Train Loss: 0.5\n" * 3)
    assert len(source.read()) == len(heard) == 3
    log.write_text("Train Loss: 0.25\n")
    assert len(source.read()) == 1
    assert heard[-1].metrics["train_loss"] == 0.25


def test_an_absent_log_is_an_error_that_passes(log: Path) -> None:
    """A missing log is an error, and is read from its start once it exists."""
    source = LogFileSource(log)
    with pytest.raises(SourceError, match=r"train\.log.*nothing is there"):
        source.read()
    log.write_text(epoch(1, 70.0))
    assert numbers(source.read()) == [70.0]


def test_a_rotated_log_is_the_same_training(log: Path) -> None:
    """Rotation in the midst of a training, by renaming or by copying, may begin no new run."""
    log.write_text(epoch(1, 70.0) + "Epoch [2/10] started\n")
    source = LogFileSource(log)
    source.read()
    log.rename(log.with_suffix(".1"))
    log.write_text("Validation Loss: 0.1, Validation Accuracy: 75.0%\n" + epoch(3, 80.0))
    batches = [source.read(), source.read()]
    assert [numbers(batch) for batch in batches] in ([[75.0, 80.0], []], [[], [75.0, 80.0]])
    assert not any(batch.new_run for batch in batches)
    shutil.copy(log, log.with_suffix(".2"))
    os.truncate(log, 0)
    append(log, epoch(4, 85.0))
    batch = source.read()
    assert (numbers(batch), batch.new_run) == ([85.0], False)


def test_a_log_written_anew_is_another_training(log: Path) -> None:
    """Where the next night overwrites the log, its epochs begin again: that is a new run."""
    log.write_text(epoch(1, 70.0) + epoch(2, 80.0))
    source = LogFileSource(log)
    source.read()
    log.write_text(epoch(1, 60.0) + "Epoch [2/10] started\n" * 20)
    batch = source.read()
    assert (numbers(batch), batch.new_run) == ([60.0], True)
    assert not source.read().new_run


def test_a_log_without_counters_is_judged_by_how_it_came(log: Path) -> None:
    """A log without epochs is a new run where it was overwritten, and the same where it was renamed."""
    line = "Validation Loss: 0.{}, Validation Accuracy: 7{}%\n"
    log.write_text(line.format(1, 1))
    source = LogFileSource(log)
    source.read()
    log.rename(log.with_suffix(".1"))
    log.write_text(line.format(2, 2))
    batches = [source.read(), source.read()]
    assert sum(numbers(batches[0]) + numbers(batches[1])) == 72.0
    assert not any(batch.new_run for batch in batches)
    log.write_text(line.format(3, 3))
    assert source.read().new_run


def test_an_appended_training_is_another_one(log: Path) -> None:
    """With ``>>`` nights follow each other in one file: each is a run, in a poll of its own."""
    log.write_text("".join(epoch(n, 70.0 + n) for n in range(1, 6)))
    source = LogFileSource(log)
    assert not source.read().new_run
    append(log, epoch(6, 76.0) + epoch(1, 50.0) + epoch(2, 60.0))
    last, new, nothing = source.read(), source.read(), source.read()
    assert (numbers(last), last.new_run) == ([76.0], False)
    assert (numbers(new), new.new_run) == ([50.0, 60.0], True)
    assert (len(nothing), nothing.new_run) == (0, False)


def test_a_first_look_takes_the_last_training(log: Path) -> None:
    """Of several trainings in a file only the last is the one that is watched."""
    log.write_text("".join(epoch(n, 70.0 + n) for n in (1, 2, 3, 4, 1, 2)))
    batch = LogFileSource(log).read()
    assert (numbers(batch), batch.new_run) == ([71.0, 72.0], False)


def test_workers_that_log_side_by_side_are_one_training(log: Path) -> None:
    """Lines of several workers, one of which lags an epoch behind, may begin no new run."""
    lines = "".join(
        f"Epoch [{n}/10] started\nEpoch [{max(1, n - 1)}/10] started\nTrain Loss: 0.5\n" for n in range(1, 6)
    )
    log.write_text("")
    source = LogFileSource(log)
    runs = []
    for line in lines.splitlines(keepends=True):
        append(log, line)
        runs.append(source.read().new_run)
    assert not any(runs)


def test_a_bar_is_read_while_it_runs(log: Path) -> None:
    """A bar without a newline must yield its numbers as it goes, a state of every ten seconds once."""
    log.write_text("Epoch [1/2] started\n")
    source = LogFileSource(log)
    source.read()
    state = "\r{0}%| | {0}/100 [00:{0}<10:00, Train Loss: 0.{0}]"
    append(log, "".join(state.format(n) for n in (18, 19, 20, 21)))
    first = source.read()
    append(log, "".join(state.format(n) for n in (28, 29, 30, 31)))
    second = source.read()
    assert [numbers(first, "train_loss"), numbers(second, "train_loss")] == [[0.19], [0.29]]
    assert {reading.name for reading in [*first, *second]} == {"train.log:2"}


# What one piece of a log, 256 KiB of it, may hold beyond the limit.
PIECE = (1 << 18) // len("Train Loss: 1\n")


def test_a_huge_log_is_read_in_bounded_memory(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many numbers are there at the first look, the extremes stay and memory does not grow."""
    monkeypatch.setattr(log_poll, "MOST", 1000)
    odd = {77: "nan", 50_000: "1e9", 90_001: "-3"}
    log.write_text("".join(f"Train Loss: {odd.get(n, n)}\n" for n in range(200_000)))
    batch = LogFileSource(log).read()
    assert len(batch) < 1000 + PIECE
    values = [value for value in numbers(list(batch), "train_loss") if value == value]
    assert (values[-1], min(values), max(values)) == (199_999, -3, 1e9)
    assert not batch.are_finite()


def test_a_later_look_stops_and_the_next_goes_on(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much for one look must come with the next ones, all of it and in order."""
    monkeypatch.setattr(log_poll, "MOST", 1000)
    log.write_text("Train Loss: 0\n")
    source = LogFileSource(log)
    source.read()
    append(log, "".join(f"Train Loss: {n}\n" for n in range(1, 60_000)))
    values: list[float] = []
    while batch := source.read():
        assert len(batch) <= 1000 + PIECE
        values += numbers(list(batch), "train_loss")
    assert values == list(range(1, 60_000))


class Watch:
    """Watches that follow each other over one log, each a new process to all intents."""

    def __init__(self, log: Path, folder: Path) -> None:
        self.log, self.folder = log, folder
        self.told: list[Alert] = []
        self.monitor: ModelMonitor | None = None

    def start(self, *rules: str) -> Watch:
        self.end()
        config = MonitorConfig(self.log, log_dir=self.folder, comparison_mode="higher")
        self.monitor = ModelMonitor(
            config,
            source=LogFileSource(self.log),
            rules=list(rules or ["val_acc >= 90"]),
            notifiers=[RecordingNotifier()],
        )
        return self

    def look(self) -> list[float]:
        assert self.monitor is not None
        return [alert.reading.value for alert in self.monitor.check() if alert.reading]

    def end(self) -> None:
        if self.monitor is not None:
            self.monitor.stop()


@pytest.fixture
def watch(log: Path, tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(log, tmp_path / "logs")
    yield watch
    watch.end()


def test_a_watch_goes_on_after_a_restart(log: Path, watch: Watch) -> None:
    """An alert is not repeated, and what came meanwhile makes one."""
    log.write_text(epoch(1, 70.0) + epoch(2, 91.0))
    watch.start()
    assert (watch.look(), watch.look()) == ([91.0], [])
    watch.start()
    assert watch.look() == []
    append(log, epoch(3, 90.5))
    assert watch.look() == []
    watch.start()
    append(log, epoch(4, 92.0))
    assert watch.look() == [92.0]


def test_the_next_night_makes_an_alert_although_it_is_worse(log: Path, watch: Watch) -> None:
    """A new training that reaches the threshold makes an alert, however good the last one was.

    It may overwrite the log in place, with the same inode, or be appended, while somebody watches or not.
    """
    log.write_text(epoch(1, 70.0) + epoch(2, 80.0) + epoch(3, 95.0))
    watch.start()
    assert watch.look() == [95.0]
    watch.end()
    log.write_text(epoch(1, 70.0) + epoch(2, 91.0))
    watch.start()
    assert watch.look() == [91.0]
    append(log, epoch(3, 80.0) + epoch(4, 81.0) + epoch(1, 90.5))
    assert watch.look() + watch.look() == [90.5]
    watch.end()
    append(log, epoch(2, 80.0) + epoch(3, 81.0) + epoch(1, 90.25))
    watch.start()
    assert watch.look() == [90.25]
    log.write_text(epoch(1, 90.125))
    assert watch.look() == [90.125]
    watch.start()
    assert watch.look() == []


def test_a_log_rotated_between_two_watches_goes_on(log: Path, watch: Watch) -> None:
    """Where the line of an alert was rotated away, the epochs show that it is the same run."""
    log.write_text(epoch(1, 91.0) + epoch(2, 93.0))
    watch.start()
    assert watch.look() == [93.0]
    watch.end()
    log.rename(log.with_suffix(".1"))
    log.write_text("")
    watch.start()
    assert watch.look() == []
    append(log, epoch(3, 92.0))
    assert watch.look() == []
    append(log, epoch(4, 94.0))
    assert watch.look() == [94.0]


def test_the_alert_about_a_state_of_a_bar_is_not_repeated(log: Path, watch: Watch) -> None:
    """Of a bar only the last state is there after a restart; the one of the alert is still recognised."""
    state = "\r{}%| | 1/100 [00:01<00:10, Validation Accuracy: {}%]"
    states = [state.format(*each) for each in ((1, 91), (2, 91), (3, 91), (4, 90.5), (5, 90.5))]
    log.write_text("Epoch [1/2] started\n" + "".join(states))
    watch.start()
    assert watch.look() == [91.0]
    append(log, "\n")
    watch.start()
    assert watch.look() == []


def test_every_rule_goes_on_in_a_log(log: Path, watch: Watch) -> None:
    """A NaN, a plateau and a fall-back each make one alert over a restart."""
    rules = ["nan", "plateau 2", "val_acc >= 90 for 2"]
    log.write_text(epoch(1, 91.0) + epoch(2, 92.0) + epoch(3, 93.0, loss=float("nan")))
    watch.start(*rules)
    told = len(watch.look())
    assert told >= 2
    watch.start(*rules)
    assert watch.look() == []
    append(log, epoch(4, 50.0, loss=float("nan")))
    assert watch.look() == [50.0]
    watch.start(*rules)
    assert watch.look() == []


def piece_of(chance: random.Random, number: int) -> str:
    """Return what a training writes around its next number."""
    begins = f"Epoch [{number // 7 + 1}/99] started\n" if number % 7 == 0 else ""
    bar = "\r".join(["", *[f"{n}% wait" for n in range(chance.randrange(4))], ""])
    other = chance.choice(["", "nothing of note\n", "\x1b[1mbold\x1b[0m\n", f"{bar}\n"])
    return f"{begins}{other}Train Loss: {number}" + chance.choice(["\n", "\r\n"])


def rotate(log: Path, how: str) -> None:
    if how == "rename" and log.stat().st_size:
        log.rename(log.with_suffix(".1"))
        log.touch()
    elif how == "truncate":
        shutil.copy(log, log.with_suffix(".2"))
        os.truncate(log, 0)


@pytest.mark.parametrize("seed", range(examples(100)))
def test_whatever_happens_to_the_file_each_number_comes_once(log: Path, seed: int) -> None:
    """Over random pieces, rotations and looks, no number of a training is lost, repeated or out of order."""
    chance = random.Random(seed)
    log.touch()
    source = LogFileSource(log)
    got: list[tuple[float, int | None]] = []
    pending, count = "", 0

    def look() -> None:
        while batch := source.read():
            assert not batch.new_run
            got.extend((reading.value, reading.epoch) for reading in batch)

    for _ in range(60):
        for _ in range(chance.randrange(8)):
            pending += piece_of(chance, count)
            count += 1
        action = chance.choice(["look", "look", "look", "rename", "truncate"])
        ready = chance.randrange(len(pending) + 1) if action == "look" else len(pending)
        append(log, pending[:ready])
        pending = pending[ready:]
        look()
        rotate(log, action)
    append(log, pending)
    look()
    assert got == [(float(number), number // 7 + 1) for number in range(count)]
