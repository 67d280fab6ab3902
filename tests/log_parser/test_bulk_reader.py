"""Many lines read together yield what they yield one by one."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import LogReader
from auto_model_monitor.log_parser import ParsedLine
from auto_model_monitor.log_parser.bulk_reader import BulkReader

NOON = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)

# Of the same shape, or nearly: what is known of one may not be taken for what another says.
LINES = [
    "Epoch [{}/90] started",
    "Train Loss: 0.{}, Train Accuracy: 8{}.5%",
    "Validation macro_F{}: 0.5",
    "Validation macro_F1: 0.{}",
    "Validation Top-k Accuracy: {{'top1': 7{0}.9, 'top3': 9{0}.3, 'top5': 96.78}}",
    "New best model saved with Accuracy: 7{}.12%",
    "Learning Rate: {}e-05",
    "step {}: loss=0.5",
    "epoch 3 step {}{} loss 0.{}",
    "epoch 3 step {}/9 loss 0.{} f1 0.{}",
    "Epoch 4/9 - loss: 0.{} - val_loss: 0.{}",
    "saved {} files in 2.{} s",
    "Training completed",
    "nothing of note",
    "验证损失：0.{}，第{}轮",
    "val_loss: {}.{}.1",
    "{}it [00:0{}, 5.00it/s, loss=0.{}]",
    "{{'loss': 0.{}, 'epoch': {}.5}}",
    "      Epoch    GPU_mem       loss  Instances       Size",
    "        {}/3         0G      1.{}         40         224",
    "\t",
    "",
    "x{0}" * 200,
]


def one_by_one(lines: list[str], patterns: list[str]) -> list[tuple[int, ParsedLine, int | None]]:
    reader = LogReader(patterns)
    found = []
    for number, line in enumerate(lines, 1):
        said = reader.parse_line(line)
        if said is not None:
            found.append((number, said, reader.epoch))
    return found


def sifted(lines: list[str], patterns: list[str], pieces: int) -> list[tuple[int, ParsedLine, int | None]]:
    """Return the same by way of whole texts, some lines in each; every other one hands plain lines over."""
    reader = LogReader(patterns)
    whole = BulkReader(reader)
    found: list[tuple[int, ParsedLine, int | None]] = []
    for start in range(0, len(lines), pieces):
        data = "".join(f"{line}\n" for line in lines[start : start + pieces]).encode()
        flat: list[Any] | None = [] if start % 2 == 0 else None
        for number, said in whole.sift(data, start + 1, lambda flat=flat: flat):  # type: ignore[misc]
            found.append((number, said, reader.epoch))
        plain: dict[int, tuple[dict[str, Any], int | None, int | None]] = {}
        for metric, value, number, epoch, step in zip(*[iter(flat or [])] * 5, strict=True):
            plain.setdefault(number, ({}, epoch, step))[0][metric] = value
        found += [
            (at, ParsedLine(metrics, None, step), epoch) for at, (metrics, epoch, step) in plain.items()
        ]
    return sorted(found, key=lambda each: each[0])


def without_stage(
    found: list[tuple[int, ParsedLine, int | None]],
) -> list[tuple[int, str, int | None, int | None]]:
    measured = [
        (
            number,
            {name: value for name, value in said.metrics.items() if "epoch" not in name},
            said.step,
            epoch,
        )
        for number, said, epoch in found
    ]
    return [(number, repr(metrics), step, epoch) for number, metrics, step, epoch in measured if metrics]


TEXTS = st.lists(
    st.builds(lambda line, a, b, c: line.format(a, b, c), st.sampled_from(LINES), *[st.integers(0, 9)] * 3),
    max_size=60,
)


@given(TEXTS, st.sampled_from([[], [r"saved (?P<files>\d+) files"]]), st.sampled_from([1, 7, 100]))
def test_whole_texts_say_what_their_lines_say(lines: list[str], patterns: list[str], pieces: int) -> None:
    """Whatever was learned from the lines before, each line's numbers and epoch must be its own."""
    assert without_stage(sifted(lines, patterns, pieces)) == without_stage(one_by_one(lines, patterns))


@given(st.lists(st.sampled_from(LINES), max_size=4), st.integers(0, 9))
def test_lines_that_repeat_one_epoch_are_handed_over_and_the_counters_are_known(
    kinds: list[str], digit: int
) -> None:
    """Of a hundred lines of one epoch nearly all are plain; afterwards the reader is where it would be."""
    lines = [f"epoch 3 step {step}/200 loss 0.{step} f1 0.5" for step in range(100, 200)]
    lines += [kind.format(digit, digit, step) for step in range(5) for kind in kinds]
    reader, other = LogReader(), LogReader()
    flat: list[Any] = []
    data = "".join(f"{line}\n" for line in lines).encode()
    said = [number for number, _ in BulkReader(reader).sift(data, 1, lambda: flat)]
    for line in lines:
        other.parse_line(line)
    assert sum(number <= 100 for number in said) <= 2
    assert flat[:10] == ["train_loss", 0.101, 2, 3, 101, "f1", 0.5, 2, 3, 101]
    assert reader.state() == other.state()


@given(TEXTS)
def test_the_lines_that_are_not_handed_over_come_with_all_they_say(lines: list[str]) -> None:
    """Without a list for plain lines, a text yields the same as its lines, stages too."""
    reader = LogReader()
    data = "".join(f"{line}\n" for line in lines).encode()
    found = [(number, said, reader.epoch) for number, said in BulkReader(reader).parse(data, 1)]
    assert [repr(each) for each in found] == [repr(each) for each in one_by_one(lines, [])]


@given(TEXTS)
def test_entries_are_those_of_the_lines(lines: list[str]) -> None:
    """The entries of a text must be those that its lines would make one by one."""
    reader, other = LogReader(), LogReader()
    data = "".join(f"{line}\n" for line in lines).encode()
    for _ in range(2):  # the second time everything is known
        entries = [entry for _, entry in BulkReader(reader).entries(data, 1, time=NOON)]
        expected = [other.read(line, time=NOON) for line in lines]
        assert [repr(each) for each in entries] == [
            repr(each) for each in expected if each.own_metrics or each.stage
        ]


def test_bytes_that_are_no_text_are_read_as_what_replaces_them() -> None:
    """A torn character may hide no number that stands beside it."""
    found = list(BulkReader(LogReader()).parse(b"\xff\nval_loss: 0.5 \xff\nval_loss: 0.25\n", 1))
    assert [said.metrics for _, said in found][-1] == {"val_loss": 0.25}


def test_a_long_life_forgets_what_it_knows_of_shapes() -> None:
    """A log in which no two lines are alike may not fill the memory."""
    whole = BulkReader(LogReader())
    for start in range(0, 40_000, 1000):
        lines = [f"{'x' * (n % 200)} {'y' * (n // 200)}\n" for n in range(start, start + 1000)]
        list(whole.parse("".join(lines).encode(), 1))
    assert len(whole._silent) <= 1 << 14
