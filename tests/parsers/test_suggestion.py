"""The pattern that is suggested for names gives the numbers that it was made from, or there is none."""

import random

import pytest

from auto_model_monitor import CustomParser
from auto_model_monitor.parsers import suggest_pattern

FORMS = [
    "epoch_{e}_{m}_{v}_other_{w}.pt",
    "epoch={e}-{m}={v}.ckpt",
    "epoch={e:02d}-step={s}-{m}={v}-v1.ckpt",
    "{m}_{v}_epoch_{e}.pth",
    "ep{e}-{m}_{v}.pt",
    "step{s}_ep{e}_{m}_{v}.pt",
    "best_{m}_{v}_epoch{e}.pth",
    "{e:02d}-{v}.keras",
    "weights.{e:02d}-{v}.hdf5",
    "epoch_{e}_train_loss_{w}_{m}_{v}.pt",
    "net-{m}={v}-epoch={e}.ckpt",
]
METRICS = ["val_loss", "loss", "acc", "val_f1", "mAP50", "wer", "dice"]


@pytest.mark.parametrize("seed", range(60))
def test_a_suggestion_reads_the_score_it_was_made_from(seed):
    """On every name of a random family a suggested pattern gives the score and the epoch, or nothing."""
    choose = random.Random(seed)
    form, metric = choose.choice(FORMS), choose.choice(METRICS)
    digits = choose.choice([".2f", ".4f", ".3e"])
    family = {}
    for epoch in range(1, choose.randint(3, 12)):
        value = format(choose.uniform(0.001, 1), digits)
        other = format(choose.uniform(1, 9), ".3f")
        family[form.format(e=epoch, s=epoch * 500, m=metric, v=value, w=other)] = (epoch, float(value))
    asked = metric if "{m}" in form else None
    pattern = suggest_pattern(["best.pt", *family], asked)
    if pattern is None:
        assert "train_loss" in form  # ``loss`` may be either of them
        return
    parser = CustomParser(pattern)
    for name, expected in family.items():
        found = parser.readings(name)
        assert not found or (found[0].epoch, found[0].value) == expected
    assert sum(parser.score(name) is not None for name in family) * 2 > len(family)
