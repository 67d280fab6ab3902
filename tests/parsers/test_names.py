"""Which names are ignored, and what the words before a number mean."""

import time

import pytest

from auto_model_monitor import DefaultParser
from auto_model_monitor.parsers.names import counts_in, entries_in, folder_part, metric_in
from auto_model_monitor.parsers.unfinished import UNFINISHED, ignored_because


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".hidden.pt", "hidden"),
        (".nfs0000001", "NFS"),
        ("tmp1234", "temporary"),
        ("tmp.pth.tar", "temporary"),
        ("a.pt.tmp", "temporary"),
        ("megatron--val_loss=2.34-unfinished", "still being written"),
        ("sub/.hidden.pt", "hidden"),
        *((f"epoch_1_val_loss_0.3.pt{mark}", "still being written") for mark in UNFINISHED),
        ("val_loss_0.3.PT.PART", "still being written"),
        ("val_loss_0.3.pt.tmp.1234", "temporary"),
        ("val_loss_0.3.pt.tmp-1234", "temporary"),
        ("val_loss_0.3.pt.tmp.1a2b3c4d", "temporary"),
    ],
)
def test_what_is_no_checkpoint_yet_is_ignored_with_a_reason(name, reason):
    """Hidden, temporary and unfinished names are ignored, and the reason can be shown."""
    assert reason in ignored_because(name)


@pytest.mark.parametrize(
    "name",
    [
        "best.pt",
        "a.tmp.pt",
        "x_tmp.pt",
        "tmp/best.pt",
        "a.tmp.h5",
        "part.pt",
        "a.part.pt",
        ".hidden/best.pt",
        "unfinished.pt",
        "",
    ],
)
def test_other_names_are_looked_at(name):
    """Only the last part of a path decides, and only by the marks that programs leave."""
    assert ignored_because(name) is None


@pytest.mark.parametrize(
    ("key", "metric", "known"),
    [
        ("val_loss", "val_loss", "val_loss"),
        ("best_model_val_acc", "val_acc", "val_acc"),
        ("epoch_10_val_loss", "val_loss", "val_loss"),
        ("epoch10_val_loss", "val_loss", "val_loss"),
        ("resnet50_f1", "resnet50_f1", "f1"),
        ("megatron_gpt--val_loss", "val_loss", "val_loss"),
        ("val-loss", "val-loss", "val-loss"),
        ("loss_avg", "loss_avg", "loss_avg"),
        ("mAP50-95", "mAP50-95", "mAP50-95"),
        ("recall@10", "recall@10", "recall@10"),
        ("key_metric", "key_metric", "key_metric"),
        ("ckpt", "", ""),
        ("global_step", "", ""),
        ("weight_decay", "", ""),
        ("coco_bbox_mAP_epoch", "", ""),
        ("foo", "foo", ""),
        ("", "", ""),
    ],
)
def test_the_metric_is_found_in_the_words_before_a_number(key, metric, known):
    """Prefixes and counts are dropped, and other words too where only known metrics count."""
    assert (metric_in(key), metric_in(key, known=True)) == (metric, known)


def test_numbers_stand_under_the_words_before_them():
    """Each number has the words since the last one as its key, and ``=`` differs from ``_``."""
    entries = entries_in("best_model_12_val_acc=0.93-loss0.5-optimizer=adam-10000_steps")
    assert [(entry.key, entry.text, entry.explicit) for entry in entries] == [
        ("best_model", "12", False),
        ("val_acc", "0.93", True),
        ("loss", "0.5", False),
        ("optimizer", "adam", True),
        ("steps", "10000", True),
    ]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("epoch=2-step=500.ckpt", (2, 500)),
        ("epoch_10_x.pt", (10, None)),
        ("epoch10.pt", (10, None)),
        ("best_model_12_val_acc=0.93.pt", (None, 12)),
        ("rl_model_10000_steps.zip", (None, 10000)),
        ("checkpoint-500", (None, 500)),
        ("epoch=1.5.pt", (None, None)),
        ("step=" + "9" * 5000, (None, None)),
    ],
)
def test_epoch_and_step_are_read(name, counts):
    """The counters of a name are integers, or nothing when they are written as anything else."""
    assert counts_in(entries_in(name)) == counts


@pytest.mark.parametrize(
    ("parents", "part"),
    [
        ("epoch=2-val", "val/"),
        ("epoch=2-my/thing", "my/thing/"),
        ("val", "val/"),
        ("runs", ""),
        ("epoch=3", ""),
        ("", ""),
    ],
)
def test_a_folder_that_a_metric_made_belongs_to_its_name(parents, part):
    """Lightning's ``val/loss`` makes a folder that ends in ``val``; any other folder is just a place."""
    assert folder_part(parents) == part


@pytest.mark.parametrize("piece", ["1=", "a=", "-", "a-", "a_", "1_", "=", "@1", "a1=", "loss_", ","])
def test_a_long_name_costs_linear_time(piece):
    """Pairing the words and numbers of a very long name is a matter of a moment."""
    text = piece * (60_000 // len(piece)) + "=0.5"
    begin = time.process_time()
    for entry in entries_in(text):
        metric_in(entry.key)
    assert time.process_time() - begin < 10


@pytest.mark.parametrize(
    "name", ["rl_10000_steps_val_loss_0.25.zip", "rl_10000_steps_extra_val_loss=0.25.zip"]
)
def test_a_metric_behind_a_count_of_steps_is_read(name):
    """The words behind ``10000_steps`` begin a key of their own, and the count stays the step."""
    (reading,) = DefaultParser().readings(name)
    assert (reading.metric.removeprefix("extra_"), reading.value, reading.step) == ("val_loss", 0.25, 10000)
