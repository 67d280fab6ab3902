"""Valid requests, and the arguments that they become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import ConfigError
from tests.training.trainings import request


def test_every_value_is_one_argument_behind_its_name():
    """The trainer receives each value as ``--name=value``, but not the priority and its own name."""
    assert request(device="cuda", trainer="x", priority=9, learning_rate=1e-5).arguments() == [
        "--model=resnet18",
        "--num-classes=37",
        "--train-path=/data/train",
        "--val-path=/data/val",
        "--save-path=/data/save",
        "--batch-size=8",
        "--num-epochs=10",
        "--learning-rate=1e-05",
        "--device=cuda:0",
    ]
    assert request(weights_path="/w.pt").arguments()[-1] == "--weights-path=/w.pt"


@pytest.mark.parametrize(
    ("text", "name"), [("cuda", "cuda:0"), ("cuda:3", "cuda:3"), ("cpu", "cpu"), ("cpu:0", "cpu")]
)
def test_a_device_has_one_name(text, name):
    """Every spelling of a device in a request becomes the same name."""
    assert request(device=text).device == name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", ""),
        ("model", "a" * 201),
        ("model", "res\0net"),
        ("model", "res\nnet"),
        ("model", "--help"),
        ("model", 18),
        ("model", "\ud800"),
        ("train_path", "/data/\0"),
        ("val_path", "/" + "a" * 4096),
        ("val_path", "/" + "数" * 1400),
        ("save_path", None),
        ("weights_path", ""),
        ("num_classes", 0),
        ("num_classes", True),
        ("num_classes", 37.0),
        ("batch_size", 10**9),
        ("num_epochs", -1),
        ("num_epochs", "10"),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", 10**400),
        ("learning_rate", "0.1"),
        ("device", "cuda:"),
        ("device", "cuda:0,1"),
        ("device", "cuda:00"),
        ("device", "cuda:0\n"),
        ("device", 0),
        ("priority", 11),
        ("priority", -1),
        ("trainer", "a\0"),
    ],
)
def test_what_cannot_be_passed_on_is_refused(field, value):
    """A value that no trainer can receive, or that could pass for an option, is refused by its name."""
    with pytest.raises(ConfigError, match=field) as refused:
        request(**{field: value})
    assert len(refused.value.problems) == 1
    assert len(str(refused.value)) < 400


def test_every_problem_is_named():
    """One error names all problems of a request."""
    with pytest.raises(ConfigError) as refused:
        request(model="", num_epochs=0, device="gpu 1")
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [
        "model",
        "num_epochs",
        "device",
    ]


@given(st.text(), st.text(), st.floats(), st.integers())
def test_no_text_becomes_an_option(model, path, rate, count):
    """Each accepted value becomes exactly one argument, which begins with the value's name."""
    try:
        asked = request(model=model, train_path=path, learning_rate=rate, num_classes=count)
    except ConfigError:
        return
    arguments = asked.arguments()
    assert len(arguments) == 9
    assert arguments[0] == f"--model={model}"
    assert arguments[2] == f"--train-path={path}"
    assert float(arguments[7].partition("=")[2]) == rate
