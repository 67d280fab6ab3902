"""A line of headings of which one names a metric, above lines of as many numbers."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogReader
from auto_model_monitor.log_parser.bulk_reader import BulkReader

TIME = datetime(2026, 11, 20, tzinfo=timezone.utc)
SPACY = "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  SCORE "
ALLENNLP = "2026-03-02 10:01:10,123 - INFO - allennlp.training.console_logger - "


def read(text: str) -> list[dict[str, float]]:
    reader = LogReader()
    entries = [reader.read(line, time=TIME) for line in text.split("\n")]
    found = [dict(entry.own_metrics) for entry in entries if entry.own_metrics]
    bulk = BulkReader(LogReader()).parse((text + "\n").encode(), 0)
    assert [parsed.metrics for _, parsed in bulk if parsed.metrics] == found
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            f"{SPACY}\n---  ------  -----------  --------  ------  -----\n"
            "  0       0        0.50     45.63    0.10    0.20\n"
            "  1     200       10.12      5.63   50.10    0.50",
            [
                {"epoch": 0, "LOSS_TOK2VEC": 0.5, "LOSS_NER": 45.63, "ENTS_F": 0.1, "SCORE": 0.2},
                {"epoch": 1, "LOSS_TOK2VEC": 10.12, "LOSS_NER": 5.63, "ENTS_F": 50.1, "SCORE": 0.5},
            ],
        ),
        (
            "|   AP   |  AP50  |  APs  |\n|:------:|:------:|:-----:|\n| 41.039 | 61.2 | - |",
            [{"AP": 41.039, "AP50": 61.2}],
        ),
        (
            f"{ALLENNLP}        Training |  Validation\n{ALLENNLP}accuracy   |     0.535  |     0.533\n"
            f"{ALLENNLP}gpu_0_memory_MB    |  1024.000  |       N/A\n{ALLENNLP}loss    |     1.5  |     N/A",
            [{"train_acc": 0.535, "val_acc": 0.533}, {"train_loss": 1.5}],
        ),
        (
            "| Metric | Train | Valid |\n|---|---|---|\n| loss | 0.5 | 0.6 |\n| f1 | 0.7 | 0.8 |",
            [{"train_loss": 0.5, "val_loss": 0.6}, {"train_f1": 0.7, "val_f1": 0.8}],
        ),
        (
            "| epoch | train_loss | val_loss | lr | time |\n|--|--|--|\n| 1 | 0.5 | 0.4 | 0.01 | 2.5s |",
            [{"epoch": 1, "train_loss": 0.5, "val_loss": 0.4, "learning_rate": 0.01}],
        ),
        (
            "epoch train_loss val_loss val_acc\n1 0.5 0.4 0.9\n2 0.4 0.3 0.95",
            [
                {"epoch": 1, "train_loss": 0.5, "val_loss": 0.4, "val_acc": 0.9},
                {"epoch": 2, "train_loss": 0.4, "val_loss": 0.3, "val_acc": 0.95},
            ],
        ),
        (
            "loss,acc,val_loss,val_acc\n0.5,0.9,0.4,0.8",
            [{"train_loss": 0.5, "acc": 0.9, "val_loss": 0.4, "val_acc": 0.8}],
        ),
        ("┃ epoch ┃ loss ┃ mIoU ┃\n│ 3 │ 0.5 │ 0.6 │", [{"epoch": 3, "train_loss": 0.5, "mIoU": 0.6}]),
        (
            "epoch\tval_loss\tfoo\n3\t0.5\t0.25\n4\t0.4\t7",
            [{"epoch": 3, "val_loss": 0.5, "foo": 0.25}, {"epoch": 4, "val_loss": 0.4}],
        ),
        (
            "| class | IoU | Acc |\n| road | 98.1 | 99.0 |\n| mean | 78.1 | 79.0 |",
            [{"IoU": 78.1, "acc": 79.0}],
        ),
        (
            "epoch,acc,loss,val_acc,val_loss\n3,0.9,0.5,0.8,0.6",
            [{"epoch": 3, "acc": 0.9, "train_loss": 0.5, "val_acc": 0.8, "val_loss": 0.6}],
        ),
    ],
)
def test_any_header_that_names_a_metric_begins_a_table(text: str, found: list[dict[str, float]]) -> None:
    """Columns stand between lines, blanks, tabs or commas; an unknown one counts where it is a fraction."""
    assert read(text) == found


@pytest.mark.parametrize(
    "header", ["epoch train_loss val_loss", "| epoch | loss | f1 |", "loss,acc,val_loss"]
)
@pytest.mark.parametrize("cells", [2, 4, 5])
def test_a_row_of_another_width_is_none(header: str, cells: int) -> None:
    """Below three headings two numbers are no row, nor are four."""
    style = "|" if "|" in header else "," if "," in header else " "
    row = style.join(["0.5"] * cells)
    assert read(f"{header}\n{'| ' + row + ' |' if style == '|' else row}") == []


def test_a_wider_header_starts_a_new_table() -> None:
    """A second line of headings replaces the first."""
    text = "epoch loss val_loss\n1 0.5 0.4\nepoch loss val_loss val_acc\n2 0.4 0.3 0.9\n3 0.4 0.3"
    assert read(text) == [
        {"epoch": 1, "train_loss": 0.5, "val_loss": 0.4},
        {"epoch": 2, "train_loss": 0.4, "val_loss": 0.3, "val_acc": 0.9},
    ]


@pytest.mark.parametrize(
    "text",
    [
        "| Name | Type | Params |\n| 0 | 1.5 | 3.5 |",
        "Layer (type)   Output Shape   Param #\n3   0.5   7",
        "the loss was high today\n1 0.5 0.4 0.3 2",
        "| dataset | version | metric | mode | model |\n| ceval | - | naive_average | ppl | 53.2 |",
        "loss, as always\n0.5, 0.4",
        "epoch train_loss val_loss\n3 files copied",
        "epoch train_loss val_loss\n1.2.3 0.5 0.4",
        "epoch train_loss val_loss\n2026-11-20 10:15:23 0.4",
        "rank  lr  time\n0  0.1  3.5",
    ],
)
def test_what_is_no_table_gives_nothing(text: str) -> None:
    """Summaries, sentences and lines that are no rows hold no metric."""
    assert read(text) == []
