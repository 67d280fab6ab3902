"""Reading many names by their shapes gives what reading each with care gives."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auto_model_monitor import DefaultParser, ParseError
from auto_model_monitor.parsers.name_shapes import ReadPlan, shape_of
from tests.campaigns import examples
from tests.parsers.test_default_parser import NOTHING, READ

METRICS = [None, "val_loss", "-val_loss", "acc", "loss", "neg_val_loss", "score", "map50", "mAP50-95", "5"]
PIECES = [
    *("epoch", "step", "val_loss", "loss", "acc", "neg_loss", "ckpt", "best_model", "checkpoint.best_loss"),
    *("mAP50-", "mAP", "top", "f", "recall@", "lr", "v", "x", "é", "\u0664", "\ud800", "?"),
    *("=", "_", "-", ".", "/", "@", " ", "+", "e", "e-", ".pt", ".ckpt", "nan"),
    *("#", "#", "##", "#.##", "#.####", "0", "0.#", "0#", "-#.#", "95", "0.0", "#" * 19),
]


def outcome(read, name):
    try:
        return repr(read(name, f"/d/{name}"))
    except ParseError as error:
        return str(error)


def of_one_skeleton(skeleton, chance, count):
    """Fill in digits, among them many that mean something."""
    digits = lambda _: chance.choice("0123456789059")  # noqa: E731
    return [re.sub("#", digits, skeleton) for _ in range(count)]


@settings(max_examples=examples(4000))
@given(
    st.lists(st.sampled_from(PIECES), max_size=9).map("".join), st.sampled_from(METRICS), st.integers(0, 999)
)
@example("@0.#-#.#", "5", 2)
def test_any_names_of_one_skeleton_are_read_as_with_care(skeleton, metric, seed):
    """Whatever digits stand in a name, the plan of its shape reads what a careful reading reads."""
    parser = DefaultParser(metric)
    for name in of_one_skeleton(skeleton, random.Random(seed), 30):
        assert outcome(parser.readings, name) == outcome(DefaultParser(metric)._readings, name)


WRITTEN = [*(name for name, *_ in READ), *NOTHING, "mAP50-95_0.41.pt", "epoch_3_mAP50-41_0.41.pt"]
SKELETONS = [
    re.sub(digits, "#", name) for digits in ("[1-9]", "[0-9]", "[1-9](?![0-9]*[_=])") for name in WRITTEN
]


@pytest.mark.parametrize("metric", [None, "val_loss", "-val_loss", "acc"])
def test_what_frameworks_write_is_read_as_with_care(metric):
    """The names of the frameworks, with other digits, are read by their shapes as with care."""
    parser, chance = DefaultParser(metric), random.Random(3)
    for skeleton in SKELETONS:
        for name in of_one_skeleton(skeleton, chance, 20):
            assert outcome(parser.readings, name) == outcome(parser._readings, name)


@pytest.mark.parametrize(
    "skeleton",
    [
        "epoch=##-step=###-val_loss=#.####.ckpt",
        "epoch_##_val_loss_#.######_acc_#.##.pt",
        "##-#.####.keras",
        "ckpt_#.######_####.pt",
        "checkpoint-####",
        "version_#/checkpoints/epoch=##-val_loss=#.####.ckpt",
        "best_model_##_neg_val_loss=-#.##.pt",
    ],
)
def test_the_usual_names_have_a_plan(skeleton):
    """Of many names with few shapes, only the first two of each are read with care."""
    parser = DefaultParser("val_loss")
    careful, parser._readings = parser._readings, None
    names = [skeleton.replace("#", digit) for digit in "123456789"]
    for name in names[:2]:
        parser._shapes.readings(name, "", careful)
    assert isinstance(parser._shapes._plans[shape_of(names[0])], ReadPlan)
    assert [parser.readings(name) for name in names] == [careful(name, "") for name in names]


def test_digits_with_a_meaning_are_seen():
    """After many names of one shape, a 95 behind mAP50 and a 0 that was not logged are distinguished."""
    parser = DefaultParser()
    for number in range(10, 95):
        parser.readings(f"mAP50-{number}_0.41.pt")
    assert [reading.metric for reading in parser.readings("mAP50-95_0.41.pt")] == ["mAP50-95"]
    for number in range(1, 10):
        assert parser.readings(f"val_loss={number}.ckpt")[0].value == number
    assert parser.readings("val_loss=0.ckpt") == ()


def test_what_is_remembered_is_bounded():
    """Names that all have different shapes take no memory without end."""
    parser = DefaultParser()
    for number in range(5000):
        parser.readings(f"run{number}x_val_loss_0.5.pt")
    assert len(parser._shapes._plans) <= 2048
